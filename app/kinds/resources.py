"""Desired facts on a host: files with their bytes or with the spec of what they must hold.

A key store is never rebuilt to be compared (salts differ): it wants a spec, and the plan compares
the spec and the digest that were recorded when it was deployed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.pki.secret import Secret
from app.pki.spec import IssueSpec

StoreFormat = Literal["PKCS12", "JKS", "PEM"]


@dataclass(frozen=True, slots=True)
class LiteralWant:
    """Want exactly these bytes; `secrets` are masked in every diff of them."""

    data: bytes = field(repr=False)
    secrets: tuple[Secret, ...] = field(default=(), repr=False)
    edited: bool = False


@dataclass(frozen=True, slots=True)
class KeyWant:
    """Want a private key with its chain: a key store, or with format PEM one of its parts.

    `credential` names the credential; all KeyWants of one name hold one key.  `part` says which
    PEM: the key, the chain, or both in one file; an `encrypted` key has the store's password.
    """

    credential: str
    spec: IssueSpec
    format: StoreFormat
    alias: str
    store: str
    part: Literal["store", "key", "chain", "combined"] = "store"
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class TrustWant:
    """Want a trust store with exactly these entries: alias to a reference.

    A reference is `ca:GENERATION`, or `leaf:NODE:current` / `leaf:NODE:next` for pinned trust,
    or `kept:SHA256` for one that the host trusted before.
    """

    entries: tuple[tuple[str, str], ...]
    format: StoreFormat
    store: str


@dataclass(frozen=True, slots=True)
class AbsentWant:
    """Want no file at this path."""


Want = LiteralWant | KeyWant | TrustWant | AbsentWant


@dataclass(frozen=True, slots=True)
class FileResource:
    """Want a file on a host with this owner, group, mode and content.

    Resources of one node are switched in the order in which they are given: the file that refers
    to others comes last.
    """

    host: str
    node: str
    path: str
    owner: str
    group: str
    mode: int
    want: Want
    label: str
    check: str = ""
    """A POSIX-sh snippet that tests the staged file, whose path it finds in $1; empty for none."""
    notes: tuple[str, ...] = ()
    """What the user should know of this file, one sentence each."""


@dataclass(frozen=True, slots=True)
class Activation:
    """Say how a node takes up its new files: POSIX-sh snippets, run with the host's privilege.

    `check` answers 0 when the product is healthy since `start`, prints why not otherwise; it is
    called again every second until it answers 0 or 3 (3: dead, waiting is useless), or until
    `check_seconds` pass. `stop` may be empty when `start` restarts.  `logs` prints the newest log
    lines for explanations.  It must have been healthy for `settle_seconds`, longer on a slow host,
    before a step is kept; where a check that passes prints `life X`, for all that time with the
    same X, and where it prints `whole` (nothing that could end the product is left to be loaded)
    for two seconds only.  Lines of `stop` that begin with `note:` are shown, whatever comes of it.
    """

    stop: str
    start: str
    check: str
    logs: str = ""
    stop_seconds: int = 60
    start_seconds: int = 120
    check_seconds: int = 90
    settle_seconds: int = 0
    own: tuple[tuple[str, str], ...] = ()
    """Commands that site.yaml gives itself, by the option's key: shown before they are run."""
    outage_seconds: int = 10
    """What to tell the user to expect while one node restarts; 0 where files are re-read only."""
    told: str = ""
    """What a service that runs on is told: `told to hold its roles`; empty where it restarts, or
    reads its files again."""
    meanwhile: str = ""
    """What is to be known of the time until the step, or the run, is over: whole sentences."""
    holds: str = ""
    """What a framed change holds from its first step to its last, as words that go on `until …`."""

    @property
    def restarts(self) -> bool:
        """Tell whether the service stops for it."""
        return self.outage_seconds > 0


@dataclass(frozen=True, slots=True)
class Layout:
    """Say what was found of the product on one host, as rows that can be shown.

    `facts` are read by the kind that wrote them and shown by everyone; `warnings` are shown in the
    review; `problems` forbid a run on this host.
    """

    facts: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    unique: Mapping[str, str] = field(default_factory=dict)
    """What no two nodes of a topology may share: a name for it, and this node's value."""
    company: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of `unique` that this node knows others to have: each must be a node here."""
    parts_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of those, the nodes that run now and cannot go on with this one once it has changed."""
    names: tuple[str, ...] = ()
    """What the product makes peers dial this node by, the first one first; empty where the site's
    own names decide."""
    stale: str = ""
    """Why the service must start again though its files may be right; empty when it need not."""
    loose: str = ""
    """Why it must be kept from acting once more, though its files say so (see Kind.guards)."""
    certificates: Mapping[str, bytes] = field(default_factory=dict)
    """The leaf (PEM) that a file of the node holds, by path, where the kind can read it."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """What the host itself says is wrong with a file of the node, by path, in words."""
