"""Properties that hold for every rabbitmq.conf, judged by RabbitMQ's own schemas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.edits.rabbitmq.conf import ConfView, ListenerEdit, edit_conf, read_conf
from app.edits.rabbitmq.conflines import parse_lines
from app.errors import EditError
from tests.unit.erl_judge import ErlJudge
from tests.unit.rabbit_config import as_pair, by_app, hold, options

FILE = str(Path(__file__).resolve())
WANTED = ListenerEdit(5671, FILE, FILE, FILE)


@pytest.fixture(scope="module")
def erl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ErlJudge]:
    with ErlJudge(tmp_path_factory.mktemp("erl")) as judge:
        yield judge


FOREIGN = [
    "heartbeat = 60",
    "num_acceptors.tcp=10",
    "  default_vhost = /  # slash",
    "default_pass\t= a{{b",
    "log.file.level = info",
    "vm_memory_high_watermark.relative = 0.6",
    "ssl_options.honor_cipher_order = true",
    "ssl_options.password = p$w",
    "mqtt.listeners.tcp.default = 1883",
    "stomp.listeners.ssl.default = 61614",
    "web_mqtt.ssl.port = 15676",
    "management.ssl.compress = true",
]
TOUCHED = [
    "listeners.tcp.default = 5672",
    "listeners.tcp.local = 127.0.0.1:5673",
    "listeners.tcp = none",
    "listeners.ssl.default = 5671",
    "listeners.ssl.default = 5600",
    "listeners.ssl.lo = 127.0.0.1:5671",
    "listeners.ssl.six = ::1:5671",
    "listeners.ssl.b = 10.0.0.1:5671",
    "listeners.ssl = none",
    "ssl_options = none",
    f"ssl_options.certfile = {FILE}",
    f"ssl_options.certfile={FILE}  # old",
    "ssl_options.verify = verify_none",
    "ssl_options.depth = 1",
    "ssl_options.versions.1 = tlsv1.2",
    "ssl_options.versions.2 = tlsv1.2",
    "ssl_options.versions.2 = tlsv1.1",
    "ssl_options.versions.x = tlsv1.3",
    "ssl_options.cert = abc",
    "ssl_options.cacerts.1 = abc",
    "ssl_options.secure_renegotiate = true",
    "management.tcp.port = 15672",
    "management.ssl.port = 15670",
    f"management.ssl.keyfile = {FILE}",
]
COMMENTS = ["", "  ", "# a = b", "## listeners.ssl.default = 5671", "\t#", "# é 😀"]
rows = st.lists(st.sampled_from(FOREIGN + TOUCHED + COMMENTS), max_size=12)
wishes = st.builds(
    replace,
    st.just(WANTED),
    port=st.sampled_from([5671, 5677]),
    verify_peer=st.booleans(),
    fail_if_no_peer_cert=st.booleans(),
    depth=st.integers(0, 255),
    versions=st.sampled_from([("tlsv1.3", "tlsv1.2"), ("tlsv1.2", "tlsv1.3"), ("tlsv1.3",)])
    | st.just(("tlsv1.2", "tlsv1.1")),
    close_plain=st.booleans(),
    management_port=st.sampled_from([0, 15671]),
)


@given(rows, st.sampled_from(["\n", "\r\n"]), st.booleans(), wishes)
@settings(deadline=None, max_examples=50)
def test_any_file_comes_to_what_is_wanted(
    erl: ErlJudge, lines: list[str], newline: str, closed: bool, wanted: ListenerEdit
) -> None:
    data = (newline.join(lines) + (newline if closed else "")).encode()
    result = edit_conf(data, wanted, "f")
    hold(by_app(erl.ask("conf", result.data)), wanted)
    assert edit_conf(result.data, wanted, "f").data == result.data
    after = [line.text for line in parse_lines(result.data, "f")]
    rest = iter(line.rstrip("\r\n") for line in after)
    before = [line.text.rstrip("\r\n") for line in parse_lines(data, "f")]
    assert all(line in rest for line in before if line in FOREIGN + COMMENTS)
    if newline.encode() in data:
        assert {line[len(line.rstrip("\r\n")) :] for line in after} <= {newline, ""}
        bare = result.data.removesuffix(b"\n").removesuffix(b"\r")
        assert result.data.endswith(b"\n") is data.endswith(b"\n") or bare.endswith((b" ", b"\t"))


@given(rows)
@settings(deadline=None, max_examples=60)
def test_the_view_says_what_the_node_would_do(erl: ErlJudge, lines: list[str]) -> None:
    data = "\n".join(lines).encode()
    seen = read_conf(data, "f")
    rabbit = by_app(erl.ask("conf", data))["rabbit"]
    assert places(seen, "amqp", tls=True) == sorted(map(as_pair, rabbit.get("ssl_listeners", [])))
    plain = [as_pair(one) for one in rabbit.get("tcp_listeners", [5672])]
    assert places(seen, "amqp", tls=False) == sorted(plain)
    found = options(rabbit.get("ssl_options", []))
    if "ssl_options" not in seen.tls:
        assert found.get("certfile") == seen.tls.get("ssl_options.certfile")
        assert str(found.get("depth")) == str(seen.tls.get("ssl_options.depth"))


def places(seen: ConfView, plugin: str, *, tls: bool) -> list[tuple[str, int]]:
    return sorted((one.address, one.port) for one in seen.of(plugin, tls=tls))


PIECES = [*"a.b\\=# \t\r\n-_/*$(){é€", "include ", "\\.", "a.b = ", "c", "\r\n", " # x"]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
@settings(deadline=None, max_examples=300)
def test_lines_are_read_as_cuttlefish_reads_them(erl: ErlJudge, pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    try:
        lines = parse_lines(data, "f")
    except EditError:
        assert not erl.accepts("pairs", data)
        return
    assert "".join(line.text for line in lines).encode() == data
    if any(line.kind == "include" or line.value.startswith("$(<") for line in lines):
        return
    last = {line.key: line.value for line in lines if line.kind == "setting"}
    assert dict(pairs(erl.ask("pairs", data))) == last


def pairs(answer: list[Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, one in answer:
        yield tuple(key), one if isinstance(one, str) else "".join(map(chr, one))
