"""Certificate signing requests (PKCS #10, RFC 2986): what an outside CA is asked to sign."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from app.pki.keys import PrivateKey
from app.pki.profiles import leaf_extensions, name_of
from app.pki.spec import IssueSpec


def make_request(spec: IssueSpec, key: PrivateKey) -> bytes:
    """Give a signing request in PEM, signed by the key that it is for.

    It asks for what our own CA would put in (subject, names, key usage, purposes, CA:FALSE); the
    life is no part of a request, and whether the CA heeds the rest is its own affair: see
    `judging`.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(name_of(spec.subject))
    for extension, critical in leaf_extensions(spec, key):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def extension_lines(spec: IssueSpec, *, encipher: bool) -> str:
    """Give the same wishes as a section for `openssl … -extfile`, for a CA that drops them.

    `encipher` is true for an RSA key.  Names were validated: none holds what ends a value there.
    """
    usage = "digitalSignature, keyEncipherment" if encipher else "digitalSignature"
    purposes = "serverAuth, clientAuth" if spec.usage == "peer" else "clientAuth"
    lines = [
        "basicConstraints = critical, CA:FALSE",
        f"keyUsage = critical, {usage}",
        f"extendedKeyUsage = {purposes}",
        "subjectKeyIdentifier = hash",
        "authorityKeyIdentifier = keyid",
    ]
    if spec.sans:
        named = ", ".join(f"{'IP' if san.kind == 'ip' else 'DNS'}:{san.value}" for san in spec.sans)
        lines.append(f"subjectAltName = {named}")
    return "\n".join(lines) + "\n"
