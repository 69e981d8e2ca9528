from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from app.errors import PkiError
from app.pki.authority import create_root, issue, self_sign
from app.pki.names import San
from app.pki.reading import facts_of
from app.pki.spec import IssueSpec
from tests.unit.issued import CLIENT, NOW, PEER, PINNED, authority, issued

RSA = replace(PEER, key_type="rsa-3072")


@pytest.mark.parametrize("spec", [PEER, RSA, CLIENT, PINNED])
def test_what_is_issued_satisfies_its_spec(spec: IssueSpec) -> None:
    credential = issued(spec)
    assert credential.satisfies(spec) == ()
    facts = credential.facts()
    assert facts.sans == spec.sans
    assert facts.key_type == spec.key_type
    assert facts.common_name == spec.subject
    assert facts.self_signed == spec.self_signed
    assert facts.generation == (None if spec.self_signed else 1)
    assert 0 < int(facts.serial_hex, 16) < 2**159


def test_everything_else_about_a_credential_is_told() -> None:
    other = replace(CLIENT, generation=2, key_type="rsa-3072", sans=(San("dns", "x.example"),))
    words = issued().satisfies(other)
    assert len(words) == 5 + len(PEER.sans)


def test_a_foreign_key_is_told() -> None:
    mixed = replace(issued(), key=issued(CLIENT).key)
    assert "the key does not belong to the certificate" in mixed.satisfies(PEER)
    assert not replace(issued(), key=issued(RSA).key).key_matches


def test_a_key_never_shows_in_a_repr() -> None:
    assert "key=" not in repr(issued())
    assert "key=" not in repr(authority())


def test_two_keys_are_never_the_same() -> None:
    assert issue(authority(), PEER, NOW).facts().sha256 != issued().facts().sha256


def test_a_life_beyond_the_issuers_end_is_clipped_and_told() -> None:
    short = create_root("Example", 1, "ec-p256", 100, NOW)
    credential = issue(short, PEER, NOW)
    assert credential.clipped
    assert credential.facts().not_after == short.facts().not_after
    assert not issue(short, replace(PEER, days=99), NOW).clipped


def test_not_before_is_an_hour_back_but_never_before_the_issuers() -> None:
    assert issued().facts().not_before == authority().facts().not_before
    later = issue(authority(), PEER, NOW + timedelta(days=1)).facts()
    assert later.not_before == (NOW + timedelta(hours=23)).replace(microsecond=0)


@pytest.mark.parametrize("days", [-1, 3651])
def test_an_authority_that_is_not_valid_now_issues_nothing(days: int) -> None:
    with pytest.raises(PkiError, match="not now"):
        issue(authority(), PEER, NOW + timedelta(days=days))


@pytest.mark.parametrize("change", [{"issuer": "Other"}, {"generation": 2}, {"self_signed": True}])
def test_an_authority_signs_only_what_names_it(change: dict[str, object]) -> None:
    with pytest.raises(PkiError, match="not by 'Example' g1"):
        issue(authority(), replace(PEER, **change), NOW)  # type: ignore[arg-type]


def test_a_spec_for_an_authority_is_not_self_signed() -> None:
    with pytest.raises(PkiError):
        self_sign(PEER, NOW)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 60])
def test_an_authority_needs_a_name_that_fits(name: str) -> None:
    with pytest.raises(PkiError):
        create_root(name, 1, "ec-p256", 3650, NOW)


def test_the_authoritys_key_identifier_stands_in_its_leaves_alone() -> None:
    own = authority().certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    above = issued().certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert above.value.key_identifier == own.value.digest
    assert above.value.authority_cert_issuer is None
    assert above.value.authority_cert_serial_number is None


def test_bytes_that_are_no_certificate_are_refused() -> None:
    for data in (b"", b"x", issued().cert_der[:-1], b"-----BEGIN CERTIFICATE-----\n"):
        with pytest.raises(PkiError):
            facts_of(data)
