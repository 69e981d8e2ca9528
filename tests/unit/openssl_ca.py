"""Authorities made by openssl, in every shape that people have them in."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from app.pki.authority import Authority
from app.pki.keys import supported
from tests.unit.judges import need

EC = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
CA = ("basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign")
KEY_IDS = ("subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid")
ROOT, BELOW = (*CA, "subjectKeyIdentifier=hash"), (*CA, *KEY_IDS)
_CONFIG = """\
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
"""


@dataclass(frozen=True)
class Made:
    """Hold an authority as files, as openssl wrote them."""

    key: Path
    certificate: Path

    @property
    def pem(self) -> bytes:
        """Give the certificate alone, without the text that openssl may put before it."""
        return x509.load_pem_x509_certificate(self.certificate.read_bytes()).public_bytes(
            Encoding.PEM
        )


def openssl(folder: Path, *words: str, stdin: bytes = b"") -> bytes:
    """Run openssl in a folder and give what it wrote."""
    done = subprocess.run(
        [need("openssl"), *words], cwd=folder, input=stdin, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def make(
    folder: Path,
    name: str,
    *,
    by: Made | None = None,
    extensions: tuple[str, ...] | None = None,
    key: tuple[str, ...] = EC,
    life: tuple[int, int] = (-1, 3650),
    digest: str = "sha256",
) -> Made:
    """Make an authority named `name`, signed by itself or by another; `life` in days from now."""
    stem = "".join(c if c.isalnum() else "-" for c in name).lower()
    made = Made(folder / f"{stem}.key", folder / f"{stem}.crt")
    if extensions is None:
        extensions = ROOT if by is None else BELOW
    (folder / "ca.cnf").write_text(_CONFIG)
    (folder / "index").write_text("")
    (folder / "ext").write_text("".join(f"{line}\n" for line in extensions) or "nsComment=x\n")
    made.key.touch(0o600)
    made.key.write_bytes(openssl(folder, "genpkey", *key))
    openssl(folder, "req", "-new", "-key", str(made.key), "-subj", f"/CN={name}",
            "-config", "ca.cnf", "-out", "csr")  # fmt: skip
    signer = by or made
    who = ("-selfsign",) if by is None else ("-cert", str(signer.certificate))
    start, end = (f"{datetime.now(UTC) + timedelta(days=d):%Y%m%d%H%M%SZ}" for d in life)
    openssl(folder, "ca", "-batch", "-notext", "-config", "ca.cnf", *who,
            "-keyfile", str(signer.key), "-in", "csr", "-out", str(made.certificate),
            "-extfile", "ext", "-startdate", start, "-enddate", end, "-md", digest)  # fmt: skip
    return made


def authority_of(*path: Made, name: str = "Example", source: str = "imported") -> Authority:
    """Give the authority that stands at the lower end of a path of certificates, root last."""
    first, *above = (x509.load_pem_x509_certificate(one.pem) for one in path)
    key = supported(load_pem_private_key(path[0].key.read_bytes(), None))
    return Authority(name, 1, first, key, tuple(above), source)  # type: ignore[arg-type]
