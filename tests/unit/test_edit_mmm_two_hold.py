"""Properties that hold for all files of MMM 2.x, judged by rules written down a second time."""

from __future__ import annotations

import copy
from itertools import chain
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.edits.mmm.model import Value
from app.edits.mmm.v2 import (
    ConfView,
    SocketWant,
    all_candidates,
    edit_socket,
    put_back_mode,
    read_conf,
    set_mode,
    unread,
)
from app.errors import EditError
from tests.unit.mmm_rules import Refused, two

WANTED = SocketWant("/t/cert.pem", "/t/key.pem", "/t/ca.pem")
VALUES = {
    "type": "ssl", "cert_file": "/t/cert.pem", "key_file": "/t/key.pem", "ca_file": "/t/ca.pem",
}  # fmt: skip
STARTS = ("mmm_agent.conf", "mmm_mon.conf")
AGENT, MON = (f"/etc/mysql-mmm/{name}" for name in STARTS)
HOME = ("/etc/mmm_common.conf", "/etc/mmm/mmm_common.conf", "/etc/mysql-mmm/mmm_common.conf")

TOP = [
    "this db1",
    "this\tdb2 ",
    "debug 0",
    "active_master_role      writer",
    "max_kill_retries 3 # x",
    "# <socket>",
    "",
    "  \t",
    "  # é \udcff",
]
INSIDE = {
    "host": ["ip      192.0.2.1", "ip 192.0.2.2 # x", "mode master", "peer db2", "agent_port 1",
             "agent_password a b, c", "# ip 1", "", "note é\udcff"],
    "role": ["hosts db1, db2", "hosts\tdb1 ,, ", "ips 192.0.2.10,192.0.2.11", "mode exclusive"],
    "monitor": ["ip  192.0.2.9", "port 9988", "mode active", "mode manual", "mode\tpassive  ",
                "ping_ips 192.0.2.1, 192.0.2.2", "# mode wait", "pid_path /run/m.pid", ""],
    "socket": ["type ssl", "type plain", "type\t\tssl  ", "cert_file /t/cert.pem",
               "cert_file   /old", "key_file /old # x", "ca_file\t/t/ca.pem ", "# type ssl", "",
               "ca_file /old"],
}  # fmt: skip
leads = st.sampled_from(["", "  ", "    ", "\t"])
NAMES = {"host": ["default", "db1", "db2"], "role": ["writer", "reader"]}


@st.composite
def sections(draw: st.DrawFn) -> list[str]:
    kind = draw(st.sampled_from(["host", "role", "monitor", "socket", "socket"]))
    name = " " + draw(st.sampled_from(NAMES[kind])) if kind in NAMES else ""
    if draw(st.integers(0, 9)) == 0:
        return [f"<{kind}{name}/>"]
    lead = draw(leads)
    inner = draw(st.lists(st.sampled_from(INSIDE[kind]), max_size=5))
    end = draw(st.sampled_from([f"</{kind}>", f"</{kind}>", f"  </ {kind} > ", "</x>"]))
    return [f"<{kind}{name}>", *(lead + row if row else row for row in inner), end]


def pages(*includes: str) -> st.SearchStrategy[list[str]]:
    line = st.sampled_from([*TOP, *(f"include {name}" for name in includes)]).map(lambda t: [t])
    return st.lists(line | sections(), max_size=7).map(lambda parts: list(chain(*parts)))


BAD = ["</stray>", "<host db1>", "<socket>", "socket ssl", "verify_mode 1", "alone", "<host>",
       "include nix", "<host db1> # x", "<socket ssl>", "include mmm_agent.conf"]  # fmt: skip


@st.composite
def hosts(draw: st.DrawFn, *, bad: bool = False) -> dict[str, bytes | None]:
    """Make the files of a host; the common file in one of the directories, or in several."""
    texts = {AGENT: draw(pages("mmm_common.conf", "extra")),
             MON: draw(pages("mmm_common", "extra.conf"))}  # fmt: skip
    for path in draw(st.lists(st.sampled_from(HOME), min_size=1, max_size=2)):
        texts[path] = draw(pages("extra"))
    texts["/etc/mmm/extra.conf"] = draw(pages())
    for _ in range(draw(st.integers(0, 2)) if bad else 0):
        rows = texts[draw(st.sampled_from(sorted(texts)))]
        rows.insert(draw(st.integers(0, len(rows))), draw(st.sampled_from(BAD)))
    files: dict[str, bytes | None] = dict.fromkeys(all_candidates())
    files |= dict.fromkeys(f"{d}/{n}.conf" for d in ("/etc", "/etc/mmm", "/etc/mysql-mmm")
                           for n in ("extra", "nix"))  # fmt: skip
    for path, rows in texts.items():
        newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
        text = newline.join(rows) + draw(st.sampled_from([newline, newline, ""]))
        files[path] = text.encode("utf-8", "surrogateescape")
    return files


def judged(files: dict[str, bytes | None], start: str) -> dict[str, Any]:
    config = copy.deepcopy(two(files, start))
    config.pop("socket", None)
    return config


def stops(files: dict[str, bytes | None], start: str) -> tuple[str, int] | None:
    """Tell what stops MMM: file and line, or nothing; leave out what may stop a fork or not."""
    try:
        two(files, start)
    except Refused as refused:
        assume(not refused.fork)
        return refused.place
    except RecursionError:
        return ("", 0)
    return None


@given(hosts(), st.sampled_from([STARTS, STARTS[:1], STARTS[::-1]]))
@settings(deadline=None, max_examples=60)
def test_any_host_comes_to_what_is_wanted_and_nothing_else_changes(
    files: dict[str, bytes | None], starts: tuple[str, ...]
) -> None:
    assert unread(files, starts) == ()
    result = edit_socket(files, starts, WANTED)
    after = files | dict(result.files)
    for start in starts:
        assert two(after, start)["socket"] == VALUES
        assert judged(after, start) == judged(files, start)
        assert read_conf(after, start).socket.tls
    assert edit_socket(after, starts, WANTED).files == {}
    for path, data in result.files.items():
        assert data != files[path]
        keep_order(files[path] or b"", data)


def keep_order(before: bytes, after: bytes) -> None:
    """Assert that all lines but those of <socket> are there, each byte, in their order."""
    rest = iter(after.split(b"\n"))
    assert all(line in rest for line in before.split(b"\n") if line.strip() and foreign(line))
    assert before == b"" or after.endswith(b"\n") is before.endswith(b"\n")


def foreign(line: bytes) -> bool:
    word = line.split()[0]
    return word not in (b"type", b"cert_file", b"key_file", b"ca_file", b"<socket/>")


@given(hosts(bad=True))
@settings(deadline=None, max_examples=80)
def test_the_view_says_what_mmm_would_read(files: dict[str, bytes | None]) -> None:
    for start in STARTS:
        seen = read_conf(files, start)
        place = stops(files, start)
        assert bool(seen.fatal) is (place is not None)
        if place and place[1]:
            assert (seen.fatal[0].file, seen.fatal[0].line) == place
        if not place:
            compare(seen, two(files, start))


def compare(seen: ConfView, config: dict[str, Any]) -> None:
    assert (text(seen.this), text(seen.active_master_role)) == (
        config.get("this"), config.get("active_master_role"),
    )  # fmt: skip
    assert set(seen.hosts) == set(config.get("host", {}))
    for name, host in config.get("host", {}).items():
        view = seen.hosts[name]
        assert text(view.ip) == host.get("ip")
        assert (text(view.mode), text(view.peer)) == (host.get("mode"), host.get("peer"))
        assert view.agent_port.text == host.get("agent_port", "9989")
    roles = config.get("role", {})
    assert {name: (r.hosts, r.ips, text(r.mode)) for name, r in seen.roles.items()} == {
        name: (r.get("hosts", ()), r.get("ips", ()), r.get("mode")) for name, r in roles.items()
    }
    socket = config.get("socket", {})
    assert seen.socket.type.text == socket.get("type", "plain")
    found = (seen.socket.cert_file, seen.socket.key_file, seen.socket.ca_file)
    assert [text(v) for v in found] == [socket.get(n) for n in ("cert_file", "key_file", "ca_file")]
    monitor = config.get("monitor")
    assert (seen.monitor is None) is (monitor is None)
    if seen.monitor is not None and monitor is not None:
        assert text(seen.monitor.ip) == monitor.get("ip")
        assert seen.monitor.mode.text == monitor.get("mode", "active")
        assert seen.monitor.port.text == monitor.get("port", "9988")
        assert seen.monitor.ping_ips == monitor.get("ping_ips", ())


def text(value: Value | None) -> str | None:
    return value.text if value else None


@given(hosts(bad=True))
@settings(deadline=None, max_examples=60)
def test_what_mmm_refuses_is_refused_and_what_it_takes_comes_right(
    files: dict[str, bytes | None],
) -> None:
    for start in STARTS:
        if stops(files, start):
            with pytest.raises(EditError):
                edit_socket(files, [start], WANTED)
        else:
            after = files | dict(edit_socket(files, [start], WANTED).files)
            assert two(after, start)["socket"] == VALUES
            assert judged(after, start) == judged(files, start)


@given(hosts(), st.sampled_from(["manual", "passive"]), st.booleans())
@settings(deadline=None, max_examples=60)
def test_a_mode_is_held_and_comes_back(
    files: dict[str, bytes | None], mode: str, between: bool
) -> None:
    start = STARTS[1]
    before = two(files, start).get("monitor")
    texts = [files[path] or b"" for path in read_conf(files, start).files]
    if before is None or not any(b"<monitor>" in one for one in texts):
        return
    held = files | dict(set_mode(files, start, mode).files)
    now = two(held, start)
    assert now.pop("monitor") == {**before, "mode": mode}
    assert {**now, "monitor": before} == two(files, start)
    assert set_mode(held, start, mode).files == {}
    if between:
        held |= edit_socket(held, STARTS, WANTED).files
        files = files | dict(edit_socket(files, STARTS, WANTED).files)
    assert held | dict(put_back_mode(held, start, mode).files) == files


def test_a_mode_that_is_held_for_a_change_sets_no_fashion_for_what_is_written() -> None:
    text = b"<monitor>\n</monitor>\n<host default>\n  ip 192.0.2.1\n</host>\n"
    files: dict[str, bytes | None] = {**dict.fromkeys(all_candidates()), "/etc/mmm_mon.conf": text}
    held = files | dict(set_mode(files, STARTS[1]).files)
    edited = held | dict(edit_socket(held, STARTS[1:], WANTED).files)
    back = edited | dict(put_back_mode(edited, STARTS[1]).files)
    assert back == files | dict(edit_socket(files, STARTS[1:], WANTED).files)


PIECES = [*"ab#/ \t\r\n\f<>é,", "<socket>", "</socket>", "<socket/>", "type ssl", "\n", "\udc85",
          "<host a>", "</host>", "ip ", "this a", "include b", "\n\n"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=16))
@settings(deadline=None, max_examples=200)
def test_any_text_is_read_as_mmm_reads_it(pieces: list[str]) -> None:
    files: dict[str, bytes | None] = dict.fromkeys(all_candidates())
    files |= dict.fromkeys(f"{d}/b.conf" for d in ("/etc", "/etc/mmm", "/etc/mysql-mmm"))
    files[AGENT] = "".join(pieces).encode("utf-8", "surrogateescape")
    if unread(files, STARTS[:1]):
        return
    seen = read_conf(files, STARTS[0])
    place = stops(files, STARTS[0])
    assert bool(seen.fatal) is (place is not None)
    if place is None:
        compare(seen, two(files, STARTS[0]))
    elif place[1]:
        assert seen.fatal[0].line == place[1]
