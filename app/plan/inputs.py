"""What a plan is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.kinds.base import Kind
from app.model import Site
from app.observed import HostObservation
from app.pki.secret import Secret
from app.plan.adopted import Adopted, OwnKey
from app.plan.deployed import Deployed
from app.plan.given import Clients
from app.plan.requested import Requests


@dataclass(frozen=True, slots=True)
class Intent:
    """Say what the user wants beyond "make it so": nodes whose leaves are to be rotated."""

    rotate: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Inputs:
    """Hold everything a plan is made from.

    `passwords` gives a store's password by (host, store); `secrets` the secret options by key;
    `served` what each node presents now, as a fingerprint, where it could be asked; `kept` the
    fingerprint of each shared credential that waits to be brought to a host, by its name;
    `requests` what was asked of an outside CA; `clients` what clients were given; `adopted` what
    hosts trusted before and go on to trust, `own_keys` the keys that they are to keep, by the name
    of the credential.
    """

    site: Site
    kinds: Mapping[str, Kind]
    observed: Mapping[str, HostObservation]
    deployed: Deployed
    now: datetime
    passwords: Callable[[str, str], Secret] = field(repr=False)
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    served: Mapping[str, str] = field(default_factory=dict)
    intent: Intent = field(default_factory=Intent)
    kept: Mapping[str, str] = field(default_factory=dict)
    requests: Requests = field(default_factory=dict)
    clients: Clients = ()
    adopted: Adopted = field(default_factory=dict)
    own_keys: Mapping[str, OwnKey] = field(default_factory=dict)
