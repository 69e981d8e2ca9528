"""Properties that hold for every classic configuration, judged by Erlang and RabbitMQ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.edits.rabbitmq.advanced import ListenerEdit, edit_advanced
from app.errors import EditError
from tests.unit.erl_judge import ErlJudge
from tests.unit.rabbit_config import Config, by_app, hold

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


blank = st.sampled_from(["", " ", "\n", "\n    ", "\n\t", " % note, [x]\n", "\n %% {a, b}\n  "])
FOREIGN = ["{heartbeat, 60}", "inet6", '{default_user, <<"a,b">>}', "{a,[]}", '{x, "% no"}']
FOREIGN += ["{vm_memory_high_watermark,{absolute, 5}}", "{m, #{a => [1|2]}}", "{c, $,}"]
OPTIONS = ['{cacertfile, "/old"}', '{keyfile,"/tls/node.key"}', "{verify,verify_none}"]
OPTIONS += ["{depth, 1}", "{versions,['tlsv1.1']}", "{cert, <<1>>}", "{honor_cipher_order, true}"]
OPTIONS += ["{secure_renegotiate, true}", "{ciphers, []}", "{fail_if_no_peer_cert,false}"]
TLS = ["[]", "[5671]", "[5600]", '[{"127.0.0.1",5671}]', '[5600,{"10.0.0.1",5671}]', "[ 1 , 2 ]"]
PLAIN = ["[]", "[5672]", '[{"127.0.0.1", 5672}]', '""']


def rows(items: st.SearchStrategy[list[str]]) -> st.SearchStrategy[str]:
    """Write a list with any blanks and comments between."""

    def write(draw: st.DrawFn) -> str:
        inner = ",".join(draw(blank) + one + draw(blank) for one in draw(items))
        return f"[{draw(blank)}{inner}{draw(blank)}]"

    return st.composite(write)()


def some(pool: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(pool), max_size=4, unique_by=lambda one: one.split(",")[0])


@st.composite
def files(draw: st.DrawFn) -> str:
    """Make a classic configuration, in any style."""
    pieces = draw(some(FOREIGN))
    if draw(st.booleans()):
        pieces.append(f"{{ssl_listeners,{draw(blank)}{draw(st.sampled_from(TLS))}}}")
    if draw(st.booleans()):
        pieces.append(f"{{tcp_listeners, {draw(st.sampled_from(PLAIN))}}}")
    if draw(st.booleans()):
        pieces.append(f"{{ssl_options,{draw(blank)}{draw(rows(some(OPTIONS)))}}}")
    sections = []
    if draw(st.booleans()):
        sections.append(f"{{rabbit,{draw(blank)}{draw(rows(st.permutations(pieces)))}}}")
    if draw(st.booleans()):
        config = draw(rows(some(["{port, 1}", '{certfile, "a"}', "{backlog, 2}"])))
        key = draw(st.sampled_from(["ssl_config", "tcp_config", "listener"]))
        sections.append(f"{{rabbitmq_management, [{{{key}, {config}}}]}}")
    sections += draw(some(["{kernel, []}", "{ssl,[{versions, [a]}]}", "{ra,[ {a,b} ]}"]))
    body = draw(rows(st.permutations(sections)))
    return f"{draw(blank)}{body}{draw(blank)}.{draw(st.sampled_from(['', chr(10), ' % end']))}"


wishes = st.builds(
    replace,
    st.just(WANTED),
    verify_peer=st.booleans(),
    versions=st.sampled_from([("tlsv1.3", "tlsv1.2"), ("tlsv1.3",), ("tlsv1.2",)]),
    close_plain=st.booleans(),
    management_port=st.sampled_from([0, 15671]),
)


def foreign(config: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an edit may change."""
    kept = {
        app: {key: one for key, one in keys.items() if key not in OURS.get(app, ())}
        for app, keys in config.items()
    }
    return {app: keys for app, keys in kept.items() if keys or app not in OURS}


def others(one: Any) -> list[Any]:
    """Give the options of TLS that no edit sets or takes out."""
    ours = {"cacertfile", "certfile", "keyfile", "verify", "fail_if_no_peer_cert", "depth"}
    ours |= {"versions", "cert", "secure_renegotiate"}
    return [pair for pair in one if pair[0].name not in ours]


@given(files(), wishes, st.booleans())
@settings(deadline=None, max_examples=120)
def test_any_file_comes_to_what_is_wanted(
    erl: ErlJudge, text: str, wanted: ListenerEdit, carriage: bool
) -> None:
    data = (text.replace("\n", "\r\n") if carriage else text).encode()
    before = read(erl, data)
    result = edit_advanced(data, wanted, "f").data
    after = read(erl, result)
    hold(after, wanted)
    assert foreign(after) == foreign(before)
    old, new = (one.get("rabbit", {}).get("ssl_options", []) for one in (before, after))
    assert others(new)[: len(others(old))] == others(old)
    assert edit_advanced(result, wanted, "f").data == result
    if b"cert, <<1>>" not in data and b"secure_renegotiate" not in data:
        assert comments(result) == comments(data)
    if b"\r\n" in data:
        assert b"\n" not in result.replace(b"\r\n", b"")


def comments(data: bytes) -> list[bytes]:
    """Give all comments; strings of the samples that hold a % are known."""
    return re.findall(rb"%[^\r\n]*", data.replace(b'"% no"', b""))


@given(st.binary(max_size=40), st.binary(max_size=40))
@settings(max_examples=200)
def test_any_bytes_are_edited_or_refused(head: bytes, tail: bytes) -> None:
    for data in (head, b"[{rabbit,[" + head + b"]}" + tail + b"]."):
        try:
            edit_advanced(data, WANTED, "f")
        except EditError as error:
            assert error.snippet  # noqa: PT017 - any refusal will do, and none is asked for


def test_a_large_file_is_edited_soon() -> None:
    row = b'{{"%%", [1,2,3]}, <<"x">>}, % note\n'
    data = b"[{a, [\n" + row * 3000 + b"a]}, {rabbit, []}]."
    assert edit_advanced(data, BOTH, "f").data.count(b"\n") >= 3000
