"""Compare what should stand on a host with what was read there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from app.edits.diff import masked_diff
from app.kinds.resources import AbsentWant, FileResource, KeyWant, LiteralWant, TrustWant
from app.observed import ABSENT, FileFact
from app.plan.deployed import DeployedNode
from app.plan.specs import signature

if TYPE_CHECKING:
    from app.plan.adopted import OwnKey

Action = Literal["create", "replace", "mode", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """Say what differs in one file.

    `before` is the state that was read (a digest or `absent`); `diff` is a unified diff with every
    secret masked, or a description of a store; `reason` says why.
    """

    host: str
    path: str
    label: str
    action: Action
    reason: str
    before: str
    diff: str
    resource: FileResource = field(repr=False)

    @property
    def sign(self) -> str:
        """Give the change in one character, as it is listed."""
        return {"create": "+", "replace": "~", "mode": "~", "delete": "-"}[self.action]


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold what stands on one node while a plan is made: what was read, then what is planned.

    `files` maps paths to facts, `trust` aliases to fingerprints, `made` paths to signatures.
    """

    files: Mapping[str, FileFact]
    trust: Mapping[str, str]
    made: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, files: Mapping[str, FileFact], recorded: DeployedNode | None) -> Standing:
        """Start from the observation and the record."""
        if recorded is None:
            return cls(files, {}, {})
        return cls(files, recorded.trust, recorded.files)


def changes(
    resources: tuple[FileResource, ...],
    standing: Standing,
    present: Literal["current", "next"],
    resolve: Callable[[str], str],
    new_key: str,
    signer: str,
    own: OwnKey | None = None,
) -> tuple[Change, ...]:
    """Give what differs on one node, in the order of the resources.

    `present` says whether the node is to present a new leaf, for the reason `new_key`; `resolve`
    turns a trust reference into a fingerprint; `signer` names the CA for who reads it, `own` is the
    key that the node keeps instead of a new one.
    """
    found = (_change(r, standing, present, resolve, new_key, signer, own) for r in resources)
    return tuple(change for change in found if change is not None)


def _change(
    resource: FileResource,
    standing: Standing,
    present: Literal["current", "next"],
    resolve: Callable[[str], str],
    new_key: str,
    signer: str,
    own: OwnKey | None,
) -> Change | None:
    want = resource.want
    fact = standing.files.get(resource.path, FileFact(resource.path))
    if isinstance(want, AbsentWant):
        gone = fact.type == "absent"
        return None if gone else _made(resource, fact, "delete", "it is no longer wanted", "")
    if isinstance(want, LiteralWant):
        return _literal(resource, want, fact)
    if isinstance(want, KeyWant):
        if present == "current":
            return None
        return _store(resource, fact, new_key, _describe_key(want, signer, own))
    return _trust(resource, want, standing, fact, resolve)


def _literal(resource: FileResource, want: LiteralWant, fact: FileFact) -> Change | None:
    if fact.state == hashlib.sha256(want.data).hexdigest():
        words = _attributes(resource, fact)
        return _made(resource, fact, "mode", words, words) if words else None
    before = fact.data or b""
    hidden = [secret.reveal() for secret in want.secrets if secret]
    diff = masked_diff(before, want.data, resource.path, hidden)
    reason = "edited in place" if want.edited and fact.type == "file" else "written by tlswright"
    return _store(resource, fact, reason, diff)


def _trust(
    resource: FileResource,
    want: TrustWant,
    standing: Standing,
    fact: FileFact,
    resolve: Callable[[str], str],
) -> Change | None:
    wanted = {alias: resolve(ref) for alias, ref in want.entries}
    digest, made = standing.made.get(resource.path, ("", ""))
    words: list[str] = []
    if not digest:
        words.append("it is to be made")
    elif made != signature(resource):
        words.append(f"it is to hold a {signature(resource)}")
    elif fact.type == "absent":
        words.append("it is gone from the host")
    elif fact.state != digest:
        words.append(_replaced(want, wanted, fact))
    for alias in sorted(wanted.keys() | standing.trust.keys()):
        old, new = standing.trust.get(alias, ""), wanted.get(alias, "")
        if old != new:
            verb = "trust" if not old else "no longer trust" if not new else "trust a new"
            words.append(f"{verb} {alias}")
    if not words:
        attributes = _attributes(resource, fact)
        if not attributes:
            return None
        words.append(attributes)
    rows = [f"  {alias}  {_describe(ref, wanted[alias])}" for alias, ref in sorted(want.entries)]
    text = "\n".join([f"{want.format} trust store, {len(rows)} trusted entries:", *rows])
    return _store(resource, fact, "; ".join(words), text)


def _replaced(want: TrustWant, wanted: Mapping[str, str], fact: FileFact) -> str:
    """Say of a trust store that is another one what it holds, where it can be read."""
    text = "it is not the file that was deployed"
    if want.format != "PEM" or fact.data is None:
        return text
    from app.pki.faults import trust_faults

    return "; ".join((text, *trust_faults(fact.data, wanted.values())))


def _store(resource: FileResource, fact: FileFact, reason: str, text: str) -> Change:
    return _made(resource, fact, "create" if fact.type == "absent" else "replace", reason, text)


def _made(resource: FileResource, fact: FileFact, action: Action, reason: str, diff: str) -> Change:
    state = fact.state if fact.type != "absent" else ABSENT
    return Change(
        resource.host, resource.path, resource.label, action, reason, state, diff, resource
    )


def _attributes(resource: FileResource, fact: FileFact) -> str:
    have = f"{fact.owner}:{fact.group} {fact.mode:04o}"
    want = f"{resource.owner}:{resource.group} {resource.mode:04o}"
    return "" if have == want else f"owner and mode {have} become {want}"


def _describe_key(want: KeyWant, signer: str, own: OwnKey | None) -> str:
    spec = want.spec
    if own is not None:
        facts = own.facts
        return (
            f"{want.format} ({want.part}) of the {facts.key_type} key that the host had\n"
            f"  subject  {facts.subject}\n  issuer   {facts.issuer}\n"
            f"  until    {facts.not_after:%Y-%m-%d}\n  SHA-256  {facts.sha256}"
        )
    names = ", ".join(san.value for san in spec.sans)
    issuer = "itself" if spec.self_signed else signer
    what = "key store with" if want.part == "store" else f"PEM ({want.part}) of"
    return (
        f"{want.format} {what} a new {spec.key_type} key and certificate\n"
        f"  subject  CN={spec.subject}\n  names    {names}\n"
        f"  issuer   {issuer}\n  life     {spec.days} days"
    )


def _describe(reference: str, fingerprint: str) -> str:
    if reference.startswith("ca:"):
        return f"the site's CA, generation {reference.removeprefix('ca:')}"
    if reference.startswith("kept:"):
        return f"trusted before, SHA-256 {fingerprint[:16]}…"
    if fingerprint.startswith("new:"):
        return "the certificate made in this run"
    return f"SHA-256 {fingerprint[:16]}…"
