"""MMM 2.x: what a host's files say, and each trap of the grammar."""

from __future__ import annotations

import pytest

from app.edits.mmm.names import cluster_of, start_file
from app.edits.mmm.v2 import all_candidates, edit_socket, read_conf, unread
from app.errors import EditError
from tests.unit import mmm_rules
from tests.unit.mmm_files import (
    AGENT,
    AGENT_TEXT,
    COMMON,
    ETC,
    MON,
    SECTION,
    STARTS,
    WANTED,
    alone,
    edited,
    host,
    traps,
)


def test_a_host_shows_its_hosts_roles_monitor_and_itself() -> None:
    seen = read_conf(host(), "mmm_mon.conf")
    assert seen.files == (MON, COMMON)
    assert (seen.start, seen.unread, seen.traps, seen.this) == (MON, (), (), None)
    one, two = seen.hosts["db1"], seen.hosts["db2"]
    assert [v and v.text for v in (one.ip, one.mode, one.peer)] == ["192.0.2.1", "master", "db2"]
    assert one.agent_port.place == f"{COMMON}:5"
    assert (one.agent_port.number, two.agent_port.number) == (9990, 9991)
    assert seen.roles["writer"].hosts == ("db1", "db2")
    assert seen.roles["writer"].ips == ("192.0.2.10",)
    assert seen.monitor is not None
    assert seen.monitor.ip is not None
    assert (seen.monitor.ip.text, seen.monitor.ip.line) == ("192.0.2.9", 4)
    assert (seen.monitor.port.number, seen.monitor.mode.text) == (9988, "active")
    assert seen.monitor.mode.place == "a default of MMM"
    assert seen.monitor.ping_ips == ("192.0.2.1", "192.0.2.2")
    assert seen.active_master_role is not None
    assert not seen.socket.tls
    assert "sEcReT" not in repr(seen)
    agent = read_conf(host(), "mmm_agent")
    assert agent.host is not None
    assert agent.host.name == "db1"
    assert agent.monitor is None


def test_the_first_readable_file_of_a_name_wins_for_each_include_anew() -> None:
    files = host({"/etc/mmm_common.conf": "<socket/>\n", "/etc/mmm/mmm_agent.conf": AGENT_TEXT})
    assert read_conf(files, "mmm_agent.conf").files == (
        "/etc/mmm/mmm_agent.conf",
        "/etc/mmm_common.conf",
    )
    assert read_conf(files, "mmm_mon.conf").files == (MON, "/etc/mmm_common.conf")


def test_a_survey_is_told_what_to_read_until_all_is_known() -> None:
    there = {AGENT: b"include extra\n", "/etc/mmm/extra.conf": b"include sub/more.conf\nthis a\n",
             "/etc/sub/more.conf": b"<host a>\n</host>\n"}  # fmt: skip
    files: dict[str, bytes | None] = {}
    asked = []
    while wanted := unread(files, ["mmm_agent.conf"]):
        asked.append(wanted)
        assert read_conf(files, "mmm_agent.conf").unread == wanted
        with pytest.raises(EditError, match="cannot be known"):
            edit_socket(files, ["mmm_agent.conf"], WANTED)
        files |= {path: there.get(path) for path in wanted}
    assert asked[1] == ("/etc/extra.conf", "/etc/mmm/extra.conf", f"{ETC}extra.conf")
    assert len(asked) == 3
    assert list(read_conf(files, "mmm_agent.conf").hosts) == ["a"]
    assert f"{ETC}mmm_mon_c1.conf" in all_candidates(["c1"])


def test_names_of_files_say_their_cluster() -> None:
    assert cluster_of("/etc/mysql-mmm/mmm_mon_c1.conf") == "c1"
    assert cluster_of("mmm_mon_log.conf") == cluster_of("mmm_mon.conf") == ""
    assert (start_file("mon"), start_file("agent", "c1")) == ("mmm_mon.conf", "mmm_agent_c1.conf")


S = "<socket>\n{}\n</socket>\n"
TRAPS = {
    S.format("type ssl"): ["missing-option 2 warn"] * 3,
    S.format("cert_file /a"): ["plain-with-options 2 warn"],
    S.format("type plain\nca_file /a"): ["plain-with-options 2 warn"],
    SECTION + "<socket>\ntype ssl\n</socket>\n": ["repeated-section 7 info"],
    SECTION + "<socket>\ntype plain\n</socket>\n":
        ["repeated-section 7 info", "overridden 2 info", "plain-with-options 8 warn"],
    SECTION.replace("ca.pem", "ca.pem # mine"): ["trailing-comment 5 warn"],
    SECTION.replace("</socket>", "</soket>"): ["wrong-end 6 info"],
    SECTION.replace("</socket>\n", ""): ["unclosed-section 1 warn"],
    "debug 0\n</host>\nsocket_type ssl\n": ["stray-end 2 warn"],
    "this a # me\n<host a>\n</host>\n": ["trailing-comment 1 warn", "unknown-host 1 warn"],
    "replication_user a\n": ["odd-variable 1 warn"],
    "<ip 192.0.2.1>\ncidr 32\n</ip>\n": ["unknown-section 1 warn"],
    "<monitor>\nmode maual\n</monitor>\n": ["monitor-mode 2 warn"],
    S.format("verify_mode 1"): ["unknown-variable 2 fatal"],
    S.format("socket_type ssl"): ["unknown-variable 2 fatal"],
    S.format("type tls"): ["socket-type 2 fatal"],
    S.format("type ssl # x") + SECTION.replace("type        ssl\n", "\n"):
        ["trailing-comment 2 warn", "repeated-section 4 info", "socket-type 2 fatal"],
    "<socket ssl>\n</socket>\n": ["named-unique 1 fatal"],
    "socket ssl\n": ["section-as-variable 1 fatal"],
    "socket_type ssl\n": ["unknown-variable 1 fatal"],
    "cert_file /a\n": ["unknown-variable 1 fatal"],
    "include a b\n": ["unknown-variable 1 fatal"],
    "<host>\n</host>\n": ["unnamed-section 1 fatal"],
    "<host a>\n<socket>\n</socket>\n</host>\n": ["nested-section 2 fatal"],
    "<host a> # me\n": ["section-tag 1 fatal"],
    "<host a.b>\n": ["section-tag 1 fatal"],
    "<host a>\nip\n</host>\n": ["invalid-line 2 fatal"],
    "<host a>\ninclude mmm_common.conf\n</host>\n": ["include-in-section 2 fatal"],
    "include mmm_agent.conf\n": ["include-cycle 1 fatal"],
    "\ufeff# x\n": ["byte-order-mark 1 fatal", "odd-variable 1 warn"],
}  # fmt: skip


@pytest.mark.parametrize("text", TRAPS)
def test_each_trap_is_named_and_mmm_refuses_the_fatal_ones(text: str) -> None:
    assert traps(alone(text)) == TRAPS[text]
    if any(one.endswith("fatal") for one in TRAPS[text]):
        with pytest.raises((mmm_rules.Refused, RecursionError)):
            mmm_rules.two(alone(text), "mmm_agent.conf")
        with pytest.raises(EditError) as caught:
            edit_socket(alone(text), ["mmm_agent.conf"], WANTED, host="db1")
        assert caught.value.where.startswith(f"db1:{AGENT}:")
        assert caught.value.snippet == SECTION
        assert caught.value.hint


def test_a_file_that_is_not_found_is_a_fatal_trap() -> None:
    assert traps(dict.fromkeys(all_candidates())) == ["start-missing 0 fatal"]
    name = f"{ETC}mmm_common.conf"
    text = f"include {name}\n"
    files = alone(text) | dict.fromkeys([f"{d}{name}" for d in mmm_rules.DIRS])
    assert traps(files) == ["include-absolute 1 fatal"]
    files = alone("include nix\n") | dict.fromkeys([f"{d}/nix.conf" for d in mmm_rules.DIRS])
    assert traps(files) == ["include-missing 1 fatal"]
    one = read_conf(files, "mmm_agent.conf").traps[0]
    assert str(one) == (
        f"{AGENT}:1: include nix: no such file in /etc, /etc/mmm, /etc/mysql-mmm, "
        "and MMM does not start"
    )
    with pytest.raises(EditError, match="include nix"):
        edit_socket(files, ["mmm_agent.conf"], WANTED)


def test_files_that_include_each_other_ever_more_are_not_followed_for_ever() -> None:
    files = alone("include f0\n") | {f"{d}/f30.conf": b"" for d in mmm_rules.DIRS}
    for n in range(30):
        files |= {f"{d}/f{n}.conf": f"include f{n + 1}\n".encode() * 2 for d in mmm_rules.DIRS}
    seen = read_conf(files, "mmm_agent.conf")
    assert {one.id for one in seen.traps} == {"too-many-includes"}
    with pytest.raises(EditError, match="too many files"):
        edit_socket(files, ["mmm_agent.conf"], WANTED)


TUTORIAL = """\
active_master_role writer

<host default>

cluster_interface eth0

mysql_port 13306

</host>

<host db1>

ip 192.0.2.1

mode master

peer db2

</host>

<role reader>

hosts db1，db2, db3

ips     192.0.2.100  ## VIP für alle

</role>
"""


def test_shapes_of_tutorials_are_read_as_mmm_would_and_edited_alike() -> None:
    files = host({COMMON: TUTORIAL, AGENT: "include mmm_common.conf\nthis is db1\n"})
    seen = read_conf(files, "mmm_agent.conf")
    assert [f"{one.id} {one.line}" for one in seen.traps] == [
        "trailing-comment 25",
        "unknown-host 2",
    ]
    assert seen.roles["reader"].hosts == ("db1，db2", "db3")
    assert seen.this is not None
    assert (seen.this.text, seen.host) == ("is db1", None)
    assert edited(files) == {COMMON: TUTORIAL + "\n" + SECTION}
    remarked = TUTORIAL.replace("<host db1>", "<host db1>   #### the first")
    with pytest.raises(EditError, match="must stand alone") as caught:
        edit_socket(host({COMMON: remarked}), STARTS, WANTED)
    assert caught.value.where == f"{COMMON}:11"


@pytest.mark.parametrize(
    ("mode", "ids"),
    [(0o640, []), (0o644, ["world-readable"]), (0o662, ["world-writable"]),
     (0o666, ["world-writable", "world-readable"])],
)  # fmt: skip
def test_files_that_others_may_read_or_write_stop_mmm(mode: int, ids: list[str]) -> None:
    seen = read_conf(host(), "mmm_agent.conf", modes={COMMON: mode, AGENT: 0o600, MON: 0o666})
    assert [one.id for one in seen.fatal] == ids
    assert {one.file for one in seen.traps} <= {COMMON}


def test_what_a_host_made_is_calm_in_what_is_said_and_no_password_shows() -> None:
    files = alone("<host \x1b[2J> x\nagent_password sEcReT # mine\n")
    said = [f"{one} {one.hint}" for one in read_conf(files, "mmm_agent.conf").traps]
    assert said
    assert not any("\x1b" in one or "sEcReT" in one for one in said)
    with pytest.raises(EditError) as caught:
        edit_socket(alone("include \x1b[2J\n"), ["mmm_agent.conf"], WANTED)
    assert "\x1b" not in f"{caught.value.where} {caught.value.text}"
