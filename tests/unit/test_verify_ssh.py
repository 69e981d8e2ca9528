"""The probe from a host, over a real SSH connection, with stores under the host's root prefix."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from app.pki.secret import Secret
from app.pki.stores import key_store, trust_store
from app.verify.remote_probe import HostStore, RemoteDial, probe_from
from tests.ssh.conftest import Connect, connect, sshd
from tests.unit import verify_servers as lab

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
__all__ = ["connect", "sshd"]
PASSWORD = Secret("Abcdef123456")


@pytest.mark.parametrize("sent", [False, True], ids=["own trust store", "trust sent along"])
def test_a_dial_over_ssh_proves_the_link(tmp_path: Path, connect: Connect, sent: bool) -> None:
    root = tmp_path / "the host's root"
    root.mkdir()
    (root / "key").write_bytes(key_store(lab.made(), "PKCS12", PASSWORD, "spoke-a"))
    trusted = trust_store({"ca": lab.root().cert_der}, "PKCS12", PASSWORD)
    (root / "trust").write_bytes(trusted)
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        dial = RemoteDial(
            "localhost",
            port,
            HostStore("/key", "PKCS12", PASSWORD),
            None if sent else HostStore("/trust", "PKCS12", PASSWORD),
            trust_pem=lab.trust().pem if sent else "",
            quiet=1,
        )
        seen = probe_from(connect(root), dial, "t0ken")
    assert seen.outcome == "accepted", seen.detail
    assert seen.peer == lab.made().cert_der


def test_the_script_is_clean_for_every_shell() -> None:
    script = Path(lab.__file__).parents[2] / "app/verify/remote_probe.sh"
    for shell in ("dash", "bash"):
        if shutil.which(shell):
            subprocess.run([shell, "-n", str(script)], check=True)
