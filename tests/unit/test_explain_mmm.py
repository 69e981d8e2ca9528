"""Each row of MySQL-MMM's table explains its real lines, and not those that look like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kinds.mmm.explanations import ROWS, joined
from app.verify.explain import advice, explain, names_peers, table
from app.verify.rows import FOREIGN, NO_CERTIFICATE, PLAIN
from tests.unit.mmm_lines import AT, CASES, LISTENER
from tests.unit.rabbitmq_lines import CASES as RABBITMQ
from tests.unit.test_explain_activemq import CASES as ACTIVEMQ

OWN = frozenset(row.id for row in ROWS)


@pytest.mark.parametrize(("row", "lines", "lookalikes"), CASES)
def test_a_row_explains_its_lines_and_not_their_lookalikes(
    row: str, lines: tuple[str, ...], lookalikes: tuple[str, ...]
) -> None:
    (found,) = explain(lines, "mmm")
    assert found.id == row
    assert found.line
    assert found.cause.endswith((".", "?"))
    assert found.remedy.endswith((".", "'"))
    assert found.file
    for lookalike in lookalikes:
        assert row not in {e.id for e in explain([lookalike], "mmm")}


def test_every_row_has_a_case_with_lookalikes() -> None:
    assert {row for row, _, _ in CASES} == OWN
    assert {row for row, _, lookalikes in CASES if lookalikes} == OWN


def test_no_two_rows_of_any_kind_share_a_name() -> None:
    ids = [row.id for row in table("activemq", "mmm", "rabbitmq")]
    assert len(ids) == len(set(ids))


def test_the_lines_of_other_products_are_not_explained() -> None:
    lines = [line for _, line, _ in ACTIVEMQ] + [line for _, said, _ in RABBITMQ for line in said]
    assert len(lines) > 100
    assert not OWN & {e.id for e in explain(lines, "mmm")}
    assert not OWN & {e.id for e in explain(lines, "activemq", "mmm", "rabbitmq")}


def test_the_lines_of_mmm_are_not_explained_by_other_products() -> None:
    others = {row.id for row in table("activemq", "rabbitmq")} - {row.id for row in table("")}
    lines = [line for _, said, _ in CASES for line in said]
    assert not others & {e.id for e in explain(lines, "activemq", "mmm", "rabbitmq")}


def test_a_healthy_log_needs_no_explanation() -> None:
    healthy = [
        f"{AT} INFO We have some new roles added or old rules deleted!",
        f"{AT} INFO Added: writer(192.0.2.100)",
        f"{AT}FATAL State of host 'db1' changed from AWAITING_RECOVERY to ONLINE",
        f"{AT} INFO Child exited normally (with exitcode 0), shutting down",
        f"{AT} INFO Orphaned role 'writer(192.0.2.100)' has been assigned to 'db1'",
        "  db1(192.0.2.11) master/ONLINE. Roles: writer(192.0.2.100)",
        "OK: Pinged successfully!",
        "OK: Pinged!|UP:311",
        "ACTIVE",
        "Daemon is running!",
        "DEBUG: .../IO/Socket/SSL.pm:902: ssl handshake done",
    ]
    assert explain(healthy, "mmm") == ()


def test_a_listener_and_its_reason_are_one_explanation() -> None:
    reason = "  Failed to load key from file (no PEM or DER) error:05800074:key values mismatch"
    lines = [f"{LISTENER}\n", reason, f"{AT} INFO next"]
    assert joined(lines) == [f"{LISTENER} {reason.strip()}", f"{AT} INFO next"]
    assert [e.id for e in explain(lines, "mmm")] == ["mmm-pair-mismatch"]


def test_a_reason_does_not_cross_to_another_message() -> None:
    lines = [LISTENER, f"{AT} INFO next", "  IO::Socket::IP configuration failed"]
    assert explain(lines, "mmm") == ()


def test_the_danger_comes_before_what_led_to_it() -> None:
    lines = [
        f"{AT}FATAL Can't reach agent on host 'db1'",
        f"{AT} WARN Received undefined answer from host db1. $!: ",
        f"{AT}FATAL Can't send offline status notification to 'db1' - killing it!",
    ]
    found = [e.id for e in explain(lines, "mmm")]
    assert found == ["mmm-killing", "mmm-agent-refuses", "mmm-agent-unreachable"]


def test_set_active_is_never_advised() -> None:
    for row in ROWS:
        said = row.remedy + row.cause
        assert said.count("set_active") == said.count("Do not `set_active`")
    told = {row.id for row in ROWS if "set_active" in row.remedy}
    assert {"mmm-agent-unreachable", "mmm-agent-refuses", "mmm-warning"} <= told


def test_wrong_dials_that_were_accepted_have_a_remedy_of_the_product() -> None:
    assert "ca_file" in advice("mmm", FOREIGN)
    assert "silently" in advice("mmm", PLAIN)
    assert "verify_mode" in advice("mmm", NO_CERTIFICATE)
    assert not names_peers("mmm")


@pytest.mark.parametrize(
    "piece",
    [
        "SSL_ca_file ", "SSL_ca_file a # ", "SSL_a_file a  ", "Configuration file a is world ",
        "Failed to load key from file ", "Failed to load certificate from file a: [format:PEM",
        "Unknown variable a in 'a' on line 1", "invalid value '' allowed values are: 'plain', ",
        "Received undefined answer from host a. $!:   ", "Can't create socket!  \\n",
        "Can't reach agent on host 'a", "Use of uninitialized value $old_state in string ne at ",
        "SSL connect attempt failed error:0A000086:SSL routines::", "keep 'hostname verification ",
        "a", " ",
    ],
)  # fmt: skip
def test_a_line_of_a_million_characters_is_read_in_linear_time(piece: str) -> None:
    """A pattern that takes its square, 10^12 steps, does not come to an end in a test's time."""
    hostile = (piece * 1_000_000)[:1_000_000]
    for row in ROWS:
        row.pattern.search(hostile)


@given(st.lists(st.text(max_size=30) | st.sampled_from([LISTENER, "  reason"]), max_size=12))
def test_joining_loses_no_line_and_adds_none(lines: list[str]) -> None:
    whole = joined(lines)
    assert len(whole) <= len(lines)
    assert joined(whole) == whole or len(joined(whole)) <= len(whole)


@given(st.lists(st.text(), max_size=8))
def test_any_text_is_survived(lines: list[str]) -> None:
    assert not OWN & {e.id for e in explain(lines, "mmm")}
