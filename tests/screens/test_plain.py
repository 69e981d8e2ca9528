"""The wizard's questions line by line."""

from __future__ import annotations

import io

import pytest

from app.cli.plain_steps import Asker, Leave, ask_fields
from app.cli.terminal import Terminal
from app.errors import UsageError
from app.kinds import load, names
from app.site.answers import parse
from app.site.convert import problems, to_site
from app.site.draft import Draft
from app.site.fields import field


class Kinds:
    """Give the installed products."""

    names = staticmethod(names)
    load = staticmethod(load)


def ask(*lines: str, draft: Draft | None = None) -> tuple[Draft, str, list[Draft]]:
    """Answer with the given lines, and then with the defaults."""
    left, saved, out = list(lines), list[Draft](), io.StringIO()
    asker = Asker(Terminal(out, out, True, False), lambda: left.pop(0) if left else "")
    return ask_fields(asker, draft or Draft(), Kinds(), saved.append), out.getvalue(), saved


def test_three_answers_and_the_defaults_make_a_valid_site() -> None:
    draft, said, saved = ask("", "prod-mq", "hub-a1 ops@spk-[01-02]:2222")
    assert problems(draft, None, Kinds()) == ()
    site = to_site(draft, Kinds())
    assert site.topologies[0].roles == {"hub": ("hub-a1",), "spoke": ("spk-01", "spk-02")}
    assert site.hosts["spk-02"].port == 2222
    assert saved[-1] == draft
    assert "TLS port [61617]" in said


def test_help_explains_and_back_asks_the_question_before_again() -> None:
    draft, said, _ = ask("", "wrong", "?", "<", "right", "hub-a1 spk-01")
    assert "Such as root@hub" in said
    assert draft.site == "right"


def test_a_wrong_answer_is_said_and_asked_again() -> None:
    draft, said, _ = ask("", "prod", "hub-a1:99999", "hub-a1 spk-01")
    assert "!! " in said
    assert draft.host_names == ("hub-a1", "spk-01")


def test_leaving_keeps_what_was_answered() -> None:
    saved: list[Draft] = []
    lines = ["", "prod-mq", "!q"]
    out = io.StringIO()
    asker = Asker(Terminal(out, out, True, False), lambda: lines.pop(0))
    with pytest.raises(Leave):
        ask_fields(asker, Draft(), Kinds(), saved.append)
    assert saved[-1].site == "prod-mq"


def test_a_draft_that_was_left_is_gone_through_with_enter_alone() -> None:
    first, _, _ = ask("", "prod-mq", "hub-a1 spk-01")
    again, _, _ = ask(draft=first)
    assert again == first


def test_only_yes_is_yes() -> None:
    out = io.StringIO()
    for line, meant in (("", False), ("n", False), ("y", True), ("Yes", True), ("<", False)):
        asker = Asker(Terminal(out, out, True, False), lambda line=line: line)  # type: ignore[misc]
        assert asker.yes("Apply") is meant


def test_a_cluster_is_asked_for_what_it_has_and_nothing_else() -> None:
    names = ("r1, 10.0.0.1", "r2", "r3")
    draft, said, _ = ask("rabbitmq", "q", "r1=10.0.0.1 r2=10.0.0.2 r3=10.0.0.3", *names)
    assert problems(draft, None, Kinds()) == ()
    site = to_site(draft, Kinds())
    assert site.topologies[0].roles == {"node": ("r1", "r2", "r3")}
    assert site.hosts["r1"].names == ("r1", "10.0.0.1")
    assert said.count("behind the @") == 1
    assert said.index("behind the @") < said.index("Names that peers dial of r1")
    for word in ("Role of", "Extra links", "Trust [", "pinned", "hub", "spoke", "broker"):
        assert word not in said.split("Hosts", 1)[1], word
    assert "Configuration folder [/etc/rabbitmq]" in said


def test_an_empty_path_is_the_default_and_a_wrong_one_is_asked_again() -> None:
    first, _, _ = ask("rabbitmq", "q", "r1 r2")
    one = field(first, Kinds(), "folder")
    with pytest.raises(UsageError, match="absolute path"):
        parse(one, "etc")
    assert parse(one, "") == "/etc/rabbitmq"
    assert first.options == {}
