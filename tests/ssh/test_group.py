"""A group of hosts goes through a step together: what one of them says undoes all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from app.engine.barriers import Group, Outcome
from app.engine.control import StopFlag
from app.engine.journal import Journal
from app.remote.base import Ack, Barrier, Member, Transaction
from app.remote.transaction import HostTransaction
from tests.faults import Faults
from tests.ssh.conftest import Connect
from tests.ssh.steps import STATE, litter, put, step, tree
from tests.until import until

Carry = Callable[..., Outcome]
Commands = Mapping[str, Any]
HEALTHY = {"start": "true", "check": "true"}
# Dead once the file of this name is there: the judge of a test makes it.
MORTAL = {"start": "true", "check": '[ ! -e "$ROOT/dead" ] || { echo no such bean; exit 3; }'}
# Runs with the file that it found when it started; healthy when all three run with the same.
CLUSTER: Commands = {
    "check_seconds": 40,
    "stop": 'rm -f "$ROOT.run"',
    "start": 'cp "$ROOT/etc/f" "$ROOT.run"',
    "check": """for peer in a b c; do
      cmp -s "$ROOT.run" "$ROOT/../$peer.run" || { echo "waits for $peer"; exit 1; }
    done""",
}
UNFIT: Commands = {
    **CLUSTER,
    "check": 'grep -q new "$ROOT.run" && { echo no such bean; exit 3; }\n' + CLUSTER["check"],
}


@pytest.fixture
def roots(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("a", "b", "c")}
    for root in found.values():
        (root / "etc").mkdir(parents=True)
        (root / "etc/f").write_bytes(b"old")
    return found


@pytest.fixture
def stop() -> StopFlag:
    return StopFlag()


@pytest.fixture
def carry(connect: Connect, roots: dict[str, Path], tmp_path: Path, stop: StopFlag) -> Carry:
    def run(commands: Mapping[str, Commands], judge: Callable[[], Mapping[str, str]]) -> Outcome:
        members: dict[str, Member] = {
            name: step(put("/etc/f", b"new", b"old"), together=True, **commands.get(name, HEALTHY))
            for name in roots
        }
        begun = {name: connect(roots[name]).begin(member) for name, member in members.items()}
        journal = Journal(tmp_path / "journal.jsonl", "run-1")
        group = Group("1.1", members, begun, journal, stop)
        try:
            return group.carry(judge, lambda: None)
        finally:
            group.close()
            journal.close()

    return run


def test_a_group_that_passes_is_kept_everywhere(carry: Carry, roots: dict[str, Path]) -> None:
    outcome = carry({}, dict)
    assert outcome.held
    assert {a.state for a in outcome.acks.values()} == {"committed"}
    assert [(root / "etc/f").read_bytes() for root in roots.values()] == [b"new"] * 3


@pytest.mark.parametrize("barrier", ["start", "check"])
def test_one_member_that_fails_takes_all_back(
    carry: Carry, roots: dict[str, Path], barrier: str
) -> None:
    before = {name: tree(root) for name, root in roots.items()}
    outcome = carry({"b": {**HEALTHY, barrier: "echo port in use; exit 3"}}, dict)
    assert not outcome.held
    assert list(outcome.failed) == ["b"]
    assert "port in use" in outcome.failed["b"]
    assert {name: tree(root) for name, root in roots.items()} == before
    assert [litter(root) for root in roots.values()] == [[], [], []]


def test_what_is_wrong_from_outside_takes_all_back(carry: Carry, roots: dict[str, Path]) -> None:
    before = {name: tree(root) for name, root in roots.items()}
    outcome = carry({}, lambda: {"b": "it serves another certificate"})
    assert dict(outcome.failed) == {"b": "it serves another certificate"}
    assert {a.state for a in outcome.acks.values()} == {"restored"}
    assert set(outcome.acks) == set(roots)
    assert {name: tree(root) for name, root in roots.items()} == before


def test_a_service_that_died_meanwhile_is_told_by_its_host(
    carry: Carry, roots: dict[str, Path]
) -> None:
    def judge() -> Mapping[str, str]:
        (roots["b"] / "dead").touch()
        return {"b": "the bridge is down"}

    outcome = carry({"b": MORTAL}, judge)
    assert "died: no such bean" in outcome.failed["b"]
    assert outcome.acks["b"].state == "restored-down"
    assert [(root / "etc/f").read_bytes() for root in roots.values()] == [b"old"] * 3


def test_a_service_that_dies_while_all_looks_well_is_not_kept(
    carry: Carry, roots: dict[str, Path]
) -> None:
    def judge() -> Mapping[str, str]:
        (roots["c"] / "dead").touch()
        return {}

    outcome = carry({"c": MORTAL}, judge)
    assert not outcome.held
    assert list(outcome.failed) == ["c"]
    assert [(root / "etc/f").read_bytes() for root in roots.values()] == [b"old"] * 3


def test_a_member_that_fails_does_not_wait_for_peers_that_wait_for_it(
    carry: Carry, roots: dict[str, Path]
) -> None:
    before = {name: tree(root) for name, root in roots.items()}
    outcome = carry(dict.fromkeys(roots, CLUSTER) | {"b": UNFIT}, dict)
    assert "no such bean" in outcome.failed["b"]
    assert list(outcome.failed) == ["b"]
    assert [ack.state for ack in outcome.acks.values()] == ["restored"] * 3
    assert {name: tree(root) for name, root in roots.items()} == before


def test_a_host_that_cannot_be_put_back_is_named(carry: Carry, roots: dict[str, Path]) -> None:
    broken = 'grep -q new "$ROOT/etc/f" && exit 0; echo disk on fire; exit 3'
    outcome = carry({"a": {**HEALTHY, "check": broken}, "b": {**HEALTHY, "start": "exit 7"}}, dict)
    assert "start failed with status 7" in outcome.failed["b"]
    assert outcome.acks["a"].state == "restored-down"
    assert "disk on fire" in outcome.acks["a"].text
    assert outcome.acks["c"].state == "restored"


def test_a_stop_is_heard_while_services_come_up(
    carry: Carry, roots: dict[str, Path], stop: StopFlag
) -> None:
    def never() -> Mapping[str, str]:
        raise AssertionError("nothing was healthy, so there is nothing to look at")

    check = 'grep -q old "$ROOT/etc/f" || { touch "$ROOT.asked"; echo not yet; exit 1; }'
    slow = {"start": "true", "check": check, "check_seconds": 600}
    looked = roots["a"].parent / "a.asked"

    def ask() -> None:
        until(looked.exists, 60, "the first look at the service")
        stop.ask("stop-now")

    asked = threading.Thread(target=ask)
    asked.start()
    outcome = carry({"a": slow}, never)
    asked.join()
    assert outcome.cancelled
    assert [(root / "etc/f").read_bytes() for root in roots.values()] == [b"old"] * 3


def test_services_stop_one_after_the_other_also_on_the_way_back(
    carry: Carry, roots: dict[str, Path]
) -> None:
    stopping = 'n=${ROOT##*/}; echo "$n stops" >>"$ROOT/../said"; sleep 0.2; echo "$n stopped"'
    stops = {**HEALTHY, "stop": f'{stopping} >>"$ROOT/../said"'}
    unfit = {**stops, "check": '! grep -q new "$ROOT/etc/f" || exit 3'}
    outcome = carry({"a": stops, "b": stops, "c": unfit}, dict)
    assert {ack.state for ack in outcome.acks.values()} == {"restored"}
    once = [f"{name} {what}" for name in roots for what in ("stops", "stopped")]
    assert (roots["a"].parent / "said").read_text().splitlines() == once + once


class _LostAt:
    """Lose the connection to a member when one word is to be sent."""

    def __init__(self, transaction: HostTransaction, word: Barrier) -> None:
        self._transaction, self._word = transaction, word

    def advance(self, barrier: Barrier) -> Ack:
        if barrier == self._word:
            self._transaction.close()
        return self._transaction.advance(barrier)

    def close(self) -> None:
        self._transaction.close()


@pytest.mark.parametrize(
    ("word", "held", "state"),
    [("check", False, "unknown"), ("hold", True, "unknown"), ("commit", True, "held")],
)
def test_a_member_that_is_lost_is_finished_by_the_next_run(
    connect: Connect, roots: dict[str, Path], tmp_path: Path, faults: Faults, word: Barrier,
    held: bool, state: str,
) -> None:  # fmt: skip
    members = {
        name: step(put("/etc/f", b"new", b"old"), together=True, **HEALTHY) for name in roots
    }
    begun: dict[str, Transaction] = {
        name: connect(roots[name]).begin(member) for name, member in members.items()
    }
    begun["b"] = _LostAt(cast(HostTransaction, begun["b"]), word)
    journal = Journal(tmp_path / "journal.jsonl", "run-1")
    group = Group("1.1", members, begun, journal, StopFlag())
    outcome = group.carry(dict, lambda: None)
    group.close()
    journal.close()
    assert (outcome.held, outcome.late) == (held, held)
    assert list(outcome.failed) == ["b"]
    assert outcome.acks["b"].state == state
    until(lambda: not (roots["b"] / STATE / "lock").exists(), 20, "the lost host to rest")
    connect(roots["b"]).finish("t1", "recover")
    now = {name: (root / "etc/f").read_bytes() for name, root in roots.items()}
    kept = b"new" if held else b"old"
    lost = b"new" if word == "commit" else b"old"
    assert now == {"a": kept, "b": lost, "c": kept}
    assert [litter(root) for root in roots.values()] == [[], [], []]
    when = {"check": "before hold", "hold": "at hold", "commit": "between two commits"}[word]
    words = {"check": "all old", "hold": "two new, the lost one old", "commit": "all new"}[word]
    faults.saw(f"group loses a member {when}", f"{words}; it is named, and rests once resolved")
