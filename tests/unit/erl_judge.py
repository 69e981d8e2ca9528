"""Erlang and RabbitMQ's own cuttlefish as judges: one process answers many questions."""

from __future__ import annotations

import glob
import json
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.unit.judges import need

SOURCE = Path(__file__).parent / "data" / "erl_judge.erl"
PLUGINS = "/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins/*/ebin"


@dataclass(frozen=True)
class Atom:
    """Tell an atom from a string of the same letters."""

    name: str


class Refused(Exception):
    """The judge says no; the text is its reason."""


class ErlJudge:
    """Keep one `erl` and ask it by lines; files carry the data, never arguments."""

    def __init__(self, folder: Path) -> None:
        need("rabbitmqctl")
        self.folder = folder
        self.count = 0
        subprocess.run([need("erlc"), "-o", str(folder), str(SOURCE)], check=True, timeout=60)
        paths = [str(folder), *glob.glob(PLUGINS)]
        self.process = subprocess.Popen(
            [need("erl"), "-noshell", "-pa", *paths, "-s", "erl_judge", "main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="latin-1",
        )

    def __enter__(self) -> ErlJudge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0

    def ask(self, verb: str, *contents: bytes) -> Any:
        """Write each content to a file of its own, and give what Erlang makes of them."""
        paths = []
        for content in contents:
            self.count += 1
            path = self.folder / f"case-{self.count}"
            path.write_bytes(content)
            paths.append(str(path))
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\t".join([verb, *paths]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        for used in paths:
            Path(used).unlink()
        if "error" in answer:
            raise Refused(value(answer["error"]))
        return value(answer["ok"])

    def accepts(self, verb: str, *contents: bytes) -> bool:
        """Tell whether Erlang takes the files."""
        try:
            self.ask(verb, *contents)
        except Refused:
            return False
        return True


def value(answer: list[Any]) -> Any:
    """Give an Erlang term as a Python value; a list of printable Latin-1 is a string."""
    kind, *rest = answer
    if kind in ("atom", "string"):
        text = "".join(map(chr, rest[0]))
        return Atom(text) if kind == "atom" else text
    if kind == "int":
        return int(rest[0])
    if kind == "float":
        return struct.unpack(">d", bytes.fromhex(rest[0]))[0]
    if kind == "binary":
        return bytes.fromhex(rest[0])
    if kind == "map":
        return {"map": [(value(key), value(one)) for key, one in rest[0]]}
    if kind == "improper":
        return {"improper": [value(one) for one in rest[0]], "tail": value(rest[1])}
    if kind in ("tuple", "list"):
        items = [value(one) for one in rest[0]]
        return tuple(items) if kind == "tuple" else items
    return Atom(f"#{kind}")


def listed(term: Any) -> Any:
    """Give strings as what they are to Erlang: lists of numbers."""
    if isinstance(term, str):
        return [ord(letter) for letter in term]
    if isinstance(term, tuple):
        return tuple(listed(one) for one in term)
    if isinstance(term, list):
        return [listed(one) for one in term]
    if isinstance(term, dict):
        parts = {key: listed(one) for key, one in term.items()}
        return {"map": sorted(parts["map"], key=repr)} if "map" in parts else parts
    return term
