"""Which credential each node should have, and why a new one is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from app.kinds.resources import FileResource, KeyWant, Layout, LiteralWant, TrustWant
from app.model import Node, Site
from app.observed import FileFact, HostObservation
from app.pki.expiry import due
from app.pki.facts import authority_subject
from app.pki.names import COMMON_NAME_MAX, san_entries
from app.pki.spec import IssueSpec, mismatches
from app.plan.deployed import DeployedNode


def spec_of(site: Site, node: Node, recorded: DeployedNode | None) -> IssueSpec:
    """Say which credential a node should have.

    Every name that a peer dials becomes an alternative name.  Under pinned trust the generation
    counts the node's own credentials, so the recorded one is kept until a new one is needed.
    """
    pinned = site.authority.trust == "pinned"
    before = recorded.spec if recorded else None
    names = [n for n in node.certified if len(n) <= COMMON_NAME_MAX]
    generation = before.generation if pinned and before and before.self_signed else 1
    return IssueSpec(
        subject=names[0] if names else node.name[:COMMON_NAME_MAX],
        sans=san_entries(node.certified, wildcard=bool(node.presents)),
        usage="peer",
        key_type=site.authority.key_type,
        days=site.authority.leaf_days,
        issuer=node.name if pinned else site.authority.name or site.name,
        generation=generation if pinned else site.authority.generation,
        self_signed=pinned,
    )


def credentials_of(node: Node, spec: IssueSpec) -> Mapping[str, IssueSpec]:
    """Give every credential of a node by its name; `spec` is that of the one it presents."""
    found = {node.credential: spec}
    if node.dials_with:
        found[node.dials_with] = replace(spec, usage="client")
    return found


def signer(site: Site) -> str:
    """Name the CA that signs new leaves, as a plan shows it."""
    spec = site.authority
    name = spec.name or site.name
    if spec.source == "own":
        return authority_subject(name, spec.generation)
    return f"{name} ({spec.source} CA, generation {spec.generation})"


EDITED = "edited "
"""How the signature of a file begins that the user owns too."""


def signature(resource: FileResource) -> str:
    """Say in one line what a file is made to hold, apart from the credential itself."""
    want = resource.want
    if isinstance(want, KeyWant):
        locked = " encrypted" if want.encrypted else ""
        return f"key {want.format} {want.part} {want.alias}{locked}"
    if isinstance(want, TrustWant):
        return f"trust {want.format}"
    edited = isinstance(want, LiteralWant) and want.edited
    return f"{EDITED}{resource.label}" if edited else resource.label


def new_key_reasons(
    spec: IssueSpec,
    recorded: DeployedNode | None,
    resources: tuple[FileResource, ...],
    observation: HostObservation,
    now: datetime,
    cause: Callable[[FileResource], str] = lambda resource: "",
) -> tuple[str, ...]:
    """Say every reason why a node needs a new key and certificate; none means: it keeps them.

    A private key is not kept on the control machine, so whatever is wrong with one of its files
    means a new key.  `cause` says what is wrong with one that was replaced, where it can be told.
    """
    if recorded is None or recorded.spec is None or recorded.facts is None:
        return ("it has no certificate of this site yet",)
    reasons = list(mismatches(recorded.spec, spec))
    if due(recorded.facts.not_before, recorded.facts.not_after, now):
        reasons.append(f"the certificate is due: it ends {recorded.facts.not_after:%Y-%m-%d}")
    for resource in resources:
        if isinstance(resource.want, KeyWant):
            reasons += _file_reasons(resource, recorded, observation, cause)
    return tuple(dict.fromkeys(reasons))


def cause_of(layout: Layout, root: str, now: datetime) -> Callable[[FileResource], str]:
    """Give the function that says what is wrong with a key or certificate that was replaced.

    `root` is the certificate (PEM) of the CA that issues for the node, perhaps with those above it;
    empty under pinned trust.
    """

    def cause(resource: FileResource) -> str:
        found = [layout.faults[resource.path]] if resource.path in layout.faults else []
        shown = layout.certificates.get(resource.path)
        if shown is not None and isinstance(resource.want, KeyWant):
            from app.pki.faults import certificate_faults

            found += certificate_faults(shown, resource.want.spec, root, now)
        return "; ".join(found)

    return cause


def _file_reasons(
    resource: FileResource,
    recorded: DeployedNode,
    observation: HostObservation,
    cause: Callable[[FileResource], str],
) -> list[str]:
    fact = observation.file(resource.path)
    digest, made = recorded.files.get(resource.path, ("", ""))
    if not digest:
        return [f"{resource.path} is to be made"]
    if made != signature(resource):
        return [f"{resource.path} is to hold a {signature(resource)}"]
    if fact.type == "absent":
        return [f"{resource.path} is gone from the host"]
    if fact.state != digest:
        why = cause(resource)
        text = f"{resource.path} is not the file that was deployed"
        return [f"{text}: {why}" if why else text]
    if fact.mode != resource.mode or (fact.owner, fact.group) != (resource.owner, resource.group):
        return [
            f"{resource.path} was {fact.owner}:{fact.group} {fact.mode:04o}, not "
            f"{resource.owner}:{resource.group} {resource.mode:04o}: {_access(resource, fact)}"
        ]
    return []


def _access(resource: FileResource, fact: FileFact) -> str:
    """Say what other owners and modes of a key than the wanted ones mean."""
    closed = resource.mode & ~fact.mode
    if closed and not fact.mode & ~resource.mode:
        return "the service may not be able to read it"
    return "others may have read the key"
