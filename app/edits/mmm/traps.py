"""The traps of MMM's grammars: stable ids, how much each weighs, a sentence and what to do.

The facts behind them were read in MMM's source and seen in live runs (1.x SSL branch; 2.2.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from app.edits.mmm.model import Trap, Weight
from app.quoting import calm


class Sort(NamedTuple):
    """One sort of trap; `text` takes the names that are given with each case."""

    weight: Weight
    text: str
    hint: str


_BOTH: Mapping[str, Sort] = {
    "byte-order-mark": Sort(
        "fatal",
        "the file begins with a byte order mark, which MMM reads as a part of the first word",
        "save the file without it",
    ),
    "invalid-line": Sort(
        "fatal",
        "MMM refuses this line and does not start (Invalid config line)",
        "take it out, or put # before it",
    ),
    "trailing-comment": Sort(
        "warn",
        "what follows the # is a part of the value of {name}: MMM knows no comments behind a value",
        "give the comment a line of its own",
    ),
    "missing-option": Sort(
        "warn",
        "TLS is on and {name} is missing: {effect}",
        "set {name}",
    ),
    "unindented-option": Sort(
        "warn",
        "{name} stands outside of the settings of TLS and does nothing there",
        "indent it under socket_type ssl",
    ),
}
_ONE: Mapping[str, Sort] = {
    "trailing-blank": Sort(
        "warn",
        "the value of {name} ends in blanks, and MMM takes them for a part of it",
        "take the blanks out",
    ),
    "carriage-return": Sort(
        "warn",
        "the value of {name} ends in a carriage return, and MMM takes it for a part of it",
        "end the lines as Unix does",
    ),
    "repeated-head": Sort(
        "warn",
        "{kind} {name} stood before: MMM forgets the options that it had in line {first}",
        "keep one of the two",
    ),
    "ssl-without-options": Sort(
        "warn",
        "socket_type ssl has no indented options: MMM stays in plain text and says nothing",
        "indent the options under it",
    ),
    "ssl-emptied": Sort(
        "warn",
        "socket_type stands again without options: MMM forgets cert_file, key_file and ca_file",
        "keep one socket_type ssl with its options",
    ),
    "other-socket-type": Sort(
        "warn",
        "socket_type {name} has options: MMM looks at those of socket_type ssl only",
        "write socket_type ssl, or take it out",
    ),
    "indented-head": Sort(
        "warn",
        "{name} is indented, and so an option of {owner}: MMM does not see it as a setting",
        "let the line begin with {name}",
    ),
    "no-include": Sort(
        "warn",
        "MMM with SSL (1.x) knows no include: nothing of {name} is read",
        "write the settings of that file into this one",
    ),
    "split-word": Sort(
        "warn",
        "MMM reads this one word as {kind} with the value {name}",
        "take it out, or put # before it",
    ),
    "more-trust": Sort(
        "warn",
        "ca_path lets in all that the certificates in that folder signed, besides those of ca_file",
        "take ca_path out",
    ),
}
_TWO: Mapping[str, Sort] = {
    "start-missing": Sort(
        "fatal",
        "there is no readable {name} in {folders}",
        "install MMM's configuration first",
    ),
    "include-missing": Sort(
        "fatal",
        "include {name}: no such file in {folders}, and MMM does not start",
        "correct the name, or take the line out",
    ),
    "include-absolute": Sort(
        "fatal",
        "include {name}: MMM looks for it below its own folders only, and does not start",
        "write the name without its folder",
    ),
    "include-cycle": Sort(
        "fatal", "include {name}: the file includes itself", "take one of the lines out"
    ),
    "too-many-includes": Sort(
        "fatal", "include {name}: too many files are read to follow", "include each file once"
    ),
    "include-in-section": Sort(
        "fatal",
        "an include within a section stops MMM",
        "move it behind the end of the section",
    ),
    "nested-section": Sort(
        "fatal",
        "section {name} begins before {owner} has ended (Invalid section): MMM does not start",
        "end {owner} first",
    ),
    "unknown-section": Sort(
        "warn",
        "MMM 2.2.3 knows no section {name} and does not start with it",
        "see the manual of the fork, or take the section out",
    ),
    "named-unique": Sort(
        "fatal",
        "<{name} …>: this section has no name (Section name specified for unique section)",
        "write <{name}>",
    ),
    "unnamed-section": Sort(
        "fatal",
        "<{name}> needs a name (No section name specified), and MMM does not start",
        "write <{name} NAME>",
    ),
    "section-tag": Sort(
        "fatal",
        "a section's tag must stand alone on its line: MMM takes this for an unknown variable",
        "give what follows the tag a line of its own",
    ),
    "section-as-variable": Sort(
        "fatal",
        "'{name}' should be a section instead of a variable: MMM does not start",
        "write <{name}>, its variables, and </{name}>",
    ),
    "unknown-variable": Sort(
        "fatal",
        "Unknown variable {name}: MMM does not start",
        "take it out; TLS has type, cert_file, key_file and ca_file in <socket>, nothing else",
    ),
    "odd-variable": Sort(
        "warn", "MMM 2.2.3 knows no variable {name} here and does not start with it", "take it out"
    ),
    "socket-type": Sort(
        "fatal",
        "type {name}: allowed values are 'plain' and 'ssl', and MMM does not start",
        "write type ssl",
    ),
    "plain-with-options": Sort(
        "warn",
        "the files of TLS are named, and type is not ssl: MMM stays in plain text",
        "write type ssl",
    ),
    "overridden": Sort(
        "info",
        "{name} does not count here: {place} says it later",
        "keep one of the two",
    ),
    "repeated-section": Sort(
        "info",
        "section socket stands again, after {place}: the last value of each variable counts",
        "keep one section",
    ),
    "stray-end": Sort(
        "warn",
        "this end tag ends no section: MMM reads nothing more of the file, and says nothing",
        "take the line out",
    ),
    "wrong-end": Sort(
        "info",
        "this tag ends section {owner}, whatever its own name says",
        "write </{owner}>",
    ),
    "unclosed-section": Sort(
        "warn",
        "section {name} is not ended: it goes on to the end of the file",
        "end it with </{name}>",
    ),
    "world-readable": Sort(
        "fatal", "others may read the file, and MMM does not start", "chmod 0640"
    ),
    "world-writable": Sort(
        "fatal", "others may write the file, and MMM does not start", "chmod 0640"
    ),
    "monitor-mode": Sort(
        "warn",
        "mode {name}: MMM 2.2.3 knows active, passive, manual and wait, and does not start",
        "write one of these",
    ),
    "unknown-host": Sort(
        "warn", "{variable} names {name}, and there is no section of that host", "add <host {name}>"
    ),
}  # fmt: skip

CATALOGUE: Mapping[str, Sort] = {**_BOTH, **_ONE, **_TWO}


def trap(id_: str, file: str, line: int, weight: Weight | None = None, /, **names: str) -> Trap:
    """Make one case; names come from the host and are made safe to show."""
    sort = CATALOGUE[id_]
    safe = {key: calm(text, 120) for key, text in names.items()}
    text, hint = sort.text.format(**safe), sort.hint.format(**safe)
    return Trap(id_, text, hint, calm(file), line, weight or sort.weight)
