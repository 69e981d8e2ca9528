"""What can be done while certificates of an outside CA are still waited for.  Pure.

A node whose certificate has not come back keeps what it has.  Nothing may be done meanwhile that
needs what it does not have: a peer does not dial it by TLS before it answers so, nor by a name
that its certificate lacks, and a group that changes in one step changes when all of it can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.model import Link, Node
from app.pki.names import San, san_entries
from app.pki.spec import IssueSpec
from app.plan.deployed import DeployedNode
from app.plan.plan import WAITING, Check
from app.plan.requested import Requested, Requests
from app.plan.specs import credentials_of
from app.quoting import calm


@dataclass(frozen=True, slots=True)
class Awaited:
    """Hold how it stands with one node's certificates from the outside CA.

    `lacking` says what keeps it from the new certificate, empty where all of it came back;
    `back` that something came back which the node does not have yet.
    """

    node: Node
    spec: IssueSpec
    record: DeployedNode | None
    lacking: str = ""
    back: bool = False
    since: str = ""
    files: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        node: Node,
        spec: IssueSpec,
        record: DeployedNode | None,
        requests: Requests,
        now: datetime,
    ) -> Awaited:
        """Look at the requests for a node's credentials; a delivered one counts as none."""
        facts = record.facts if record else None
        wanted = credentials_of(node, spec)
        own = requests.get(node.credential)
        if own is not None and facts is not None and own.sha256 == facts.sha256:
            return cls(node, spec, record, "no new one was asked for")
        found = {name: requests.get(name) for name in wanted}
        lacks = {name: _lacks(found[name], one, now) for name, one in wanted.items()}
        asked = [one for one in found.values() if one is not None and not one.certificate]
        return cls(
            node, spec, record,
            lacking=next((text for text in lacks.values() if text), ""),
            back=not any(lacks.values()),
            since=min((one.since for one in asked), default=""),
            files=tuple(one.file for one in asked if one.file),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """Say which nodes must wait, with the reason of each, in words.

    Nothing at all is done to `whole` ones; the `settings` of others stay, but keys may change.
    """

    whole: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


def hold_back(
    awaited: Mapping[str, Awaited],
    fresh: frozenset[str],
    helpless: frozenset[str],
    links: tuple[Link, ...],
    groups: tuple[tuple[Node, ...], ...],
) -> Held:
    """Give the nodes that must be left alone until more certificates have come back.

    `fresh` need a new certificate; `helpless` are those that cannot go on with what they have (they
    never had one, or lost its key).  What others need of a node that is left alone decides about
    them in turn.
    """
    whole = {
        name: "its certificate has not come back"
        for name in helpless
        if name in fresh and not awaited[name].back
    }
    settings: dict[str, str] = {}
    while True:
        known = len(whole), len(settings)
        for group in groups:
            left = [node.name for node in group if node.name in whole]
            for node in group if left and len(group) > 1 else ():
                why = f"it changes in one step with {', '.join(left)}, which must wait"
                whole.setdefault(node.name, why)
        for link in links:
            if link.initiator in awaited and not _answers(awaited.get(link.acceptor), link, whole):
                into = whole if link.initiator in helpless else settings
                into.setdefault(link.initiator, f"it dials {link.acceptor}, which has none yet")
        if known == (len(whole), len(settings)):
            return Held(whole, settings)


def _answers(acceptor: Awaited | None, link: Link, whole: Mapping[str, str]) -> bool:
    """Tell whether an acceptor answers by TLS, once the run is over, to the name of a link.

    What is not awaited from the outside CA is not judged here.
    """
    if acceptor is None:
        return True
    if acceptor.back and link.acceptor not in whole:
        return _among(link.name, acceptor.spec.sans)
    facts = acceptor.record.facts if acceptor.record else None
    return facts is not None and _among(link.name, facts.sans)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Hold what a plan must leave for later; empty where no outside CA is waited for.

    `fresh` are the nodes that need a new certificate, whether it came back or not.
    """

    nodes: Mapping[str, Awaited] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()
    held: Held = field(default_factory=Held)
    anchored: bool = True
    now: datetime | None = None

    @classmethod
    def over(
        cls,
        nodes: Mapping[str, Awaited],
        fresh: frozenset[str],
        helpless: frozenset[str],
        links: tuple[Link, ...],
        groups: tuple[tuple[Node, ...], ...],
        now: datetime,
        *,
        anchored: bool,
    ) -> Outlook:
        """Look ahead; see `hold_back`.  `anchored` tells that the CA's own certificate is here."""
        held = hold_back(nodes, fresh, helpless, links, groups)
        return cls(nodes, fresh, held, anchored, now)

    def gets(self, name: str) -> bool:
        """Tell whether a node that needs a new certificate can have it now."""
        return name not in self.nodes or (self.nodes[name].back and name not in self.held.whole)

    def checks(self) -> tuple[Check, ...]:
        """Say of each node what it waits for."""
        if self.now is None:
            return ()
        told: list[Check | None] = []
        if not self.anchored:
            text = "its own certificate is not here yet: `tlswright take --anchor FILE`"
            told.append(Check("outside CA", WAITING, "warn", text))
        told += (
            tell(one, self.held, fresh=name in self.fresh, now=self.now)
            for name, one in self.nodes.items()
        )
        return tuple(check for check in told if check is not None)


def tell(one: Awaited, held: Held, *, fresh: bool, now: datetime) -> Check | None:
    """Say what a node waits for, and which command comes next; None where it waits for nothing.

    A node whose old certificate goes on is no warning.
    """
    name, host = one.node.name, one.node.host

    facts = one.record.facts if one.record else None
    works = facts is not None and name not in held.whole and now <= facts.not_after

    def check(text: str) -> Check:
        return Check(host, WAITING, "skip" if works else "warn", text)

    if one.back and name in held.whole:
        return check(f"its certificate came back, but {held.whole[name]}: it is kept until then")
    if one.back:
        return None
    if not fresh and not one.since:
        return None
    goes_on = _goes_on(one, held, now)
    if one.since and one.lacking == "it waits":
        where = f" ({calm(', '.join(one.files), 200)})" if one.files else ""
        text = f"its certificate is waited for since {one.since[:10]}{where}; {goes_on}"
        return check(f"{text}: once it is signed, `tlswright take FILE`")
    why = f"{one.lacking}: " if one.lacking and one.lacking != "it waits" else ""
    return check(
        f"it needs a certificate; {why}{goes_on}: `tlswright csr --host {host}` asks for it"
    )


def _goes_on(one: Awaited, held: Held, now: datetime) -> str:
    facts = one.record.facts if one.record else None
    if facts is None:
        return "until then nothing is done there"
    if one.node.name in held.whole:
        return "until then nothing is done there, and its old key is gone"
    if now > facts.not_after:
        return f"its old one expired on {facts.not_after:%Y-%m-%d}"
    return f"its old one goes on until {facts.not_after:%Y-%m-%d}"


def _lacks(one: Requested | None, spec: IssueSpec, now: datetime) -> str:
    return "none was asked for yet" if one is None else one.lacks(spec, now)


def _among(name: str, sans: tuple[San, ...]) -> bool:
    """Tell whether a certificate's names hold one that is dialled, its wildcards as well."""
    (want,) = san_entries((name,))
    star = San("dns", f"*.{want.value.partition('.')[2]}")
    return want in sans or (want.kind == "dns" and star in sans)
