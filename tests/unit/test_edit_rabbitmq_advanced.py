"""The classic configuration: every edit is judged by Erlang and by RabbitMQ's own reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.edits.rabbitmq.advanced import ListenerEdit, edit_advanced, overrides
from app.errors import EditError
from tests.unit.erl_judge import ErlJudge
from tests.unit.rabbit_config import Config, by_app, hold, options

WANTED = ListenerEdit(5671, "/tls/ca.pem", "/tls/node.pem", "/tls/node.key")
BOTH = replace(WANTED, close_plain=True, management_port=15671)
OURS = {
    "rabbit": {"ssl_listeners", "tcp_listeners", "ssl_options"},
    "rabbitmq_management": {"ssl_config", "listener"},
}


@pytest.fixture(scope="module")
def erl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ErlJudge]:
    with ErlJudge(tmp_path_factory.mktemp("erl")) as judge:
        yield judge


def read(erl: ErlJudge, data: bytes) -> Config:
    """Read a file as Erlang and as RabbitMQ does, and give it by application and key."""
    (config,) = erl.ask("consult", data)
    assert erl.ask("rabbit", data) == [config]
    return by_app(config)


LEGACY = b"""%% classic
[
  {rabbit, [
     {tcp_listeners, [{"127.0.0.1", 5672}]},
     {ssl_options, [{cacertfile,"/old/ca"},  % the CA
                    {cert, <<1,2>>},
                    {keyfile,    "/old/key"}]}   % last
   ]},
  {rabbitmq_management,
     [{listener, [{port, 15670},
                  {ssl, true},
                  {ssl_opts, [{cacertfile, "/old/ca"}]}
                 ]}
     ]}
].
"""
EDITED = b"""%% classic
[
  {rabbit, [
     {tcp_listeners, []},
     {ssl_options, [{cacertfile,"/tls/ca.pem"},  % the CA
                    {keyfile,    "/tls/node.key"},
                    {certfile, "/tls/node.pem"},
                    {verify, verify_peer},
                    {fail_if_no_peer_cert, true},
                    {depth, 2},
                    {versions, ['tlsv1.3', 'tlsv1.2']}]},   % last
     {ssl_listeners, [5671]}
   ]},
  {rabbitmq_management,
     [{listener, [{port, 15671},
                  {ssl, true},
                  {ssl_opts, [{cacertfile, "/tls/ca.pem"},
                              {certfile, "/tls/node.pem"},
                              {keyfile, "/tls/node.key"}]}
                 ]}
     ]}
].
"""


def test_an_edit_stands_where_it_belongs_and_looks_like_its_neighbours(erl: ErlJudge) -> None:
    for newline in (b"\n", b"\r\n"):
        result = edit_advanced(LEGACY.replace(b"\n", newline), BOTH, "f")
        assert result.data == EDITED.replace(b"\n", newline)
        assert result.notes == ("f:6: cert is taken out: it would beat the file that is set here",)
        hold(read(erl, result.data), BOTH)
        assert edit_advanced(result.data, BOTH, "f").data == result.data


TABS = b"""[
\t{ rabbit, [
\t\t{ loopback_users, [ ] },
\t\t{ hipe_compile, false } % slow
\t] }
]."""
COMMAS = b"""[ {kernel, []}
, {rabbit, [ {heartbeat,60}
           , {frame_max,1} % bytes
           ]}
].
"""
SAMPLE = b"""[
 {rabbit,
  [%%
   %% {tcp_listeners, [5672]},

   %% {ssl_listeners, [5671]}
  ]}
 ].
"""


@pytest.mark.parametrize(
    ("data", "after"),
    [
        (
            TABS,
            b"\t\t{ hipe_compile, false }, % slow\n\t\t{ssl_listeners, [5671]},\n"
            b"\t\t{ssl_options, [\n\t\t\t{cacertfile, ",
        ),
        (
            COMMAS,
            b", {frame_max,1} % bytes\n           , {ssl_listeners,[5671]}\n"
            b"           , {ssl_options,[\n               {cacertfile,",
        ),
        (SAMPLE, b"[5671]}\n   {ssl_listeners, [5671]},\n   {ssl_options, [\n    {cacertfile, "),
        (b"[{rabbit,[]}].", b'[{rabbit,[{ssl_listeners,[5671]},\n          {ssl_options,[\n'),
        (b"[].", b"[\n  {rabbit, [\n    {ssl_listeners, [5671]}"),
        (b"", b"[\n  {rabbit, [\n    {ssl_listeners, [5671]}"),
        (b"%% mine", b"%% mine\n[\n  {rabbit, ["),
        (b'[{rabbit, ""}].', b"[{rabbit, [{ssl_listeners, [5671]}"),
    ],
)  # fmt: skip
def test_missing_sections_look_like_what_is_there(erl: ErlJudge, data: bytes, after: bytes) -> None:
    result = edit_advanced(data, WANTED, "f").data
    assert after in result
    hold(read(erl, result), WANTED)
    assert edit_advanced(result, WANTED, "f").data == result


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[5671]", "[5671]"),
        ("[5600]", "[5671]"),
        ("[]", "[5671]"),
        ('""', "[5671]"),
        ("[5600,5601]", "[5600,5601, 5671]"),
        ('[{"10.0.0.1",5671}]', '[{"10.0.0.1",5671}]'),
        ('[{"::",5671}]', '[{"::",5671}]'),
        ("[{{10,0,0,1},5671,inet}]", "[{{10,0,0,1},5671,inet}]"),
        ('[{"127.0.0.1",5671}]', "[5671]"),
        ('[5600, {"127.0.0.1",5671},{"::1", 5671}]', "[5600, 5671]"),
        ('[{"127.0.0.1",5671}, {"10.0.0.1", 5671}]', '[{"127.0.0.1",5671}, {"10.0.0.1", 5671}]'),
        ("[{{0,0,0,0,0,0,0,1},5671}]", "[5671]"),
    ],
)
def test_listeners_of_tls_are_updated_where_they_stand(
    erl: ErlJudge, before: str, after: str
) -> None:
    data = f"[{{rabbit, [\n {{ssl_listeners, {before}}}]}}]."
    result = edit_advanced(data.encode(), WANTED, "f").data
    assert f" {{ssl_listeners, {after}}},\n" in result.decode()
    hold(read(erl, result), WANTED)


@pytest.mark.parametrize(
    ("inner", "kept"),
    [
        ('{cacertfile, <<"/tls/ca.pem">>}', True),
        ('{cacertfile, "/tls/" "ca.pem"}', True),
        (r'{cacertfile, "/tls/\x63a.pem"}', True),
        ("{versions, ['tlsv1.2', 'tlsv1.3']}", True),
        ("{depth, 16#2}", True),
        ("{'verify', 'verify_peer'}", True),
        ('{verify, "verify_peer"}', False),
        ("{depth, 2.0}", False),
        ("{versions, ['tlsv1.2', 'tlsv1.3', 'tlsv1.1']}", False),
        ("{versions, [\"tlsv1.2\", 'tlsv1.3']}", False),
        ("{cacertfile, '/tls/ca.pem'}", False),
    ],
)
def test_a_value_that_says_the_same_changes_no_byte(inner: str, kept: bool) -> None:
    data = f"[{{rabbit, [{{ssl_options, [{inner}]}}]}}].".encode()
    assert (inner.encode() in edit_advanced(data, WANTED, "f").data) is kept


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ("{cert, <<1>>}, {depth, 2}", "[{depth, 2}"),
        ("{depth, 2}, {cert, <<1>>}", "[{depth, 2},\n"),
        ("{depth, 2},\n {cert, <<1>>}, % a\n inet6", "[{depth, 2},\n inet6"),
        ("\n {cert, <<1>>}, % a, b\n {depth, 2}", "[\n {depth, 2}"),
        ("{depth, 2}, % a, b\n {cert, <<1>>}", "[{depth, 2}, % a, b\n"),
        ("{depth, 2}\n , {key, a} % x\n , {cert, b}", "[{depth, 2},\n"),
        ("{cert, 1} % a\n , {depth, 2}", "[ % a\n  {depth, 2}"),
        ("{cacerts, [<<1>>]}", "[\n  {cacertfile"),
    ],
)
def test_what_would_beat_the_files_is_taken_out(erl: ErlJudge, rows: str, left: str) -> None:
    data = f"[{{rabbit, [{{ssl_options, [{rows}]}}]}}].".encode()
    result = edit_advanced(data, WANTED, "f").data
    hold(read(erl, result), WANTED)
    assert left in result.decode()


@pytest.mark.parametrize(
    "option",
    [
        "{secure_renegotiate, true}",
        "{client_renegotiation, false}",
        "{reuse_sessions, true}",
        '{psk_identity, "a"}',
        "{padding_check, true}",
        "{beast_mitigation, disabled}",
        '{next_protocols_advertised, [<<"a">>]}',
        '{srp_identity, {"a", "b"}}',
    ],
)
def test_options_that_erlang_refuses_with_tls_1_3_alone_go(erl: ErlJudge, option: str) -> None:
    wanted = replace(WANTED, versions=("tlsv1.3",))
    bare = "[{versions, ['tlsv1.3']}, {verify, verify_none}]."
    assert erl.accepts("listen", bare.encode())
    assert not erl.accepts("listen", bare.replace("}].", f"}}, {option}].").encode())
    result = edit_advanced(f"[{{rabbit, [{{ssl_options, [{option}]}}]}}].".encode(), wanted, "f")
    assert option not in result.data.decode()
    assert "fail every handshake" in result.notes[0]


@pytest.mark.parametrize(
    "option", ["{session_tickets, stateless}", "{cookie, true}", "{key_update_at, 1000}"]
)
def test_options_that_erlang_refuses_without_tls_1_3_go(erl: ErlJudge, option: str) -> None:
    wanted = replace(WANTED, versions=("tlsv1.2",))
    alone = f"[{{versions, ['tlsv1.2']}}, {{verify, verify_none}}, {option}]."
    assert not erl.accepts("listen", alone.encode())
    data = f"[{{rabbit, [{{ssl_options, [{option}]}}]}}].".encode()
    assert option.encode() not in edit_advanced(data, wanted, "f").data
    assert option.encode() in edit_advanced(data, WANTED, "f").data


RABBIT = "[{rabbit, [\n%s]}]."
REFUSED = {
    "macro": ("[{rabbit,\n [{a, ?HOME}]}].", 2, "macro"),
    "call": (RABBIT % '{ssl_options, os:getenv("A")}', 2, "':' stands"),
    "no list": ("\n{rabbit, []}.", 2, "no list"),
    "open tail": ("[{rabbit, []}|a].", 1, "no list"),
    "two terms": ("[].\n[{rabbit, []}].", 2, "reads one only"),
    "no section": ("[{rabbit, []},\nkernel].", 2, "not of the form"),
    "no settings": ("[{rabbit, a}].", 1, "not of the form"),
    "two sections": ("[\n{rabbit, []},\n{rabbit, []}].", 2, "more than once (lines 2 and 3)"),
    "key twice": (RABBIT % "{ssl_options, []},\n{ssl_options, []}", 2, "(lines 2 and 3)"),
    "option twice": (RABBIT % "{ssl_options, [{depth, 1},\n{depth, 2}]}", 2, "(lines 2 and 3)"),
    "options no list": (RABBIT % "{ssl_options, none}", 2, "rabbit.ssl_options is no list"),
    "listeners no list": (RABBIT % "{ssl_listeners, 5671}", 2, "ssl_listeners is no list"),
    "plain on the port": (RABBIT % '{tcp_listeners, [{"::1", 5671}]}', 2, "plain listener of amqp"),
    "mqtt on the port": ("[{rabbitmq_mqtt, [{ssl_listeners,\n[5671]}]}].", 2, "listener of mqtt"),
    "management on the port": (
        "[{rabbitmq_management, [{tcp_config,\n[{port, 5671}]}]}].",
        2,
        "plain listener of management (tcp_config)",
    ),
    "management twice": (
        "[{rabbitmq_management, [{ssl_config, []},\n{listener, [{ssl, true}]}]}].",
        2,
        "only one of them",
    ),
    "not closed": ("[{rabbit, [\n", 2, "the file ends"),
    "no dot": ("[{rabbit, []}]", 1, "the file ends where '.'"),
    "template": ("[{rabbit, [\n{ssl_listeners, [{{ port }}]}]}].", 2, "no listener that"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_line_reason_and_snippet(erl: ErlJudge, case: str) -> None:
    text, line, reason = REFUSED[case]
    with pytest.raises(EditError) as caught:
        edit_advanced(text.encode(), replace(WANTED, management_port=15671), "etc/advanced.config")
    error = caught.value
    assert reason in error.text
    assert (error.line, error.where) == (line, f"etc/advanced.config:{line}")
    hold(read(erl, error.snippet.encode()), replace(WANTED, management_port=15671))


def test_the_default_plain_listener_holds_its_port() -> None:
    with pytest.raises(EditError, match="port 5672 is held"):
        edit_advanced(b"[].", replace(WANTED, port=5672), "f")
    assert edit_advanced(b"[].", replace(WANTED, port=5672, close_plain=True), "f").data


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        ("[{rabbit, [{ssl_listeners, [5671, 5600]}]}].",
         ["f:1: TLS is served on 5600 too, and stays"]),
        ('[{rabbit, [{ssl_listeners, [{"10.0.0.1", 5671}]}]}].',
         ['f:1: the TLS listener on {"10.0.0.1", 5671} keeps its address']),
        ("[{rabbit, [{ssl_listeners,\n[5600]}]}].",
         ["f:2: TLS was served on 5600, and is on 5671 now"]),
        ("[{rabbitmq_mqtt, [{tcp_listeners, [1883]}]}].",
         ["f:1: mqtt still listens without TLS (tcp_listeners)"]),
        ("[{rabbitmq_management, [{listener, []},\n{tcp_config, []}]}].",
         ["f:1: management still listens without TLS (listener)",
          "f:2: management still listens without TLS (tcp_config)",
          "f:1: management runs two listeners at most, and leaves this one out"]),
        ("[].", ["f: management answers with TLS only, no longer in plain"]),
    ],
)  # fmt: skip
def test_what_the_user_should_know_is_said(data: str, notes: list[str]) -> None:
    found = edit_advanced(data.encode(), BOTH, "f").notes
    wanted = [*notes]
    if "management" not in data and len(data) > 3:
        wanted.append("f: management answers with TLS only, no longer in plain")
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("path", ["/a b\"c\\d'e", "/é/€/😀", "/a#b\nc\t\0", "/$(x){{y}}"])
def test_any_path_comes_through(erl: ErlJudge, path: str) -> None:
    wanted = replace(WANTED, keyfile=path)
    result = edit_advanced(b"[].", wanted, "f").data
    rabbit = read(erl, result)["rabbit"]
    found = options(rabbit["ssl_options"])["keyfile"]
    assert [ord(c) for c in path] == [c if isinstance(c, int) else ord(c) for c in found]
    assert edit_advanced(result, wanted, "f").data == result


def test_a_path_that_no_term_holds_is_refused() -> None:
    with pytest.raises(EditError, match="keyfile: an Erlang term cannot hold U\\+DCE9"):
        edit_advanced(b"[].", replace(WANTED, keyfile="/\udce9"), "f")


def test_latin_1_outside_the_edit_stays_as_it_is(erl: ErlJudge) -> None:
    data = b'[{rabbit, [{default_user, <<"caf\xe9">>} % \xff\n]}].'
    result = edit_advanced(data, WANTED, "f").data
    assert b'{default_user, <<"caf\xe9">>}, % \xff\n' in result
    assert erl.accepts("rabbit", result)


# --- precedence -----------------------------------------------------------------------------


def test_overrides_names_what_beats_rabbitmq_conf(erl: ErlJudge) -> None:
    advanced = (
        b"[{kernel, [{ssl_options, []}]}, {rabbit, [{ssl_listeners, [5600]}, {heartbeat, 1},"
        b" {ssl_options, [{depth, 9}]}]}, {rabbitmq_management, [{ssl_config, []}]}]."
    )
    conf = (
        b"listeners.ssl.default = 5671\nlisteners.tcp = none\nssl_options.depth = 2\n"
        b"ssl_options.verify = verify_peer\nmanagement.ssl.port = 15671\n"
    )
    named = overrides(advanced, "f")
    assert named == ("rabbit.ssl_listeners", "rabbit.ssl_options", "rabbitmq_management.ssl_config")
    for app, keys in OURS.items():
        alone = by_app(erl.ask("conf", conf))[app]
        over = by_app(erl.ask("conf", conf, advanced))[app]
        for key in keys & set(alone):
            assert (alone[key] != over[key]) is (f"{app}.{key}" in named)


@pytest.mark.parametrize("data", [b"", b"%% nothing\n", b"[].", b"[{rabbit, []}]."])
def test_nothing_is_overridden_by_a_file_that_says_nothing(data: bytes) -> None:
    assert overrides(data, "f") == ()


def test_overrides_refuses_a_file_that_it_cannot_read() -> None:
    with pytest.raises(EditError) as caught:
        overrides(b"[{rabbit,\n[{ssl_options, f()}]}].", "f")
    assert caught.value.where == "f:2"
