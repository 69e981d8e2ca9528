"""A CA that is not ours: real `openssl ca`, with the mistakes that its operators make."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

CONFIG = """\
[ca]
default_ca = own
[own]
dir = {folder}
database = $dir/index.txt
new_certs_dir = $dir
rand_serial = yes
unique_subject = no
default_md = sha256
default_days = 397
policy = any
copy_extensions = {copy}
{section}
[any]
commonName = optional
organizationName = optional
[leaf]
{leaf}
"""
CA = """\
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
LEAF = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def openssl(*words: str | Path, cwd: Path) -> str:
    """Run openssl; its error output is told where it fails."""
    done = subprocess.run(
        ["openssl", *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class OutsideCa:
    """A CA in a folder of its own, with key and certificate from openssl.

    `copy` is its `copy_extensions`; `above` the CA that signed it, none for a root.
    """

    folder: Path
    name: str = "Example Corp Root"
    copy: str = "copy"
    above: OutsideCa | None = None
    ext: str = CA
    days: int = 3650
    key: str = "ec"

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "index.txt").touch()
        self.configure()
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        if self.key != "ec":
            kind = ["-newkey", self.key]
        (self.folder / "ca.ext").write_text(self.ext)
        openssl(
            "req", "-new", *kind, "-nodes", "-subj", f"/CN={self.name}",
            "-keyout", "ca.key", "-out", "ca.csr", cwd=self.folder,
        )  # fmt: skip
        if self.above is None:
            openssl(
                "x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-days", str(self.days),
                "-extfile", "ca.ext", "-out", "ca.crt", cwd=self.folder,
            )  # fmt: skip
        else:
            csr = (self.folder / "ca.csr").read_bytes()
            pem = self.above.sign(csr, "-days", str(self.days), ext=self.ext)
            (self.folder / "ca.crt").write_bytes(pem)

    def configure(self, section: str = "x509_extensions = leaf", leaf: str = LEAF) -> None:
        """Write openssl.cnf."""
        text = CONFIG.format(folder=self.folder, copy=self.copy, section=section, leaf=leaf)
        (self.folder / "openssl.cnf").write_text(text)

    @property
    def pem(self) -> bytes:
        """Its certificate."""
        return (self.folder / "ca.crt").read_bytes()

    @property
    def certificate(self) -> x509.Certificate:
        """Its certificate, read."""
        return x509.load_pem_x509_certificate(self.pem)

    def sign(self, csr: bytes, *words: str, ext: str = "") -> bytes:
        """Sign a request as `openssl ca` does: text first, then PEM."""
        (self.folder / "in.csr").write_bytes(csr)
        given = list(words)
        if ext:
            (self.folder / "in.ext").write_text(ext)
            given += ["-extfile", "in.ext"]
        openssl(
            "ca", "-batch", "-config", "openssl.cnf", "-cert", "ca.crt", "-keyfile", "ca.key",
            "-in", "in.csr", "-out", "out.crt", *given, cwd=self.folder,
        )  # fmt: skip
        return (self.folder / "out.crt").read_bytes()
