"""Certificates that hosts trusted before, and go on to trust: kept beside site.yaml, in PEM.

They are public, and a person may take one out of its file: the next plan no longer trusts it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from app.errors import PkiError, UsageError
from app.model import Node
from app.pki.facts import CertificateFacts
from app.plan.deployed import fingerprint
from app.plan.phases import Phase, Trust
from app.plan.plan import Check
from app.quoting import calm

MOST_KEPT = 50
MARK = "kept"
"""How a trust reference to such a certificate begins: `kept:SHA256`."""
_AGAIN = "Take that block out, or run `tlswright adopt --keep trust` again."
_HEAD = """\
# What {host} trusted before, and goes on to trust: tlswright adopt --keep trust.
# Take a block out, and the next apply ends it.
"""


@dataclass(frozen=True, slots=True)
class KeptCertificate:
    """Hold one certificate (PEM) that a host goes on to trust, with its alias there."""

    alias: str
    pem: str

    @property
    def sha256(self) -> str:
        """Give its fingerprint."""
        return fingerprint(self.pem)

    @property
    def der(self) -> bytes:
        """Give its bytes as trust stores take them."""
        return base64.b64decode("".join(self.pem.strip().splitlines()[1:-1]))

    @property
    def facts(self) -> CertificateFacts:
        """Give what is shown of it."""
        from app.pki.reading import facts_of

        return facts_of(self.der)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """Show a key that a host had before and is to keep; `faults` say why it cannot, in words."""

    facts: CertificateFacts
    faults: tuple[str, ...] = ()


Adopted = Mapping[str, tuple[KeptCertificate, ...]]
"""Every such certificate, by `KIND/HOST`."""


def alias_of(name: str, taken: Collection[str]) -> str:
    """Give the alias under which an entry is kept: the old one as far as all stores take it.

    Java folds aliases to lower case, and two may not be one then.
    """
    text = re.sub(r"[^a-z0-9._-]+", "-", name.casefold())[:100].strip("._-") or "entry"
    found, number = text, 2
    while found in taken:
        found, number = f"{text}-{number}", number + 1
    return found


def kept_text(host: str, kept: Iterable[KeptCertificate]) -> str:
    """Write the file of one host."""
    parts = [_HEAD.format(host=host)]
    for one in kept:
        facts = one.facts
        # A name in a certificate may hold line ends, which would end the comment.
        subject = " ".join(calm(facts.subject, 200).split())
        words = f"{subject}, until {facts.not_after:%Y-%m-%d}, SHA-256 {facts.sha256}"
        parts.append(f"\n# {words.encode('ascii', 'replace').decode()}\n")
        parts.append(f"# alias: {one.alias}\n{one.pem.strip()}\n")
    return "".join(parts)


def read_kept(data: bytes, where: str) -> tuple[KeptCertificate, ...]:
    """Read the file of one host, whoever edited it; raises UsageError."""
    from app.pki.pem import pem_cert, read_bundle

    begun = data.count(b"-----BEGIN ")
    try:
        entries = read_bundle(data) if begun else {}
    except PkiError as error:
        raise UsageError(error.text, where=where, hint=_AGAIN) from None
    if len(entries) != begun:
        raise UsageError("a block in it is cut off", where=where, hint=_AGAIN)
    if len(entries) > MOST_KEPT:
        raise UsageError(f"it holds more than {MOST_KEPT} certificates", where=where)
    found: dict[str, KeptCertificate] = {}
    for name, one in entries.items():
        alias = alias_of(name, found)
        found[alias] = KeptCertificate(alias, pem_cert(one).decode())
    return tuple(found.values())


def with_kept(
    phase: Phase, nodes: Iterable[Node], adopted: Adopted, resolve: Callable[[str], str]
) -> Phase:
    """Let each node of a phase trust what it goes on to trust, beside what the site wants.

    What the site itself trusts is not doubled, and its aliases stay its own.
    """
    states = dict(phase.nodes)
    for node in nodes:
        trust = states[node.name].trust
        known = {resolve(reference) for _, reference in trust}
        for one in kept_of(adopted, node):
            if one.sha256 not in known:
                trust = (*trust, (_beside(one.alias, trust), f"{MARK}:{one.sha256}"))
        states[node.name] = replace(states[node.name], trust=trust)
    return replace(phase, nodes=states)


def kept_of(adopted: Adopted, node: Node) -> tuple[KeptCertificate, ...]:
    """Give what one node goes on to trust."""
    return adopted.get(f"{node.kind}/{node.host}", ())


def retained_checks(
    nodes: Iterable[Node], adopted: Adopted, own: Mapping[str, OwnKey]
) -> tuple[Check, ...]:
    """Say in a plan what hosts keep of the stores that they had before."""
    found = []
    for node in nodes:
        if kept := kept_of(adopted, node):
            found.append(_kept_check(node.host, kept))
        if node.name in own:
            found.append(_own_check(node.host, own[node.name]))
    return tuple(found)


def _beside(alias: str, trust: Trust) -> str:
    taken = {name for name, _ in trust}
    # Aliases of this form are read back as generations of the site's own CA.
    own = re.fullmatch(r"ca-g[0-9]+", alias) or alias in taken
    return alias_of(f"kept-{alias}", taken) if own else alias


def _own_check(host: str, own: OwnKey) -> Check:
    facts = own.facts
    if own.faults:
        text = (
            f"the key that it was to keep does not fit any more: {'; '.join(own.faults)}: "
            f"`tlswright adopt --replace --host {host}` makes a new one instead"
        )
        return Check(host, MARK, "fail", text)
    text = f"it keeps the key that it had: {facts.subject}, until {facts.not_after:%Y-%m-%d}"
    return Check(host, MARK, "warn", text)


def _kept_check(host: str, kept: tuple[KeptCertificate, ...]) -> Check:
    rows = ", ".join(f"{one.alias} (until {one.facts.not_after:%Y-%m-%d})" for one in kept[:8])
    more = f" and {len(kept) - 8} more" if len(kept) > 8 else ""
    text = (
        f"it goes on to trust what it trusted before: {rows}{more}. Whoever has such a "
        f"certificate is let in; `tlswright adopt --replace --host {host}` ends it"
    )
    return Check(host, MARK, "warn", text)
