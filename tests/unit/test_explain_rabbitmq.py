"""Each row of RabbitMQ's table explains its real lines, and not those that look like them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import kinds
from app.findings import Finding
from app.kinds.rabbitmq.explanations import ROWS, joined
from app.verify.blame import blame, concerns
from app.verify.explain import MAX_LINE, advice, explain, names_peers, table
from app.verify.rows import FOREIGN, NO_CERTIFICATE, PLAIN
from tests.unit.rabbitmq_alert_lines import CAUSE, CLIENT, HEARD, NODE, SERVER
from tests.unit.rabbitmq_lines import CASES, ERROR
from tests.unit.test_explain_activemq import CASES as ACTIVEMQ
from tests.unit.test_verify_links import check, probes

KEYS = ("caller-plain", "own-file-missing", "tables-wait", "wrong-cookie", "optfile-syntax")


@pytest.mark.parametrize(("row", "lines", "lookalikes"), CASES)
def test_a_row_explains_its_lines_and_not_their_lookalikes(
    row: str, lines: tuple[str, ...], lookalikes: tuple[str, ...]
) -> None:
    (found,) = explain(lines, "rabbitmq")
    assert found.id == row
    assert found.line
    assert found.cause.endswith((".", "?"))
    assert found.remedy.endswith(".")
    assert found.file
    for lookalike in lookalikes:
        assert row not in {e.id for e in explain([lookalike], "rabbitmq")}


def test_every_row_has_a_case_with_lookalikes() -> None:
    assert {row.id for row in ROWS} == {row for row, _, _ in CASES}
    assert {row for row, _, lookalikes in CASES if lookalikes} == {row.id for row in ROWS}


def test_no_two_rows_of_any_kind_share_a_name() -> None:
    ids = [row.id for row in table(*kinds.names())]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("line", sorted({line for _, line, _ in ACTIVEMQ}))
def test_the_lines_of_activemq_are_not_explained(line: str) -> None:
    own = {row.id for row in ROWS}
    assert not own & {e.id for e in explain([line], "rabbitmq")}
    assert not own & {e.id for e in explain([line], "rabbitmq", "activemq")}


def test_a_healthy_log_needs_no_explanation() -> None:
    healthy = [
        f"{NODE}Waiting for Mnesia tables for 30000 ms, 9 retries left",
        f"{NODE}Successfully synced tables from a peer",
        f"{NODE}TLS server: In state connection received CLIENT ALERT: Warning - Close Notify",
        f"{NODE}rabbit on node rabbit@r2 up",
        f"{NODE}started TLS (SSL) listener on [::]:5671",
        f"{NODE}node rabbit@r2 down: connection_closed",
        f"{NODE}Will try to lock with peer discovery backend rabbit_peer_discovery_classic_config",
        f"{ERROR}closing AMQP connection <0.9.0> (10.0.0.9:40812 -> 10.0.0.1:5671): "
        "client unexpectedly closed TCP connection",
        "Ping succeeded",
        "RESULT pong",
        "RESULT pang",
    ]
    assert explain(healthy, "rabbitmq") == ()


def test_an_alert_and_its_detail_are_one_explanation() -> None:
    lines = [
        f"{SERVER}Fatal - Handshake Failure",
        f"{NODE} - {{bad_cert,invalid_ext_key_usage}}",
        f"{NODE}",
        f"{CLIENT}Fatal - Handshake Failure",
        f"{NODE} - {{bad_cert,hostname_check_failed}}",
    ]
    assert [e.id for e in explain(lines, "rabbitmq")] == ["caller-usage", "dialled-name"]


def test_a_detail_does_not_cross_to_another_message() -> None:
    lines = [
        f"{SERVER}Fatal - Handshake Failure",
        f"{NODE}rabbit on node rabbit@r2 up",
        f"{NODE} - {{bad_cert,hostname_check_failed}}",
    ]
    assert [e.id for e in explain(lines, "rabbitmq")] == ["caller-refused"]


def test_the_cause_comes_before_what_follows_from_it() -> None:
    wait = "Error while waiting for Mnesia tables: {timeout_waiting_for_tables,[rabbit@r1],[x]}"
    lines = [
        f"{ERROR}{wait}",
        f"{SERVER}Fatal - Unexpected Message",
        f"{NODE} - {{unsupported_record_type,0}}",
        f"{ERROR}Timeout contacting cluster nodes: [rabbit@r1].",
    ]
    found = [e.id for e in explain(lines, "rabbitmq")]
    assert found == ["caller-plain", "tables-wait", "tables-gave-up"]


def test_force_boot_is_never_advised() -> None:
    for row in ROWS:
        if "force_boot" in row.remedy:
            assert row.remedy.count("force_boot") == row.remedy.count("Do NOT")
    found = [row for row in ROWS if row.id.startswith("tables-")]
    assert len(found) == 2
    assert all("Do NOT" in row.remedy for row in found)


def test_wrong_dials_that_were_accepted_have_a_remedy_of_the_product() -> None:
    assert "fail_if_no_peer_cert" in advice("rabbitmq", NO_CERTIFICATE)
    assert "cacertfile" in advice("rabbitmq", FOREIGN)
    assert "overrides" in advice("rabbitmq", PLAIN)


def test_an_alert_in_a_log_without_peers_counts_only_where_it_was_seen() -> None:
    assert not names_peers("rabbitmq")
    assert names_peers("activemq")
    line = f"{SERVER}Fatal - Unknown CA"
    assert concerns("sent the alert unknown_ca after the handshake", line)
    assert concerns("error:...:tlsv1 alert unknown ca:", line)
    assert not concerns("sent the alert certificate_required after the handshake", line)
    assert not concerns("the cluster is not complete", f"{HEARD}Fatal - Handshake Failure")
    assert concerns("anything", f"{ERROR}Cannot accept TLS distribution connection: Invalid key")


def test_a_cause_is_not_guessed_from_alerts_that_our_own_probes_left() -> None:
    log = (f"{SERVER}Fatal - Unknown CA", f"{SERVER}Fatal - Certificate required")
    whole = replace(check(25672), kind="rabbitmq")
    given = probes(logs=lambda host: log)

    def cause(evidence: str) -> str:
        failed = Finding(whole.link.id, "CLI tools reach the node", "fail", evidence)
        return blame(failed, whole, given).cause

    assert "is of an authority" in cause("sent the alert unknown_ca after the handshake")
    assert cause("the cluster is partitioned: rabbit@r2") == ""
    said = "Error: Failed to connect and authenticate to rabbit@r2 in 15000 ms (waited 60 s)"
    assert "does not say why" in cause(said)
    answer = f'{CAUSE}{{options,{{keyfile,"/etc/x.key",{{error,eacces}}}}}}}}}} RESULT pang'
    assert "may not read its own key" in cause(answer)


def test_secrets_in_a_line_are_not_shown() -> None:
    option = "Cannot accept TLS distribution connection: Invalid TLS option: {password,s3cret}"
    syntax = (
        "Distribution failed: {{:shutdown, {:failed_to_start_child, :ssl_dist_sup, {:EXIT, "
        "{{:bad_ssl_dist_optfile, {:parse_error, {1, :erl_parse, ['syntax error before: ', "
        "'\"s3cret\"']}}}, []}}}}"
    )
    for line in (option, syntax, option.replace("s3cret", '"s3cret with words"')):
        (found,) = explain([line], "rabbitmq")
        assert "s3cret" not in found.line
        assert "***" in found.line


@pytest.mark.parametrize(
    "piece",
    [
        "TLS server: In state wait_cert at ssl_handshake.erl:2111 generated SERVER ALERT: Fatal - ",
        "TLS client: In state ",
        "Fatal - Handshake Failure\\n -\\n -\\n",
        "Cannot accept TLS distribution connection: Invalid key file ",
        '{options,{keyfile,"',
        "{ssl_connect_failed,{1,1,1,1},",
        "Distribution failed: {:failed_to_start_child, ",
        "bad_ssl_dist_optfile,    ",
        "label: {:erl_prim_loader, :file_error} 101, 97, 99, 99, 101, 115, 46 '",
        "unable to connect to epmd (port 4369) on ",
        "rabbitmq/bin/rabbitmqctl: 6: ",
        "ssl_options.keyfile.",
        "Connection attempt from node ",
        "{port_please_failed,\"a\",",
        "password=",
        "syntax error before: '",
        "a",
        " ",
    ],
)  # fmt: skip
def test_a_line_of_a_million_characters_is_read_in_linear_time(piece: str) -> None:
    """A pattern that takes its square, 10^12 steps, does not come to an end in a test's time."""
    hostile = (piece * 1_000_000)[:1_000_000]
    for row in ROWS:
        row.pattern.search(hostile)


def test_a_line_of_a_million_characters_is_explained_quickly() -> None:
    for piece in ("TLS server: In state ", "{options,{", "password,", "\\n - "):
        explain([(piece * 1_000_000)[:1_000_000]] * 3, "rabbitmq")


@given(st.lists(st.text(max_size=30) | st.sampled_from([NODE, f"{NODE} - x", SERVER]), max_size=12))
def test_joining_loses_no_line_and_adds_none(lines: list[str]) -> None:
    whole = joined(lines)
    assert len(whole) <= len(lines)
    assert whole[:1] == [] or whole[0].startswith(lines[0].rstrip())
    assert joined(whole) == whole or len(joined(whole)) <= len(whole)


@given(st.lists(st.text(max_size=MAX_LINE), max_size=8))
def test_any_text_is_survived(lines: list[str]) -> None:
    assert not {e.id for e in explain(lines, "rabbitmq")} & set(KEYS)
