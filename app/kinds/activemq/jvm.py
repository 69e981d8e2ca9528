"""Stores that a broker's Java is told of: `-Djavax.net.ssl.keyStore=…` where the broker is started.

They stand in ACTIVEMQ_SSL_OPTS or ACTIVEMQ_OPTS of a shell file, or in the wrapper's wrapper.conf,
and count where the XML has no sslContext; without a trustStore there, Java's own is asked as well.
Shell files are read as text: nothing of them is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.pki.secret import Secret

Role = Literal["key", "trust"]
NAMES: Mapping[Role, str] = {"key": "keyStore", "trust": "trustStore"}
_OPTION = re.compile(
    r"-Djavax\.net\.ssl\.(keyStore|trustStore)(Password)?="
    r"(\"[^\"\n]*\"|'[^'\n]*'|(?:\\[^\n]|[^\s\"'\\])*)"
)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{?ACTIVEMQ_(HOME|BASE|CONF|DATA)\}?|%ACTIVEMQ_(HOME|BASE|CONF|DATA)%")
DEFAULTS = "/etc/default/activemq"


@dataclass(frozen=True, slots=True)
class JvmStore:
    """Hold one store as it is named at `where`, its variables put in, and the passwords beside."""

    value: str
    where: str
    passwords: tuple[Secret, ...] = field(default=(), repr=False)


def jvm_stores(
    files: Iterable[tuple[str, bytes | None]],
    known: Mapping[str, str],
    running: Mapping[Role, str],
) -> dict[Role, JvmStore]:
    """Give the stores that Java is told of, by their role.

    Of several files the first one that names a store counts.  `known` are the system properties
    (app.kinds.activemq.paths.variables); `running` is what the process itself was given, which
    counts more than what files say.
    """
    found: dict[Role, JvmStore] = {}
    for path, data in files:
        text = _COMMENT.sub(lambda one: " " * len(one[0]), (data or b"").decode("utf-8", "replace"))
        rows = [(m[1], bool(m[2]), m.start(), _plain(m[3], known)) for m in _OPTION.finditer(text)]
        words = dict.fromkeys(value for _, secret, _, value in rows if secret and value)
        secrets = tuple(Secret(word) for word in words)
        for role, name in NAMES.items():
            named = [(at, value) for key, secret, at, value in rows
                     if key == name and not secret and value]  # fmt: skip
            if named and role not in found:
                at, value = named[-1]
                found[role] = JvmStore(value, f"{path}:{text.count(chr(10), 0, at) + 1}", secrets)
    passwords = next((one.passwords for one in found.values() if one.passwords), ())
    for role, value in running.items():
        if value and (role not in found or found[role].value != value):
            found[role] = JvmStore(value, "its process", passwords)
    return found


def _plain(text: str, known: Mapping[str, str]) -> str:
    """Take the quotes off a word of a shell, and put the folders of ActiveMQ in."""
    bare = text[1:-1] if text[:1] in ("'", '"') else re.sub(r"\\(.)", r"\1", text)

    def folder(one: re.Match[str]) -> str:
        return known.get(f"activemq.{(one[1] or one[2]).lower()}", one[0])

    return _VARIABLE.sub(folder, bare)
