"""Read hosts as people type or paste them.

One a line, or with commas or blanks between: `hub=root@198.18.7.11:2222`,
`spk-[01-20].example.net`, `ops@[2001:db8::1]:22`; what follows a `#` is left out.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.errors import UsageError
from app.site import checks
from app.site.catalogue import Kinds
from app.site.draft import Draft, DraftHost, with_roles

MOST = 5000
_TARGET = re.compile(
    r"(?:(?P<name>[^=@]+)=)?(?:(?P<user>[^@]+)@)?"
    r"(?P<address>\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
_RANGE = re.compile(r"\[([0-9]{1,6})-([0-9]{1,6})\]")


@dataclass(frozen=True, slots=True)
class TypedHosts:
    """Hold the hosts that could be read, and a sentence for each word that could not."""

    hosts: tuple[DraftHost, ...]
    problems: tuple[str, ...] = ()


def read_hosts(text: str) -> TypedHosts:
    """Read every host of a text; cheap enough for a preview at each key stroke."""
    hosts: dict[str, DraftHost] = {}
    problems: list[str] = []
    for word in _words(text):
        try:
            for one in expand(word):
                host = _host(one)
                if host.name in hosts and hosts[host.name] != host:
                    raise UsageError(f"{host.name} is named twice, differently")
                hosts[host.name] = host
                if len(hosts) > MOST:
                    raise UsageError(f"these are more than {MOST} hosts")
        except UsageError as error:
            problems.append(error.text)
    return TypedHosts(tuple(hosts.values()), tuple(dict.fromkeys(problems)))


def add_hosts(draft: Draft, text: str, kinds: Kinds) -> Draft:
    """Add typed hosts, with the roles that follow from their order.

    Hosts that are there already with the same login are passed over.  Raises UsageError, and adds
    nothing, when a word cannot be read or a host is there with another login.
    """
    typed = read_hosts(text)
    if typed.problems:
        more = f" (and {len(typed.problems) - 1} more)" if len(typed.problems) > 1 else ""
        raise UsageError(typed.problems[0] + more, hint="Such as root@host-a:22 or host-[01-20].")
    return add(draft, typed.hosts, kinds)


def add(draft: Draft, hosts: tuple[DraftHost, ...], kinds: Kinds) -> Draft:
    """Add hosts that were typed or picked; raises UsageError as `add_hosts` does."""
    known = {host.name: host for host in draft.hosts}
    fresh: list[DraftHost] = []
    for host in hosts:
        there = known.get(host.name)
        if there is None:
            fresh.append(host)
        elif (there.address, there.port) != (host.address, host.port):
            where = f"{there.address} port {there.port}"
            raise UsageError(
                f"there is a host {host.name!r} already, at {where}",
                hint=f"Write NAME={host.address} with another name, or edit that host.",
            )
    added = replace(draft, hosts=(*draft.hosts, *fresh))
    return with_roles(added, kinds.load(draft.kind)) if draft.kind else added


def expand(word: str) -> Iterator[str]:
    """Write the ranges of a word out: `spk-[08-10]` gives spk-08, spk-09, spk-10."""
    found = _RANGE.search(word)
    if found is None:
        yield word
        return
    low, high = int(found[1]), int(found[2])
    if high < low or high - low >= MOST:
        raise UsageError(f"{word!r}: the range {found[0]} must go up, by less than {MOST}")
    for number in range(low, high + 1):
        yield from expand(f"{word[: found.start()]}{number:0{len(found[1])}d}{word[found.end() :]}")


def _words(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from (word for word in re.split(r"[\s,;]+", line.partition("#")[0]) if word)


def _host(word: str) -> DraftHost:
    found = _TARGET.fullmatch(word)
    if found is None:
        raise UsageError(f"{word!r} is not a host")
    address = found["address"].strip("[]")
    name = found["name"] or _name_of(address)
    port = int(found["port"] or 22)
    user = found["user"] or ""
    wrong = (
        _about("name", checks.host_name(name))
        or checks.dialled_name(address)
        or _about("port", checks.port(port))
        or _about("user", checks.user(user))
    )
    if wrong:
        raise UsageError(f"{word!r}: {wrong}")
    return DraftHost(name, address, port, user)


def _about(what: str, text: str) -> str:
    return f"its {what} {text}" if text else ""


def _name_of(address: str) -> str:
    """Give a host its name by its address: it must do as a file name and a store alias."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address.lower().removesuffix(".")
    return str(parsed) if parsed.version == 4 else "ip6-" + parsed.exploded.replace(":", "-")
