"""What the proofs of MMM believe, and what MMM's files and hosts are taken for."""

from __future__ import annotations

from functools import partial

import pytest

from app.kinds.mmm.proofs import judge_control, judge_ping, judge_show
from app.kinds.mmm.topology import links
from app.observed import Output
from tests.lab import mmm_configs as configs
from tests.unit.mmm_plans import ADDRESSES, AGENT, COMMON, ETC, KIND, MON, World, phases, show

HELD = ("reader(192.0.2.101)", "writer(192.0.2.100)")
SAID = show().partition("\n")[2]
STALE = f"WARNING!!! DAEMON IS NOT RUNNING. INFORMATION MAY NOT BE ACTUAL!!!\n{SAID}"


@pytest.mark.parametrize(
    ("out", "holds", "evidence"),
    [
        (SAID, True, "ONLINE, roles reader(192.0.2.101), writer(192.0.2.100)"),
        (SAID.replace(", writer(192.0.2.100)", ""), False, "now reader(192.0.2.101)"),
        (SAID.replace("db1(", "db10("), False, "db10"),
        (f"# Warning: agent on host db1 is not reachable\n{SAID}", False, "db1 is not reachable"),
        (f"# Warning: agent on host db10 is not reachable\n{SAID}", True, "ONLINE"),
        (STALE, False, "NOT RUNNING"),
        ("", False, "says nothing"),
        ("the monitor gives no answer\n", False, "no answer"),
        ("\x1b[2J" * 5000, False, "\ufffd"),
        (SAID.replace("; ", ";"), True, "ONLINE"),
    ],
)
def test_show(out: str, holds: bool, evidence: str) -> None:
    judged, said = judge_show("db1", HELD, Output(0, out))
    assert (judged, evidence in said, len(said) < 400) == (holds, True, True), said
    assert "\x1b" not in said


def test_a_host_without_roles_is_judged_by_its_state() -> None:
    assert judge_show("db2", (), Output(0, SAID))[0]


@pytest.mark.parametrize(
    ("out", "holds"),
    [
        ("served sha256$00\nsaid OK: Pinged!|UP:12\n", True),
        ("served sha256$00\nsaid ERROR: Invalid hostname in command (db2)!\n", False),
        ("hostname verification failed\n", False),
        ("", False),
    ],
)  # fmt: skip
def test_ping_of_an_agent(out: str, holds: bool) -> None:
    assert judge_ping(Output(0, out))[0] is holds


def test_an_empty_answer_is_a_refusal_whatever_the_code() -> None:
    judged, said = judge_control(Output(0, "\n"))
    assert (judged, "refused the certificate" in said) == (False, True)
    assert judge_control(Output(1, "OK: Pinged successfully!\n"))[0]


def test_proofs_of_an_agent_that_a_person_brings_files_to() -> None:
    """Its own name is known from the monitor's files, by its address."""
    world = World()
    world.text = world.text.replace("a2: {", "a2: {reach: bundle, ")
    world.files.pop("a2")
    site = world.site
    layouts = {host: world.layout(host) for host in world.files}
    layouts["a2"] = KIND.assumed(site, world.node("a2"))
    found = [p for p in KIND.proofs(site, site.topologies[0], layouts) if p.link.acceptor == "a2"]
    assert [("PING|1|db2" in p.command) for p in found] == [True, False]
    assert isinstance(found[1].judge, partial)
    assert found[1].judge.args[0] == "db2"
    # And it counts as one of the company that the monitor knows.
    assert phases(world.plan()) == ["guard: mon", "deploy: mon a1", "deploy: ctl", "free: mon"]


def test_every_dial() -> None:
    site = World().site
    found = [f"{li.id} {li.name}:{li.port}" for li in links(site, site.topologies[0])]
    assert found == [
        "mon>a1 10.0.0.1:9989", "mon>a2 10.0.0.2:9989", "mon>mon 10.0.0.9:9988",
        "ctl>mon 10.0.0.9:9988",
    ]  # fmt: skip


def problems(world: World, host: str) -> str:
    return "; ".join(world.layout(host).problems)


def put(world: World, host: str, path: str, old: str, new: str) -> None:
    text = world.read(host, path)
    assert old in text
    world.write(host, path, text.replace(old, new))


@pytest.mark.parametrize(
    ("host", "path", "old", "new", "words"),
    [
        ("mon", MON, "10.0.0.9", "127.0.0.1", "names: [127.0.0.1, …]"),
        ("mon", MON, "10.0.0.9", "0.0.0.0", "MMM dials the very address"),
        ("ctl", MON, "10.0.0.9", "mon.test", "dials the monitor as mon.test"),
        ("mon", MON, "10.0.0.9\n", "10.0.0.9\n    port 9000\n", "say port 9000, not 9988: set opt"),
        ("a1", COMMON, "10.0.0.1", "fd00::1", "dials this agent as fd00::1"),
        ("a1", COMMON, "10.0.0.1\n", "10.0.0.1\n    agent_port 9990\n", "set option agent_port"),
        ("mon", COMMON, "10.0.0.2\n", "10.0.0.2\n    agent_port 9990\n",
         "the monitor dials db2 on 9990, not 9989"),
        ("a1", AGENT, "this db1", "this db9", "gives no address for this"),
        ("a1", AGENT, "mmm_common", "\x1b[2J_x", "could not be read: /etc/\ufffd[2J_x.conf"),
        ("mon", MON, "debug 0", "debug 0\nverify_mode 1", f"{MON}:19: Unknown variable verify_mod"),
    ],
)  # fmt: skip
def test_odd_files(host: str, path: str, old: str, new: str, words: str) -> None:
    world = World()
    put(world, host, path, old, new)
    found = problems(world, host)
    assert words in found
    assert "\x1b" not in found


def test_every_address_is_nobodys_name() -> None:
    world = World()
    put(world, "mon", MON, "10.0.0.9", "0.0.0.0")
    assert world.layout("mon").names == ()


def test_an_agent_with_a_port_of_its_own() -> None:
    world = World()
    for host in ("mon", "a2"):
        put(world, host, COMMON, "10.0.0.2\n", "10.0.0.2\n    agent_port 9990\n")
    world.text += "    nodes: {a2: {agent_port: 9990}}\n"
    assert (problems(world, "mon"), problems(world, "a2")) == ("", "")


@pytest.mark.parametrize(
    ("mode", "written", "words"),
    [
        ("PASSIVE", "", "mode PASSIVE"),
        ("WAIT", "", "mode WAIT"),
        ("MANUAL", "", "somebody set the monitor to MANUAL"),
        ("ACTIVE", "manual", "its files say mode manual"),
        ("MANUAL", "manual", ""),
        ("ACTIVE", "", ""),
    ],
)
def test_modes_that_somebody_set(mode: str, written: str, words: str) -> None:
    world = World()
    world.mode = mode
    if written:
        put(world, "mon", MON, "<monitor>", f"<monitor>\n    mode {written}")
    found = problems(world, "mon")
    assert (words in found, bool(found)) == (True, bool(words))


def test_start_files_anywhere_on_the_search_path() -> None:
    for folder, ssl in (("/etc", "/etc/mmm/ssl"), ("/etc/mmm", "/etc/mmm/ssl")):
        world = World()
        world.files["a1"] = {}
        world.write("a1", f"{folder}/mmm_agent.conf", configs.two_agent("db1"))
        world.write("a1", COMMON, configs.two_common(ADDRESSES))
        found = world.layout("a1").facts
        assert (found["config"], found["folder"]) == (f"{folder}/mmm_agent.conf", ssl)
        assert found["files"].split() == [f"{folder}/mmm_agent.conf", COMMON]


def changed(world: World, host: str) -> set[str]:
    return {
        change.path
        for step in world.plan().steps
        for part in step.members
        if part.node.host == host
        for change in part.changes
    }


def test_the_file_of_a_log_is_none_of_ours() -> None:
    world = World()
    for name in ("mmm_mon_log", "mmm_agent_log"):
        world.write("mon", f"{ETC}/{name}.conf", "log4perl.logger = INFO, LogFile\n")
    assert not [path for path in changed(world, "mon") if path.endswith("_log.conf")]


def test_a_control_file_on_an_agents_host_gets_tls_too() -> None:
    world = World()
    for path in (MON, AGENT):
        own = world.read("a1", AGENT) if path == AGENT else world.read("mon", MON)
        world.write("a1", path, own.replace("include mmm_common.conf", world.read("a1", COMMON)))
    world.files["a1"].pop(COMMON)
    assert {MON, AGENT} <= changed(world, "a1")


def test_other_clusters_keep_their_files_and_are_told_of() -> None:
    world = World()
    mine, other = f"{ETC}/mmm_mon_A.conf", f"{ETC}/mmm_mon_B.conf"
    for host in ("mon", "ctl"):
        world.write(host, mine, world.read(host, MON))
        world.files[host].pop(MON)
    world.write("mon", other, configs.two_monitor("10.0.0.9", ()).replace("common", "common_B"))
    world.write("mon", f"{ETC}/mmm_common_B.conf", configs.two_common(ADDRESSES))
    world.text += "    options: {cluster: A}\n"
    assert mine in changed(world, "mon")
    assert not {other, f"{ETC}/mmm_common_B.conf"} & changed(world, "mon")
    assert not [text for text in world.layout("mon").warnings if "mmm_mon_B" in text]
    put(world, "mon", other, "common_B", "common")
    assert [text for text in world.layout("mon").warnings if "mmm_mon_B" in text]
    assert other not in changed(world, "mon")


def test_more_hosts_than_a_screen_shows_are_all_known() -> None:
    """What is cut would look like a role that moved."""
    world = World()
    names = {f"db{i}": f"10.0.1.{i}" for i in range(1, 200)}
    world.write("mon", COMMON, configs.two_common(names))
    rows = [
        f"  {n}({ip}) master/ONLINE. Roles: reader({ip}), writer({ip})" for n, ip in names.items()
    ]
    world.outputs["mon"]["mmm-monitor"] = "\n".join(["mode ACTIVE", *rows])
    found = KIND.proofs(
        world.site, world.site.topologies[0], {h: world.layout(h) for h in ("mon",)}
    )
    assert found  # mmm_control on the monitor's own host
    roles = world.layout("mon").facts["roles"]
    assert "db199 reader(10.0.1.199), writer(10.0.1.199)" in roles


def test_what_no_host_of_the_monitor_is_counts_for_nothing() -> None:
    world = World()
    hostile = "  $(reboot)(x) master/ONLINE. Roles: writer(1)\n" * 3000
    world.outputs["mon"]["mmm-monitor"] = f"mode x\n{hostile}{SAID}"
    world.mode = "\x1b]0;x"
    facts = world.layout("mon").facts
    assert (facts["writers"], facts["mode"]) == ("db1", "")
    assert "reboot" not in facts["roles"]


def test_a_configuration_of_the_owner_alone_stays_so() -> None:
    world = World()
    world.write("mon", MON, world.read("mon", MON), 0o600)
    (first, *_) = world.plan().steps
    (change,) = first.members[0].changes
    assert change.resource.mode == 0o600


def test_systemd_is_needed() -> None:
    world = World()
    world.outputs["a1"]["mmm-unit"] = ""
    assert "systemd does not run" in problems(world, "a1")
    world.outputs["a1"]["mmm-unit"] = "mysql-mmm-agent=not-found inactive\n"
    assert "no systemd unit mysql-mmm-agent" in problems(world, "a1")
