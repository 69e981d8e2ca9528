"""A plan that replaces a key says what was wrong with the old one, as far as a host can tell."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from app import kinds
from app.kinds.rabbitmq.layout import find_layout
from app.kinds.resources import FileResource, KeyWant, Layout
from app.model import AuthoritySpec, Host, Node, Site, Topology
from app.observed import FileFact, HostObservation, Output
from app.pki.names import san_entries
from app.pki.pem import pem_cert, pem_key
from app.plan.deployed import DeployedNode
from app.plan.specs import cause_of, new_key_reasons, signature
from app.quoting import sh
from app.rendering import render_template
from tests.unit.issued import NOW, PEER, authority, issued

FOLDER = "/etc/rabbitmq"
KEY, LEAF = f"{FOLDER}/tls/node.key", f"{FOLDER}/tls/node.pem"
NARROW = replace(PEER, sans=san_entries(["hub.example.com"]))
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


def key_file(path: str) -> FileResource:
    want = KeyWant("r1", PEER, "PEM", "r1", "key", "key" if path == KEY else "chain")
    return FileResource("r1", "r1", path, "root", "rabbitmq", 0o640, want, "key")


FILES = (key_file(LEAF), key_file(KEY))
RECORDED = DeployedNode(
    "rabbitmq", "r1", PEER, issued().facts(),
    files={one.path: ("d" * 64, signature(one)) for one in FILES},
)  # fmt: skip
AS_DEPLOYED = {
    one.path: FileFact(one.path, "file", one.path, "root", "rabbitmq", 0o640, 9, "d" * 64)
    for one in FILES
}


def reasons(*facts: FileFact, layout: Layout | None = None) -> tuple[str, ...]:
    """Give the reasons for a new key where these files differ from what was deployed."""
    files = {**AS_DEPLOYED, **{fact.path: fact for fact in facts}}
    root = pem_cert(authority().cert_der).decode()
    return new_key_reasons(
        PEER, RECORDED, FILES, HostObservation("r1", NOW, files), NOW,
        cause_of(layout or Layout({}), root, NOW),
    )  # fmt: skip


def test_a_key_that_stands_as_deployed_stays() -> None:
    assert reasons() == ()


def test_a_missing_key_is_gone() -> None:
    assert reasons(FileFact(KEY)) == (f"{KEY} is gone from the host",)


def test_a_mode_says_whether_too_few_or_too_many_can_read() -> None:
    (tight,) = reasons(replace(AS_DEPLOYED[KEY], mode=0o600))
    assert "0600, not root:rabbitmq 0640: the service may not be able to read it" in tight
    for fact in (
        replace(AS_DEPLOYED[KEY], mode=0o644),
        replace(AS_DEPLOYED[KEY], mode=0o604),
        replace(AS_DEPLOYED[KEY], owner="ann"),
    ):
        assert "others may have read the key" in reasons(fact)[0]


def test_a_replaced_certificate_is_judged_and_a_stranger_only_named() -> None:
    other = replace(AS_DEPLOYED[LEAF], sha256="e" * 64)
    found = Layout({}, certificates={LEAF: pem_cert(issued(NARROW).cert_der)})
    (words,) = reasons(other, layout=found)
    assert words.startswith(f"{LEAF} is not the file that was deployed: it lacks the name hub-b.")
    fit = Layout({}, certificates={LEAF: pem_cert(issued(PEER).cert_der)})
    assert reasons(other, layout=fit) == (f"{LEAF} is not the file that was deployed",)
    assert reasons(layout=found) == ()


@needs_openssl
def test_a_host_tells_that_key_and_certificate_are_no_pair(tmp_path: Path) -> None:
    tls = tmp_path / FOLDER.lstrip("/") / "tls"
    tls.mkdir(parents=True)
    own, stranger = issued(PEER), issued(NARROW)
    (tls / "node.pem").write_bytes(pem_cert(own.cert_der))
    (tls / "node.key").write_bytes(pem_key(own))
    assert pairs(tmp_path) == "node.key=yes\n"
    assert layout_of(pairs(tmp_path)).faults == {}
    (tls / "node.key").write_bytes(pem_key(stranger))
    (tls / "combined.pem").write_bytes(pem_key(own) + pem_cert(own.cert_der))
    said = pairs(tmp_path)
    assert said.startswith("node.key=no\ncombined.pem=yes\n")
    assert "PRIVATE KEY" not in said
    found = layout_of(said)
    assert found.faults.keys() == {KEY, LEAF}
    combined = f"{FOLDER}/tls/combined.pem"
    assert found.certificates[combined].strip() == pem_cert(own.cert_der).strip()
    (words,) = reasons(replace(AS_DEPLOYED[KEY], sha256="e" * 64), layout=found)
    assert words == (
        f"{KEY} is not the file that was deployed: the key does not belong to the certificate in "
        "node.pem"
    )


def pairs(root: Path) -> str:
    """Run what a host runs."""
    script = f"ROOT={sh(str(root))}\n" + render_template(
        "rabbitmq/see-pairs.sh.j2", folder=sh(FOLDER)
    )
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout


def layout_of(said: str) -> Layout:
    """Give the layout of a host that says this of its pairs."""
    outputs = {
        "rabbitmq-version": Output(0, "version=3.10.8"),
        "rabbitmq-erlang": Output(0, "ssl=/usr/lib/erlang/lib/ssl-1/ebin\nfound=yes"),
        "rabbitmq-pairs": Output(0, said),
    }
    combined = f"{FOLDER}/tls/combined.pem"
    files = {**AS_DEPLOYED, combined: replace(AS_DEPLOYED[KEY], path=combined)}
    return find_layout(node(), HostObservation("r1", NOW, files, outputs))


def node() -> Node:
    hosts = {"r1": Host("r1", "192.0.2.1", names=("r1",))}
    topology = Topology("rabbitmq", "cluster", {"node": ("r1",)}, (), {})
    site = Site("t", AuthoritySpec("ca", "Example"), hosts, (topology,))
    (found,) = kinds.load("rabbitmq").nodes(site, topology)
    return found
