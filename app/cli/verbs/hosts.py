"""Read the hosts that `init` is given, each in its role."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from app.errors import UsageError
from app.model import Host
from app.site.catalogue import KindFacts, only_role, role_names
from app.site.report import nearest
from app.site.roles import NODE, PLACE, role_flag

_HOST = re.compile(
    r"(?:(?P<user>[^@:]+)@)?(?P<address>\[[0-9A-Fa-f:.]+\]|[^:@]+)(?::(?P<port>[0-9]{1,5}))?"
)


def hosts_of(flags: argparse.Namespace, kind: KindFacts) -> list[tuple[str, Host]]:
    """Give each host with its role, in the order of the kind's roles.

    Raises UsageError where there is none, or one in a role that the kind does not have.
    """
    found = list(_hosts(flags, kind))
    if not found:
        raise UsageError(
            "a site needs hosts", hint=f"Give {_flags(kind)}, or start `tlswright` for the wizard."
        )
    order = role_names(kind)
    return sorted(found, key=lambda pair: order.index(pair[0]))


def _hosts(flags: argparse.Namespace, kind: KindFacts) -> Iterator[tuple[str, Host]]:
    own = role_names(kind)
    for role, texts in _by_role(flags):
        if texts and role not in own:
            hint = f"Give {_flags(kind)}. {_of_others(role)}".rstrip()
            raise UsageError(f"--{role} {texts[0]}: {kind.name} has no role {role!r}", hint=hint)
        for text in texts:
            yield role, _host(text, f"--{role}", PLACE)
    for text in flags.node:
        role, name = _role(text, kind)
        yield role, _host(name, NODE, f"[ROLE:]{PLACE}")


def _by_role(flags: argparse.Namespace) -> list[tuple[str, list[str]]]:
    """Give what the flags of roles hold: every role of every kind has one."""
    from app import kinds

    roles = dict.fromkeys(r for name in kinds.names() for r in role_names(kinds.load(name)))
    return [(r, getattr(flags, r.replace("-", "_"), [])) for r in roles if role_flag(r) != NODE]


def _role(text: str, kind: KindFacts) -> tuple[str, str]:
    """Take the role off a text; the only role need not be said."""
    own = role_names(kind)
    left, sign, place = text.partition("=")
    role, said, name = left.rpartition(":")
    if not said:
        role = only_role(kind) or next((r for r in own if role_flag(r) == NODE), "")
    if not role:
        raise UsageError(
            f"{NODE} {text}: in which role?", hint=f"Write ROLE:{text} with {' or '.join(own)}."
        )
    if role not in own:
        raise UsageError(
            f"{NODE} {text}: {kind.name} has no role {role!r}",
            hint=f"{nearest(role, own)} {_of_others(role)}".strip(),
        )
    return role, f"{name}{sign}{place}"


def _of_others(role: str) -> str:
    """Name the products that have such a role, in a sentence; nothing where none has."""
    from app import kinds

    owners = [name for name in kinds.names() if role in role_names(kinds.load(name))]
    return f"The role {role} is one of --kind {' or '.join(owners)}." if owners else ""


def _flags(kind: KindFacts) -> str:
    """Name the flags that give hosts of a kind."""
    words = [role_flag(role) or f"{NODE} {role}:…" for role in role_names(kind)]
    if len(words) > 1:
        return " and ".join(words)
    return f"{NODE} {PLACE} for each host"


def _host(text: str, flag: str, form: str) -> Host:
    name, _, place = text.partition("=")
    found = _HOST.fullmatch(place)
    if not name or found is None:
        raise UsageError(f"{flag} {text!r} does not name a host", hint=f"Write {form}.")
    return Host(
        name=name,
        address=found["address"].strip("[]"),
        port=int(found["port"] or 22),
        user=found["user"] or "",
    )
