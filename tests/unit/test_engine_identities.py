"""Which certificates probes show: one of the CA in use, and one that is to be refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.engine.identities import Identities, retired
from app.engine.keyring import Keyring
from app.model import Link
from app.pki.vault import Vault
from app.verify.checks import LinkCheck
from app.verify.result import Identity, TrustAnchors
from app.verify.rows import Expected
from tests.unit.by_hand_site import NOW, ByHand
from tests.unit.openssl_ca import make, openssl

CHECK = LinkCheck(
    Link("r2", "r1", "r1", 25672), "rabbitmq", "127.0.0.1", TrustAnchors(""), Expected()
)


def issuer(identity: Identity | None) -> str:
    assert identity is not None
    found = x509.load_pem_x509_certificates(identity.cert_pem)[0]
    return found.issuer.rfc4514_string()


@pytest.mark.parametrize(
    ("retired", "days", "shown"),
    [
        (1, 0, "CN=rmq CA g1"),
        (0, 0, "CN=tlswright foreign probe CA g1"),
        (1, 4000, "CN=tlswright foreign probe CA g1"),
    ],
)
def test_what_is_to_be_refused_is_of_the_ca_that_was_left_behind(
    tmp_path: Path, retired: int, days: int, shown: str
) -> None:
    by_hand = ByHand(tmp_path)
    with Vault.open(by_hand.places.vault, by_hand.word, write=True) as vault:
        for generation in (1, 2):
            site = by_hand.site
            wanted = replace(site, authority=replace(site.authority, generation=generation))
            keyring = Keyring(wanted, vault)
            keyring.ensure_authority(NOW)

        def clock() -> datetime:
            return NOW + timedelta(days=days)

        made = Identities(keyring, clock, lambda check: 2, lambda check: retired)
        assert issuer(made.foreign(CHECK)) == shown
        if not days:
            assert issuer(made.own(CHECK)) == "CN=rmq CA g2"


def test_a_ca_that_was_renewed_with_its_key_or_cross_signed_is_none_that_was_left_behind(
    tmp_path: Path,
) -> None:
    old, new = make(tmp_path, "Corp Root"), make(tmp_path, "Corp Root 2")
    renewed = openssl(
        tmp_path, "x509", "-in", str(old.certificate), "-signkey", str(old.key), "-days", "900"
    )
    below = make(tmp_path, "Corp Brokers", by=new)
    pems = {1: old.pem, 2: renewed, 3: below.pem, 4: new.pem}
    known = {number: pem.decode() for number, pem in pems.items()}
    assert retired(known, [2]) == 0
    assert retired(known, [2, 1]) == 0
    assert retired(known, [3]) == 2
    assert retired(known, [4]) == 2
    assert retired({1: known[1], 2: known[4]}, [2]) == 1
    assert retired(known, []) == 0
