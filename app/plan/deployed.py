"""What was deployed, as recorded on the control machine: digests, fingerprints, generations.

The record holds no secret.  It is what tells a plan that a key store on a host, which is never
rebuilt to be compared, is the one that was put there and still what is wanted.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

from app.observed import ABSENT, HostObservation
from app.pki.facts import CertificateFacts
from app.pki.spec import IssueSpec

VERSION = 1
Delivery = Literal["", "exported", "delivered"]


@dataclass(frozen=True, slots=True)
class DeployedNode:
    """Record one node: its credential, what it trusts, and the digest of each file.

    `certificate` is the leaf in PEM; `trust` maps aliases to SHA-256 fingerprints; `files` maps
    paths to (SHA-256, signature), where the signature says what the file was made to hold.
    `delivery` is empty for a node that was deployed over SSH; of a bundle it says how far it got.
    """

    kind: str
    host: str
    spec: IssueSpec | None = None
    facts: CertificateFacts | None = None
    certificate: str = ""
    trust: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    run: str = ""
    time: str = ""
    delivery: Delivery = ""

    @property
    def key(self) -> str:
        """Give the node's key in the record."""
        return f"{self.kind}/{self.host}"

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain data."""
        return {
            "kind": self.kind,
            "host": self.host,
            "spec": self.spec.to_dict() if self.spec else None,
            "facts": self.facts.to_dict() if self.facts else None,
            "certificate": self.certificate,
            "trust": dict(self.trust),
            "files": {path: list(pair) for path, pair in self.files.items()},
            "run": self.run,
            "time": self.time,
            **({"delivery": self.delivery} if self.delivery else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DeployedNode:
        """Read a record from plain data."""
        return cls(
            kind=str(data["kind"]),
            host=str(data["host"]),
            spec=IssueSpec.from_dict(data["spec"]) if data.get("spec") else None,
            facts=CertificateFacts.from_dict(data["facts"]) if data.get("facts") else None,
            certificate=str(data.get("certificate", "")),
            trust={str(k): str(v) for k, v in data.get("trust", {}).items()},
            files={str(k): (str(v[0]), str(v[1])) for k, v in data.get("files", {}).items()},
            run=str(data.get("run", "")),
            time=str(data.get("time", "")),
            delivery=_delivery(data.get("delivery", "")),
        )


@dataclass(frozen=True, slots=True)
class Deployed:
    """Hold the record of a whole site.

    `pending` are records of steps that were about to be held when they were written: a run that
    died there leaves it to the hosts to say which of the two is true.  `authorities` maps a
    generation to the certificate in PEM that hosts trust; `issuers` to those below it that go with
    every leaf, the issuing CA first, where the root does not sign the leaves itself.
    """

    nodes: Mapping[str, DeployedNode] = field(default_factory=dict)
    pending: Mapping[str, DeployedNode] = field(default_factory=dict)
    authorities: Mapping[int, str] = field(default_factory=dict)
    issuers: Mapping[int, str] = field(default_factory=dict)

    def node(self, kind: str, host: str) -> DeployedNode | None:
        """Give the record of one node, if there is any."""
        return self.nodes.get(f"{kind}/{host}")

    def with_pending(self, *nodes: DeployedNode) -> Deployed:
        """Record what is about to be held."""
        return replace(self, pending={**self.pending, **{n.key: n for n in nodes}})

    def with_nodes(self, *nodes: DeployedNode) -> Deployed:
        """Record what is held, and drop what was pending for the same nodes."""
        keys = {n.key for n in nodes}
        return replace(
            self,
            nodes={**self.nodes, **{n.key: n for n in nodes}},
            pending={k: n for k, n in self.pending.items() if k not in keys},
        )

    def issuer(self, generation: int) -> str:
        """Give the certificate (PEM) that signs the leaves of a generation, empty when unknown.

        Those between it and what hosts trust follow it.
        """
        return self.issuers.get(generation) or self.authorities.get(generation, "")

    def with_authority(self, generation: int, pem: str, below: str = "") -> Deployed:
        """Record one generation: what hosts trust, and what goes with every leaf."""
        issuers = {g: found for g, found in self.issuers.items() if g != generation}
        return replace(
            self,
            authorities={**self.authorities, generation: pem},
            issuers={**issuers, generation: below} if below else issuers,
        )

    def without(self, *keys: str) -> Deployed:
        """Forget nodes, for instance after a rollback to before their first deployment."""
        return replace(
            self,
            nodes={k: n for k, n in self.nodes.items() if k not in keys},
            pending={k: n for k, n in self.pending.items() if k not in keys},
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the whole record as plain data."""
        return {
            "version": VERSION,
            "nodes": {key: node.to_dict() for key, node in self.nodes.items()},
            "pending": {key: node.to_dict() for key, node in self.pending.items()},
            "authorities": {str(gen): pem for gen, pem in self.authorities.items()},
            "issuers": {str(gen): pem for gen, pem in self.issuers.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Deployed:
        """Read a record from plain data."""
        return cls(
            {str(k): DeployedNode.from_dict(v) for k, v in data.get("nodes", {}).items()},
            {str(k): DeployedNode.from_dict(v) for k, v in data.get("pending", {}).items()},
            {int(k): str(v) for k, v in data.get("authorities", {}).items()},
            {int(k): str(v) for k, v in data.get("issuers", {}).items()},
        )


def _delivery(value: Any) -> Delivery:
    if value not in get_args(Delivery):
        raise ValueError(f"{value!r} is no state of a delivery")
    return cast(Delivery, value)


def fingerprint(pem: str) -> str:
    """Give the SHA-256 of a certificate in PEM, in lower-case hex."""
    body = "".join(pem.strip().splitlines()[1:-1])
    return hashlib.sha256(base64.b64decode(body)).hexdigest()


def resolve(deployed: Deployed, observed: Mapping[str, HostObservation]) -> Deployed:
    """Let the hosts decide about pending records: one whose step was kept becomes true.

    What the step changed tells: a file that it left alone may be lost for other reasons.
    """
    for key, node in deployed.pending.items():
        seen = observed.get(node.host)
        if seen is None:
            continue
        changed = _changed(deployed.nodes.get(key), node)
        if all(seen.file(path).state == state for path, state in changed.items()):
            deployed = deployed.with_nodes(node)
        else:
            pending = {k: n for k, n in deployed.pending.items() if k != key}
            deployed = replace(deployed, pending=pending)
    return deployed


def _changed(before: DeployedNode | None, after: DeployedNode) -> dict[str, str]:
    """Give the states of the files in which two records differ; of all where they do not."""
    old = {path: digest for path, (digest, _) in before.files.items()} if before else {}
    new = {path: digest for path, (digest, _) in after.files.items()}
    gone = dict.fromkeys(old.keys() - new.keys(), ABSENT)
    return {p: digest for p, digest in new.items() if old.get(p) != digest} | gone or new
