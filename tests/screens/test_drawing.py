"""The pure parts: pictures, commands, progress, timelines, strength."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import fold
from app.kinds import load, names
from app.site.convert import from_site, problems
from app.site.draft import DraftHost, set_authority, set_option
from screens.picture import draw
from screens.progress import finished, outcome, part, whole
from screens.same import command, init_words
from screens.strength import strength
from screens.timeline import next_act, ruler, strip
from screens.words import bar, clock, left
from tests.screens.recorded import NOW, events, past_runs, site, status_rows

HOSTS = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), max_size=30, unique=True)


def test_a_hub_is_drawn_over_its_spokes_with_the_links_between_them() -> None:
    roles = {"hub": ["hub-a1"], "spoke": ["spk-01", "spk-02", "spk-03"]}
    drawn = [("spk-01", "spk-03"), ("spk-02", "spk-01")]
    assert draw(roles, drawn, width=40, height=9).splitlines() == [
        "┌────────┐",
        "│ hub-a1 │",
        "└────┬───┘",
        "     ├── spk-01 <─┬─┐",
        "     ├── spk-02 ──┼─┘",
        "     └── spk-03 <─┘",
    ]


@pytest.mark.parametrize(
    ("hosts", "rows"),
    [
        ([], ["no node yet"]),
        (["r1"], ["┌────┐", "│ r1 │", "└────┘", "  no other node yet"]),
        (["r1", "r2"], ["┌────┐     ┌────┐", "│ r1 ├─────┤ r2 │", "└────┘     └────┘"]),
        (
            ["r1", "r2", "rabbit-three"],
            [
                "┌────┐             ┌────┐",
                "│ r1 ├─────────────┤ r2 │",
                "└──┬─┘             └──┬─┘",
                "   │ ┌──────────────┐ │",
                "   └─┤ rabbit-three ├─┘",
                "     └──────────────┘",
            ],
        ),
        (
            ["a", "b", "c", "four"],
            ["a    ──┐", "b    ──┤", "c    ──┤", "four ──┘", "each with each: 6 links"],
        ),
        (
            [f"r{n}" for n in range(1, 10)],
            ["r1      ──┐", "r2      ──┤", "r3      ──┤", "r4      ──┤", "r5      ──┤",
             "+4 more ──┘", "each with each: 36 links"],
        ),
        (
            [f"rabbit-{n}.example.net" for n in (1, 2)],
            ["rabbit-1.example.net ──┐", "rabbit-2.example.net ──┘", "each with each"],
        ),
    ],
    ids=lambda value: str(len(value)),
)  # fmt: skip
def test_nodes_that_all_talk_to_each_other_are_drawn_as_such(
    hosts: list[str], rows: list[str]
) -> None:
    assert draw({"node": hosts}, width=32, height=7).splitlines() == rows


def test_several_hubs_stand_along_a_rail_each_with_its_spokes() -> None:
    roles = {"hub": ["h1", "h2", "h3"], "spoke": ["a", "b", "c", "d", "e"]}
    links = [("h2", "h1"), ("h3", "h1"), ("h3", "h2"), ("a", "h1"), ("b", "h1"), ("c", "h2")]
    links += [("d", "h2"), ("d", "h1"), ("b", "c")]
    assert draw(roles, [("b", "c")], links, width=32, height=9).splitlines() == [
        "┌─ h1",
        "│  ├── a",
        "│  ├── b ────┐",
        "│  └── d ──┐ │",
        "├─ h2 <────┘ │",
        "│  └── c <───┘",
        "└─ h3",
        "   e",
    ]
    few = draw(roles, (), links, width=32, height=6).splitlines()
    assert few == ["┌─ h1", "│  └── +3 more", "├─ h2", "│  └── c", "└─ h3", "   e"]


@given(hosts=HOSTS, width=st.integers(12, 80), height=st.integers(3, 30), data=st.data())
def test_a_picture_of_several_hubs_shows_or_counts_every_spoke(
    hosts: list[str], width: int, height: int, data: st.DataObject
) -> None:
    hubs = hosts[: data.draw(st.integers(2, 4))]
    spokes = hosts[len(hubs) :]
    links = [(one, hubs[0]) for one in hubs[1:]]
    links += [(spoke, data.draw(st.sampled_from(hubs))) for spoke in spokes] if hubs else []
    links += data.draw(st.lists(st.sampled_from(links), max_size=3)) if links else []
    text = draw({"hub": hubs, "spoke": spokes}, (), links, width=width, height=height)
    assert text.translate(str.maketrans("┌┐└┘├┤┬┴┼─│", "+++++++++-|")).isascii()
    assert len(text.splitlines()) <= height
    assert all(len(row) <= width for row in text.splitlines())
    whole = draw({"hub": hubs, "spoke": spokes}, (), links, width=200, height=height)
    if len(hubs) > 1 and height > len(hubs):
        words = whole.split()
        more = [int(w[1:]) for w in words if w.startswith("+")]
        assert sum(spoke in words for spoke in spokes) + sum(more) == len(spokes)


@given(hosts=HOSTS, width=st.integers(12, 80), height=st.integers(3, 30))
def test_a_cluster_never_leaves_its_frame_and_ascii_is_ascii(
    hosts: list[str], width: int, height: int
) -> None:
    text = draw({"node": hosts}, width=width, height=height, ascii_only=True)
    assert text.isascii()
    rows = text.splitlines()
    assert len(rows) <= height
    assert all(len(row) <= width for row in rows)


@given(hosts=HOSTS, height=st.integers(6, 30))
def test_a_cluster_that_has_room_shows_or_counts_every_node(hosts: list[str], height: int) -> None:
    rows = draw({"node": hosts}, width=90, height=height).splitlines()
    words = " ".join(rows).translate(str.maketrans("│┤├", "   ")).split()
    shown = [host for host in hosts if host in words]
    more = [int(row.split()[0]) for row in rows if row.startswith("+")]
    assert len(shown) + sum(more) == len(hosts)
    assert not more or len(hosts) > len(rows) - 2


@given(hosts=HOSTS, width=st.integers(12, 80), height=st.integers(4, 30), data=st.data())
def test_a_picture_never_leaves_its_frame_and_ascii_is_ascii(
    hosts: list[str], width: int, height: int, data: st.DataObject
) -> None:
    roles = {"hub": hosts[:1], "spoke": hosts[1:]}
    ends = st.sampled_from(hosts or ["nobody"])
    links = [(a, b) for a, b in data.draw(st.lists(st.tuples(ends, ends), max_size=8)) if a != b]
    text = draw(roles, links, width=width, height=height, ascii_only=True)
    assert text.isascii()
    assert len(text.splitlines()) <= height
    assert all(len(row) <= width for row in text.splitlines())


def test_the_equal_command_is_quoted_and_says_only_what_differs() -> None:
    draft = from_site(site())
    assert init_words(draft)[:5] == ("init", "--name", "prod-mq", "--kind", "activemq")
    changed = set_option(set_authority(draft, trust="pinned"), "duplex", False)
    changed = replace(changed, drawn=(("spk-01", "spk-02"),))
    text = " ".join(init_words(changed))
    assert "--trust pinned" in text
    assert "--set duplex=false" in text
    assert "--link spk-01:spk-02" in text
    assert command(Path("/srv/my site"), "plan") == "tlswright -C '/srv/my site' plan"
    here = Path.cwd()
    assert command(here, "plan") == "tlswright plan"


def test_the_equal_command_is_understood_by_init(tmp_path: Path) -> None:
    import argparse

    from app.cli.verbs.begin import flags_init

    parser = argparse.ArgumentParser()
    flags_init(parser)
    host = DraftHost("v6", "2001:db8::1", 2222, "ops", "sudo", names=("a.example", "b"))
    draft = replace(from_site(site()), hosts=(replace(host, role="hub"),))
    flags = parser.parse_args(init_words(draft)[1:])
    assert flags.hub == ["v6=ops@[2001:db8::1]:2222"]
    assert flags.dials == ["v6=a.example,b"]
    assert flags.privilege == "sudo"


def test_progress_grows_with_the_events_and_is_whole_only_at_the_end() -> None:
    rows = events()
    parts = [whole(fold(rows[:n])) for n in range(1, len(rows) + 1)]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert all(p < 1.0 for p in parts[:12])
    view = fold(events(fail=True))
    assert part(view.hosts["spk-02"]) < 1.0
    assert finished(view) == 3
    assert "spk-02" in outcome(view)


@given(st.floats(0, 0.999), st.integers(2, 80))
def test_a_bar_is_full_only_when_all_is_done(done: float, width: int) -> None:
    drawn = bar(done, width, ascii_only=True).plain
    assert len(drawn) == width
    assert drawn.endswith("-")
    assert bar(1.0, width, ascii_only=True).plain == "#" * width


def test_times_and_days_are_said_in_the_unit_that_says_most() -> None:
    assert [clock(s) for s in (-1, 5, 61, 3661)] == ["0:00", "0:05", "1:01", "1:01:01"]
    assert [left(d) for d in (None, -2, 22, 400)] == ["", "2 d ago", "22 d", "1 y 1 m"]


def test_a_timeline_tells_valid_due_expired_and_beyond() -> None:
    ca, fine, due, gone = status_rows(site())
    drawn = {r.subject: strip(r, NOW, 24, ascii_only=True).plain for r in (ca, fine, due, gone)}
    assert drawn["prod-mq CA g1"] == "=" * 23 + ">"
    assert drawn["hub-a1"].strip("=:") == ""
    assert drawn["spk-01"] == ":"
    assert drawn["spk-02"] == "X"
    assert ruler(24).plain.startswith("now")
    far = replace(fine, expires=NOW + timedelta(days=5000))
    assert len(strip(far, NOW, 24, ascii_only=True).plain) == 24


def test_one_next_act_is_named() -> None:
    rows = status_rows(site())
    assert "nothing is deployed" in next_act((), ())
    assert "h shows it" in next_act(rows, past_runs())
    assert "spk-01 is due" in next_act(rows, past_runs()[1:])
    assert "Nothing is due" in next_act(rows[:2], ())


def test_strength_is_a_rough_word() -> None:
    assert [strength(t) for t in ("", "changeit", "aaaaaaaaaaaaaaaa")] == ["", "weak", "weak"]
    assert strength("correct horse battery staple") in ("good", "strong")


def test_the_recorded_site_is_a_site() -> None:
    class Kinds:
        names = staticmethod(names)
        load = staticmethod(load)

    assert problems(from_site(site()), None, Kinds()) == ()
