"""A monitor, agents and a remote control host of the stand-ins, with the files of 2.x."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.verify.explain import explain
from tests.unit.mmm_certificates import Issuer, Pair
from tests.unit.mmm_processes import AGENT, MONITOR, PERL, SECONDS, Place, block, listens
from tests.until import until


@dataclass
class Site:
    """A monitor, two agents and a remote control host, each in its own folder."""

    monitor: Place
    agents: tuple[Place, ...]
    control: Place

    def places(self) -> tuple[Place, ...]:
        """Give all hosts."""
        return (self.monitor, *self.agents, self.control)

    def write_two(
        self,
        options: Mapping[str, Mapping[str, str]] | None = None,
        *,
        more: str = "",
        debug: bool = True,
    ) -> None:
        """Write the files of 2.x everywhere; `options` are the socket blocks by host name."""
        for place in self.places():
            self.write_common(place, (options or {}).get(place.name, {}))
            if place in self.agents:
                text = f"include mmm_common.conf\nthis {place.name}\ndebug {int(debug)}\n"
                place.write("/etc/mysql-mmm/mmm_agent.conf", text)
            else:
                self.write_monitor(place, more=more, debug=debug)

    def write_monitor(self, place: Place, *, more: str = "", debug: bool = True) -> None:
        """Write mmm_mon.conf; `more` are lines of the monitor section."""
        run = f"{place.root}/run"
        place.path("run/x")
        place.write(
            "/etc/mysql-mmm/mmm_mon.conf",
            "include mmm_common.conf\n\n<monitor>\n"
            f"    ip           {self.monitor.address}\n    port         {MONITOR}\n"
            f"    pid_path     {run}/mond.pid\n    status_path  {run}/mond.status\n"
            f"{more}\n</monitor>\n\ndebug {int(debug)}\n",
        )

    def write_common(self, place: Place, options: Mapping[str, str]) -> None:
        """Write mmm_common.conf of one host."""
        place.path("run/x")
        lines = "".join(f"    {name} {value}\n" for name, value in options.items())
        hosts = "".join(
            f"<host {agent.name}>\n    ip {agent.address}\n    mode master\n    peer {peer.name}\n"
            "</host>\n"
            for agent, peer in zip(self.agents, reversed(self.agents), strict=True)
        )
        names = ", ".join(agent.name for agent in self.agents)
        place.write(
            "/etc/mysql-mmm/mmm_common.conf",
            f"active_master_role writer\n<host default>\n    agent_port {AGENT}\n"
            f"    pid_path {place.root}/run/agentd.pid\n</host>\n{hosts}"
            f"<role writer>\n    hosts {names}\n    ips 192.0.2.100\n    mode exclusive\n</role>\n"
            f"<role reader>\n    hosts {names}\n    ips 192.0.2.101, 192.0.2.102\n"
            "    mode balanced\n</role>\n" + (f"<socket>\n{lines}</socket>\n" if options else ""),
        )

    def start_two(self, more: Mapping[str, str] | None = None) -> None:
        """Start agents and monitor of 2.x, with more in their environment, and wait for all."""
        for agent in self.agents:
            agent.start("two/mmm_agentd", more)
        self.wait_for_agents()
        self.monitor.start("two/mmm_mond", more)
        self.wait_for_monitor()

    def wait_for_agents(self) -> None:
        """Wait until every agent listens."""
        for agent in self.agents:
            until(partial(listens, agent.address, AGENT), SECONDS, f"the agent {agent.name}")

    def wait_for_monitor(self) -> None:
        """Wait for the control port."""
        until(lambda: listens(self.monitor.address, MONITOR), SECONDS, "the control port")

    def two(self, *words: str, place: Place | None = None) -> tuple[str, int]:
        """Run mmm_control of 2.x and give what it printed, and its code."""
        done = (place or self.monitor).run("two/mmm_control", *words)
        return done.stdout, done.returncode

    def online(self) -> None:
        """Set every host online, and wait until the agents have their roles."""
        for agent in self.agents:
            said, code = self.two("set_online", agent.name)
            assert (said[:3], code) == ("OK:", 0), said
        until(lambda: all(a.vips(a.name) for a in self.agents), SECONDS, "roles on every host")


def install_one(place: Place, *, tls: bool = True) -> None:
    """Install 1.x below /usr/local/mmm of a host; without TLS it is a release."""
    base = place.root / "usr/local/mmm"
    for folder in ("etc", "var"):
        (base / folder).mkdir(parents=True)
    shutil.copytree(PERL / "one/sbin", base / "sbin")
    shutil.copytree(PERL / "one/lib", base / "lib")
    shutil.copytree(PERL / "shared/StandIn", base / "lib/StandIn")
    if not tls:
        (base / "lib/socket.pm").unlink()


@contextlib.contextmanager
def site(folder: Path, names: Sequence[str] = ("db1", "db2")) -> Iterator[Site]:
    """Give hosts, and end every process behind the block."""
    made = Site(
        Place(folder / "mon", "mon"),
        tuple(Place(folder / name, name) for name in names),
        Place(folder / "control", "control"),
    )
    try:
        yield made
    finally:
        for place in made.places():
            place.stop()


def good(place: Place, ca: Issuer) -> dict[str, str]:
    """Give the socket block that a host needs."""
    return block(ca.issue(place.name, sans=[place.address]), ca.file)


def all_good(made: Site, ca: Issuer) -> dict[str, dict[str, str]]:
    """Give those of every host, by name."""
    return {place.name: good(place, ca) for place in made.places()}


def wait_for_log(place: Place, name: str, words: str) -> None:
    """Wait until a log of 2.x holds these words."""
    until(lambda: words in place.log(name), 20, f"{words!r} in {name} of {place.name}")


def explained(place: Place, name: str) -> list[str]:
    """Name the rows that explain a log, the most specific first."""
    return [found.id for found in explain(place.log(name).splitlines(), "mmm")]


def hold(where: str, port: int, pair: Pair, ca: Issuer) -> ssl.SSLSocket:
    """Connect as an authenticated client and say nothing."""
    context = ssl.create_default_context(cafile=str(ca.file))
    context.load_cert_chain(pair.cert, pair.key)
    return context.wrap_socket(socket.create_connection((where, port), 5), server_hostname=where)
