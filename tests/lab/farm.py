"""A plain MySQL-MMM of stand-ins on lab hosts with a site over it, for tests of a journey."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.verify.probe import probe_tls
from tests.lab import footprint, mmm_hosts
from tests.lab.hosts import Lab
from tests.lab.mmm_configs import READERS, WRITER
from tests.lab.mmm_hosts import Farm, Shown
from tests.lab.site import Site
from tests.until import until

MONITOR, AGENTS, CONTROL = "hub", ("spoke-a", "spoke-b"), "control"
HOSTS = (MONITOR, *AGENTS, CONTROL)


class MmmSite:
    """Hold a running farm, plain, with a site over it, and what stood there before."""

    def __init__(
        self,
        folder: Path,
        lab: Lab,
        *flags: str,
        two: bool,
        controls: bool = True,
        kept: bool = False,
    ) -> None:
        """Install and start everything, write the site; `flags` go to `init`.

        Where closed connections are `kept`, as they are on real hosts, every run waits a minute for
        their end before a daemon stops.
        """
        agents = dict(zip(("db1", "db2"), (lab[name] for name in AGENTS), strict=True))
        far = [lab[CONTROL]] if controls else []
        self.farm = Farm(lab[MONITOR], agents, controls=far, two=two)
        mmm_hosts.install(self.farm)
        self.farm.keep_closed(kept)
        mmm_hosts.start(self.farm)
        until(lambda: len(self.roles_held) == 3, 30, "every role on some host")
        names = HOSTS if controls else HOSTS[:-1]
        self.site = Site(folder, lab, names)
        self.site.init_farm("--name", "mmm", *flags, controls=(CONTROL,) if controls else ())
        self.etc = "/etc/mysql-mmm" if two else "/usr/local/mmm/etc"
        self.stock, self.before = self.content(), self.shown()

    @property
    def roles_held(self) -> list[str]:
        """Give every role that some host has, as the monitor tells it."""
        return sorted(role for one in self.farm.show().values() for role in one.roles)

    def shown(self) -> dict[str, Shown]:
        """Give states and roles as the monitor has them."""
        return self.farm.show()

    def content(self) -> list[footprint.Footprint]:
        """Give the configuration of every host."""
        return [footprint.content(host, self.etc) for host in self.farm.hosts]

    def served(self) -> list[str]:
        """Give the SHA-256 of what monitor and agents present; empty for plain text."""
        places = [(self.farm.monitor, mmm_hosts.MONITOR_PORT)]
        places += [(host, mmm_hosts.AGENT_PORT) for host in self.farm.agents.values()]
        return [_presented(host.address, port) for host, port in places]

    def nothing_moved(self) -> None:
        """Every host has the roles that it had, and nobody wanted to kill one."""
        assert self.shown() == self.before
        assert self.farm.killed() == []
        held = {role.rstrip(";)").partition("(")[0] for role in self.roles_held}
        assert held == {"reader", "writer"}, (READERS, WRITER)


def _presented(address: str, port: int) -> str:
    result = probe_tls(address, port, name=address, trust=None, seconds=5, quiet=0.05)
    return hashlib.sha256(result.peer).hexdigest() if result.peer else ""
