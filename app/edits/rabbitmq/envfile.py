"""Read rabbitmq-env.conf as RabbitMQ's scripts do: which variable counts, and where lines go.

Source: sbin/rabbitmq-env of rabbitmq-server 3.10.8, which reads the file and then takes
`RABBITMQ_X` where that is not empty, else `X`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.edits.shellparse import parse
from app.edits.shellrun import follow, succeeds
from app.edits.shellstate import State
from app.edits.shelltext import Source
from app.edits.shelltree import Command, Item, Pipe, Script
from app.edits.shellvalue import Value
from app.errors import EditError

PREFIX = "RABBITMQ_"
SERVER = "SERVER_ADDITIONAL_ERL_ARGS"
CTL = "CTL_ERL_ARGS"
_LINES = re.compile(rf"^(?={SERVER}=|{CTL}=)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class EnvFile:
    """A file that was read: its text, its commands, and what its variables hold at the end."""

    source: Source
    script: Script
    shell: State


@dataclass(frozen=True, slots=True)
class Counting:
    """The variable that counts at the end of the file; `value` is None where none is set."""

    name: str
    value: Value | None = None


def load(text: str, where: str, hint: str = "", snippet: str = "") -> EnvFile:
    """Read the file; raises EditError where sh could not, or would read something else."""
    source = Source(text, where, hint, snippet)
    if text.startswith(("\xef\xbb\xbf", "\xff\xfe", "\xfe\xff")):
        raise source.refusal(
            "the file begins with a byte order mark, which sh takes for part of the first word",
            0,
            "save the file as UTF-8 without byte order mark",
        )
    if "\0" in text:
        raise source.refusal("the file holds a NUL byte", text.index("\0"))
    script = parse(source)
    return EnvFile(source, script, follow(script, source))


def reload(file: EnvFile, text: str) -> EnvFile:
    """Read the file as it has become; the same where no byte has changed."""
    old = file.source
    return file if text == old.text else load(text, old.where, old.hint, old.snippet)


def counting(file: EnvFile, plain: str) -> Counting:
    """Find the variable that RabbitMQ takes: the prefixed one, or the plain one.

    Raises EditError where only a running shell could tell.
    """
    full = PREFIX + plain
    first, second = file.shell.value(full), file.shell.value(plain)
    if first is not None:
        try:
            known = _known(file, full, first)
        except EditError as error:
            error.snippet = _LINES.sub(PREFIX, error.snippet)
            raise
        if known.empty is False:
            return Counting(full, known)
        if known.empty is None and second is not None:
            raise file.source.refusal(
                f"only a running shell knows whether {full} or {plain} counts", known.at
            )
        if known.empty is None or (known.assign and second is None):
            return Counting(full, known)
    if second is None or (second.lost is None and second.assign is None):
        return Counting(plain)
    return Counting(plain, _known(file, plain, second))


def _known(file: EnvFile, name: str, value: Value) -> Value:
    if value.lost is not None:
        raise file.source.refusal(f"{name} {value.lost.why}", value.lost.at)
    for atom in value.atoms:
        if atom.text == "\r":
            raise carriage_return(file, atom.start, "part of the value: sh would hand it on")
    return value


def carriage_return(file: EnvFile, at: int, where: str) -> EditError:
    return file.source.refusal(
        f"a carriage return (a line end of Windows) is {where}",
        at,
        "take the carriage returns out first: sed -i 's/\\r$//' FILE",
    )


def line_for(file: EnvFile, at: int) -> int:
    """Give the start of a line above the command at `at` where a new line can stand.

    Comments directly above a command belong to it.
    """
    text, items = file.source.text, file.script.items
    for number in reversed(range(len(items))):
        start = items[number].start
        floor = items[number - 1].end if number else 0
        line = text.rfind("\n", 0, start) + 1
        if start > at or line < floor or text[line:start].strip(" \t"):
            continue
        while line > floor:
            above = text.rfind("\n", 0, line - 1) + 1
            if above < floor or not text[above:line].lstrip(" \t").startswith("#"):
                break
            line = above
        return line if line or not text.startswith("#!") else text.find("\n") + 1
    return 0


def line_at_end(file: EnvFile) -> int | None:
    """Give where new assignments belong: above a last command that may fail, else None, the end.

    RabbitMQ reads the file a second time as `. file && …` and believes it only when its last
    command succeeded (rabbit_env.erl): new lines must not change whether it does.
    """
    items = file.script.items
    if not items or _sure(items[-1]):
        return None
    return line_for(file, items[-1].start)


def _sure(item: Item) -> bool:
    """Tell whether an item succeeds whatever happens: plain assignments and exports do."""
    pipes = (item.first, *(pipe for _, pipe in item.rest))
    operators = {operator for operator, _ in item.rest}
    return operators <= {"&&"} and not item.background and all(map(_sure_pipe, pipes))


def _sure_pipe(pipe: Pipe) -> bool:
    node = pipe.nodes[0]
    if len(pipe.nodes) > 1 or pipe.negated:
        return False
    return succeeds(State(), node) if isinstance(node, Command) else node.kind == "function"
