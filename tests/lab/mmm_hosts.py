"""Put the stand-ins for MySQL-MMM on lab hosts, plain; start them, ask them, let MySQL fail.

They are files below /usr, /etc and /var, so that a reset of the host takes all of it away.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.lab import mmm_configs as configs
from tests.lab.host import LabHost
from tests.until import until

SOURCE = Path(__file__).parent / "mmm"
MONITOR_PORT, AGENT_PORT = 9988, 9989
START_SECONDS = 60
REST_SECONDS = 90
ETC, BASE = "/etc/mysql-mmm", configs.BASE
STANDIN = "/run/mmm-standin"
_ROW = re.compile(r"  (\S+)\(([\d.]+)\) (\w+)/(\w+)\. Roles: ?(.*)")


@dataclass(frozen=True)
class Shown:
    """What `mmm_control show` says of one host."""

    state: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Farm:
    """A monitor, agents by MMM's names, and hosts from which mmm_control is run from afar.

    A host may be several of these.  `two` is false for 1.x.
    """

    monitor: LabHost
    agents: Mapping[str, LabHost]
    controls: Sequence[LabHost] = ()
    two: bool = True

    @property
    def hosts(self) -> tuple[LabHost, ...]:
        """Give every host once."""
        every = (self.monitor, *self.agents.values(), *self.controls)
        return tuple({host.name: host for host in every}.values())

    @property
    def addresses(self) -> dict[str, str]:
        """Give the agents' addresses by MMM's names."""
        return {name: host.address for name, host in self.agents.items()}

    @property
    def agent_unit(self) -> str:
        """Name the agent's service."""
        return "mysql-mmm-agent" if self.two else "mmm_agent"

    @property
    def monitor_unit(self) -> str:
        """Name the monitor's service."""
        return "mysql-mmm-monitor" if self.two else "mmm_mon"

    @property
    def mmm_control(self) -> str:
        """Give the path of mmm_control."""
        return "/usr/sbin/mmm_control" if self.two else f"{BASE}/sbin/mmm_control"

    def control(self, *words: str, host: LabHost | None = None) -> str:
        """Run mmm_control, on the monitor's host where no other is given; gives what it prints."""
        return (host or self.monitor).run([self.mmm_control, *words]).stdout

    def show(self, host: LabHost | None = None) -> dict[str, Shown]:
        """Give states and roles as the monitor has them; empty where it does not answer."""
        said = (host or self.monitor).run([self.mmm_control, "show"], check=False).stdout
        if "DAEMON IS NOT RUNNING" in said:
            return {}
        rows = filter(None, map(_ROW.fullmatch, said.splitlines()))
        return {row[1]: Shown(row[4], tuple(filter(None, row[5].split(", ")))) for row in rows}

    def warnings(self) -> list[str]:
        """Give the warnings above the rows of 2.x."""
        return [line for line in self.control("show").splitlines() if line.startswith("# Warning")]

    def vips(self) -> dict[str, list[str]]:
        """Give the roles whose addresses each agent's host has set, whatever the monitor thinks."""
        return {
            name: host.run(f"cat {STANDIN}/vips.{name} 2>/dev/null || :").stdout.split()
            for name, host in self.agents.items()
        }

    def fails(self, check: str, *, now: bool = True) -> None:
        """Let a check of the monitor such as `db1.mysql` fail, or pass again."""
        folder = f"{STANDIN}/fails"
        word = f"mkdir -p {folder} && touch" if now else "rm -f"
        self.monitor.run(f"{word} {folder}/{check}")

    def killed(self) -> list[str]:
        """Name the hosts that the monitor wanted to kill, in its order."""
        return self.monitor.run(f"cat {STANDIN}/killed 2>/dev/null || :").stdout.split()

    def keep_closed(self, kept: bool) -> None:
        """Let the hosts keep connections that close from now on for their minute, or not.

        Each run waits for the end of those on its ports: see Wire.keep_closed.
        """
        for host in self.hosts:
            host.wire.keep_closed(kept)

    def log(self, name: str = "") -> str:
        """Give the log of the agent of that name, or the monitor's."""
        host = self.agents[name] if name else self.monitor
        path = f"{BASE}/var/mmm-{'agent' if name else 'mon'}-debug.log"
        if self.two:
            path = f"/var/log/mysql-mmm/mmm_{'agentd' if name else 'mond'}.log"
        file = host.path(path)
        return file.read_text(errors="replace") if file.exists() else ""


def install(farm: Farm, *, tls: bool = True) -> None:
    """Put programs, services and plain configurations on every host.

    Without `tls` 1.x is a release, which reads the block of the branch and stays plain.
    """
    for host in farm.hosts:
        if farm.two:
            _install_two(host)
        else:
            _install_one(host, tls)
        host.run(["systemctl", "daemon-reload"])
    _configure(farm)


def start(farm: Farm) -> None:
    """Start agents, then the monitor; wait for all ports, set every host online."""
    wait_for_rest(farm)
    for host in farm.agents.values():
        host.run(["systemctl", "--no-block", "start", farm.agent_unit])
    for host in farm.agents.values():
        wait_for_port(host, AGENT_PORT)
    farm.monitor.run(["systemctl", "start", farm.monitor_unit])
    wait_for_port(farm.monitor, MONITOR_PORT)
    for name in farm.agents:
        said = farm.control("set_online", name)
        assert said.startswith("OK:"), said
    until(lambda: all(farm.vips().values()), START_SECONDS, "roles on every host")


def wait_for_rest(farm: Farm) -> None:
    """Wait until no closed connection holds a port: those of an earlier test outlive a reset.

    Where the kernel lets us they are dropped, which saves the minute.
    """
    for host in farm.hosts:
        for port in (AGENT_PORT, MONITOR_PORT):
            drop = ["ss", "-K", "-Htan", "state", "time-wait", f"sport = :{port}"]
            host.run(drop, check=False)
            what = f"the end of TIME_WAIT on port {port} of {host.name}"
            until(partial(_rests, host, port), REST_SECONDS, what)


def _rests(host: LabHost, port: int) -> bool:
    return not lingers(host, port)


def wait_for_port(host: LabHost, port: int) -> None:
    """Wait until something on the host listens; a connection would leave TIME_WAIT behind."""
    until(partial(listens, host, port), START_SECONDS, f"port {port} of {host.name}")


def listens(host: LabHost, port: int) -> bool:
    """Tell whether something on the host listens on a TCP port."""
    return bool(host.run(["ss", "-Hltn", f"sport = :{port}"]).stdout.strip())


def lingers(host: LabHost, port: int) -> bool:
    """Tell whether closed connections still hold a port (TIME_WAIT), so that a bind can fail."""
    return bool(host.run(["ss", "-Htan", "state", "time-wait", f"sport = :{port}"]).stdout.strip())


def _install_two(host: LabHost) -> None:
    _copy(SOURCE / "two/lib/MMM", host.path("/usr/share/perl5/MMM"))
    _copy(SOURCE / "shared/StandIn", host.path("/usr/share/perl5/StandIn"))
    _copy(SOURCE / "two/sbin", host.path("/usr/sbin"))
    _copy(SOURCE / "two/systemd", host.path("/usr/lib/systemd/system"))
    for unit in ("mysql-mmm-agent", "mysql-mmm-monitor"):
        host.path(f"/etc/default/{unit}").write_text("# Start it at boot?\nENABLED=1\n")
    for folder in (ETC, "/var/log/mysql-mmm", "/var/lib/mysql-mmm"):
        host.path(folder).mkdir(exist_ok=True)


def _install_one(host: LabHost, tls: bool) -> None:
    _copy(SOURCE / "one/sbin", host.path(f"{BASE}/sbin"))
    _copy(SOURCE / "one/lib", host.path(f"{BASE}/lib"))
    _copy(SOURCE / "shared/StandIn", host.path(f"{BASE}/lib/StandIn"))
    _copy(SOURCE / "one/init.d", host.path("/etc/init.d"))
    if not tls:
        host.path(f"{BASE}/lib/socket.pm").unlink()
    for folder in ("etc", "var"):
        host.path(f"{BASE}/{folder}").mkdir(exist_ok=True)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True, copy_function=shutil.copy)


def _configure(farm: Farm) -> None:
    monitor, agents = farm.monitor.address, farm.addresses
    write: Callable[[LabHost, str, str], None] = _write_two if farm.two else _write_one
    for name, host in farm.agents.items():
        agent = configs.two_agent(name) if farm.two else configs.one_agent(name, agents)
        write(host, "mmm_agent.conf", agent)
    for host in (farm.monitor, *farm.controls):
        two = configs.two_monitor(monitor, tuple(agents.values()))
        write(host, "mmm_mon.conf", two if farm.two else configs.one_monitor(monitor, agents))
    if farm.two:
        for host in farm.hosts:
            write(host, "mmm_common.conf", configs.two_common(agents))


def _write_two(host: LabHost, name: str, text: str) -> None:
    _write(host.path(f"{ETC}/{name}"), text)


def _write_one(host: LabHost, name: str, text: str) -> None:
    _write(host.path(f"{BASE}/etc/{name}"), text)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o640)
    path.write_text(text)
    path.chmod(0o640)
