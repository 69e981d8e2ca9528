"""Keys that wait in the vault until a person has brought them to their host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import PkiError
from app.pki import keeping
from app.pki.credential import Credential
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.plan.deployed import Deployed, DeployedNode
from tests.unit.issued import CLIENT, PEER, issued, vouched

WORD = Secret("correct horse battery staple")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault", WORD, log2_n=10) as made:
        yield made


@pytest.mark.parametrize("make", [issued, vouched])
def test_a_credential_comes_back_whole_from_the_disk(
    vault: Vault, make: Callable[[], Credential]
) -> None:
    kept = make()
    keeping.store_credential(vault, "win-1", "rabbitmq/win-1", kept)
    vault.save()
    with Vault.open(vault.path, WORD) as again:
        found = keeping.load_credential(again, "win-1", "rabbitmq/win-1")
    assert found is not None
    assert (found.cert_der, found.chain) == (kept.cert_der, kept.chain)
    assert found.key_matches


def test_one_hosts_credentials_are_replaced_and_forgotten_alone(vault: Vault) -> None:
    for host in ("win-1", "win-10"):
        keeping.store_credential(vault, host, "rabbitmq/a", issued())
        keeping.store_credential(vault, host, "rabbitmq/a", issued(CLIENT))
        keeping.store_credential(vault, host, "rabbitmq/b", issued())
    assert keeping.forget_credentials(vault, "win-1")
    assert not keeping.forget_credentials(vault, "win-1")
    assert keeping.load_credential(vault, "win-1", "rabbitmq/a") is None
    left = keeping.load_credential(vault, "win-10", "rabbitmq/a")
    assert left is not None
    assert left.cert_der == issued(CLIENT).cert_der


def test_what_is_damaged_is_told_without_its_key(vault: Vault) -> None:
    keeping.store_credential(vault, "win-1", "a", issued())
    (name,) = vault.keys()
    for damage in (b"{", b"{}", b'{"key": 1, "certificate": "AA=="}', b'{"key": "?"}'):
        vault.put(name, damage)
        with pytest.raises(PkiError, match="damaged") as raised:
            keeping.load_credential(vault, "win-1", "a")
        assert "win-1" in raised.value.where
    mixed = vouched()
    keeping.store_credential(vault, "win-1", "a", Credential(mixed.certificate, issued().key))
    with pytest.raises(PkiError, match="does not belong"):
        keeping.load_credential(vault, "win-1", "a")


def test_the_record_says_how_far_a_delivery_got() -> None:
    exported = DeployedNode("rabbitmq", "win-1", PEER, issued().facts(), delivery="exported")
    over_ssh = DeployedNode("rabbitmq", "hub")
    deployed = Deployed().with_nodes(exported, over_ssh)
    assert Deployed.from_dict(deployed.to_dict()) == deployed
    assert "delivery" not in over_ssh.to_dict()
    with pytest.raises(ValueError, match="delivery"):
        DeployedNode.from_dict({**over_ssh.to_dict(), "delivery": "lost"})
