"""The whole way of stock brokers to TLS and back, the same under each kind of trust and store."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.events import Event
from app.remote.known_hosts import HostKey
from tests.lab import activemq, footprint
from tests.lab.clients import foreign_key, strangers_let_in
from tests.lab.hosts import Lab
from tests.lab.site import PASSPHRASE, Site


def travel(
    lab: Lab,
    folder: Path,
    *flags: str,
    hosts: Sequence[str] = (),
    look: Callable[[Site], None],
    rotate: Callable[[Site], None] | None = None,
) -> tuple[Event, ...]:
    """Take stock brokers to TLS, rotate every certificate, and take all of it back.

    `hosts` are those of the lab that take part, hub first, each linked to the next; `flags` go to
    `init`; `look` sees the site while its links stand, for what holds under these
    flags alone; `rotate` gives every broker another certificate in one run.  Gives the events of
    the rotation.
    """
    site = Site(folder, lab, hosts)
    activemq.start_all([lab[name] for name in site.hosts])
    stock = {name: footprint.content(lab[name]) for name in site.hosts}
    site.known_hosts.unlink()
    site.init(*_links(site), "--name", "lab", *flags)
    _plan_and_apply(site)
    passwords = site.passwords()
    assert len(passwords) == 2 * len(site.hosts)
    assert all(footprint.content(lab[name]) != stock[name] for name in site.hosts)
    assert site.not_crossing(*_pairs(site)) == []
    foreign = foreign_key(folder, "lab")
    assert [strangers_let_in(lab[name], foreign) for name in site.hosts] == [[] for _ in site.hosts]
    look(site)
    _again_changes_nothing(site)
    rotation = _rotate_and_take_it_back(site, rotate or rotate_all)
    _go_back(site, stock)
    _nothing_was_said_of(site, {PASSPHRASE, *passwords})
    return rotation


def _links(site: Site) -> list[str]:
    """Give the flags for the links from spoke to spoke."""
    spokes = itertools.pairwise(site.hosts[1:])
    return [word for one, other in spokes for word in ("--link", f"{one}:{other}")]


def _pairs(site: Site) -> list[tuple[str, str]]:
    """Name both ways of every link but that of the hub to a further spoke, which is the same."""
    return [pair for a, b in itertools.pairwise(site.hosts) for pair in ((a, b), (b, a))]


def _plan_and_apply(site: Site) -> None:
    unknown = site.run("plan", expect=6)
    assert "--accept-host-key" in unknown.stderr
    keys = [w for name in site.hosts for w in ("--accept-host-key", _fingerprint(site.lab, name))]
    before = {name: footprint.writes(site.lab[name]) for name in site.hosts}
    plan = site.run("plan", "-o", str(site.directory / "plan.json"), *keys, expect=3)
    assert f"tls/{site.hosts[-1]}." in plan.stdout
    assert {name: footprint.writes(site.lab[name]) for name in site.hosts} == before
    site.run("apply", str(site.directory / "plan.json"), "--yes", expect=0)
    site.run("verify", expect=0)


def _fingerprint(lab: Lab, name: str) -> str:
    key = HostKey.parse(f"ssh-ed25519 {lab[name].host_keys['ssh-ed25519']}")
    assert key is not None
    return key.fingerprint


def _again_changes_nothing(site: Site) -> None:
    hosts = [site.lab[name] for name in site.hosts]
    before = [(footprint.writes(host), footprint.life(host)) for host in hosts]
    site.run("plan", expect=0)
    done = site.run("apply", "--yes", expect=0)
    assert "nothing to do" in done.stdout
    assert [(footprint.writes(host), footprint.life(host)) for host in hosts] == before


def rotate_all(site: Site) -> None:
    """Give every broker a new key and certificate."""
    site.run("rotate", "--all", "--yes", expect=0)


def _rotate_and_take_it_back(site: Site, rotate: Callable[[Site], None]) -> tuple[Event, ...]:
    """Every broker shows a new serial, the bridges are back, and the old certificates return."""
    old = {name: footprint.served(site.lab[name]) for name in site.hosts}
    rotate(site)
    events = site.events()
    for name, before in old.items():
        assert footprint.served(site.lab[name]).serial_number != before.serial_number
    assert site.not_crossing(*_pairs(site)) == []
    site.run("rollback", "--yes", expect=0)
    assert {name: footprint.served(site.lab[name]) for name in site.hosts} == old
    return events


def _go_back(site: Site, stock: Mapping[str, footprint.Footprint]) -> None:
    site.run("rollback", "--yes", expect=0)
    assert {name: footprint.content(site.lab[name]) for name in site.hosts} == stock
    for name in site.hosts:
        host = site.lab[name]
        assert activemq.listens(host, 61616)
        assert not activemq.listens(host, 61617)
        activemq.send(host, "stock", "works")


def _nothing_was_said_of(site: Site, secrets: set[str]) -> None:
    """They stood in the brokers' files only: not in output, plan, journal, record or site."""
    written = [p for p in site.directory.rglob("*") if p.is_file() and p.name != "vault"]
    texts = [path.read_bytes().decode("utf-8", "replace") for path in written]
    said = "\n".join([*site.said, *texts])
    assert not [secret for secret in secrets if secret in said]
