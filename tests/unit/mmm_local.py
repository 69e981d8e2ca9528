"""The snippets of MMM's kind, run for real over stand-ins: each host is a folder, see ROOT."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from app import kinds
from app.kinds.base import Guard, Proof
from app.kinds.mmm.layout import tool
from app.kinds.resources import Activation, Layout
from app.model import Node
from app.model import Site as Model
from app.observed import HostObservation, Output
from app.quoting import sh
from app.remote.answer import read_answer
from app.remote.observe import survey_script
from app.rendering import render_template
from app.site.load import parse_site
from tests.unit.mmm_certificates import Issuer, Pair
from tests.unit.mmm_processes import AGENT, MONITOR, PERL, Place, block, open_folder
from tests.unit.mmm_sites import Site, install_one, site

KIND = kinds.load("mmm")
SHELLS = ("dash", "bash")
ETC, BASE = "etc/mysql-mmm/ssl", "usr/local/mmm/etc/ssl"
SYSTEMCTL = """\
#!/bin/sh
# There is no systemd here: every unit is there, and runs.
case $1 in
  is-active) echo active ;;
  show) printf 'loaded\\nactive\\n' ;;
esac
"""


@dataclass
class Local:
    """Hold a site of stand-ins as our product sees it; `shell` runs the snippets."""

    farm: Site
    folder: Path
    shell: str = "dash"
    two: bool = True
    ca: Issuer = field(init=False)

    def __post_init__(self) -> None:
        self.ca = Issuer(self.folder, "Example CA g1")
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "systemctl").write_text(SYSTEMCTL)
        (tools / "systemctl").chmod(0o755)
        for place in self.farm.places():
            place.path("run/systemd/system/x")
            if not self.two:
                install_one(place)

    def place(self, name: str) -> Place:
        """Give a host by its name."""
        return next(place for place in self.farm.places() if place.name == name)

    @property
    def model(self) -> Model:
        """The site.yaml that describes the stand-ins."""
        hosts = "".join(f"  {p.name}: {{address: {p.address}}}\n" for p in self.farm.places())
        agents = ", ".join(agent.name for agent in self.farm.agents)
        return parse_site(
            f"version: 1\nsite: t\nauthority: {{trust: ca, name: Example}}\nhosts:\n{hosts}"
            f"topologies:\n  - kind: mmm\n    roles: {{monitor: [mon], agent: [{agents}], "
            "control: [control]}\n"
            f"    options: {{monitor_port: {MONITOR}, agent_port: {AGENT}}}\n",
            "site.yaml",
        )

    def node(self, name: str) -> Node:
        """Give a node by its host."""
        return next(n for n in KIND.nodes(self.model, self.model.topologies[0]) if n.host == name)

    def certify(self, name: str, issuer: Issuer | None = None) -> dict[str, str]:
        """Put our files where our product puts them, and give the socket block for them."""
        place = self.place(name)
        pair = (issuer or self.ca).issue(f"{name}-{time.monotonic_ns()}", sans=[place.address])
        folder = ETC if self.two else BASE
        named = {"ssl_crt": pair.cert, "ssl_key": pair.key, "ca_crt": (issuer or self.ca).file}
        for file, source in named.items():
            place.path(f"{folder}/{file}.pem").write_bytes(source.read_bytes())
        paths = {file: place.path(f"{folder}/{file}.pem") for file in named}
        return block(Pair(paths["ssl_crt"], paths["ssl_key"]), paths["ca_crt"])

    def write(self, options: Mapping[str, Mapping[str, str]]) -> None:
        """Write MMM's files everywhere, with the socket blocks of those hosts that have one."""
        if self.two:
            self.farm.write_two(options)
            return
        for place in self.farm.places():
            self._write_one(place, options.get(place.name, {}))

    def _write_one(self, place: Place, options: Mapping[str, str]) -> None:
        agent = place in self.farm.agents
        base = place.root / "usr/local/mmm"
        lines = [f"    {k} {v}" for k, v in options.items() if k != "type"]
        ssl = "\n".join(["socket_type ssl", *lines]) if options else ""
        hosts = "".join(
            f"host {a.name}\n    ip {a.address}\n    mode master\n" for a in self.farm.agents
        )
        names = ", ".join(a.name for a in self.farm.agents)
        roles = f"role writer\n    mode exclusive\n    servers {names}\n    ip 192.0.2.100\n"
        ports = f"bind_port {AGENT}\nthis {place.name}\n"
        if not agent:
            ports = (
                f"bind_port {MONITOR}\nagent_port {AGENT}\nmonitor_ip {self.farm.monitor.address}\n"
                f"status_path {base}/var/status\nactive_master_role writer\n{roles}"
            )
        text = f"debug yes\npid_path {base}/var/pid\n{ports}{ssl}\n{hosts}"
        place.write(f"usr/local/mmm/etc/mmm_{'agent' if agent else 'mon'}.conf", text)

    def environment(self, place: Place, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the environment of a snippet: the stand-ins' tools first."""
        path = f"{self.folder / 'tools'}:{PERL / 'two/sbin'}:{os.environ['PATH']}"
        return {**place.environment(more), "PATH": path}

    def run(self, name: str, snippet: str, *, undoing: bool = False) -> Output:
        """Run a snippet on a host, as the transaction does."""
        place = self.place(name)
        done = subprocess.run(
            [self.shell, "-c", f"set -uf\nROOT={sh(str(place.root))}\n{snippet}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90,
            env=self.environment(place, {"UNDOING": "1"} if undoing else None),
        )  # fmt: skip
        return Output(done.returncode, done.stdout, done.stderr)

    def observed(self, name: str) -> HostObservation:
        """Ask a host what the survey asks for."""
        place, survey = self.place(name), KIND.survey(self.model, self.node(name))
        done = subprocess.run(
            [self.shell, "-c", survey_script(survey, str(place.root))],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90,
            env=self.environment(place),
        )  # fmt: skip
        now = datetime.now(UTC)
        seen = read_answer(done.stdout.splitlines(), survey, name, now, now.timestamp())
        # A stand-in finds its files by whole paths, MMM of that host by those that begin in ROOT.
        root = str(place.root).encode()
        files = {
            path: replace(fact, data=fact.data and fact.data.replace(root, b""))
            for path, fact in seen.files.items()
        }
        return replace(seen, files=files)

    def layout(self, name: str) -> Layout:
        """Say what our product finds on a host."""
        return KIND.layout(self.model, self.node(name), self.observed(name))

    def activation(self, name: str, guard: Guard = "") -> Activation:
        """Give the commands that take up new files on a host."""
        return KIND.activation(self.model, self.node(name), self.layout(name), guard=guard)

    def tell(self, words: str) -> str:
        """Say something to the monitor of 2.x as our snippets do."""
        script = render_template("mmm/control.sh.j2", **tool(self.node("mon")))
        return self.run("mon", f"{script}\ntalk {sh(words)}").out

    def check(self, name: str, *, undoing: bool = False) -> Output:
        """Run the check of a host's service once."""
        return self.run(name, self.activation(name).check, undoing=undoing)

    def proofs(self) -> tuple[Proof, ...]:
        """Give every proof of the site."""
        layouts = {place.name: self.layout(place.name) for place in self.farm.places()}
        return KIND.proofs(self.model, self.model.topologies[0], layouts)

    def proven(self) -> dict[str, tuple[bool, str]]:
        """Run every proof, and let it be judged."""
        return {
            f"{proof.link.id} {proof.title}": proof.judge(self.run(proof.host, proof.command))
            for proof in self.proofs()
        }


@contextmanager
def local(folder: Path, *, two: bool = True) -> Iterator[Local]:
    """Give a monitor, two agents and a control host, and end them all behind the block."""
    with open_folder() as own, site(own) as farm:
        yield Local(farm, folder, two=two)
