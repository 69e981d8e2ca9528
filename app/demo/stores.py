"""Open key and trust stores as Java does, and give them to Python's TLS without leaving a trace."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.demo.brokerfile import LoadFailure, store_path

JKS_MAGIC = b"\xfe\xed\xfe\xed"


def server_context(root: Path, attributes: Mapping[str, str], demand: bool) -> ssl.SSLContext:
    """Build the context that an sslContext element describes; raises LoadFailure.

    Without a key the product starts, and every handshake fails; so does this.  `demand` says
    whether clients must show a certificate that the trust store vouches for.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    key, chain = _key_entry(root, attributes)
    if key:
        load_chain(context, key + chain)
    if anchors := _anchors(root, attributes):
        context.load_verify_locations(cadata=b"".join(anchors))
    context.verify_mode = ssl.CERT_REQUIRED if demand else ssl.CERT_NONE
    return context


def hold_to(context: ssl.SSLContext, versions: tuple[str, ...]) -> None:
    """Speak these TLS versions only; all that the context speaks where there are none."""
    if versions:
        known = sorted(ssl.TLSVersion[version.replace(".", "_")] for version in versions)
        context.minimum_version, context.maximum_version = known[0], known[-1]


def load_chain(context: ssl.SSLContext, pem: bytes) -> None:
    """Give a key to a context; Python takes files only, so one is made that nobody else can open.

    On Linux it has no name at all; elsewhere it is 0600 from its first byte and gone at once.
    """
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("demo", os.MFD_CLOEXEC)
        with open(number, "w+b") as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{number}")
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)


def _key_entry(root: Path, attributes: Mapping[str, str]) -> tuple[bytes, bytes]:
    if "keyStore" not in attributes:
        return b"", b""
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.serialization import pkcs12

    data, password = open_store(root, attributes, "keyStore")
    if data.startswith(JKS_MAGIC):
        return _jks_key(data, password, attributes.get("keyStoreKeyPassword", password))
    try:
        store = pkcs12.load_pkcs12(data, password.encode())
    except ValueError:
        raise LoadFailure("java.io.IOException: keystore password was incorrect") from None
    if store.key is None or store.cert is None:
        return b"", b""
    key = store.key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    chain = [store.cert, *store.additional_certs]
    return key, b"".join(c.certificate.public_bytes(ser.Encoding.PEM) for c in chain)


def _anchors(root: Path, attributes: Mapping[str, str]) -> list[bytes]:
    """Give the DER of every trusted entry."""
    if "trustStore" not in attributes:
        return []
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

    data, password = open_store(root, attributes, "trustStore")
    if data.startswith(JKS_MAGIC):
        import jks

        certs = _jks(data, password).certs.values()
        return [bytes(entry.cert) for entry in certs if isinstance(entry, jks.TrustedCertEntry)]
    try:
        store = pkcs12.load_pkcs12(data, password.encode())
    except ValueError:
        raise LoadFailure("java.io.IOException: keystore password was incorrect") from None
    return [c.certificate.public_bytes(Encoding.DER) for c in store.additional_certs]


def open_store(root: Path, attributes: Mapping[str, str], which: str) -> tuple[bytes, str]:
    """Read the store that `keyStore` or `trustStore` names, with its password; see LoadFailure."""
    path, as_url = store_path(attributes[which])
    try:
        data = (root / path.relative_to("/")).read_bytes()
    except OSError as error:
        if as_url:
            raise LoadFailure(f"java.io.FileNotFoundException: {path} ({error.strerror})") from None
        raise LoadFailure(
            f"java.io.FileNotFoundException: class path resource [{path.name}] "
            "cannot be opened because it does not exist"
        ) from None
    password = attributes.get(f"{which}Password")
    if password is None:
        raise LoadFailure("java.security.UnrecoverableKeyException: Password must not be null")
    if not data:
        raise LoadFailure("java.io.EOFException")
    if not data.startswith((b"\x30", JKS_MAGIC)):
        raise LoadFailure("java.io.IOException: Invalid keystore format")
    return data, password


def _jks(data: bytes, password: str) -> Any:
    import jks
    from jks.util import BadKeystoreFormatException, KeystoreSignatureException

    try:
        return jks.KeyStore.loads(data, password, try_decrypt_keys=False)
    except KeystoreSignatureException:
        raise LoadFailure(
            "java.io.IOException: Keystore was tampered with, or password was incorrect"
        ) from None
    except BadKeystoreFormatException:
        raise LoadFailure("java.io.IOException: Invalid keystore format") from None


def _jks_key(data: bytes, password: str, key_password: str) -> tuple[bytes, bytes]:
    from cryptography.hazmat.primitives import serialization as ser
    from jks.util import DecryptionFailureException

    for entry in _jks(data, password).private_keys.values():
        try:
            entry.decrypt(key_password)
        except DecryptionFailureException:
            raise LoadFailure(
                "java.security.UnrecoverableKeyException: Cannot recover key"
            ) from None
        key = ser.load_der_private_key(entry.pkey_pkcs8, None).private_bytes(
            ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption()
        )
        certs = (ssl.DER_cert_to_PEM_cert(bytes(der)).encode() for _, der in entry.cert_chain)
        return key, b"".join(certs)
    return b"", b""
