"""A plan as lines of text: what restarts, with whom, and that a refused one is not called done."""

from __future__ import annotations

import io

from app.cli.terminal import Terminal
from app.cli.verbs.show import show_plan
from app.kinds.resources import Activation
from app.plan.plan import Plan
from app.plan.words import plan_words, proven_words, restarts
from tests.screens.recorded import plan, site
from tests.screens.recorded_cluster import cluster_site, one_by_one, refused, together
from tests.screens.recorded_farm import farm_site, to_tls


def shown(of: Plan, *, diffs: bool = False) -> list[str]:
    out = io.StringIO()
    show_plan(Terminal(out, out, True, False), of, diffs=diffs)
    return out.getvalue().splitlines()


def test_a_refused_plan_is_not_called_a_site_that_is_as_it_should_be() -> None:
    lines = shown(refused(cluster_site()))
    assert lines[0].startswith("XX r2: short and long")
    assert lines[-1] == "The failed checks forbid the run; nothing has been changed."
    assert not any("Nothing to do" in line for line in lines)


def test_an_empty_plan_says_that_nothing_is_to_be_done() -> None:
    assert shown(one_by_one(cluster_site(()), 0)) == [
        "Nothing to do: every host is as it should be."
    ]


def test_a_step_over_a_cluster_is_one_step_and_its_outage_is_said_once() -> None:
    found = together(cluster_site())
    lines = shown(found)
    assert lines[1] == "  1.1  r1, r2, r3 together"
    assert [line for line in lines if line.startswith("    r")] == [
        f"    {name} (node): RabbitMQ 3.10.8" for name in ("r1", "r2", "r3")
    ]
    acts = [line for line in lines if " ! " in line]
    assert acts == ["    ! all 3 stop, then start again, about 30 s without any of them"]
    assert lines[-1] == (
        f"Plan {found.id}: 9 changes in 1 step on 3 hosts: 1 restart of 3 together, about 30 s."
    )


def test_files_that_are_read_again_are_not_called_a_restart() -> None:
    found = one_by_one(cluster_site(), 0)
    lines = shown(found)
    assert sum("files are read again, nothing restarts" in line for line in lines) == 3
    assert not any("about" in line for line in lines)
    assert lines[-1] == f"Plan {found.id}: 6 changes in 3 steps on 3 hosts: nothing restarts."


def test_one_host_after_the_other_is_one_restart_each() -> None:
    lines = shown(plan(site()), diffs=True)
    assert "  1.1  hub-a1 (hub)" in lines
    assert lines.count("    ! restart, about 20 s") == 3
    assert any(line.startswith("        +      <transportConnector") for line in lines)
    assert plan_words(plan(site())) == "9 changes in 3 steps on 3 hosts: 3 restarts, about 60 s"


def test_steps_of_both_sorts_are_counted_apart() -> None:
    of = cluster_site()
    first, then = together(of), one_by_one(of, 15)
    both = Plan(of, (*first.waves, *then.waves))
    assert restarts(both) == "1 restart of 3 together and 3 restarts"


def test_what_did_not_restart_is_not_said_to_have() -> None:
    reread, restart = Activation("", "reload", "check", outage_seconds=0), Activation("", "x", "y")
    assert proven_words(2, reread) == "2 files in place, read again without a restart and proven"
    assert proven_words(1, restart) == "1 file in place, restarted and proven"
    assert proven_words(0, restart) == "restarted and proven"


def test_a_service_that_is_told_is_not_said_to_read_its_files() -> None:
    lines = shown(to_tls(farm_site()))
    acts = [line.strip() for line in lines if " ! " in line]
    assert acts == [
        "! the monitor is told to hold the roles (set_manual), nothing restarts",
        "! all 3 stop, then start again, about 25 s without any of them",
        "! the monitor is told to act again (set_active), nothing restarts",
    ]
    assert sum("nothing fails over meanwhile" in line for line in lines) == 1
    assert sum("no role moves" in line for line in lines) == 1
