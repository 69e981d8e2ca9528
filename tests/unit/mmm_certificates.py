"""Certificates for the stand-ins of MySQL-MMM, the faulty ones too that our own issuing refuses."""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)
CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """Hold where a certificate and its key lie."""

    cert: Path
    key: Path


class Issuer:
    """A CA with its files in one folder."""

    def __init__(self, folder: Path, name: str) -> None:
        """Make the CA; its certificate is `NAME.pem` in the folder."""
        self.folder = folder
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        made = (
            _builder(self.name, self.name, self.key, NOW - YEAR, NOW + YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        name: str,
        *,
        cn: str = "",
        sans: Sequence[str] = (),
        usage: Sequence[x509.ObjectIdentifier] = BOTH,
        expired: bool = False,
        bits: int = 0,
        password: str = "",
    ) -> Pair:
        """Make NAME.crt and NAME.key; `bits` makes an RSA key, `password` encrypts it."""
        key: Key = (
            rsa.generate_private_key(public_exponent=65537, key_size=bits)
            if bits
            else ec.generate_private_key(ec.SECP256R1())
        )
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn or name)])
        end = NOW - timedelta(days=1) if expired else NOW + YEAR / 2
        builder = _builder(subject, self.name, key, NOW - YEAR / 2, end)
        if sans:
            names = x509.SubjectAlternativeName([_san(san) for san in sans])
            builder = builder.add_extension(names, critical=False)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        made = builder.sign(self.key, hashes.SHA256())
        pair = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        pair.cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password:
            lock = serialization.BestAvailableEncryption(password.encode())
        form = serialization.PrivateFormat.PKCS8
        pair.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))
        return pair

    def revoke(self, pair: Pair) -> Path:
        """Make a revocation list with one certificate in it."""
        serial = x509.load_pem_x509_certificate(pair.cert.read_bytes()).serial_number
        entry = x509.RevokedCertificateBuilder(serial, NOW - timedelta(days=1)).build()
        builder = x509.CertificateRevocationListBuilder(
            self.name, NOW - timedelta(days=1), NOW + YEAR, [], [entry]
        )
        path = self.folder / "crl.pem"
        made = builder.sign(self.key, hashes.SHA256())
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return path


def signed_with_sha1(issuer: Issuer, name: str, san: str) -> Pair:
    """Have the CA sign with SHA-1, as old openssl did; cryptography would not."""
    pair = issuer.issue(name, sans=[san])
    root, request = issuer.folder / f"{name}.ca.key", issuer.folder / f"{name}.csr"
    form = serialization.PrivateFormat.PKCS8
    key = issuer.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    root.write_bytes(key)
    ask = ["openssl", "req", "-new", "-key", str(pair.key), "-subj", f"/CN={name}"]
    sign = ["openssl", "x509", "-req", "-sha1", "-days", "30", "-CA", str(issuer.file)]
    sign += ["-CAkey", str(root), "-CAcreateserial", "-in", str(request), "-out", str(pair.cert)]
    subprocess.run([*ask, "-out", str(request)], check=True, capture_output=True)
    subprocess.run(sign, check=True, capture_output=True)
    return pair


def _san(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), start, end
    )
