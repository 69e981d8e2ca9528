"""What other people's programs say of our certificates."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import verification

from app.pki.authority import issue
from app.pki.names import san_entries
from app.pki.spec import IssueSpec
from tests.unit.issued import CLIENT, NAMES, NOW, PEER, PINNED, authority, issued, pem_file, vouched
from tests.unit.judges import judge, need

RSA = replace(PEER, key_type="rsa-3072")
RSA_PINNED = replace(PINNED, key_type="rsa-3072")
SERVER, DIALER = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"


def _root(spec: IssueSpec) -> bytes:
    """Return what a peer's trust store holds for this credential."""
    return issued(spec).cert_der if spec.self_signed else authority(spec.key_type).cert_der


def _files(folder: Path, spec: IssueSpec) -> tuple[str, str]:
    return pem_file(folder, "trust", _root(spec)), pem_file(folder, "leaf", issued(spec).cert_der)


@pytest.mark.parametrize("spec", [PEER, RSA, CLIENT, PINNED, RSA_PINNED])
def test_pkilint_finds_nothing(tmp_path: Path, spec: IssueSpec) -> None:
    lint = need("lint_pkix_cert")
    for path in _files(tmp_path, spec):
        done = judge(lint, "lint", "-s", "NOTICE", "-f", "CSV", path)
        findings = done.stdout.strip().splitlines()[1:]
        assert (done.returncode, findings) == (0, []), done.stdout + done.stderr


@pytest.mark.parametrize("spec", [PEER, RSA, PINNED, RSA_PINNED])
@pytest.mark.parametrize("purpose", ["sslserver", "sslclient"])
def test_openssl_takes_a_peer_strictly_for_both_purposes_and_each_name(
    tmp_path: Path, spec: IssueSpec, purpose: str
) -> None:
    openssl = need("openssl")
    trust, leaf = _files(tmp_path, spec)
    strict = (openssl, "verify", "-x509_strict", "-purpose", purpose, "-CAfile", trust)
    for name in NAMES:
        option = "-verify_hostname" if name.endswith("com") else "-verify_ip"
        done = judge(*strict, option, name, leaf)
        assert done.returncode == 0, done.stderr
    assert judge(*strict, "-verify_hostname", "other.example.com", leaf).returncode != 0


def test_openssl_takes_a_client_for_a_client_only(tmp_path: Path) -> None:
    openssl = need("openssl")
    trust, leaf = _files(tmp_path, CLIENT)
    strict = (openssl, "verify", "-x509_strict", "-CAfile", trust, "-purpose")
    assert judge(*strict, "sslclient", leaf).returncode == 0
    assert judge(*strict, "sslserver", leaf).returncode != 0


@pytest.mark.parametrize("spec", [PEER, RSA])
def test_gnutls_takes_a_peer(tmp_path: Path, spec: IssueSpec) -> None:
    certtool = need("certtool")
    trust, leaf = _files(tmp_path, spec)
    for purpose in (SERVER, DIALER):
        done = judge(
            *(certtool, "--verify", "--verify-profile", "medium", "--infile", leaf),
            *("--load-ca-certificate", trust, "--verify-purpose", purpose),
            *("--verify-hostname", "hub-b.example.com"),
        )
        assert done.returncode == 0, done.stdout
        assert "The certificate is trusted" in done.stdout


def test_a_path_validator_takes_a_peer_on_both_sides() -> None:
    policy = verification.PolicyBuilder().store(verification.Store([authority().certificate]))
    leaf = issued().certificate
    server = policy.build_server_verifier(x509.DNSName("hub-b.example.com"))
    assert server.verify(leaf, [])[-1] == authority().certificate
    assert policy.build_client_verifier().verify(leaf, []).chain[0] == leaf


def test_an_old_leaf_is_refused_under_the_next_generation(tmp_path: Path) -> None:
    openssl = need("openssl")
    second = authority(generation=2)
    both = pem_file(tmp_path, "both", authority().cert_der, second.cert_der)
    new = issue(second, replace(PEER, generation=2), NOW).cert_der
    only = pem_file(tmp_path, "only", second.cert_der)
    old_leaf, new_leaf = (
        pem_file(tmp_path, "old", issued().cert_der),
        pem_file(tmp_path, "new", new),
    )
    strict = (openssl, "verify", "-x509_strict", "-CAfile")
    assert judge(*strict, both, old_leaf, new_leaf).returncode == 0
    assert judge(*strict, only, old_leaf).returncode != 0


def test_a_pinned_peer_cannot_vouch_for_another(tmp_path: Path) -> None:
    openssl = need("openssl")
    trust = pem_file(tmp_path, "trust", issued(PINNED).cert_der)
    other = replace(PINNED, sans=san_entries(["spoke.example.com"]))
    for credential in (issued(other), vouched()):
        leaf = pem_file(tmp_path, "leaf", credential.cert_der)
        assert judge(openssl, "verify", "-CAfile", trust, leaf).returncode != 0
        partial = (openssl, "verify", "-x509_strict", "-partial_chain", "-CAfile", trust)
        assert judge(*partial, leaf).returncode != 0


def test_a_leaf_is_refused_after_its_end(tmp_path: Path) -> None:
    openssl = need("openssl")
    trust, leaf = _files(tmp_path, PEER)
    for days, taken in ((396, True), (398, False)):
        moment = str(int((NOW + timedelta(days=days)).timestamp()))
        done = judge(openssl, "verify", "-attime", moment, "-CAfile", trust, leaf)
        assert (done.returncode == 0) is taken
