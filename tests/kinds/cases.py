"""Read a case: a site and what stands on its hosts; and say what the kind makes of it.

A case is one YAML file in a folder named after its kind: `site` is the text of a site.yaml,
`observed` what differs from the folder's `_host.yaml` on each host (files, their modes, outputs),
`expect` what must come out.
A new case needs no code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from app import kinds
from app.errors import EditError, SiteError
from app.model import Site
from app.observed import FileFact, HostObservation, Output
from app.pki.secret import Secret
from app.plan.deployed import Deployed
from app.plan.make import Inputs, make_plan
from app.plan.plan import NodeStep, Plan
from app.plan.requested import Requests
from app.site.load import parse_site

HERE = Path(__file__).parent
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
PASSWORD = "PasswordOfStore"


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one case with the defaults of its kind."""

    path: Path
    data: Mapping[str, Any]
    host: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Give kind and file in one word."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def site(self) -> Site:
        """Give the site, read as any site.yaml is."""
        return parse_site(self.data["site"], "site.yaml")


def cases() -> list[Case]:
    """Give every case of every kind."""
    return [
        Case(path, _read(path), _read(path.parent / "_host.yaml"))
        for path in sorted(HERE.glob("*/*.yaml"))
        if not path.name.startswith("_")
    ]


def outcome(case: Case) -> dict[str, Any]:
    """Say what comes out of a case, in the form of its `expect`."""
    try:
        site = case.site
    except SiteError as error:
        return {"problems": [one.text for one in (error, *error.others)]}
    topology = site.topologies[0]
    kind = kinds.load(topology.kind)
    found: dict[str, Any] = {
        "problems": list(kind.problems(site, topology)),
        "nodes": [f"{n.name} {n.role} {n.port}" for n in kind.nodes(site, topology)],
        "links": [f"{li.id} {li.name}:{li.port}" for li in kind.links(site, topology)],
    }
    if found["problems"]:
        return found
    try:
        plan = plan_of(case)
    except EditError as error:
        return {**found, "refused": f"{error} ({error.hint})"}
    found["checks"] = [f"{c.verdict} {c.host}: {c.text}" for c in plan.checks if c.verdict != "ok"]
    found["waves"] = [
        f"{w.phase}: {', '.join(h for s in w.steps for h in s.hosts)}" for w in plan.waves
    ]
    found["hosts"] = {
        f"{step.id} {part.node.host}": _part(part) for step in plan.steps for part in step.members
    }
    return found


def plan_of(
    case: Case,
    deployed: Deployed | None = None,
    kept: Mapping[str, str] | None = None,
    requests: Requests | None = None,
    served: Mapping[str, str] | None = None,
) -> Plan:
    """Make the plan of a site that has deployed this, nothing by default."""
    site = case.site
    reached = (host for host in site.topologies[0].hosts if not site.hosts[host].by_hand)
    observed = {host: _observation(case, host) for host in reached}
    return make_plan(
        Inputs(
            site, {site.topologies[0].kind: kinds.load(site.topologies[0].kind)}, observed,
            deployed or Deployed(), NOW, lambda host, store: Secret(PASSWORD), {}, served or {},
            kept=kept or {}, requests=requests or {},
        )
    )  # fmt: skip


def _part(part: NodeStep) -> dict[str, Any]:
    rows = [f"{c.sign} {c.path} ({c.label})" for c in part.changes]
    notes = [note for c in part.changes for note in c.resource.notes]
    diffs = [_body(c.diff) for c in part.changes if c.action == "replace"]
    return {"changes": rows, "notes": notes, "diff": "".join(diffs)}


def _body(diff: str) -> str:
    """Give the lines that a diff takes away and adds, without their places."""
    lines = [x for x in diff.splitlines()[2:] if x.startswith(("-", "+"))]
    return "".join(f"{line}\n" for line in lines)


def _observation(case: Case, host: str) -> HostObservation:
    own = case.data.get("observed", {}).get(host, {})
    group = str(case.host.get("group", "activemq"))
    files = {**case.host["files"], **own.get("files", {})}
    modes = own.get("modes", {})
    outputs = {**case.host["outputs"], **own.get("outputs", {})}
    return HostObservation(
        host, NOW,
        {
            path: _fact(path, text, group, int(modes.get(path, _usual(case, path))))
            for path, text in files.items()
            if text is not None
        },
        {key: Output(0, text) for key, text in outputs.items()},
        {"java": "/usr/bin/java"}, "root", "Debian", 0.0, 1 << 30,
    )  # fmt: skip


def _usual(case: Case, path: str) -> int:
    return 0o640 if "/tls/" in path else int(case.host.get("mode", 0o644))


def _fact(path: str, text: str, group: str, mode: int) -> FileFact:
    data = text.encode()
    digest = hashlib.sha256(data).hexdigest()
    return FileFact(path, "file", path, "root", group, mode, len(data), digest, data)


def _read(path: Path) -> Mapping[str, Any]:
    found = YAML(typ="safe").load(path)
    assert isinstance(found, dict), path
    return found
