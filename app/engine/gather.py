"""Connect to every host and read what is there: in parallel, changing nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from app.errors import HostError, HostKeyError, HostsError, LoginError, UsageError
from app.kinds.base import Kind
from app.model import Host, Link, Node, Site
from app.observed import HostObservation, Survey
from app.plan.preflight import RESOLVE
from app.quoting import sh
from app.remote.base import Connector, Remote
from app.site.report import nearest

PARALLEL = 16
Say = Callable[[str, str, str], None]
"""(host, state, text): what is going on, for whoever shows it."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Hold the open connections, what was read, and what went wrong by host."""

    remotes: Mapping[str, Remote] = field(default_factory=dict)
    observed: Mapping[str, HostObservation] = field(default_factory=dict)
    errors: Mapping[str, HostError] = field(default_factory=dict)

    def close(self) -> None:
        """Close every connection."""
        for remote in self.remotes.values():
            remote.close()


def distinct(errors: Mapping[str, HostError]) -> tuple[HostError, ...]:
    """Give what went wrong, in the order of the hosts; that of a jump host counts once."""
    found = [errors[host] for host in sorted(errors)]
    return tuple({(error.host, error.text): error for error in found}.values())


def refuse_errors(errors: Mapping[str, HostError]) -> None:
    """Raise what went wrong while hosts were asked: the one error, or HostsError with several."""
    found = distinct(errors)
    if len(found) == 1:
        raise found[0]
    if found:
        raise HostsError(found)


def refuse_answerable(errors: Mapping[str, HostError]) -> None:
    """Raise what a person may help with: a login that lacks a secret, a host key not known yet."""
    refuse_errors({
        host: error for host, error in errors.items()
        if isinstance(error, LoginError) or (isinstance(error, HostKeyError) and not error.pinned)
    })  # fmt: skip


BUSY = "busy"
_BUSY = r"""
[ -f "$ROOT/var/lib/tlswright/lock" ] || exit 0
IFS=$(printf '\t') read -r pid mark time id owner <"$ROOT/var/lib/tlswright/lock" || exit 0
case $pid in ''|*[!0-9]*) exit 0 ;; esac
kill -0 "$pid" 2>/dev/null || exit 0
# Its number may have gone to another process since: the start tells.
since=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{ print $20 }')
case $mark in ''|-|*"/$since") printf '%s, begun %s by %s\n' "$id" "$time" "$owner" ;; esac
"""


def surveys(site: Site, kinds: Mapping[str, Kind]) -> dict[str, Survey]:
    """Give one survey per host that is connected to, of all its kinds."""
    found: dict[str, Survey] = {}
    for topology in site.topologies:
        kind = kinds[topology.kind]
        for node in kind.nodes(site, topology):
            if site.hosts[node.host].by_hand:
                continue
            asked = kind.survey(site, node).merged(_resolving(node, kind.links(site, topology)))
            known = found.get(node.host, Survey(commands=((BUSY, _BUSY),)))
            found[node.host] = known.merged(asked)
    return found


def _resolving(node: Node, links: tuple[Link, ...]) -> Survey:
    """Ask a host whether it knows the names that its node dials; 2 means that it does not."""
    names = dict.fromkeys(link.name for link in links if link.initiator == node.name)
    return Survey(
        commands=tuple(
            (f"{RESOLVE}{name}", f"getent hosts {sh(name)} >/dev/null || getent ahosts {sh(name)}")
            for name in names
        )
    )


def gather(
    site: Site,
    kinds: Mapping[str, Kind],
    connector: Connector,
    say: Say,
    *,
    hosts: Collection[str] = (),
) -> Gathered:
    """Connect to and observe every host that has a node, or those of `hosts`.

    Failures are returned, not raised.
    """
    wanted = {h: s for h, s in surveys(site, kinds).items() if not hosts or h in hosts}
    remotes: dict[str, Remote] = {}
    observed: dict[str, HostObservation] = {}
    errors: dict[str, HostError] = {}

    def one(name: str) -> None:
        try:
            say(name, "connecting", "")
            remotes[name] = remote = _connect(connector, site.hosts[name])
            say(name, "observing", "")
            remote.watch(lambda text: say(name, "observing", text))
            observed[name] = remote.observe(wanted[name])
        except HostError as error:
            errors[name] = error

    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        list(pool.map(one, wanted))
    return Gathered(remotes, observed, errors)


def observe_again(
    site: Site, kinds: Mapping[str, Kind], gathered: Gathered, hosts: tuple[str, ...]
) -> Gathered:
    """Read some hosts again over the open connections."""
    wanted = surveys(site, kinds)
    fresh = {host: gathered.remotes[host].observe(wanted[host]) for host in hosts}
    return Gathered(gathered.remotes, {**gathered.observed, **fresh}, gathered.errors)


def _connect(connector: Connector, host: Host) -> Remote:
    return connector.connect(host)


def require_hosts(site: Site, hosts: Collection[str]) -> None:
    """Refuse names that are no host of any topology; raises UsageError with the nearest one."""
    members = {host for topology in site.topologies for host in topology.hosts}
    for host in hosts:
        if host not in members:
            raise UsageError(
                f"{host} is no host of this site",
                hint=nearest(host, members) or f"There are: {', '.join(sorted(members))}.",
            )
