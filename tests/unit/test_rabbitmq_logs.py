"""What a host sends of its log: the lines that explain, never a key that Erlang wrote there."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.quoting import sh
from app.rendering import render_template

ALERT = (
    "2026-11-22 04:31:07.1+00:00 [notice] <0.9.0> TLS server: In state hello at "
    "tls_record.erl:564 generated SERVER ALERT: Fatal - Unexpected Message"
)


def sent(root: Path, log: str) -> str:
    """Give what the host's snippet prints of a log."""
    path = root / "var/log/rabbitmq/rabbit@r1.log"
    path.parent.mkdir(parents=True)
    path.write_text(log)
    script = f"ROOT={sh(str(root))}\n" + render_template(
        "rabbitmq/logs.sh.j2", node=sh("rabbit@r1")
    )
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout


def test_a_private_key_in_the_log_stays_on_the_host(tmp_path: Path) -> None:
    keys: list[ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey] = [
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(65537, 2048),
    ]
    for number, key in enumerate(keys):
        der, pem = (
            key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            for form in (serialization.Encoding.DER, serialization.Encoding.PEM)
        )
        stamp = "2026-11-22 04:31:07.2+00:00 [error] <0.9.0> "
        lines = [ALERT, *(stamp + line for line in pem.decode().splitlines())]
        lines += [f"{stamp}{{key,{{'PrivateKeyInfo',<<{', '.join(str(b) for b in der)}>>}}}}"]
        lines += [f"{stamp}{','.join(str(b) for b in der)}", stamp + '{password,"hunter22"}']
        out = sent(tmp_path / str(number), "\n".join([*lines, ALERT, ""]))
        assert out.splitlines() == [ALERT, ALERT]
