"""Keys and stores for a hundred hosts, against a loop of openssl and keytool."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.model import KeyType
from app.pki import stores
from app.pki.authority import create_root, issue
from app.pki.keys import new_key
from app.pki.names import san_entries
from app.pki.secret import Secret
from app.pki.spec import IssueSpec
from tests.bench.clock import command, processor, table

HOSTS, SAMPLE = 100, 5
PASSWORD = Secret("aPasswordOfTwentyFourLtr")
SPEC = IssueSpec("host", san_entries(("host.test",)), "peer", "ec-p256", 397, "Bench", 1)
ALGORITHMS: dict[KeyType, list[str]] = {
    "ec-p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa-3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
}


@pytest.mark.parametrize("key_type", ["ec-p256", "rsa-2048", "rsa-3072"])
def test_keys_and_stores(tmp_path: Path, key_type: KeyType) -> None:
    if not shutil.which("openssl") or not shutil.which("keytool"):
        pytest.skip("openssl and keytool are what is compared with")
    ours = processor(lambda: _ours(key_type))
    floor = processor(lambda: [new_key(key_type) for _ in range(HOSTS)])
    _authority(tmp_path)
    loop = processor(lambda: _loop(tmp_path, key_type))
    table(
        f"Keys, certificates, key stores and trust stores for {HOSTS} hosts, {key_type}, "
        "seconds of processor",
        [
            ("tlswright, each store opened again", ours),
            ("of that, the keys alone", floor),
            ("loop of openssl and keytool", loop * HOSTS / SAMPLE),
        ],
        f"the loop was measured on {SAMPLE} hosts and scaled by {HOSTS // SAMPLE}",
    )


def _ours(key_type: KeyType) -> None:
    now = datetime.now(UTC)
    root = create_root("Bench", 1, "ec-p256", 3650, now)
    for number in range(HOSTS):
        names = san_entries((f"h{number}.test",))
        spec = replace(SPEC, subject=f"h{number}.test", sans=names, key_type=key_type)
        credential = issue(root, spec, now)
        data = stores.key_store(credential, "PKCS12", PASSWORD, f"h{number}")
        stores.check_key_store(data, PASSWORD, credential, f"h{number}")
        entries = {"ca-g1": root.cert_der}
        stores.check_trust_store(stores.trust_store(entries, "PKCS12", PASSWORD), PASSWORD, entries)


def _authority(folder: Path) -> None:
    command(["openssl", "genpkey", *ALGORITHMS["ec-p256"], "-out", "ca.key"], folder)
    command(["openssl", "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Bench",
             "-days", "3650", "-out", "ca.pem"], folder)  # fmt: skip


def _loop(folder: Path, key_type: KeyType) -> None:
    for number in range(SAMPLE):
        _theirs(folder, number, key_type)


def _theirs(folder: Path, number: int, key_type: KeyType) -> None:
    name, word = f"h{number}", PASSWORD.reveal()
    (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}.test\n")
    for words in (
        ["genpkey", *ALGORITHMS[key_type], "-out", f"{name}.key"],
        ["req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}.test", "-out", f"{name}.csr"],
        ["x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
         "-CAcreateserial", "-days", "397", "-extfile", f"{name}.ext", "-out", f"{name}.pem"],
        ["pkcs12", "-export", "-in", f"{name}.pem", "-inkey", f"{name}.key", "-name", name,
         "-passout", f"pass:{word}", "-out", f"{name}.p12"],
    ):  # fmt: skip
        command(["openssl", *words], folder)
    command(["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-storetype",
             "PKCS12", "-storepass", word, "-keystore", f"{name}.trust.p12"], folder)  # fmt: skip
