"""Make a plan from a site, what its hosts hold, and what was deployed: pure, always the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from app.kinds.base import Guard, Kind, Render
from app.kinds.resources import FileResource, KeyWant, Layout, LiteralWant, TrustWant
from app.model import Link, Node, Site, Topology
from app.observed import FileFact
from app.pki.spec import IssueSpec
from app.plan.adopted import MARK, retained_checks, with_kept
from app.plan.bearing import bearable, holds_key, keys_alone
from app.plan.by_hand import deliveries, stray
from app.plan.deployed import DeployedNode, fingerprint, resolve
from app.plan.diff import Change, Standing, changes
from app.plan.given import in_use
from app.plan.held_up import held_up
from app.plan.inputs import Inputs, Intent
from app.plan.invariants import Running, Watch
from app.plan.leftovers import leftovers
from app.plan.outside import Awaited, Outlook
from app.plan.phases import NodeState, Phase, peers, phases
from app.plan.plan import Check, NodeStep, Plan, Step, Wave
from app.plan.preflight import checks, names_checks
from app.plan.specs import cause_of, new_key_reasons, signature, signer, spec_of
from app.plan.succession import Succession, succession

__all__ = ["Inputs", "Intent", "links_of", "make_plan"]


def make_plan(inputs: Inputs) -> Plan:
    """Make the plan of a whole site, one topology after the other.

    Raises PreflightError when carrying it out would break a link on the way.
    """
    inputs = replace(inputs, deployed=resolve(inputs.deployed, inputs.observed))
    waves: list[Wave] = []
    found: list[Check] = []
    layouts: dict[str, Mapping[str, str]] = {}
    for topology in inputs.site.topologies:
        planner = _Planner(inputs, topology)
        found += checks(planner.nodes, inputs.observed, planner.layouts, planner.by_hand)
        found += names_checks((*planner.nodes, *planner.by_hand))
        closes = planner.kind.closes_plain(topology)
        found += deliveries(inputs, planner.by_hand, closes=closes)
        layouts.update({node.host: planner.layouts[node.host].facts for node in planner.nodes})
        if not any(check.verdict == "fail" for check in found):
            waves += _waves(inputs, topology, planner, len(waves))
            found += planner.awaited()
        found += retained_checks(planner.nodes, inputs.adopted, inputs.own_keys)
    unfinished = {host: seen.unfinished for host, seen in inputs.observed.items()}
    return Plan(inputs.site, tuple(waves), tuple(found), unfinished, layouts)


def _waves(inputs: Inputs, topology: Topology, planner: _Planner, start: int) -> list[Wave]:
    """Give the waves of a topology; a change is framed only where something restarts for it."""
    framed = planner.kind.guards(topology, planner.layouts)
    waves = planner.waves(start)
    if framed and any(m.activation.restarts for w in waves for s in w.steps for m in s.members):
        return _Planner(inputs, topology, framed=True).waves(start)
    return waves


class _Planner:
    """Walk one topology through its phases, over what would stand after each step."""

    def __init__(self, inputs: Inputs, topology: Topology, *, framed: bool = False) -> None:
        self.inputs = inputs
        self.framed = framed
        self.topology = topology
        self.kind = inputs.kinds[topology.kind]
        everyone = self.kind.nodes(inputs.site, topology)
        self.by_hand = tuple(n for n in everyone if inputs.site.hosts[n.host].by_hand)
        self.nodes = tuple(n for n in everyone if n not in self.by_hand)
        self.stray = stray(self.by_hand, inputs.deployed, inputs.served)
        self.links = self.kind.links(inputs.site, topology)
        self.observed = dict(inputs.observed)
        self.layouts: dict[str, Layout] = {
            **{n.host: self.kind.layout(inputs.site, n, self.observed[n.host]) for n in self.nodes},
            **{n.host: self.kind.assumed(inputs.site, n) for n in self.by_hand},
        }
        self.specs: dict[str, IssueSpec] = {}
        self.reasons: dict[str, tuple[str, ...]] = {}
        self.leaves: dict[str, str] = {}
        self.issuers: dict[str, str] = {}
        self.lost: frozenset[str] = frozenset()
        self.waiting: frozenset[str] = frozenset()
        self.standing: dict[str, Standing] = {}
        self.awaits: dict[str, Awaited] = {}
        self.outlook, self.change = Outlook(), Succession()

    def awaited(self) -> tuple[Check, ...]:
        """Say which certificates of an outside CA, and whom else, it waits for; first `waves`."""
        records = {node.host: self._recorded(node) for node in self.by_hand}
        return (*self.outlook.checks(), *held_up(self.change, self.stray, records))

    def waves(self, start: int) -> list[Wave]:
        """Give a wave for each phase that has something to do."""
        for node in self.nodes:
            self._learn(node)
        self._share()
        known = frozenset(self.leaves)
        self.lost = frozenset(n.name for n in self.nodes if n.name in known and not self._holds(n))
        self.outlook = self._outlook(known)
        fresh = frozenset(n for n in self.reasons if self.reasons[n] and self.outlook.gets(n))
        self.waiting = frozenset(
            n.name for n in self.nodes
            if n.name in fresh - known and self.lost & set(peers(n.name, self.links))
        )  # fmt: skip
        running = {name: self._running(name) for name in self.leaves}
        self.watch = Watch(running, self.links, self.lost)
        result: list[Wave] = []
        for phase in self._phases(fresh, known):
            steps = self._steps(phase, start + len(result) + 1)
            if steps:
                result.append(Wave(phase.name, phase.title, steps))
                done = {host for step in steps for host in step.hosts}
                self.layouts |= {host: self.kind.settled(self.layouts[host]) for host in done}
        self.watch.end()
        return result

    def _outlook(self, known: frozenset[str]) -> Outlook:
        """Look at what an outside CA owes; with any other nothing is waited for."""
        inputs = self.inputs
        if inputs.site.authority.source != "outside":
            return Outlook()
        groups = self.kind.groups(self.topology, self.nodes, self.layouts)
        fresh = frozenset(name for name, reasons in self.reasons.items() if reasons)
        helpless = frozenset(n.name for n in self.nodes if n.name not in known) | self.lost
        return Outlook.over(
            self.awaits, fresh, helpless, self.links, groups, inputs.now,
            anchored=inputs.site.authority.generation in inputs.deployed.authorities,
        )  # fmt: skip

    def _phases(self, fresh: frozenset[str], known: frozenset[str]) -> tuple[Phase, ...]:
        records = (self._recorded(node) for node in self.by_hand)
        arrived = all(record and record.delivery == "delivered" for record in records)
        whole = arrived and not self.outlook.held.whole
        close = self.kind.closes_plain(self.topology) and whole
        self.change = succession(
            self.inputs.site, self.nodes, self.by_hand, self.inputs.deployed, self._resolve,
            gets=fresh, held=self.outlook.held.whole, stray=self.stray,
            clients=in_use(self.inputs.clients, self.inputs.now),
        )  # fmt: skip
        found = phases(
            self.inputs.site, self.nodes, self.links, fresh, known, close, change=self.change,
            framed=self.framed,
        )  # fmt: skip
        return tuple(
            with_kept(phase, self.nodes, self.inputs.adopted, self._resolve) for phase in found
        )

    def _recorded(self, node: Node) -> DeployedNode | None:
        return self.inputs.deployed.node(node.kind, node.host)

    def _learn(self, node: Node) -> None:
        recorded = self._recorded(node)
        spec = spec_of(self.inputs.site, node, recorded)
        seen = self.observed[node.host]
        self.specs[node.name] = spec
        self.standing[node.name] = Standing.of(seen.files, recorded)
        if recorded and recorded.facts:
            self.leaves[node.name] = recorded.facts.sha256
            self.issuers[node.name] = self._issuer(recorded.spec)
        draft = self._resources(node, NodeState("current", ()), close_plain=False)
        known = not spec.self_signed and self.inputs.site.authority.source != "outside"
        pem = self.inputs.deployed.issuer(spec.generation) if known else ""
        cause = cause_of(self.layouts[node.host], pem, self.inputs.now)
        reasons = new_key_reasons(spec, recorded, draft, seen, self.inputs.now, cause)
        if node.name in self.inputs.intent.rotate:
            reasons = (*reasons, "you asked for a new one")
        if self.inputs.site.authority.source == "outside":
            self.awaits[node.name] = Awaited.of(
                node, spec, recorded, self.inputs.requests, self.inputs.now
            )
            if node.name in self.inputs.own_keys:
                self.awaits[node.name] = replace(self.awaits[node.name], lacking="", back=True)
            elif self.awaits[node.name].back and not reasons:
                reasons = ("its new certificate came back",)
        if node.name in self.inputs.own_keys:
            reasons = ("it keeps the key that it had",)
        self.reasons[node.name] = reasons
        old = recorded.spec if recorded else None
        if reasons and old and old.self_signed and spec.self_signed:
            self.specs[node.name] = replace(spec, generation=old.generation + 1)

    def _share(self) -> None:
        """Let nodes that share one credential get a new one together: its key is kept nowhere.

        One that waits to be brought to a host by hand is for them all.
        """
        for name in dict.fromkeys(node.shares for node in self.nodes if node.shares):
            group = [node for node in self.nodes if node.shares == name]
            kept = self.inputs.kept.get(name, "")
            if kept and not any(self.reasons[node.name] for node in group):
                self._take_over(group, kept)
                continue
            first = next((n.name for n in group if self.reasons[n.name]), "")
            if not first and len({self.leaves.get(n.name) for n in group}) > 1:
                first = group[0].name
            for node in group if first else ():
                why = f"it shares its key with {first}, which gets a new one"
                self.reasons[node.name] = self.reasons[node.name] or (why,)

    def _take_over(self, group: list[Node], kept: str) -> None:
        why = "it shares its key with hosts that a person brings a new one to"
        for node in group:
            if self.leaves.get(node.name) != kept:
                self.reasons[node.name] = (why,)

    def _resources(
        self, node: Node, state: NodeState, *, close_plain: bool, guard: Guard = ""
    ) -> tuple[FileResource, ...]:
        found = self.kind.resources(
            Render(
                site=self.inputs.site,
                topology=self.topology,
                node=node,
                spec=self.specs[node.name],
                links=self.links,
                layout=self.layouts[node.host],
                observation=self.observed[node.host],
                trust=state.trust,
                passwords=lambda store: self.inputs.passwords(node.host, f"{node.kind}/{store}"),
                secrets=self.inputs.secrets,
                close_plain=close_plain,
                guard=guard,
            )
        )
        if guard == "set":
            return found
        return (*found, *leftovers(node, found, self.standing[node.name]))

    def _steps(self, phase: Phase, number: int) -> tuple[Step, ...]:
        groups = self.kind.groups(self.topology, self.nodes, self.layouts)
        ordered = tuple(reversed(groups)) if phase.reverse else groups
        if phase.name == "leaf":
            # Those that could not restart before are the last to know their peers' new leaves.
            ordered = tuple(sorted(ordered, key=lambda g: not any(n.name in self.lost for n in g)))
        steps: list[Step] = []
        for group in ordered:
            alone = len(group) == 1
            able = (node for node in group if node.name not in self.outlook.held.whole)
            made = (self._member(node, phase, alone=alone) for node in able)
            members = [member for member in made if member is not None]
            if members:
                steps.append(Step(f"{number}.{len(steps) + 1}", phase.name, tuple(members)))
                if phase.name != "guard":
                    changed = {m.node.name: self._running(m.node.name) for m in members}
                    self.watch.step(steps[-1].id, changed)
        return tuple(steps)

    def _holds(self, node: Node) -> bool:
        return holds_key(self._recorded(node), self.inputs.observed[node.host])

    def _running(self, name: str) -> Running:
        """Say what a node runs once it has started with what stands now."""
        trust = frozenset(self.standing[name].trust.values())
        return Running(self.leaves.get(name, ""), self.issuers.get(name, ""), trust)

    def _member(self, node: Node, phase: Phase, *, alone: bool) -> NodeStep | None:
        state, waits = phase.nodes[node.name], node.name in self.waiting
        if phase.name == "leaf" and waits:
            state = replace(state, leaf="next")
        guard: Guard = phase.guard if self.framed else ""
        resources = self._resources(node, state, close_plain=phase.close_plain, guard=guard)
        early = phase.name == "trust" and (state.leaf == "current" or waits)
        if (early or not self.outlook.gets(node.name)) and self.reasons[node.name]:
            seen = self.inputs.observed[node.host]
            resources = bearable(resources, self._recorded(node), seen)
        if node.name in self.outlook.held.settings:
            resources = keys_alone(resources, self._recorded(node))
        why = "; ".join(self.reasons[node.name])
        found = changes(
            resources, self.standing[node.name], state.leaf, self._resolve, why,
            signer(self.inputs.site), self.inputs.own_keys.get(node.name),
        )  # fmt: skip
        stale = "" if found else self._stale(node, phase)
        if not found and not stale:
            return None
        for change in found:
            self._stand(node, change)
        takes_new = any(isinstance(c.resource.want, KeyWant) for c in found)
        if takes_new:
            self.leaves[node.name] = f"new:{node.name}"
            self.issuers[node.name] = self._issuer(self.specs[node.name])
        activation = self.kind.activation(
            self.inputs.site, node, self.layouts[node.host],
            changed=tuple(c.path for c in found), alone=alone, guard=guard,
        )  # fmt: skip
        spec = self.specs[node.name] if takes_new else None
        return NodeStep(node, found, activation, spec, state.trust, stale)

    def _stale(self, node: Node, phase: Phase) -> str:
        if phase.name == "guard":
            return self.layouts[node.host].loose
        if phase.name == "deploy" and self.layouts[node.host].stale:
            return self.layouts[node.host].stale
        served = self.inputs.served.get(node.name, "")
        own = self.leaves.get(node.name, "")
        if phase.name not in ("deploy", "drop") or not served or not own or served == own:
            return ""
        return "it still serves another certificate than the one in its files"

    def _resolve(self, reference: str) -> str:
        kind, _, rest = reference.partition(":")
        if kind == MARK:
            return rest
        if kind == "ca":
            pem = self.inputs.deployed.authorities.get(int(rest), "")
            return fingerprint(pem) if pem else f"new:ca {rest}"
        name, _, which = rest.rpartition(":")
        return f"new:{name}" if which == "next" else self.leaves.get(name, f"new:{name}")

    def _issuer(self, spec: IssueSpec | None) -> str:
        """Give the fingerprint of the root that a leaf of this spec hangs on, empty for none."""
        if spec is None or spec.self_signed:
            return ""
        return self._resolve(f"ca:{spec.generation}")

    def _stand(self, node: Node, change: Change) -> None:
        """Let what is planned stand, so that the next phase builds on it."""
        resource, want = change.resource, change.resource.want
        fact = FileFact(change.path, "absent")
        digest = f"planned:{change.path}"
        if change.action != "delete":
            data = want.data if isinstance(want, LiteralWant) else None
            digest = hashlib.sha256(data).hexdigest() if data is not None else digest
            fact = FileFact(
                change.path, "file", change.path, resource.owner, resource.group, resource.mode,
                len(data or b""), digest, data,
            )  # fmt: skip
        seen = self.observed[node.host]
        files = {**seen.files, change.path: fact}
        self.observed[node.host] = replace(seen, files=files)
        standing = self.standing[node.name]
        trust = standing.trust
        if isinstance(want, TrustWant):
            trust = {alias: self._resolve(ref) for alias, ref in want.entries}
        made = {**standing.made, change.path: (digest, signature(resource))}
        self.standing[node.name] = Standing(files, trust, made)


def links_of(site: Site, kinds: Mapping[str, Kind]) -> tuple[tuple[Topology, Link], ...]:
    """Give every link of a site with its topology."""
    return tuple((t, link) for t in site.topologies for link in kinds[t.kind].links(site, t))
