"""Turn a planned step into the members that hosts carry out, and into what is recorded of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from app.engine.keyring import Keyring
from app.kinds.resources import AbsentWant, FileResource, TrustWant
from app.observed import ABSENT
from app.plan.deployed import Deployed, DeployedNode
from app.plan.plan import NodeStep, Step
from app.plan.specs import signature
from app.remote.base import FileEntry, Member


@dataclass(frozen=True, slots=True)
class Built:
    """Hold one member with its new record, and the states of its files before and after."""

    node: NodeStep
    member: Member
    record: DeployedNode
    files: Mapping[str, tuple[str, str]]


def build(
    step: Step,
    part: NodeStep,
    run: str,
    owner: str,
    keyring: Keyring,
    deployed: Deployed,
    actual: Mapping[tuple[str, str], str],
    time: str,
) -> Built:
    """Build the bytes of a node's changes and the member that ships them.

    `actual` gives the states that earlier steps of this run left behind, by (host, path): what a
    plan could only call "planned" by then.
    """
    entries: list[FileEntry] = []
    files: dict[str, tuple[str, str]] = {}
    made: dict[str, tuple[str, str]] = {}
    for change in part.changes:
        resource = change.resource
        before = actual.get((part.node.host, change.path), change.before)
        data = keyring.build(resource, deployed, part.node.kind)
        gone = isinstance(resource.want, AbsentWant)
        after = ABSENT if gone else hashlib.sha256(data).hexdigest()
        entries.append(_entry(resource, before, data, gone=gone))
        files[change.path] = (before, after)
        made[change.path] = (after, signature(resource))
    act = part.activation
    member = Member(
        id=f"{run}-{step.id}", run=run, group=f"{run}-{step.id}", owner=owner,
        entries=tuple(entries), stop=act.stop, start=act.start, check=act.check, logs=act.logs,
        stop_seconds=act.stop_seconds, start_seconds=act.start_seconds,
        check_seconds=act.check_seconds, settle_seconds=act.settle_seconds,
        together=len(step.members) > 1,
    )  # fmt: skip
    record = _record(part, keyring, deployed, made, run, time)
    return Built(part, member, record, files)


def _entry(resource: FileResource, before: str, data: bytes, *, gone: bool) -> FileEntry:
    return FileEntry(
        path=resource.path,
        action="delete" if gone else "put",
        expect=(before,),
        owner=resource.owner,
        group=resource.group,
        mode=resource.mode,
        data=data,
        test=resource.check,
    )


def _record(
    part: NodeStep,
    keyring: Keyring,
    deployed: Deployed,
    made: Mapping[str, tuple[str, str]],
    run: str,
    time: str,
) -> DeployedNode:
    node = part.node
    old = deployed.node(node.kind, node.host) or DeployedNode(node.kind, node.host)
    spec, facts, certificate = old.spec, old.facts, old.certificate
    if part.leaf is not None:
        from app.pki import pem

        credential = keyring.issued(node.credential)
        assert credential is not None, "every new leaf of a plan is issued before its first step"
        spec, facts = part.leaf, credential.facts()
        certificate = pem.pem_cert(credential.cert_der).decode()
    trust = dict(old.trust)
    if any(isinstance(c.resource.want, TrustWant) for c in part.changes):
        trust = {
            alias: hashlib.sha256(keyring.certificate(ref, deployed, node.kind)).hexdigest()
            for alias, ref in part.trust
        }
    files = {**old.files, **made}
    files = {path: pair for path, pair in files.items() if pair[0] != ABSENT}
    return DeployedNode(node.kind, node.host, spec, facts, certificate, trust, files, run, time)
