"""What a node can bear before it has its new key: a service that starts without a key store dies.

Under pinned trust peers learn of a new certificate before it is presented, and the node itself
restarts meanwhile with the key that it has.  A node whose key is gone cannot, and one whose stores
are to have another form may only change what its present configuration names.
"""

from __future__ import annotations

from dataclasses import replace

from app.kinds.resources import FileResource, KeyWant, StoreFormat, TrustWant
from app.observed import HostObservation
from app.plan.deployed import DeployedNode
from app.plan.specs import signature


def holds_key(recorded: DeployedNode | None, seen: HostObservation) -> bool:
    """Tell whether every key file that was deployed to a node stands there unchanged."""
    files = recorded.files.items() if recorded else ()
    keys = [(path, digest) for path, (digest, made) in files if made.startswith("key ")]
    return bool(keys) and all(seen.file(path).state == digest for path, digest in keys)


def bearable(
    resources: tuple[FileResource, ...], recorded: DeployedNode | None, seen: HostObservation
) -> tuple[FileResource, ...]:
    """Give what may change on a node that is to get a new key later, and must restart before.

    All of it where the key is where the new configuration looks for it; only the trust stores that
    the present configuration names where it is not; nothing where the node has lost its key.
    """
    if recorded is None or not holds_key(recorded, seen):
        return ()
    keys = [r for r in resources if isinstance(r.want, KeyWant)]
    if all(recorded.files.get(r.path, ("", ""))[1] == signature(r) for r in keys):
        return resources
    like = next((r for r in resources if isinstance(r.want, TrustWant)), None)
    if like is None:
        return ()
    found = (_as_recorded(like, path, made) for path, (_, made) in recorded.files.items())
    return tuple(resource for resource in found if resource is not None)


def keys_alone(
    resources: tuple[FileResource, ...], recorded: DeployedNode | None
) -> tuple[FileResource, ...]:
    """Give the stores of a node whose settings must stay as they are for now.

    Nothing where its present configuration would not find them.
    """
    stores = tuple(r for r in resources if isinstance(r.want, (KeyWant, TrustWant)))
    there = recorded.files if recorded else {}
    found = all(there.get(r.path, ("", ""))[1] == signature(r) for r in stores)
    return stores if found else ()


def _as_recorded(like: FileResource, path: str, made: str) -> FileResource | None:
    """Give a trust store at the place and in the format that it was deployed in."""
    formats: tuple[StoreFormat, ...] = ("PKCS12", "JKS", "PEM")
    form = next((f for f in formats if made == f"trust {f}"), None)
    if form is None or not isinstance(like.want, TrustWant):
        return None
    return replace(like, path=path, want=replace(like.want, format=form))
