"""Each row of what monitor and agents of 2.x log when TLS between them goes wrong."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.verify.explain import explain
from tests.unit.judges import need
from tests.unit.mmm_certificates import CLIENT, SERVER, Issuer, Pair
from tests.unit.mmm_processes import (
    AGENT,
    MONITOR,
    Place,
    block,
    listens,
    open_folder,
)
from tests.unit.mmm_sites import Site, all_good, explained, good, hold, site, wait_for_log
from tests.until import until

FAULTS = ("down", "expired", "other-ca", "wrong-name", "clients-only", "held")
UNDEFINED = "Received undefined answer from host db1. $!: "


@pytest.fixture
def ca(tmp_path: Path) -> Issuer:
    need("perl")
    return Issuer(tmp_path, "ca")


@pytest.fixture
def pair_of(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, ("db1",)) as made:
        yield made


def test_an_agent_that_the_monitor_cannot_use_is_not_reached(tmp_path: Path, ca: Issuer) -> None:
    with site(tmp_path, ("fine", *FAULTS)) as made:
        of = {agent.name: agent for agent in made.agents}
        own = {name: [agent.address] for name, agent in of.items()}
        foreign = Issuer(tmp_path, "other").issue("b", sans=own["other-ca"])
        pairs = {
            "expired": ca.issue("a", sans=own["expired"], expired=True),
            "other-ca": foreign,
            "wrong-name": ca.issue("c", cn="node1"),
            "clients-only": ca.issue("d", sans=own["clients-only"], usage=CLIENT),
        }
        wrong = {name: block(pair, ca.file) for name, pair in pairs.items()}
        made.write_two(all_good(made, ca) | wrong)
        for agent in made.agents:
            if agent.name != "down":
                agent.start("two/mmm_agentd")
                until(partial(listens, agent.address, AGENT), 20, agent.name)
        with hold(of["held"].address, AGENT, ca.issue("idle"), ca):
            made.monitor.start("two/mmm_mond")
            for name in FAULTS:
                wait_for_log(made.monitor, "mmm_mond", f"FATAL Can't reach agent on host '{name}'")
        log = made.monitor.log("mmm_mond")
        for name in FAULTS:
            assert (
                f"FATAL The status of the agent on host '{name}' could not be determined "
                "(answer was: 0)."
            ) in log
            assert f"answer from host {name}." not in log
        assert [of[name].log("mmm_agentd") for name in wrong] == [""] * len(wrong)
        assert "'fine'" not in log
        rows = ["mmm-agent-unknown", "mmm-agent-unreachable"]
        assert explained(made.monitor, "mmm_mond") == rows
        _heals(made, of["down"])


def _heals(made: Site, agent: Place) -> None:
    warning = "# Warning: agent on host down is not reachable\n"
    until(lambda: listens(made.monitor.address, MONITOR), 20, "the control port")
    assert warning in made.two("show")[0]
    agent.start("two/mmm_agentd")
    wait_for_log(made.monitor, "mmm_mond", "FATAL Agent on host 'down' is reachable again")
    assert explained(made.monitor, "mmm_mond")[-1] == "mmm-agent-back"
    assert warning not in made.two("show")[0]


@pytest.mark.parametrize("what", ["expired", "other CA", "for servers only"])
def test_a_monitor_that_the_agent_refuses_gets_no_answer(
    pair_of: Site, ca: Issuer, tmp_path: Path, what: str
) -> None:
    options = all_good(pair_of, ca)
    options["mon"] = {
        "expired": lambda: block(ca.issue("m", expired=True), ca.file),
        "other CA": lambda: block(Issuer(tmp_path, "other").issue("m"), ca.file),
        "for servers only": lambda: block(ca.issue("m", usage=SERVER), ca.file),
    }[what]()
    pair_of.write_two(options)
    pair_of.agents[0].start("two/mmm_agentd")
    pair_of.wait_for_agents()
    pair_of.monitor.start("two/mmm_mond")
    wait_for_log(pair_of.monitor, "mmm_mond", f" WARN {UNDEFINED}")
    wait_for_log(pair_of.monitor, "mmm_mond", "FATAL Can't reach agent on host 'db1'")
    assert pair_of.agents[0].log("mmm_agentd") == ""
    assert explained(pair_of.monitor, "mmm_mond")[0] == "mmm-agent-refuses"


def test_a_plain_monitor_is_hung_up_on_by_an_agent_with_tls(pair_of: Site, ca: Issuer) -> None:
    pair_of.write_two({"db1": good(pair_of.agents[0], ca)})
    pair_of.agents[0].start("two/mmm_agentd")
    pair_of.wait_for_agents()
    pair_of.monitor.start("two/mmm_mond")
    wait_for_log(pair_of.monitor, "mmm_mond", f"{UNDEFINED}Connection reset by peer")
    assert explained(pair_of.monitor, "mmm_mond")[0] == "mmm-agent-is-tls"
    assert pair_of.agents[0].log("mmm_agentd") == ""


def test_a_plain_agent_dies_of_a_monitor_with_tls(pair_of: Site, ca: Issuer) -> None:
    pair_of.write_two({"mon": good(pair_of.monitor, ca)})
    pair_of.agents[0].start("two/mmm_agentd")
    pair_of.wait_for_agents()
    pair_of.monitor.start("two/mmm_mond")
    died = f"FATAL Child exited with signal {int(signal.SIGPIPE)}, restarting"
    until(lambda: pair_of.agents[0].log("mmm_agentd").count(died) > 1, 20, "two deaths")
    assert explained(pair_of.agents[0], "mmm_agentd") == ["mmm-sigpipe"]
    wait_for_log(pair_of.monitor, "mmm_mond", "FATAL Can't reach agent on host 'db1'")


@pytest.mark.parametrize(
    ("what", "words", "code", "rows"),
    [
        ("mismatch", "key values mismatch", 25, ["mmm-pair-mismatch", "mmm-exit-pair"]),
        ("encrypted", "problems getting password", 22, ["mmm-key-locked", "mmm-exit-pair"]),
        ("missing", "", 2, ["mmm-exit-file"]),
        ("unreadable", "", 13, ["mmm-exit-permission"]),
    ],
)
def test_an_agent_that_cannot_load_its_files_is_started_again_and_again(
    what: str, words: str, code: int, rows: list[str]
) -> None:
    need("perl")
    with open_folder() as folder, site(folder, ("db1",)) as made:
        issuer = Issuer(folder, "ca")
        (agent,) = made.agents
        one, two = (issuer.issue(name, sans=[agent.address]) for name in ("one", "two"))
        pair = {
            "mismatch": lambda: Pair(one.cert, two.key),
            "encrypted": lambda: issuer.issue("locked", password="secret"),
            "missing": lambda: Pair(one.cert, folder / "none.key"),
            "unreadable": lambda: one,
        }[what]()
        made.write_two({"db1": block(pair, issuer.file)}, debug=False)
        if what == "unreadable":
            one.key.chmod(0o000)
            agent.demote()
        agent.start("two/mmm_agentd").process.wait(20)
        died = f"FATAL Child exited with exitcode {code}, restarting after 10 second sleep\n"
        until(lambda: agent.log("mmm_agentd").count(died) > 1, 20, "two deaths")
        log = agent.log("mmm_agentd")
        if words:
            assert re.search(rf"FATAL Listener: Can't create socket!\n  Failed .*{words}", log)
        else:
            assert set(log.splitlines()) == {line for line in log.splitlines() if died[:-1] in line}
        assert explained(agent, "mmm_agentd") == rows
        assert not listens(agent.address, AGENT)


def test_with_debug_the_reason_of_a_missing_file_is_on_the_screen(
    pair_of: Site, ca: Issuer
) -> None:
    agent = pair_of.agents[0]
    pair_of.write_two({"db1": block(Pair(ca.folder / "none.crt", ca.folder / "none.key"))})
    running = agent.start("two/mmm_agentd")
    wait_for_log(agent, "mmm_agentd", "exitcode 2,")
    assert "none.crt can't be used: No such file or directory at " in running.text
    assert "can't be used" not in agent.log("mmm_agentd")
    said = [found.id for found in explain(running.text.splitlines(), "mmm")]
    assert said == ["mmm-file-missing", "mmm-no-ca-file", "mmm-exit-file"]
    missing = "FATAL Config entry 'socket->ca_file' is required because of 'type ssl', but missing"
    assert missing in agent.log("mmm_agentd")


def test_an_address_of_another_host_is_told_from_time_wait(pair_of: Site, ca: Issuer) -> None:
    (agent,) = pair_of.agents
    agent.address = "192.0.2.9"
    pair_of.write_two({"db1": good(agent, ca)})
    agent.start("two/mmm_agentd")
    wait_for_log(agent, "mmm_agentd", "FATAL Child exited with exitcode 99, restarting")
    assert explained(agent, "mmm_agentd") == ["mmm-port-taken", "mmm-exit-address"]


def test_a_missing_module_looks_like_a_missing_file(pair_of: Site, ca: Issuer) -> None:
    (agent,) = pair_of.agents
    pair_of.write_two({"db1": good(agent, ca)})
    # Debian has the module in a folder that is named here to be left out.
    running = agent.start("two/mmm_agentd", {"PERL5OPT": "-M-lib=/usr/share/perl5"})
    wait_for_log(agent, "mmm_agentd", "FATAL Child exited with exitcode 2, restarting")
    assert explained(agent, "mmm_agentd") == ["mmm-exit-file"]
    said = [found.id for found in explain(running.text.splitlines(), "mmm")]
    assert said == ["mmm-no-module", "mmm-exit-file"]
