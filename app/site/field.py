"""What a question of the wizard is: its answer's type, its default, and what may be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.model import Scalar
from app.site.draft import Draft, Step
from app.site.options import Option, problem

FieldType = Literal["text", "int", "bool", "choice", "hosts", "names", "links"]
Scope = Literal["site", "authority", "host", "option", "node"]
Answer = Scalar | tuple[str, ...] | tuple[tuple[str, str], ...]


# A kind's option of such a name is asked by --option-NAME, so that no flag means two things.
_TAKEN_FLAGS = frozenset(
    (
        "all",
        "ascii",
        "at",
        "ca-certificate",
        "ca-days",
        "ca-key",
        "ca-key-password-file",
        "ca-name",
        "color",
        "debug",
        "dir",
        "due",
        "headless",
        "help",
        "host",
        "json",
        "jsonl",
        "key-type",
        "kind",
        "leaf-days",
        "link",
        "name",
        "no-color",
        "out",
        "passphrase-file",
        "plain",
        "quiet",
        "shape",
        "site",
        "source",
        "stop",
        "theme",
        "trust",
        "user",
        "verbose",
        "version",
        "yes",
    )
)


def _fine(_: str) -> str:
    return ""


def always(_: Draft) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Field:
    """Describe one question.

    `scope` says whose answer it is: the site's, the authority's, each host's, the topology's
    option, or an option of each node.  `source` says where the default comes from; `check` judges
    one text (of a list: each item), empty for good; `empty` is what holds where the answer is left
    empty, in words; `visible` tells whether to ask it at all.
    `low` and `high` bound numbers.  `choices` are (value, words that explain it).  `lead` is what
    must be known before it is answered.
    """

    key: str
    step: Step
    label: str
    help: str
    type: FieldType = "text"
    scope: Scope = "site"
    default: Answer = ""
    source: str = "recommended"
    example: str = ""
    empty: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    check: Callable[[str], str] = _fine
    visible: Callable[[Draft], bool] = always
    low: int = 0
    high: int = 2**31
    required: bool = False
    option: Option | None = None
    lead: str = ""

    @property
    def flag(self) -> str:
        """Give the flag of `init` that answers it, empty for what is asked of each host."""
        if self.scope in ("host", "node"):
            return ""
        word = self.key.replace("_", "-")
        if self.scope == "option":
            return f"--option-{word}" if word in _TAKEN_FLAGS else f"--{word}"
        names = {
            "name": "ca-name", "hosts": "host", "links": "link", "site": "name",
            "ca-file": "ca-certificate",
        }  # fmt: skip
        return "--" + names.get(word, word)

    @property
    def secret(self) -> bool:
        """Tell whether the answer goes into the vault."""
        return self.option is not None and self.option.secret

    @property
    def port(self) -> bool:
        """Tell whether it is the number of a port that the product listens on."""
        return self.option is not None and self.option.type == "port"

    def problem(self, value: Answer) -> str:
        """Say what is wrong with an answer by itself; empty when nothing is."""
        if self.option is not None and not isinstance(value, tuple):
            return problem(self.option, value)
        if self.required and value in ("", ()):
            return "needs an answer"
        if self.type == "bool":
            return "" if isinstance(value, bool) else "must be yes or no"
        if self.type == "int":
            return self._number(value)
        if isinstance(value, tuple):
            words = (word for one in value for word in ((one,) if isinstance(one, str) else one))
            return next((text for word in words if (text := self.check(word))), "")
        if self.type == "choice":
            choices = tuple(word for word, _ in self.choices)
            return "" if value in choices else f"must be {' or '.join(choices)}"
        return self.check(str(value))

    def _number(self, value: Answer) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            return "must be a whole number"
        inside = self.low <= value <= self.high
        return "" if inside else f"must be from {self.low} to {self.high}"
