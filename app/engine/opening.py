"""Open what belongs to a site directory: site file, record, vault, connector."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from app import kinds
from app.account import home as home_of_user
from app.engine.record import load_deployed
from app.errors import HostError, UsageError, VaultError
from app.kinds.base import Kind
from app.model import Host, Site
from app.pki.secret import Secret
from app.plan.deployed import Deployed
from app.remote.base import Connector, Logins
from app.site.places import Places

if TYPE_CHECKING:
    from app.pki.vault import Vault
    from app.remote.config import SshConfig
    from app.remote.jumps import JumpHosts


def kinds_of(site: Site) -> Mapping[str, Kind]:
    """Load the kinds that a site uses, and no other."""
    return {t.kind: kinds.load(t.kind) for t in site.topologies}


def open_vault(
    places: Places, passphrase: Secret | None, deployed: Deployed, *, write: bool
) -> Vault | None:
    """Open the site's vault.

    Gives None where there is none yet and nothing was deployed.  A site that has deployed needs
    its vault: a new one would hold a new CA that no host trusts.  Raises VaultError or UsageError.
    """
    from app.pki.vault import Vault

    if not places.vault.exists():
        if deployed.nodes:
            raise VaultError(
                "the vault is missing, but this site has deployed certificates",
                where=str(places.vault),
                hint="Put the vault back from its backup: it holds the CA's key and the store "
                "passwords.",
            )
        return None
    if passphrase is None:
        raise UsageError(
            "the vault's passphrase is needed",
            hint="Give --passphrase-file FILE, or $TLSWRIGHT_PASSPHRASE_FILE, or a terminal.",
        )
    return Vault.open(places.vault, passphrase, write=write)


def create_vault(places: Places, passphrase: Secret) -> Vault:
    """Make an empty vault and hold it for writing; raises VaultError when there is one."""
    from app.pki.vault import Vault

    return Vault.create(places.vault, passphrase)


def connector(logins: Logins, hosts: Mapping[str, Host]) -> Connector:
    """Give the connector that reaches hosts over SSH; `hosts` of the site may be jump hosts.

    Connections to jump hosts are shared by all connectors of this process.  Raises UsageError
    where ssh would not start with the user's configuration.
    """
    from app.remote.known_hosts import KnownHosts
    from app.remote.ssh import ParamikoConnector

    home = home_of_user()
    return ParamikoConnector(
        logins, KnownHosts.of_user(home), _ssh_config(home), sites=hosts, jumps=_jumps()
    )


@cache
def _jumps() -> JumpHosts:
    from app.remote.jumps import JumpHosts

    return JumpHosts()


_configs: dict[Path, tuple[SshConfig, float]] = {}
_KEEP_SECONDS = 60.0
"""How long an answer of the configuration holds: `Match exec` may look at where we are."""


def _ssh_config(home: Path) -> SshConfig:
    """Read the user's configuration, again after a while or where a file of it has changed."""
    from app.remote.config import SshConfig

    found, until = _configs.get(home, (None, 0.0))
    if found is None or time.monotonic() > until or not found.fresh:
        found = SshConfig.of_user(home)
        _configs[home] = found, time.monotonic() + _KEEP_SECONDS
    return found


def machines(site: Site) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name every machine that is logged in to, jump hosts too, and every key file that may do so.

    What the configuration gives no answer for is left to the login, which says so.
    """
    from app.remote.route import route

    names: list[str] = []
    keys: list[str] = []
    for host in site.hosts.values():
        names.append(host.name)
        try:
            legs = route(host, _ssh_config(home_of_user()), site.hosts)
        except HostError:
            continue
        names += [leg.host.name for leg in legs]
        for leg in legs:
            keys += map(str, leg.target.identities)
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(keys))


def address_of(host: Host) -> str:
    """Give the address at which this machine reaches a host: an alias of ~/.ssh/config resolved.

    TLS probes need it: the alias is known to SSH only.
    """
    from app.remote.config import resolve

    return resolve(host, _ssh_config(home_of_user())).address


def deployed_of(places: Places) -> Deployed:
    """Read the record of what is deployed."""
    return load_deployed(places.deployed)


def run_id(now: datetime, token: str, newest: str = "") -> str:
    """Give a run's name: its time in UTC and a few random letters.

    Names are the order of runs: where the clock went back, or stands, the next second after the
    newest run is taken.
    """
    try:
        last = datetime.strptime(newest[:15], "%Y%m%d-%H%M%S").replace(tzinfo=now.tzinfo)
    except ValueError:
        last = now - timedelta(seconds=1)
    return f"{max(now, last + timedelta(seconds=1)):%Y%m%d-%H%M%S}-{token}"
