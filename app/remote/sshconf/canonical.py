"""Make a full name of a short one, where CanonicalizeHostname asks for it.

After `resolve_canonicalize` and `check_follow_cname` in ssh.c.  The name service is asked for a
name with each domain in turn; what it then calls the host counts only where
CanonicalizePermittedCNAMEs says so.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

from app.remote.dial import FAMILIES
from app.remote.sshconf.settings import ConfigError, Settings
from app.remote.sshconf.words import listed

Look = Callable[[str, int], str | None]
"""Ask the name service for what it calls a name, in an address family; None where it has none."""


def look_up(name: str, family: int) -> str | None:
    """Ask the machine's name service."""
    try:
        rows = socket.getaddrinfo(name, None, family, socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    except (OSError, UnicodeError):
        return None
    return rows[0][3].lower()


def canonical(found: Settings, host: str, look: Look) -> str:
    """Give the name to dial; raises ConfigError where there is none and none may be made up.

    What a jump host or a command will look up is left alone, unless it is to be done always.
    """
    asked = found.first("canonicalizehostname", "no")
    direct = found.first("proxyjump", "none") == found.first("proxycommand", "none") == "none"
    if re.search(r"[:%]|^[0-9.]*$", host) or not (direct or asked == "always"):
        return host
    family = FAMILIES[found.first("addressfamily", "any")]
    names = _candidates(found, host) if asked != "no" else None
    for name in names or ():
        called = look(name, family)
        if called is not None:
            return _followed(found, name[:-1], called)
    if names is not None and not found.yes("canonicalizefallbacklocal", default=True):
        place = found.places["canonicalizehostname"]
        raise ConfigError(f"{place}: {host} is in none of CanonicalDomains, and may be no other")
    if not _rules(found):
        return host
    called = look(host, family)
    if called is None and direct:
        place = found.places["canonicalizepermittedcnames"]
        raise ConfigError(f"{place}: the name service does not know {host}")
    return host if asked == "no" else _followed(found, host, called or "")


def _candidates(found: Settings, host: str) -> tuple[str, ...] | None:
    """Give the full names to try, each with the dot that keeps a resolver from adding more.

    None where the name has enough dots to be a full one.
    """
    if host.endswith("."):
        return (host,)
    if host.count(".") > int(found.first("canonicalizemaxdots", "1") or 1):
        return None
    domains: list[str] = []
    for domain in found.all("canonicaldomains"):
        if domain.lower() == "none":
            break
        domains.append(domain)
    return tuple(f"{host}.{domain}." for domain in domains)


def _followed(found: Settings, name: str, called: str) -> str:
    """Give what the name service calls a name, where a rule lets it be followed."""
    for source, target in _rules(found):
        if called and listed(name.lower(), source) and listed(called, target):
            return called
    return name


def _rules(found: Settings) -> tuple[tuple[str, str], ...]:
    """Give the pattern lists of names, and of what each may be called."""
    texts = [text.lower() for text in found.all("canonicalizepermittedcnames")]
    if texts == ["none"]:
        return ()
    parted = ((text, text) if text == "*" else tuple(text.split(":", 1)) for text in texts)
    return tuple((pair[0], pair[1]) for pair in parted if len(pair) == 2)
