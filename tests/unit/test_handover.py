"""The key of a host that a person brings it to: one until it is due, kept until it is there."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pyzipper
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.engine.front import Answers, Front
from app.engine.keyring import Keyring, with_root
from app.engine.opening import kinds_of
from app.engine.record import load_deployed, save_deployed
from app.engine.sharing import holders
from app.errors import LockedError, UsageError, VaultError
from app.pki.pem import read_combined
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.plan.deployed import DeployedNode, fingerprint
from app.plan.specs import spec_of
from app.plan.stage import Stage, left_over
from app.site.lock import site_lock
from tests.unit.by_hand_site import CLUSTER, NOW, WORD, ByHand, files


@pytest.fixture
def by_hand(tmp_path: Path) -> ByHand:
    return ByHand(tmp_path)


def key_of(found: dict[str, bytes]) -> bytes:
    return next(data for name, data in found.items() if name.endswith("node.key"))


def test_a_second_bundle_is_the_first_one_byte_for_byte(by_hand: ByHand) -> None:
    first = by_hand.export("r2")
    second = by_hand.export("r2", NOW + timedelta(days=30))
    assert first.fresh
    assert not second.fresh
    assert first.data == second.data
    assert first.sha256 == second.sha256


def test_its_certificate_is_recorded_and_belongs_to_its_key(by_hand: ByHand) -> None:
    made = by_hand.export("r2")
    found = files(made)
    chain, key = found["files/etc/rabbitmq/tls/node.pem"], key_of(found)
    certificate, _, _ = read_combined(chain)
    private = load_pem_private_key(key, None)
    assert certificate.public_key() == private.public_key()
    record = by_hand.record("r2")
    assert record.facts == made.facts
    assert record.facts.sha256 == fingerprint(record.certificate)
    assert {str(san) for san in made.facts.sans} == {
        "dns:r2", "dns:r2.lab.test",
    }  # fmt: skip
    assert record.delivery == "exported"
    assert set(record.files) == {
        f"/etc/rabbitmq/{name}"
        for name in ("tls/ca.pem", "tls/node.pem", "tls/node.key", "inter_node_tls.config")
    }
    assert list(record.trust) == ["ca-g1"]


def test_a_delivered_key_is_forgotten_and_never_made_up_again(by_hand: ByHand) -> None:
    by_hand.export("r2")
    by_hand.export("win")
    assert by_hand.deliver("r2")
    assert by_hand.kept() == ["credential/win/rabbitmq%2Fwin"]
    assert by_hand.record("r2").delivery == "delivered"
    assert not by_hand.deliver("r2")
    before = by_hand.record("r2")
    with pytest.raises(UsageError, match="kept nowhere else") as raised:
        by_hand.export("r2")
    assert "--new" in raised.value.hint
    assert by_hand.record("r2") == before


def test_a_new_key_comes_when_it_is_asked_for_due_or_must_say_something_else(
    by_hand: ByHand,
) -> None:
    first = by_hand.export("r2")
    asked = by_hand.export("r2", new=True)
    assert asked.fresh
    assert key_of(files(asked)) != key_of(files(first))
    assert by_hand.deliver("r2")
    due = by_hand.export("r2", NOW + timedelta(days=300))
    assert due.fresh
    assert by_hand.record("r2").delivery == "exported"
    by_hand.text = CLUSTER.replace("[r2, r2.lab.test]", "[r2, r2.other.test]")
    renamed = by_hand.export("r2", NOW + timedelta(days=301))
    assert renamed.fresh
    assert "r2.other.test" in {san.value for san in renamed.facts.sans}
    by_hand.text += "authority: {leaf_days: 30}\n"
    assert by_hand.export("r2", NOW + timedelta(days=302)).fresh
    assert len(by_hand.kept()) == 1


def test_a_pair_for_dialling_is_kept_and_forgotten_with_the_other(by_hand: ByHand) -> None:
    by_hand.text += "    options: {client_pair: true, key_password: true}\n"
    first = by_hand.export("r2")
    found = files(first)
    assert b"ENCRYPTED" in key_of(found)
    assert found["files/etc/rabbitmq/tls/client.key"] != key_of(found)
    again = files(by_hand.export("r2"))
    same = ("tls/node.pem", "tls/client.pem", "inter_node_tls.config")
    assert all(found[f"files/etc/rabbitmq/{n}"] == again[f"files/etc/rabbitmq/{n}"] for n in same)
    assert len(by_hand.kept()) == 2
    by_hand.deliver("r2")
    assert by_hand.kept() == []


def test_an_encrypted_bundle_opens_with_its_password_alone(by_hand: ByHand) -> None:
    made = by_hand.export("r2", password=Secret("a password of the zip"))
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive, pytest.raises(RuntimeError):
        archive.read("r2-rabbitmq/README.txt")
    with pyzipper.AESZipFile(io.BytesIO(made.data)) as archive:
        archive.setpassword(b"a password of the zip")
        key = archive.read("r2-rabbitmq/files/etc/rabbitmq/tls/node.key")
    assert key == key_of(files(by_hand.export("r2")))


def test_the_record_and_status_hold_no_key(by_hand: ByHand) -> None:
    key = key_of(files(by_hand.export("r2")))
    secret = b"".join(key.splitlines()[1:-1])
    for path in by_hand.folder.rglob("*"):
        if path.is_file():
            assert secret[:40] not in path.read_bytes(), path
            assert b"PRIVATE KEY" not in path.read_bytes(), path
            assert path.stat().st_mode & 0o077 == 0, path
    rows = {row.subject: row for row in Front(by_hand.folder).status(by_hand.site, NOW)}
    assert rows["r2"].text == "bundle not delivered yet"
    assert rows["r2"].facts is not None
    assert rows["win"].text == "no bundle made yet"
    by_hand.deliver("r2")
    rows = {row.subject: row for row in Front(by_hand.folder).status(by_hand.site, NOW)}
    assert rows["r2"].text == "delivered by bundle"


@pytest.mark.parametrize(
    ("host", "said", "hint"),
    [
        ("r1", "reached over SSH", "reach: bundle"),
        ("r22", "there is no host 'r22'", "r2"),
    ],
)
def test_hosts_that_need_no_bundle_are_refused(
    by_hand: ByHand, host: str, said: str, hint: str
) -> None:
    for act in (by_hand.export, by_hand.deliver):
        with pytest.raises(UsageError, match=said) as raised:
            act(host)
        assert hint in raised.value.hint
    assert not by_hand.places.deployed.exists()


def test_nothing_is_delivered_that_was_not_made(by_hand: ByHand) -> None:
    with pytest.raises(UsageError, match="no bundle was made"):
        by_hand.deliver("r2")


def test_a_wrong_passphrase_changes_nothing(by_hand: ByHand) -> None:
    by_hand.export("r2")
    before = by_hand.places.deployed.read_bytes()
    right, by_hand.word = by_hand.word, Secret("not the one")
    for act in (by_hand.export, by_hand.deliver):
        with pytest.raises(VaultError):
            act("r2")
    by_hand.word = right
    assert by_hand.places.deployed.read_bytes() == before
    assert len(by_hand.kept()) == 1


def test_a_run_that_goes_on_keeps_others_out(by_hand: ByHand) -> None:
    with site_lock(by_hand.places, "apply"), pytest.raises(LockedError):
        by_hand.export("r2")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("windows_user: John Smith", 'windows_user: "R&D"', "batch file"),
        ("windows_user: John Smith", 'windows_user: "100%"', "batch file"),
        ("windows_user: John Smith", "windows_user: Jürgen", "batch file"),
        ("windows_user: John Smith", r"windows_folder: 'C:\RabbitMQ'", "forward slashes"),
        ("windows_user: John Smith", "windows_folder: /etc/rabbitmq", "folder of a drive"),
        ("windows_user: John Smith", "erl_ssl_path: write", "set ssl_path"),
        ("nodes:", "options: {folder: /etc/rab bit}\n    nodes:", "unquoted"),
    ],
)
def test_what_cannot_be_written_into_its_files_is_told_with_the_site(
    old: str, new: str, said: str, by_hand: ByHand
) -> None:
    by_hand.text = CLUSTER.replace(old, new)
    from app.errors import SiteError

    with pytest.raises(SiteError, match=said):
        by_hand.export("win")


SHARED = CLUSTER + "    options: {certificate: shared}\n"


def test_hosts_by_hand_get_the_one_pair_that_all_share(tmp_path: Path) -> None:
    by_hand = ByHand(tmp_path, SHARED)
    first = files(by_hand.export("r2"))
    on_windows = files(by_hand.export("win"))
    assert key_of(first) == key_of(on_windows)
    assert first["files/etc/rabbitmq/tls/node.pem"] == on_windows["tls/node.pem"]
    assert by_hand.kept() == [f"credential/{host}/rabbitmq%2Fcluster" for host in ("r2", "win")]
    new = files(by_hand.export("win", new=True))
    assert key_of(new) != key_of(first)
    assert key_of(files(by_hand.export("r2"))) == key_of(new)


def test_a_shared_key_is_not_forgotten_before_the_others_have_it(tmp_path: Path) -> None:
    by_hand = ByHand(tmp_path, SHARED)
    by_hand.export("r2")
    with pytest.raises(UsageError, match="r1 shares the key of r2") as raised:
        by_hand.deliver("r2")
    assert "tlswright apply" in raised.value.hint
    own = by_hand.record("r2")
    save_deployed(
        by_hand.places.deployed,
        load_deployed(by_hand.places.deployed).with_nodes(
            replace(own, host="r1", delivery="")
        ),
    )  # fmt: skip
    assert by_hand.deliver("r2")
    assert by_hand.kept() == ["credential/win/rabbitmq%2Fcluster"]
    assert key_of(files(by_hand.export("win")))


def test_a_run_takes_the_pair_that_waits_and_keeps_a_newer_one(tmp_path: Path) -> None:
    by_hand = ByHand(tmp_path, SHARED)
    made = by_hand.export("r2")
    site, kinds = by_hand.site, kinds_of(by_hand.site)
    node = kinds["rabbitmq"].nodes(site, site.topologies[0])[0]
    with Vault.open(by_hand.places.vault, WORD, write=True) as vault:
        spec = spec_of(site, node, None)
        taken = Keyring(site, vault, holders(site, kinds)).issue("cluster", spec, NOW)
        assert taken.facts() == made.facts
        keyring = Keyring(site, vault, holders(site, kinds))
        newer = keyring.issue("cluster", spec, NOW, frozenset({made.facts.sha256}))
        assert newer.facts() != made.facts
        assert keyring.shared() == {"cluster": newer.facts().sha256}
        keyring.save()
    after = by_hand.export("r2")
    assert not after.fresh
    assert after.facts == newer.facts()
    assert by_hand.record("r2").facts == newer.facts()


def test_a_bundle_follows_a_change_of_the_ca(by_hand: ByHand) -> None:
    """New key and both CAs once the others trust both; without the old one when it is over."""
    by_hand.export("r2")
    by_hand.deliver("r2")
    _hosts_in_reach(by_hand, {"ca-g1": 1}, 1)
    by_hand.text = CLUSTER.replace("site: rmq\n", "site: rmq\nauthority: {generation: 2}\n")
    with pytest.raises(UsageError, match="r1 does not trust the new CA yet"):
        by_hand.export("r2")
    _hosts_in_reach(by_hand, {"ca-g1": 1, "ca-g2": 2}, 1)
    front = Front(by_hand.folder)
    assert front.stage(by_hand.site, NOW) == Stage(2, (1,), hosts=("r2",))
    assert by_hand.export("r2").fresh
    assert set(by_hand.record("r2").trust) == {"ca-g1", "ca-g2"}
    assert front.stage(by_hand.site, NOW) == Stage(2, (1,), hosts=("r2",))
    by_hand.deliver("r2")
    assert front.stage(by_hand.site, NOW) == Stage(2, (1,))
    _hosts_in_reach(by_hand, {"ca-g2": 2}, 2)
    assert front.stage(by_hand.site, NOW) is None
    deployed = load_deployed(by_hand.places.deployed)
    assert left_over(by_hand.site, deployed, by_hand.record("r2"))
    assert by_hand.export("r2").fresh
    assert set(by_hand.record("r2").trust) == {"ca-g2"}
    by_hand.deliver("r2")
    assert not left_over(by_hand.site, deployed, by_hand.record("r2"))
    with pytest.raises(UsageError, match="kept nowhere else"):
        by_hand.export("r2")


def test_a_host_that_is_forgotten_is_waited_for_no_more(by_hand: ByHand) -> None:
    by_hand.export("r2")
    _hosts_in_reach(by_hand, {"ca-g1": 1, "ca-g2": 2}, 1)
    by_hand.text = CLUSTER.replace("site: rmq\n", "site: rmq\nauthority: {generation: 2}\n")
    front = Front(by_hand.folder)
    assert front.stage(by_hand.site, NOW) == Stage(2, (1,), hosts=("r2",))
    answers = Answers(passphrase=by_hand.word)
    assert front.forget_host(by_hand.site, "r2", answers)
    assert by_hand.kept() == []
    assert front.stage(by_hand.site, NOW) == Stage(2, (1,))
    assert not front.forget_host(by_hand.site, "r2", answers)


def _hosts_in_reach(by_hand: ByHand, trust: dict[str, int], generation: int) -> None:
    """Record what r1 holds, as runs would."""
    site, kinds = by_hand.site, kinds_of(by_hand.site)
    node = kinds["rabbitmq"].nodes(site, site.topologies[0])[0]
    spec = replace(spec_of(site, node, None), generation=generation)
    authority = replace(site.authority, generation=max(trust.values()))
    with Vault.open(by_hand.places.vault, by_hand.word, write=True) as vault:
        keyring = Keyring(replace(site, authority=authority), vault)
        root = keyring.ensure_authority(NOW)
        assert root is not None
        vault.save()
    deployed = with_root(load_deployed(by_hand.places.deployed), root)
    known = {a: fingerprint(deployed.authorities[g]) for a, g in trust.items()}
    facts = by_hand.record("r2").facts
    record = DeployedNode("rabbitmq", "r1", spec, facts, trust=known)
    save_deployed(by_hand.places.deployed, deployed.with_nodes(record))
