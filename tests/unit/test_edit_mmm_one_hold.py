"""Properties that hold for every file of MMM 1.x, judged by rules written down a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.edits.mmm.v1 import ConfView, SslWant, edit_conf, read_conf
from app.edits.mmm.v1.lines import TLS_OPTIONS
from app.errors import EditError
from tests.unit.mmm_rules import Refused, one, one_tls

WANTED = SslWant("/t/cert.pem", "/t/key.pem", "/t/ca.pem")
FOREIGN = [
    "debug no",
    "bind_port 9988",
    "bind_port\t9989  ",
    "agent_port 9989\t",
    "monitor_ip 127.0.0.1",
    "this db1\r",
    "host db1",
    "host db2",
    "role  reader",
    "log mydebug ",
    "    ip 192.0.2.1",
    "\tip\t192.0.2.2 # x",
    "  peer db2 ",
    "  servers db1, db2\r",
    "    password a b c",
    "  bind_port 1",
    "email",
    "include mmm_common.conf",
    "é \udcff",
    "  é \udcff\udcfe ",
]
TOUCHED = [
    "socket_type ssl",
    "socket_type ssl \t",
    "socket_type\tssl\r",
    "socket_type plain",
    "socket_typex",
    "    cert_file /a",
    "    cert_file /t/cert.pem",
    "    cert_file /t/cert.pem ",
    "\tkey_file\t/t/key.pem\t",
    "  key_file   /b",
    "  ca_file    /t/ca.pem\r",
    "    ca_file /c # mine",
    "    verify_mode 0",
    "    version TLSv12",
    "    cipher_list HIGH ",
    "    ca_path /etc/ssl",
    "cert_file /a",
    "key_file /t/key.pem",
    "verify_mode  0 ",
]
COMMENTS = ["", "  ", "\r", "# a b", "  # socket_type ssl", "\t#"]
REFUSED = ["a b c", "  alone", "x"]
rows = st.lists(st.sampled_from(FOREIGN + TOUCHED + COMMENTS), max_size=14)
any_rows = st.lists(st.sampled_from(FOREIGN + TOUCHED + COMMENTS + REFUSED), max_size=10)
ends = st.tuples(st.sampled_from(["\n", "\r\n"]), st.booleans())
wishes = st.builds(
    replace,
    st.just(WANTED),
    verify_mode=st.sampled_from([None, 0, 1]),
    verifycn_scheme=st.sampled_from(["", "none"]),
    crl_file=st.sampled_from(["", "/t/crl.pem"]),
    version=st.sampled_from(["", "TLSv12"]),
    drop=st.sampled_from([(), ("ca_path",), ("ca_path", "cipher_list")]),
)


def written(lines: list[str], end: tuple[str, bool]) -> bytes:
    text = end[0].join(lines) + (end[0] if end[1] else "")
    return text.encode("utf-8", "surrogateescape")


@given(rows, ends, wishes)
@settings(deadline=None, max_examples=150)
def test_any_file_comes_to_what_is_wanted_and_nothing_else_changes(
    lines: list[str], end: tuple[str, bool], wanted: SslWant
) -> None:
    data = written(lines, end)
    result = edit_conf(data, wanted, "f").data
    before, after = one(data), one(result)
    found = one_tls(after)
    assert found is not None
    assert after["socket_type"] == {"ssl": found}
    assert {name: found[name] for name, _ in wanted.pairs()} == dict(wanted.pairs())
    assert not set(wanted.drop) & set(found)
    assert others(before) == others(after)
    stays = {k: v for k, v in (one_tls(before) or {}).items() if k not in wanted.drop}
    assert {**stays, **dict(wanted.pairs())}.items() <= found.items()
    assert edit_conf(result, wanted, "f").data == result


def others(config: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an edit may move: the block, and its options at column 0."""
    return {k: v for k, v in config.items() if k not in ("socket_type", *TLS_OPTIONS)}


@given(rows, ends, wishes)
@settings(deadline=None, max_examples=100)
def test_untouched_lines_keep_every_byte_and_their_order(
    lines: list[str], end: tuple[str, bool], wanted: SslWant
) -> None:
    data = written(lines, end)
    result = edit_conf(data, wanted, "f").data
    kept = [line for line in data.split(b"\n") if line.strip() and foreign(line)]
    rest = iter(result.split(b"\n"))
    # Options of a block that goes are its own, whatever their names are.
    if data.count(b"socket_type") < 2:
        assert all(line in rest for line in kept)
    assert data == b"" or result.endswith(b"\n") is data.endswith(b"\n")


def foreign(line: bytes) -> bool:
    word = line.split()[0].decode("utf-8", "surrogateescape")
    return not word.startswith("socket_type") and word not in (*TLS_OPTIONS, "cipher_list")


def stops(data: bytes) -> int:
    """Give the line that stops MMM, or 0."""
    try:
        one(data)
    except Refused as refused:
        return refused.place[1]
    return 0


@given(any_rows, ends)
@settings(deadline=None, max_examples=150)
def test_the_view_says_what_mmm_would_read(lines: list[str], end: tuple[str, bool]) -> None:
    data = written(lines, end)
    seen = read_conf(data, "f")
    assert [trap.line for trap in seen.fatal][:1] == [n for n in (stops(data),) if n]
    if seen.fatal:
        return
    config = one(data)
    assert as_config(seen) == config
    found = one_tls(config)
    assert seen.socket.tls is (found is not None)
    assert {name: value.text for name, value in seen.socket.options.items()} == (found or {})
    texts = data.decode("utf-8", "surrogateescape").split("\n")
    for name, value in seen.settings.items():
        assert texts[value.line - 1].startswith(name)


def as_config(seen: ConfView) -> dict[str, Any]:
    config: dict[str, Any] = {name: value.text for name, value in seen.settings.items()}
    for thing in seen.objects:
        values = {name: value.text for name, value in thing.options.items()}
        config.setdefault(thing.kind, {})[thing.name] = values
    return config


@given(any_rows, ends)
@settings(deadline=None, max_examples=80)
def test_what_mmm_refuses_is_refused_at_its_line(lines: list[str], end: tuple[str, bool]) -> None:
    data = written(lines, end)
    line = stops(data)
    if not line:
        edit_conf(data, WANTED, "f")
        return
    with pytest.raises(EditError) as caught:
        edit_conf(data, WANTED, "f")
    assert caught.value.line == line


PIECES = [*"ab#\\ \t\r\n\f\v<>é", "socket_type ssl", "cert_file", " /a", "\n ", "\n\t", "\udc85"]


@given(st.lists(st.sampled_from(PIECES), max_size=20))
@settings(deadline=None, max_examples=200)
def test_any_text_is_read_as_mmm_reads_it(pieces: list[str]) -> None:
    data = "".join(pieces).encode("utf-8", "surrogateescape")
    seen = read_conf(data, "f")
    assert [trap.line for trap in seen.fatal][:1] == [n for n in (stops(data),) if n]
    if not seen.fatal:
        config = one(data)
        assert as_config(seen) == config
        assert others(one(edit_conf(data, WANTED, "f").data)) == others(config)
