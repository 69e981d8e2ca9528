"""Read the certificates that an outside CA gave back, in whatever form its tools write them.

PEM with text before it (`openssl ca` writes that), DER, PKCS #7 in PEM or DER (.p7b), the JSON of
`cfssl`, several certificates in one file.  What is something else is refused by its name.
"""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs7

from app.errors import PkiError
from app.pki.reading import UNREADABLE, der, load_der, load_pem, named

MOST_BYTES = 1_000_000
MOST_CERTIFICATES = 200

_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 ]{1,40})-----.*?-----END (?P=label)-----", re.DOTALL
)
_PLAIN = (b"CERTIFICATE", b"X509 CERTIFICATE")
_REQUESTS = (b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")
_AGAIN = "Ask the CA for the signed certificate, in PEM."


@dataclass(frozen=True, slots=True)
class Returned:
    """Hold one certificate with the name of the file that it came in."""

    certificate: x509.Certificate
    where: str


def read_returned(data: bytes, where: str) -> tuple[Returned, ...]:
    """Give every certificate of a file, in its order; raises PkiError when there is none."""
    if len(data) > MOST_BYTES:
        raise PkiError(f"it has more than {MOST_BYTES} bytes", where=where, hint=_AGAIN)
    with warnings.catch_warnings():
        # OpenSSL's own PKCS #7 is BER, not DER: read, with a warning that is not for users.
        warnings.simplefilter("ignore")
        found = _certificates(_decoded(data), where)
    if not found:
        raise PkiError("it holds no certificate", where=where, hint=_AGAIN)
    if len(found) > MOST_CERTIFICATES:
        raise PkiError(f"it holds more than {MOST_CERTIFICATES} certificates", where=where)
    once = {der(certificate): certificate for certificate in found}
    return tuple(Returned(certificate, where) for certificate in once.values())


def _certificates(data: bytes, where: str) -> list[x509.Certificate]:
    if data.lstrip()[:1] == b"{":
        return _from_json(data, where)
    if b"-----BEGIN " in data:
        return _from_pem(data, where)
    if data[:1] == b"\x30":
        return _from_der(data, where)
    # A .p7b or .cer may be bare base64, as some web forms give it.
    return _from_base64(data, where)


def _decoded(data: bytes) -> bytes:
    """Undo what editors do: UTF-16, a byte order mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace").encode(errors="replace")
    return data.removeprefix(b"\xef\xbb\xbf")


def _from_pem(data: bytes, where: str) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for block in _BLOCK.finditer(data):
        label, text = block["label"], block[0]
        if label in _PLAIN:
            text = text.replace(b"X509 CERTIFICATE", b"CERTIFICATE")
            found.append(_one_pem(text, len(found) + 1, where))
        elif label in (b"PKCS7", b"CMS"):
            found += _pkcs7(text.replace(b" CMS-", b" PKCS7-"), where, pem=True)
        else:
            _refuse(label, where)
    if not found:
        raise PkiError(
            "a PEM block in it is cut off: its END line is missing", where=where, hint=_AGAIN
        )
    return found


def _refuse(label: bytes, where: str) -> None:
    """Refuse a block that should not be there; parameters and the like are passed over."""
    if label in _REQUESTS:
        raise PkiError(
            "it holds a signing request, not a certificate",
            where=where,
            hint="It is what goes to the CA: take the file that the CA made of it.",
        )
    if label.endswith(b"PRIVATE KEY"):
        raise PkiError(
            "it holds a private key, which no CA needs to give back",
            where=where,
            hint="The key of each request is here already. Give the certificate alone; where the "
            "CA made a key of its own, let it sign the request instead.",
        )
    if label == b"TRUSTED CERTIFICATE":
        raise PkiError(
            "it is in OpenSSL's own form (TRUSTED CERTIFICATE)",
            where=where,
            hint="Write it plainly: openssl x509 -in FILE -out NEW-FILE",
        )


def _one_pem(text: bytes, number: int, where: str) -> x509.Certificate:
    try:
        return load_pem(text)
    except PkiError:
        raise PkiError(
            f"certificate {number} in it cannot be read", where=where, hint=_AGAIN
        ) from None


def _from_json(data: bytes, where: str) -> list[x509.Certificate]:
    """Read what `cfssl sign` prints, and what its server answers."""
    try:
        said = json.loads(data)
        inner = said.get("result", said) if isinstance(said, dict) else None
        text = inner.get("cert", inner.get("certificate")) if isinstance(inner, dict) else None
    except (ValueError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise PkiError("it is JSON without a certificate", where=where, hint=_AGAIN)
    return _from_pem(text.encode(errors="replace"), where)


def _from_base64(data: bytes, where: str) -> list[x509.Certificate]:
    import base64
    import binascii

    try:
        raw = base64.b64decode(b"".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    return _from_der(raw, where) if raw[:1] == b"\x30" else []


def _from_der(data: bytes, where: str) -> list[x509.Certificate]:
    try:
        return [load_der(data)]
    except PkiError:
        pass
    try:
        x509.load_der_x509_csr(data)
    except (ValueError, UnsupportedAlgorithm):
        return _pkcs7(data, where, pem=False)
    _refuse(_REQUESTS[0], where)
    return []


def _pkcs7(data: bytes, where: str, *, pem: bool) -> list[x509.Certificate]:
    load = pkcs7.load_pem_pkcs7_certificates if pem else pkcs7.load_der_pkcs7_certificates
    try:
        return [named(one) for one in load(data)]
    except UNREADABLE:
        what = "it is neither a certificate nor PKCS #7"
        hint = _AGAIN if pem else f"{_AGAIN} (A .p12 or .pfx holds a key, and is none of these.)"
        raise PkiError(what, where=where, hint=hint) from None
