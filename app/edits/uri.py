"""ActiveMQ's transport URIs: read, compared and merged without disturbing what is foreign.

Options stay the raw text between the ampersands, so that what is not changed comes back as it
was.  A URI that does not have one of the two plain shapes is read as None: nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

_SIMPLE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^?#()\s]*)(?:\?([^#()\s]*))?")
_COMPOSITE = re.compile(r"([A-Za-z]+:(?://)?)\(([^()]*)\)(?:\?([^#()\s]*))?")
_AUTHORITY = re.compile(r"(\$\{[^}]*\}|\[[^\]]*\]|[^:/]*)(?::(\d+))?(?![^/])")
_TLS_PARTS = frozenset({"ssl", "wss", "https"})
_PLAIN_PARTS = frozenset({"tcp", "nio", "auto", "stomp", "amqp", "mqtt", "ws", "http", "udp"})
_CARRIERS = frozenset({"nio", "auto", "ssl", "tcp"})


@dataclass(frozen=True)
class Uri:
    """Hold `scheme://authority?options`; `options` is None without a question mark."""

    scheme: str
    authority: str
    options: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{_query(self.options)}"

    @property
    def host(self) -> str:
        """Give the host in lower case, brackets and placeholders included."""
        found = _AUTHORITY.match(self.authority)
        return found[1].lower() if found else self.authority.lower()

    @property
    def port(self) -> int | None:
        """Give the port, or None where there is none or it is a placeholder."""
        found = _AUTHORITY.match(self.authority)
        return int(found[2]) if found and found[2] else None

    @property
    def is_tls(self) -> bool:
        """Tell whether the scheme speaks TLS: ssl, nio+ssl, stomp+ssl, wss …"""
        return any(part in _TLS_PARTS for part in self.scheme.lower().split("+"))

    @property
    def is_plain(self) -> bool:
        """Tell whether the scheme is known to speak on the network without TLS."""
        return all(part in _PLAIN_PARTS for part in self.scheme.lower().split("+"))

    @property
    def protocol(self) -> str:
        """Name what is spoken inside: `ssl`, `nio+ssl` and `auto+ssl` all carry openwire."""
        parts = [part for part in self.scheme.lower().split("+") if part not in _CARRIERS]
        return "+".join(parts) or "openwire"

    def values(self, key: str) -> tuple[str, ...]:
        """Give every value of an option, in order; ActiveMQ uses the last."""
        return option_values(self.options, key)

    def with_option(self, key: str, value: str) -> Uri:
        """Set an option where it stands, or add it at the end."""
        return replace(self, options=set_option(self.options, key, value))

    def without(self, keys: Collection[str]) -> Uri:
        """Take options out; the question mark goes with the last one."""
        kept = tuple(raw for raw in self.options or () if option_key(raw) not in keys)
        return self if kept == (self.options or ()) else replace(self, options=kept or None)


@dataclass(frozen=True)
class Composite:
    """Hold `static:(target,target)?options`; `head` is what stands before the parenthesis."""

    head: str
    targets: tuple[str, ...]
    options: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return f"{self.head}({','.join(self.targets)}){_query(self.options)}"

    @property
    def scheme(self) -> str:
        """Give the scheme: `static:` and `static://` mean the same."""
        return self.head.rstrip("/").rstrip(":").lower()

    @property
    def dialled(self) -> tuple[Uri | None, ...]:
        """Give each target as a Uri, or None where it is not a plain one."""
        return tuple(parse_uri(target) for target in self.targets)

    @property
    def addresses(self) -> frozenset[tuple[str, int | None]]:
        """Give host and port of every readable target."""
        return frozenset((uri.host, uri.port) for uri in self.dialled if uri)


def parse_uri(text: str) -> Uri | None:
    """Read `scheme://authority?options`, or give None."""
    found = _SIMPLE.fullmatch(text.strip())
    return Uri(found[1], found[2], _options(found[3])) if found else None


def parse_composite(text: str) -> Composite | None:
    """Read `static:(a,b)?options` (not nested), or give None."""
    found = _COMPOSITE.fullmatch(text.strip())
    if found is None:
        return None
    return Composite(found[1], tuple(found[2].split(",")), _options(found[3]))


def option_key(raw: str) -> str:
    """Give the key of a raw `key=value`."""
    return raw.partition("=")[0]


def option_values(options: tuple[str, ...] | None, key: str) -> tuple[str, ...]:
    """Give the values of every raw option with this key."""
    return tuple(raw.partition("=")[2] for raw in options or () if option_key(raw) == key)


def set_option(options: tuple[str, ...] | None, key: str, value: str) -> tuple[str, ...]:
    """Set every occurrence of an option, or add it; a value that is equal but for case stays."""
    present = option_values(options, key)
    if not present:
        return (*(raw for raw in options or () if raw), f"{key}={value}")
    return tuple(
        f"{key}={value}"
        if option_key(raw) == key and not _same(raw.partition("=")[2], value)
        else raw
        for raw in options or ()
    )


def merge_options(
    existing: tuple[str, ...] | None, wanted: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Give the existing options with the wanted ones set among them."""
    for raw in wanted or ():
        if raw:
            existing = set_option(existing, option_key(raw), raw.partition("=")[2])
    return existing


def _same(one: str, other: str) -> bool:
    truths = {"true", "false"}
    return one == other or (one.lower() == other.lower() and other.lower() in truths)


def _options(query: str | None) -> tuple[str, ...] | None:
    return None if query is None else tuple(query.split("&"))


def _query(options: tuple[str, ...] | None) -> str:
    return "" if options is None else "?" + "&".join(options)
