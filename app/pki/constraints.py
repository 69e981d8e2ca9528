"""Whether a CA's name constraints let it sign for the hosts (RFC 5280, 4.2.1.10)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from cryptography import x509

from app.pki.flaw import Flaw, short
from app.pki.names import San

_REMEDY = "Have a CA made that allows these names, or dial the hosts by names that it allows."
_SHOWN = 5


def constraint_flaws(
    one: x509.Certificate, extensions: x509.Extensions, names: Sequence[San]
) -> Iterator[Flaw]:
    """Say which names a CA may not sign; a short host name lies in no domain at all."""
    try:
        value = extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return
    permitted, excluded = value.permitted_subtrees or [], value.excluded_subtrees or []
    bad = [san.value for san in dict.fromkeys(names) if not _allowed(san, permitted, excluded)]
    if bad:
        more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        yield Flaw(
            True, f"{short(one)} may not sign for {', '.join(bad[:_SHOWN])}{more}",
            f"Its name constraints allow {_words(permitted, excluded)}: peers refuse the "
            "certificate.",
            _REMEDY,
        )  # fmt: skip
    if any(isinstance(tree, x509.DirectoryName) for tree in permitted):
        yield Flaw(
            True, f"{short(one)} may sign only for subjects within a directory",
            "The certificates made here have no subject but the host's name: peers refuse them.",
            "Have it made without a directory name among its name constraints.",
        )  # fmt: skip
    if not names:
        yield Flaw(
            False, f"{short(one)} has name constraints",
            f"It may sign for {_words(permitted, excluded)}; a short host name lies outside any "
            "domain.",
            "Give the hosts names within them.",
        )  # fmt: skip


def _allowed(
    san: San, permitted: Sequence[x509.GeneralName], excluded: Sequence[x509.GeneralName]
) -> bool:
    """Tell whether a name lies in what is permitted for its kind, and in nothing excluded."""
    kind = x509.IPAddress if san.kind == "ip" else x509.DNSName
    own = [tree for tree in permitted if isinstance(tree, kind)]
    inside = not own or any(_within(san, tree) for tree in own)
    return inside and not any(_within(san, tree) for tree in excluded)


def _within(san: San, tree: x509.GeneralName) -> bool:
    if san.kind == "ip" and isinstance(tree, x509.IPAddress):
        network = tree.value
        address = ipaddress.ip_address(san.value)
        return (
            isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network)
            and address.version == network.version
            and address in network
        )
    if san.kind == "dns" and isinstance(tree, x509.DNSName):
        domain, name = tree.value.lower(), san.value.removeprefix("*.")
        inner = f".{domain.lstrip('.')}"
        return not domain or name.endswith(inner) or name == domain
    return False


def _words(permitted: Sequence[x509.GeneralName], excluded: Sequence[x509.GeneralName]) -> str:
    allowed = ", ".join(_word(tree) for tree in permitted[:_SHOWN]) or "all"
    but = ", ".join(_word(tree) for tree in excluded[:_SHOWN])
    return f"{allowed} but {but}" if but else allowed


def _word(tree: x509.GeneralName) -> str:
    from app.quoting import calm

    text = tree.value.rfc4514_string() if isinstance(tree, x509.DirectoryName) else str(tree.value)
    return calm(text or "every name", 80)
