"""A change of the CA that was taken back is taken back in site.yaml, and nothing else is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.engine.ca_back import ca_as_before, ca_changed
from app.engine.record import write_json
from app.engine.run import Result
from app.errors import Exit
from app.model import AuthoritySpec
from app.pki.pem import pem_cert
from app.plan.deployed import Deployed, DeployedNode, fingerprint
from app.site.load import load_site
from app.site.places import Places
from app.site.write import save_site
from tests.unit.issued import PEER, authority, issued
from tests.unit.plan_world import site_of

BACK = Result("every file is back", Exit.OK)


class Edited:
    """A site that asks for generation 2, where all hosts are back at generation 1."""

    def __init__(self, folder: Path) -> None:
        self.places, self.target = Places(folder), folder / "run"
        save_site(site_of(("a",), authority=AuthoritySpec("ca", "T", generation=2)),
                  self.places.site)  # fmt: skip
        self.site = load_site(self.places.site)
        write_json(self.target / "request.json", {"verb": "rotate"})
        root, leaf = authority().facts(), issued(PEER)
        trust = {"ca-g1": root.sha256}
        node = DeployedNode("activemq", "hub", replace(PEER, generation=1), leaf.facts(), "", trust)
        self.deployed = Deployed({node.key: node})

    def back(self) -> str:
        """Say what the end of the rollback tells."""
        return ca_as_before(self.places, self.target, self.site, self.deployed, BACK).text


def test_the_generation_goes_back(tmp_path: Path) -> None:
    site = Edited(tmp_path)
    assert site.back() == "every file is back; site.yaml asks for generation 1 of the CA"
    now = load_site(site.places.site)
    assert now == replace(site.site, authority=replace(site.site.authority, generation=1))


def test_what_stood_there_before_the_change_comes_back_byte_for_byte(tmp_path: Path) -> None:
    site = Edited(tmp_path)
    path, wanted = site.places.site, site.site
    plain = f"# ours\n{re.sub('  generation: 2', '', path.read_text())}".encode()
    assert b"generation" not in plain
    path.write_bytes(plain)
    path.chmod(0o640)
    with ca_changed(site.places):
        save_site(wanted, path)
    assert site.back() == "every file is back; site.yaml asks for generation 1 of the CA"
    assert path.read_bytes() == plain
    assert path.stat().st_mode & 0o777 == 0o640

    # Of a file that was edited since, no more than the generation is changed.
    with ca_changed(site.places):
        save_site(wanted, path)
    mine = path.read_bytes() + b"# mine\n"
    path.write_bytes(mine)
    assert "asks for generation 1" in site.back()
    assert path.read_bytes() == mine.replace(b"generation: 2", b"generation: 1")


def test_what_a_person_wrote_while_hosts_went_back_stays(tmp_path: Path) -> None:
    site, path = Edited(tmp_path), Places(tmp_path).site
    mine = replace(site.site.hosts["a"], address="198.18.7.99")
    save_site(replace(site.site, hosts={**site.site.hosts, "a": mine}), path)
    assert "asks for generation 1" in site.back()
    now = load_site(path)
    assert (now.hosts["a"].address, now.authority.generation) == ("198.18.7.99", 1)


@pytest.mark.parametrize(("old", "new", "said"), [
    ("generation: 2", "generation: 3", "was edited meanwhile: `generation: 1` is the CA"),
    ("hosts:", "hosts: [", "could not be changed"),
])  # fmt: skip
def test_a_file_that_asks_for_another_ca_or_is_broken_is_left_and_told(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    site, path = Edited(tmp_path), Places(tmp_path).site
    text = path.read_text().replace(old, new, 1)
    path.write_text(text)
    assert said in site.back()
    assert path.read_text() == text


def test_nothing_is_written_for_another_verb_or_while_a_host_trusts_the_new_one(
    tmp_path: Path,
) -> None:
    site = Edited(tmp_path)
    text = site.places.site.read_text()
    write_json(site.target / "request.json", {"verb": "apply"})
    assert site.back() == BACK.text
    write_json(site.target / "request.json", {"verb": "rotate"})
    pem = pem_cert(issued(PEER).cert_der).decode()
    node = site.deployed.nodes["activemq/hub"]
    more = {**node.trust, "ca-g2": fingerprint(pem)}
    site.deployed = Deployed({node.key: replace(node, trust=more)}, authorities={2: pem})
    assert site.back() == BACK.text
    assert site.places.site.read_text() == text
