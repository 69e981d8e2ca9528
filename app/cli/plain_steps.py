"""Ask declared fields line by line, with a way back and help at each of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from app.cli.terminal import Terminal
from app.errors import TlswrightError
from app.site import answers
from app.site.catalogue import Kinds
from app.site.draft import Draft
from app.site.fields import Field, fields

BACK, HELP, QUIT = "<", "?", "!q"
Question = tuple[Field, str]


class Back(Exception):
    """The user wants the question before."""


class Leave(Exception):
    """The user leaves, or the input has ended."""


def _read() -> str:
    line = sys.stdin.readline()
    if not line:
        raise Leave
    return line.strip()


@dataclass(slots=True)
class Asker:
    """Write questions and read lines."""

    terminal: Terminal
    read: Callable[[], str] = field(default=_read)

    def say(self, text: str) -> None:
        """Write a line."""
        self.terminal.print(text)

    def line(self, question: str, default: str = "") -> str:
        """Ask for a line; Enter gives the default.  Raises Back for `<` and Leave at the end."""
        shown = f" [{default}]" if default else ""
        self.terminal.out.write(f"{question}{shown}: ")
        self.terminal.out.flush()
        text = self.read()
        if text == BACK:
            raise Back
        if text == QUIT:
            raise Leave
        return text or default

    def yes(self, question: str) -> bool:
        """Ask yes or no; only yes is yes."""
        try:
            return self.line(f"{question}? y or n", "n").lower() in ("y", "yes")
        except Back:
            return False


def ask_fields(asker: Asker, draft: Draft, kinds: Kinds, save: Callable[[Draft], None]) -> Draft:
    """Ask every field that applies, host by host where it is a host's; the draft is saved at each.

    What applies is asked anew after each answer, since an answer may show or hide questions.
    """
    asker.say("Enter takes the answer in [brackets], ? explains, < goes back, !q leaves.")
    at = 0
    while at < len(questions := _questions(draft, kinds)):
        one, host = questions[at]
        if at == 0 or questions[at - 1][0].step != one.step:
            asker.say(f"\n{one.step.capitalize()}")
        if one.lead and (at == 0 or questions[at - 1][0].key != one.key):
            asker.say(f"  {one.lead}")
        try:
            draft = _ask(asker, one, host, draft, kinds)
        except Back:
            at = max(0, at - 1)
            continue
        save(draft)
        at += 1
    return draft


def _questions(draft: Draft, kinds: Kinds) -> list[Question]:
    """Give (field, host) pairs in the order of asking; a node's own options are left to the file.

    Of a host, only its role and its names are asked: its login was typed with it.
    """
    found: list[Question] = []
    for one in fields(draft, kinds):
        if one.scope == "node" or (one.scope == "host" and one.key not in ("role", "names")):
            continue
        if one.scope == "host":
            found += [(one, name) for name in draft.host_names]
        else:
            found.append((one, ""))
    return found


def _ask(asker: Asker, one: Field, host: str, draft: Draft, kinds: Kinds) -> Draft:
    whose = f" of {host}" if host else ""
    default = answers.show(one, answers.get(draft, one, kinds, host))
    if one.choices:
        for number, (word, words) in enumerate(one.choices, 1):
            asker.say(f"  {number}  {word}" + (f": {words}" if words != word else ""))
    while True:
        empty = f" (Enter: {one.source})" if not (default or one.required) and one.source else ""
        text = asker.line(f"{one.label}{whose}{empty}", default)
        if text == HELP:
            asker.say(f"  {one.help}" + (f" Such as {one.example}." if one.example else ""))
            continue
        if one.key == "hosts" and text == default and draft.hosts:
            return draft
        try:
            return answers.put(draft, one, answers.parse(one, text), kinds, host)
        except TlswrightError as error:
            asker.say(f"!! {error}" + (f"  {error.hint}" if error.hint else ""))
