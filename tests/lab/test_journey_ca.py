"""From stock brokers to proven TLS links and back again, with a CA and without a screen."""

from __future__ import annotations

from pathlib import Path

from tests.lab import activemq, footprint, tls
from tests.lab.clients import foreign_key, strangers_let_in
from tests.lab.hosts import Lab
from tests.lab.site import PASSPHRASE, Site

PAIRS = (("hub", "spoke-a"), ("spoke-a", "hub"), ("spoke-a", "spoke-b"), ("spoke-b", "spoke-a"))


def test_stock_brokers_become_trusted_rotate_and_go_back(fresh_lab: Lab, tmp_path: Path) -> None:
    lab = fresh_lab
    activemq.start_all(lab.hosts.values())
    stock = {name: footprint.content(lab[name]) for name in lab.names}
    site = Site(tmp_path, lab)
    site.known_hosts.unlink()
    site.init("--link", "spoke-a:spoke-b", "--name", "lab")
    _plan_and_apply(site)
    passwords = site.passwords()
    assert len(passwords) == 6
    assert all(footprint.content(lab[name]) != stock[name] for name in lab.names)
    assert site.not_crossing(*PAIRS) == []
    first = _client_is_let_in_and_strangers_are_not(site, tmp_path)
    _again_changes_nothing(site)
    _rotate(site, first)
    assert site.not_crossing(*PAIRS) == []
    _go_back(site, stock)
    _nothing_was_said_of(site, {PASSPHRASE, *passwords})


def _plan_and_apply(site: Site) -> None:
    unknown = site.run("plan", expect=6)
    assert "--accept-host-key" in unknown.stderr
    keys = [w for name in site.hosts for w in ("--accept-host-key", _fingerprint(site.lab, name))]
    before = {name: footprint.writes(site.lab[name]) for name in site.hosts}
    plan = site.run("plan", "-o", str(site.directory / "plan.json"), *keys, expect=3)
    assert "tls/spoke-b.p12" in plan.stdout
    assert {name: footprint.writes(site.lab[name]) for name in site.hosts} == before
    site.run("apply", str(site.directory / "plan.json"), "--yes", expect=0)
    site.run("verify", expect=0)


def _fingerprint(lab: Lab, name: str) -> str:
    from app.remote.known_hosts import HostKey

    key = HostKey.parse(f"ssh-ed25519 {lab[name].host_keys['ssh-ed25519']}")
    assert key is not None
    return key.fingerprint


def _client_is_let_in_and_strangers_are_not(site: Site, folder: Path) -> dict[str, str]:
    lab, given = site.lab, folder / "given"
    site.run("export", "client", "probe", "--out", str(given), expect=0)
    authority, foreign = given / "ca.pem", foreign_key(folder, "lab")
    for name in site.hosts:
        answer = tls.dial(
            lab[name].address, 61617, authority=authority, name=name,
            certificate=given / "client.cert.pem", key=given / "client.key.pem",
        )  # fmt: skip
        assert tls.GREETING in answer.greeting
        assert strangers_let_in(lab[name], authority, foreign) == []
    _client_sends(lab, given)
    return {name: footprint.presented(lab[name]) for name in site.hosts}


def _client_sends(lab: Lab, given: Path) -> None:
    """The exported stores work in a Java client on another host, and a message arrives."""
    host = lab["spoke-b"]
    for name in ("client.p12", "trust.p12"):
        host.path(f"/root/{name}").write_bytes((given / name).read_bytes())
    word = (given / "password").read_text().strip()
    stores = activemq.Stores("/root/trust.p12", word, "/root/client.p12", word)
    activemq.send(host, "by-client", "hidden", url="ssl://hub:61617", stores=stores)
    assert activemq.receive(lab["hub"], "by-client") == "hidden"


def _again_changes_nothing(site: Site) -> None:
    hosts = [site.lab[name] for name in site.hosts]
    before = [(footprint.writes(host), footprint.life(host)) for host in hosts]
    site.run("plan", expect=0)
    done = site.run("apply", "--yes", expect=0)
    assert "nothing to do" in done.stdout
    assert [(footprint.writes(host), footprint.life(host)) for host in hosts] == before


def _rotate(site: Site, first: dict[str, str]) -> None:
    site.run("rotate", "--all", "--yes", expect=0)
    assert all(footprint.presented(site.lab[name]) != first[name] for name in site.hosts)


def _go_back(site: Site, stock: dict[str, footprint.Footprint]) -> None:
    lab, before = site.lab, footprint.presented(site.lab["hub"])
    site.run("rollback", "--yes", expect=0)
    assert footprint.presented(lab["hub"]) != before
    site.run("rollback", "--yes", expect=0)
    assert {name: footprint.content(lab[name]) for name in site.hosts} == stock
    for name in site.hosts:
        assert activemq.listens(lab[name], 61616)
        assert not activemq.listens(lab[name], 61617)
        activemq.send(lab[name], "stock", "works")


def _nothing_was_said_of(site: Site, secrets: set[str]) -> None:
    """They stood in the brokers' files only: not in output, plan, journal, record or site."""
    written = [p for p in site.directory.rglob("*") if p.is_file() and p.name != "vault"]
    texts = [path.read_bytes().decode("utf-8", "replace") for path in written]
    said = "\n".join([*site.said, *texts])
    assert not [secret for secret in secrets if secret in said]
