"""Which run finished what another began is read from journals, and decides what goes back."""

from __future__ import annotations

import pytest

from app.engine.taking_back import last_change
from app.engine.together import Past, TakenBack, finished, parts_of, taken_back
from app.engine.undo import HeldPart
from app.errors import PartedError, UsageError

Files = dict[str, tuple[str, str]]


def part(step: str, host: str, files: Files, phase: str = "deploy") -> HeldPart:
    return HeldPart(step, host, f"rabbitmq/{host}", f"r-{step}", files, phase)


def tls(before: str, after: str, key: str = "k") -> Files:
    """Change the file of a user's, and make a key."""
    return {"env": (before, after), "key": ("absent", key)}


def whole(run: str, *hosts: str, lost: str = "") -> Past:
    """Bring a group to TLS in one step, where one host does not say that it kept it."""
    parts = tuple(part("1.1", host, tls("plain", "tls")) for host in hosts)
    return Past(run, "apply", parts, frozenset({(lost, "1.1")} if lost else ()))


FIRST = whole("r1", "a", "b", "c", lost="c")
SECOND = Past("r2", "apply", (part("1.1", "c", tls("plain", "tls", "other")),))


def test_a_run_that_brings_the_lost_member_along_belongs_to_the_first() -> None:
    found = finished((FIRST, SECOND))["r2"]
    assert (found.run, found.members, found.others) == ("r1", ("c",), ("a", "b"))
    back = taken_back((FIRST, SECOND), "r1")
    assert back == TakenBack("r1", ("r2",))
    assert back.words.startswith("r1, with r2, ")
    with pytest.raises(PartedError, match=r"brought c to where r1 had brought a, b") as refused:
        taken_back((FIRST, SECOND), "r2")
    assert refused.value.instead == "r1"


def test_the_member_goes_back_in_the_step_that_it_had_missed() -> None:
    parts = parts_of((FIRST, SECOND), TakenBack("r1", ("r2",)))
    assert [(p.step, p.host) for p in parts] == [("1.1", "a"), ("1.1", "b"), ("1.1", "c")]
    assert parts[2].files == SECOND.parts[0].files


def test_a_group_that_was_kept_whole_has_runs_of_its_own_behind_it() -> None:
    rotated = Past("r2", "rotate", (part("1.1", "c", {"key": ("k", "new")}),))
    repaired = Past("r2", "apply", (part("1.1", "c", {"key": ("absent", "new")}),))
    for second in (rotated, repaired):
        assert taken_back((whole("r1", "a", "b", "c"), second), "r2") == TakenBack("r2")


def test_a_shared_pair_that_all_get_anew_goes_back_before_the_group_does() -> None:
    again = Past("r2", "apply", (
        part("1.1", "a", {"key": ("k", "n")}), part("1.1", "c", tls("plain", "tls", "n")),
    ))  # fmt: skip
    back = taken_back((FIRST, again), "r1")
    parts = parts_of((FIRST, again), back)
    assert [(p.step, p.host) for p in parts] == [
        ("1.1", "a"), ("1.1", "b"), ("1.1", "c"), ("1.1 of r2", "a")
    ]  # fmt: skip
    assert parts[2].files["key"] == ("absent", "n")


def test_a_member_that_is_lost_twice_is_taken_back_with_all_three() -> None:
    lost = Past("r2", SECOND.verb, SECOND.parts, frozenset({("c", "1.1")}))
    third = Past("r3", "apply", (part("1.1", "c", tls("plain", "tls", "third")),))
    pasts = (FIRST, lost, third)
    back = taken_back(pasts, "r1")
    assert back.along == ("r2", "r3")
    [mine] = [p for p in parts_of(pasts, back) if p.host == "c"]
    assert mine.files["key"] == ("absent", "third")
    for run in ("r2", "r3"):
        with pytest.raises(PartedError) as refused:
            taken_back(pasts, run)
        assert refused.value.instead == "r1"


def back_of(run: str, *hosts: str, lost: str = "", key: str = "k") -> Past:
    files = {"key": (key, "absent"), "env": ("tls", "plain")}
    parts = tuple(part("1.1", host, files) for host in hosts)
    return Past(run, "rollback", parts, frozenset({(lost, "1.1")} if lost else ()), ("r1",), 0)


def test_what_was_taken_back_whole_is_begun_anew() -> None:
    again = whole("r4", "a", "b", "c", lost="c")
    last = Past("r5", "apply", (part("1.1", "c", tls("plain", "tls", "fifth")),))
    pasts = (FIRST, SECOND, back_of("r3", "a", "b", "c"), again, last)
    assert taken_back(pasts, "r4") == TakenBack("r4", ("r5",))
    with pytest.raises(PartedError) as refused:
        taken_back(pasts, "r5")
    assert refused.value.instead == "r4"


def test_a_rollback_that_lost_a_member_is_finished_by_an_apply_too() -> None:
    pasts = (
        whole("r1", "a", "b", "c"), back_of("r2", "a", "b", "c", lost="c"),
        whole("r3", "a", "b"),
    )  # fmt: skip
    with pytest.raises(PartedError, match="brought a, b to where r1 had brought c"):
        taken_back(pasts, "r3")
    back = taken_back(pasts, "r1")
    assert {p.host for p in parts_of(pasts, back) if p.step == "1.1"} == {"a", "b", "c"}


def test_what_only_let_go_what_the_first_had_held_goes_back_with_it() -> None:
    held = (part("1.1", "m", {"mon": ("0", "1")}, "guard"),)
    first = Past("r1", "apply", (*held, part("2.1", "m", tls("plain", "tls"))))
    free = part("1.1", "m", {"mon": ("1", "0")}, "free")
    assert taken_back((first, Past("r2", "apply", (free,))), "r1").along == ("r2",)
    more = Past("r2", "apply", (part("1.1", "n", {"x": ("0", "1")}), free))
    assert taken_back((first, more), "r1").along == ()
    assert taken_back((first, Past("r2", "rollback", (free,))), "r1").along == ()


def test_the_last_change_passes_over_what_was_taken_back_with_another() -> None:
    older = Past("r0", "apply", (part("1.1", "z", {"x": ("0", "1")}),))
    for code in (0, 7):
        back = Past("r3", "rollback", (), took=("r1", "r2"), exit=code)
        assert last_change((back, SECOND, FIRST, older)) == "r0"
    stopped = Past("r3", "rollback", (), took=("r1", "r2"), exit=13)
    assert last_change((stopped, SECOND, FIRST, older)) == "r2"
    with pytest.raises(UsageError):
        last_change(())
