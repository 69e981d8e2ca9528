"""PEM files that RabbitMQ and MMM use already are shown, and what their CAs sign stays let in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.engine.adopted_files import load_adopted
from app.engine.adopting import Found, FoundStore, store_lines
from app.engine.opening import kinds_of
from app.engine.retaining import keep
from app.errors import GivenError, UsageError
from app.kinds import load
from app.kinds.base import NamedStore
from app.model import Site
from app.observed import FileFact, HostObservation
from app.pki.adopted_pem import NO_CA, open_pem
from app.pki.pem import pem_cert, pem_chain, pem_key
from app.site.load import parse_site
from app.site.places import Places
from app.site.write import save_site
from tests.unit.issued import NOW, PEER, authority, issued

CA, OTHER = (pem_cert(authority(generation=number).cert_der) for number in (1, 2))
LEAF, CHAIN, KEY = pem_cert(issued(PEER).cert_der), pem_chain(issued(PEER)), pem_key(issued(PEER))
RABBIT = """\
version: 1
site: t
authority: {trust: ca, name: T}
hosts: {r1: {address: 10.0.0.1, names: [r1]}, r2: {address: 10.0.0.2, names: [r2]}}
topologies: [{kind: rabbitmq, roles: {node: [r1, r2]}}]
"""
MMM = """\
version: 1
site: t
authority: {trust: ca, name: T}
hosts: {mon: {address: 10.0.0.9}, a1: {address: 10.0.0.1}}
topologies: [{kind: mmm, roles: {monitor: [mon], agent: [a1]}}]
"""
OPTIONS = """\
%% ours
[{server, [{cacertfile, "/pki/ca.pem"}, {certfile, "/pki/node.pem"}, {keyfile, "/pki/node.key"}]},
 {client, [{cacertfile, "/pki/ca.pem"},
           {certfile, "/pki/dial.pem"}]}].
"""
ENV = 'SERVER_ADDITIONAL_ERL_ARGS="-proto_dist inet_tls -ssl_dist_optfile /etc/rabbitmq/{}"\n'
FLAGS = (
    'SERVER_ADDITIONAL_ERL_ARGS="-proto_dist inet_tls -ssl_dist_opt server_certfile /pki/all.pem '
    '-ssl_dist_opt server_cacertfile /pki/ca.pem"\n'
)
CONF = "listeners.ssl.default = 5671\nssl_options.cacertfile = /pki/clients.pem\n# x\n"
AGENT = """\
include mmm_common.conf
this db1
"""
COMMON = """\
<socket>
  type ssl
  cert_file /pki/crt.pem
  key_file /pki/key.pem
  ca_file /pki/ca.pem
</socket>
<host db1>
  ip 10.0.0.1
  mode master
</host>
"""


def seen(files: Mapping[str, str]) -> HostObservation:
    """Give a host on which these files were read."""
    facts = {
        path: FileFact(path, "file", path, "root", "root", 0o640, len(text), "", text.encode())
        for path, text in files.items()
    }
    return HostObservation("h", datetime.now(UTC), facts)


def named(site: Site, host: str, files: Mapping[str, str]) -> dict[tuple[str, str], NamedStore]:
    """Give the files that a node names, by role and path."""
    kind = load(site.topologies[0].kind)
    node = next(n for n in kind.nodes(site, site.topologies[0]) if n.host == host)
    return {(one.role, one.named): one for one in kind.stores(site, node, seen(files))}


def test_the_files_of_erlangs_links_and_of_listeners_are_named_each_once() -> None:
    site = parse_site(RABBIT, "site.yaml")
    assert named(site, "r1", {}) == {}
    found = named(site, "r1", {
        "/etc/rabbitmq/rabbitmq-env.conf": ENV.format("inter_node_tls.config"),
        "/etc/rabbitmq/inter_node_tls.config": OPTIONS, "/etc/rabbitmq/rabbitmq.conf": CONF,
    })  # fmt: skip
    assert [(*key, one.where, bool(one.aside)) for key, one in found.items()] == [
        ("trust", "/pki/ca.pem", "/etc/rabbitmq/inter_node_tls.config:2", False),
        ("key", "/pki/node.pem", "/etc/rabbitmq/inter_node_tls.config:2", True),
        ("key", "/pki/dial.pem", "/etc/rabbitmq/inter_node_tls.config:4", True),
        ("trust", "/pki/clients.pem", "/etc/rabbitmq/rabbitmq.conf:2", True),
    ]
    assert all(one.pem and one.paths == (one.named,) for one in found.values())
    assert "clients" in found["trust", "/pki/clients.pem"].aside
    flags = named(site, "r1", {"/etc/rabbitmq/rabbitmq-env.conf": FLAGS})
    assert list(flags) == [("key", "/pki/all.pem"), ("trust", "/pki/ca.pem")]
    assert flags["trust", "/pki/ca.pem"].where == "/etc/rabbitmq/rabbitmq-env.conf:1"
    broken = {"/etc/rabbitmq/rabbitmq-env.conf": 'A="x\n', "/etc/rabbitmq/advanced.config": "[{"}
    assert named(site, "r1", broken) == {}


def test_the_files_of_mmm_are_named_where_it_speaks_tls() -> None:
    site = parse_site(MMM, "site.yaml")
    files = {"/etc/mysql-mmm/mmm_agent.conf": AGENT, "/etc/mysql-mmm/mmm_common.conf": COMMON}
    found = named(site, "a1", files)
    assert list(found) == [("key", "/pki/crt.pem"), ("trust", "/pki/ca.pem")]
    assert [bool(one.aside) for one in found.values()] == [True, False]
    plain = {**files, "/etc/mysql-mmm/mmm_common.conf": COMMON.replace("ssl", "plain")}
    assert named(site, "a1", plain) == {}
    assert named(site, "a1", {}) == {}


def test_a_bundle_is_read_whole_and_what_lets_nobody_in_is_said() -> None:
    opened = open_pem(b"text\n" + CA + KEY + LEAF + OTHER, "trust")
    assert [entry.problem for entry in opened.entries] == ["", NO_CA, ""]
    assert (opened.format, opened.unread) == ("PEM", ())
    assert all(entry.key is None for entry in opened.entries)
    (entry,) = open_pem(KEY + CHAIN + CA, "key").entries
    assert (entry.kind, entry.facts.sha256, len(entry.chain)) == (
        "key", issued(PEER).facts().sha256, 1,
    )  # fmt: skip
    hurt = CA.replace(b"MII", b"AAA", 1)
    assert open_pem(hurt + OTHER, "trust").unread == ("certificate 1",)
    for data in (KEY, b"", b"\x30\x82"):
        with pytest.raises(GivenError, match="no PEM file"):
            open_pem(data, "trust", where="r1: /pki/ca.pem")


def test_what_a_cluster_trusted_is_kept_by_its_cas_alone(tmp_path: Path) -> None:
    site = parse_site(RABBIT, "site.yaml")
    save_site(site, tmp_path / "site.yaml")
    places, node = Places(tmp_path), load("rabbitmq").nodes(site, site.topologies[0])[0]
    files = (
        ("trust", "/pki/a.pem", CA + LEAF, ""), ("trust", "/pki/b.pem", OTHER + CA, ""),
        ("trust", "/pki/clients.pem", LEAF, "for clients"), ("key", "/pki/n.pem", CHAIN, "no"),
    )  # fmt: skip
    found = Found(tuple(
        FoundStore(node, "key" if role == "key" else "trust", path, "f:1", path, data=data,
                   pem=True, aside=aside)
        for role, path, data, aside in files
    )).open()  # fmt: skip
    lines = [line for one in found.stores for line in store_lines(one)]
    assert "r1  trust store  /pki/a.pem  PEM" in lines
    assert f"  !! {NO_CA}" in lines
    assert "  -- for clients" in lines
    keep(places, site, None, found, NOW, trust=("r1",))
    kept = load_adopted(places, site, kinds_of(site))["rabbitmq/r1"]
    assert [one.pem.strip().encode() for one in kept] == [CA.strip(), OTHER.strip()]
    with pytest.raises(UsageError, match=r"n\.pem: no"):
        keep(places, site, None, found, NOW, keys=("r1",))
