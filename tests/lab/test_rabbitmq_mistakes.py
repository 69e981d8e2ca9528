"""What was done to deployed keys and certificates is named by a plan, and mended without a stop.

The wizard brings the cluster to TLS first, by keys alone, through a real terminal.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.pki import keeping, profiles
from app.pki.authority import Authority, create_root, issue
from app.pki.credential import Credential
from app.pki.keys import new_key
from app.pki.names import san_entries
from app.pki.pem import pem_cert, pem_chain, pem_key
from app.pki.secret import Secret
from app.pki.spec import IssueSpec
from app.pki.vault import Vault
from tests.lab import footprint, rabbitmq
from tests.lab import site as sites
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.site import COLD, PASSPHRASE, Site, type_passphrase
from tests.tmux import Tmux
from tests.vaults import cheapen

TLS = "/etc/rabbitmq/tls"
KEY, LEAF, TRUST = f"{TLS}/node.key", f"{TLS}/node.pem", f"{TLS}/ca.pem"
NOW = datetime.now(UTC)
Mistake = Callable[[LabHost], str]
"""Make it on a host, and give the words that name it."""
RUN_SECONDS = 800


@pytest.fixture(scope="module")
def formed(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A plain cluster, and the folder in which the wizard makes a site of it."""
    lab.clean()
    site = Site(tmp_path_factory.mktemp("cluster"), lab, ("hub", "spoke-a"))
    rabbitmq.cluster([lab[name] for name in site.hosts])
    site.directory.mkdir()
    site.ssh_config()
    return site


@pytest.fixture
def site(formed: Site) -> Site:
    """Give the site as the test before has left it; its secrets are looked for behind each."""
    sites.MADE.append(formed)
    return formed


def test_the_wizard_leads_a_plain_cluster_to_tls(site: Site, tmp_path: Path) -> None:
    hosts = [site.lab[name] for name in site.hosts]
    with Tmux(tmp_path / "tmux", list(COLD), site.environment, site.directory) as terminal:
        _to_the_review(terminal, site.hosts)
        screen = terminal.wait("nothing has been changed yet")
        assert "2 together" in screen
        terminal.keys("a")
        terminal.wait("Apply now")
        terminal.keys("Enter")
        terminal.wait("Enter: what next", RUN_SECONDS)
        terminal.keys("Enter")
        terminal.wait("Where things are")
        assert PASSPHRASE not in terminal.screen()
        terminal.keys("C-q")
        terminal.wait("ended with 0")
    assert rabbitmq.all_over("tls", hosts)
    assert rabbitmq.kept(hosts)
    site.run("plan", expect=0)


def test_what_was_done_to_keys_and_certificates_is_named_and_mended(site: Site) -> None:
    hosts = [site.lab[name] for name in site.hosts]
    cheapen(site.directory, PASSPHRASE)
    lives = [rabbitmq.life(host) for host in hosts]
    ours, foreign = _authority(site), create_root("rmq", 1, "ec-p256", 30, NOW)
    for mended, *mistakes in (
        (True, _key_is_gone, _key_is_closed),
        (False, _leaf_for_another_name(ours), _leaf_for_clients_only(ours)),
        (False, _leaf_that_ended(ours), _leaf_of(foreign)),
        (True, _key_of_another(ours), _old_files(ours)),
        (True, _trust_in(foreign), _key_is_open),
    ):
        words = [make(host) for make, host in zip(mistakes, hosts, strict=True)]
        plan = site.run("plan", expect=3).stdout
        assert [text for text in words if text not in plan] == [], plan
        if mended:
            site.run("apply", "--yes", expect=0)
            assert all(_serves_its_file(host) for host in hosts)
    site.run("plan", expect=0)
    assert [rabbitmq.life(host) for host in hosts] == lives
    assert rabbitmq.all_over("tls", hosts)


def _to_the_review(terminal: Tmux, hosts: tuple[str, ...]) -> None:
    terminal.wait("What do you want to secure?")
    terminal.keys("End")
    terminal.wait("> RabbitMQ cluster")
    terminal.keys("Tab")
    terminal.wait("> Site name")
    terminal.type("rmq")
    terminal.wait("--name rmq")
    terminal.keys("C-n")
    terminal.wait("Which hosts?")
    terminal.type(",".join(hosts))
    terminal.keys("Enter")
    terminal.wait("2 hosts")
    for name in hosts:
        terminal.wait(f"node: rabbit@{name}" if name == hosts[-1] else name)
    terminal.keys("C-n")
    terminal.wait("How do peers dial each host?")
    terminal.keys("C-n")
    terminal.wait("Who vouches for your hosts?")
    type_passphrase(terminal)
    terminal.wait("How should it run?")
    terminal.keys("C-n")


def _serves_its_file(host: LabHost) -> bool:
    in_file = x509.load_pem_x509_certificate(host.path(LEAF).read_bytes())
    return footprint.served(host, rabbitmq.DIST) == in_file


def _authority(site: Site) -> Authority:
    with Vault.open(site.directory / "vault", Secret(PASSPHRASE)) as vault:
        return keeping.load_authority(vault, "rmq", 1)


def _spec(host: LabHost) -> IssueSpec:
    names = san_entries([host.name, f"{host.name}.lab.test"])
    return IssueSpec(host.name, names, "peer", "ec-p256", 20, "rmq", 1)


def _put(host: LabHost, made: Credential) -> None:
    """Write key and certificate over the deployed ones, which keep owner and mode."""
    host.path(LEAF).write_bytes(pem_chain(made))
    host.path(KEY).write_bytes(pem_key(made))


def _key_is_gone(host: LabHost) -> str:
    host.path(KEY).unlink()
    return f"{KEY} is gone from the host"


def _key_is_closed(host: LabHost) -> str:
    host.path(KEY).chmod(0o600)
    return "0600, not root:rabbitmq 0640: the service may not be able to read it"


def _key_is_open(host: LabHost) -> str:
    host.path(KEY).chmod(0o644)
    return "0644, not root:rabbitmq 0640: others may have read the key"


def _leaf_for_another_name(ours: Authority) -> Mistake:
    def make(host: LabHost) -> str:
        spec = replace(_spec(host), sans=san_entries(["other"]))
        _put(host, issue(ours, spec, NOW))
        return f"{LEAF} is not the file that was deployed: it lacks the name {host.name}"

    return make


def _leaf_for_clients_only(ours: Authority) -> Mistake:
    def make(host: LabHost) -> str:
        _put(host, issue(ours, replace(_spec(host), usage="client"), NOW))
        return "it is not good for servers (serverAuth is missing)"

    return make


def _leaf_that_ended(ours: Authority) -> Mistake:
    def make(host: LabHost) -> str:
        key, life = new_key("ec-p256"), (NOW - timedelta(days=9), NOW - timedelta(days=1))
        leaf = profiles.leaf(_spec(host), key, life, ours.certificate, ours.signing_key())
        _put(host, Credential(leaf, key))
        return f"it expired on {life[1]:%Y-%m-%d}"

    return make


def _leaf_of(foreign: Authority) -> Mistake:
    def make(host: LabHost) -> str:
        _put(host, issue(foreign, _spec(host), NOW))
        return "it was issued by a foreign CA (CN=rmq CA g1)"

    return make


def _key_of_another(ours: Authority) -> Mistake:
    def make(host: LabHost) -> str:
        host.path(KEY).write_bytes(pem_key(issue(ours, _spec(host), NOW)))
        return "the key does not belong to the certificate in node.pem"

    return make


def _old_files(ours: Authority) -> Mistake:
    """Put a pair there that would do, as `cp -p` does: Erlang never takes up files that old."""

    def make(host: LabHost) -> str:
        _put(host, issue(ours, _spec(host), NOW))
        for path in (KEY, LEAF):
            os.utime(host.path(path), (1_600_000_000, 1_600_000_000))
        return f"{LEAF} is not the file that was deployed"

    return make


def _trust_in(foreign: Authority) -> Mistake:
    def make(host: LabHost) -> str:
        host.path(TRUST).write_bytes(pem_cert(foreign.cert_der))
        return "it lacks 1 of the certificates to trust; it trusts a foreign certificate (CN=rmq CA"

    return make
