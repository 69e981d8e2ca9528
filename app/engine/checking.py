"""Look at one host, to say what is there and whether it can be worked on; changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from app.errors import HostError, HostKeyError, LoginError, PkiError, UnfitError, UnreachableError
from app.kinds import load as load_kind
from app.kinds.base import Kind
from app.kinds.resources import Layout
from app.model import Node, Site
from app.observed import HostObservation, Survey
from app.remote.base import Connector

HostState = Literal[
    "ok", "new-key", "changed-key", "login", "sudo", "unreachable", "no-product", "unfit", "failed",
    "by-hand",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class HostCheck:
    """Say how one host answered: for the wizard's hosts step and for preflight.

    `offered` is the host key line to pin, `fingerprint` its SHA256; `facts` are rows to show, and
    `names` what the product makes peers dial this host by, where it says so.
    """

    host: str
    state: HostState
    text: str
    hint: str = ""
    offered: str = ""
    fingerprint: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    error: HostError | None = field(default=None, repr=False, compare=False)
    """What stood in the way; its host is another one where that is a jump host."""


NAMES = Survey(
    commands=(
        ("name", "hostname -f 2>/dev/null || hostname"),
        ("addresses", "hostname -I 2>/dev/null || :"),
    )
)


def _own_names(seen: HostObservation) -> str:
    """Give the names and addresses that a host has for itself, as suggestions for its peers."""
    words = f"{seen.out('name')} {seen.out('addresses')}".split()[:16]
    local = ("127.", "::1", "fe80:")
    return " ".join(w for w in _names(words) if w != "localhost" and not w.startswith(local))


def _names(words: Iterable[str]) -> tuple[str, ...]:
    """Keep what a certificate can hold, each once."""
    from app.pki.names import san_entries

    found = []
    for word in words:
        try:
            san_entries([word])
        except PkiError:
            continue
        found.append(word)
    return tuple(dict.fromkeys(found))


def check_host(site: Site, connector: Connector) -> HostCheck:
    """Connect to the one host of a site and say what is there; changes nothing.

    The site is what is known so far: that host in its role, with the options it will have.
    """
    (host,) = site.hosts.values()
    if host.by_hand:
        text = "not connected to: a person brings it its files"
        return HostCheck(host.name, "by-hand", text, f"tlswright export bundle {host.name}")
    product = load_kind(site.topologies[0].kind)
    try:
        remote = connector.connect(host)
        try:
            seen = remote.observe(product.survey(site, _node(product, site)).merged(NAMES))
        finally:
            remote.close()
    except HostError as error:
        return _refused(host.name, error)
    layout = _layout(product, site, seen)
    names = _names(layout.names)
    if layout.problems:
        state: HostState = "unfit" if layout.facts else "no-product"
        return HostCheck(host.name, state, layout.problems[0], names=names)
    facts = {**layout.facts, "system": seen.system, "login": seen.user}
    facts["names"] = _own_names(seen)
    text = layout.facts.get("product", "reached")
    return HostCheck(host.name, "ok", text, facts=facts, names=names)


def _node(product: Kind, site: Site) -> Node:
    return product.nodes(site, site.topologies[0])[0]


def _layout(product: Kind, site: Site, seen: HostObservation) -> Layout:
    """Say what was found, as it is with the names that the product has: those can be taken."""
    layout = product.layout(site, _node(product, site), seen)
    names = _names(layout.names)
    if not names or not layout.problems:
        return layout
    named = {key: replace(h, names=(*names, *h.dialled)) for key, h in site.hosts.items()}
    site = replace(site, hosts=named)
    return product.layout(site, _node(product, site), seen)


def _refused(host: str, error: HostError) -> HostCheck:
    text = error.text if error.host == host else f"on the way, {error.host}: {error.text}"
    if isinstance(error, HostKeyError):
        state: HostState = "changed-key" if error.pinned else "new-key"
        return HostCheck(
            host, state, text, error.hint, error.offered, _fingerprint(error.offered), error=error
        )
    if isinstance(error, LoginError):
        state = "sudo" if "sudo" in error.step or "sudo" in error.text else "login"
        return HostCheck(host, state, text, error.hint, error=error)
    if isinstance(error, UnfitError):
        return HostCheck(host, "unfit", text, error.hint, error=error)
    state = "unreachable" if isinstance(error, UnreachableError) else "failed"
    return HostCheck(host, state, text, error.hint, error=error)


def _fingerprint(line: str) -> str:
    from app.remote.known_hosts import HostKey

    key = HostKey.parse(line)
    return key.fingerprint if key is not None else ""
