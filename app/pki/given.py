"""Read certificates and keys that somebody hands us, in whatever form they have them.

PEM with anything in any order (RFC 7468), DER, PKCS12, PKCS7 and Java's JKS, told by their content:
names of files promise nothing.  Keys may be PKCS8, PKCS1 or SEC1, encrypted or not.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from app.errors import GivenError, PasswordError, PkiError
from app.pki import javastore
from app.pki.reading import UNREADABLE, load_der, load_pem, named
from app.pki.secret import Secret

CERTIFICATES_MAX = 64
_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 ]{1,40})-----.*?-----END (?P=label)-----", re.DOTALL
)
_CERTIFICATE = (b"CERTIFICATE", b"X509 CERTIFICATE")
_OPENSSH = b"OPENSSH PRIVATE KEY"
_TRUSTED = b"TRUSTED CERTIFICATE"
_CONVERT = "Convert it: openssl pkcs8 -topk8 -v2 aes256 -in KEY -out NEW-KEY"


@dataclass(frozen=True, slots=True)
class Given:
    """Hold what files held: certificates and private keys, each once, in their order."""

    certificates: tuple[x509.Certificate, ...] = ()
    keys: tuple[object, ...] = field(default=(), repr=False)

    def __add__(self, other: Given) -> Given:
        both = dict.fromkeys((*self.certificates, *other.certificates))
        return Given(tuple(both), (*self.keys, *other.keys))


def read_given(data: bytes, password: Secret | None, *, where: str = "") -> Given:
    """Give everything that a file holds; a password that nothing needs is ignored.

    Raises PasswordError where it is encrypted and the password is missing or wrong, and GivenError
    for what cannot be read; neither quotes a byte of it.
    """
    text = _text(data)
    if b"-----BEGIN " in text:
        found = _pem(text, password, where)
    elif data.startswith(javastore.MAGIC):
        found = _jks(data, password, where)
    else:
        found = _der(data, password, where)
    if len(found.certificates) > CERTIFICATES_MAX:
        raise GivenError(
            f"it holds {len(found.certificates)} certificates, a CA's path has a few",
            where=where,
            hint="Give the CA's own certificate and those above it, not a whole trust store.",
        )
    return found


def _text(data: bytes) -> bytes:
    """Undo what editors on Windows do to text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").encode()
    return data


def _pem(data: bytes, password: Secret | None, where: str) -> Given:
    found, labels = Given(), set[bytes]()
    for block in _BLOCK.finditer(data):
        label, text = block["label"], block[0]
        labels.add(label)
        if label in _CERTIFICATE:
            found += Given((_certificate(text, where),))
        elif label == _TRUSTED:
            raise GivenError(
                "it holds a certificate with OpenSSL's own trust settings",
                where=where,
                hint="Convert it: openssl x509 -in FILE -out NEW-FILE",
            )
        elif label == _OPENSSH:
            raise GivenError(
                "it holds an SSH key, which is no key of a CA",
                where=where,
                hint="Give the key that belongs to the CA's certificate.",
            )
        elif label.endswith(b"PRIVATE KEY"):
            found += Given((), (_pem_key(text, password, where),))
        elif label == b"PKCS7":
            found += Given(tuple(_pkcs7(pkcs7.load_pem_pkcs7_certificates, text, where)))
    if not found.certificates and not found.keys:
        words = ", ".join(sorted(label.decode().lower() for label in labels))
        raise GivenError(
            f"it holds no certificate and no private key, but: {words or 'a PEM block cut off'}",
            where=where,
        )
    return found


def _certificate(text: bytes, where: str) -> x509.Certificate:
    try:
        return load_pem(text)
    except PkiError:
        raise GivenError("a certificate in it cannot be read", where=where) from None


def _pem_key(text: bytes, password: Secret | None, where: str) -> object:
    return _key(serialization.load_pem_private_key, text, password, where)


def _key(
    load: Callable[[bytes, bytes | None], object],
    data: bytes,
    password: Secret | None,
    where: str,
) -> object:
    try:
        return load(data, None)
    except TypeError:
        pass  # it is encrypted
    except (ValueError, UnsupportedAlgorithm):
        raise _unreadable(where) from None
    if password is None:
        raise _locked("the private key", where)
    try:
        return load(data, password.reveal().encode())
    except UnsupportedAlgorithm:
        raise _unreadable(where) from None
    except ValueError as error:
        # Both come as one type; the library's word for a cipher that it does not have is fixed.
        if "unknown cipher" in str(error):
            raise _unreadable(where) from None
        raise _wrong("the private key", where) from None


def _der(data: bytes, password: Secret | None, where: str) -> Given:
    if not data.startswith(b"\x30"):
        raise GivenError(
            "it is neither PEM, DER, PKCS12, PKCS7 nor JKS" if data else "it is empty",
            where=where,
            hint="Give the CA's certificate as PEM, or certificate and key in a PKCS12 file.",
        )
    try:
        return Given((load_der(data),))
    except PkiError:
        pass
    try:
        return Given(tuple(_pkcs7(pkcs7.load_der_pkcs7_certificates, data, where)))
    except GivenError:
        pass
    if not _is_pkcs12(data):
        return Given((), (_key(serialization.load_der_private_key, data, password, where),))
    return _pkcs12(data, password, where)


def _is_pkcs12(data: bytes) -> bool:
    """Tell a store from a key: what does not parse says so, whatever the password."""
    try:
        pkcs12.load_pkcs12(data, None)
    except ValueError as error:
        return "deserialize" not in str(error)
    except UNREADABLE:
        return True
    return True


def _pkcs12(data: bytes, password: Secret | None, where: str) -> Given:
    # Without a password there are two ways to say so, and makers of stores differ.
    tries = (None, b"") if password is None else (password.reveal().encode(),)
    for one in tries:
        try:
            store = pkcs12.load_pkcs12(data, one)
        except ValueError:
            continue
        except UnsupportedAlgorithm:
            raise GivenError(
                "the PKCS12 store is encrypted in a way that is not supported here",
                where=where,
                hint="Make it anew: openssl pkcs12 -legacy -in FILE -out ALL.pem, then give that.",
            ) from None
        except UNREADABLE:
            raise GivenError("a certificate in it cannot be read", where=where) from None
        return _of_store(store, where)
    if password is None:
        raise _locked("the PKCS12 store", where)
    raise _wrong("the PKCS12 store", where)


def _of_store(store: pkcs12.PKCS12KeyAndCertificates, where: str) -> Given:
    first = () if store.cert is None else (store.cert.certificate,)
    rest = (entry.certificate for entry in store.additional_certs)
    keys = () if store.key is None else (store.key,)
    try:
        return Given(tuple(dict.fromkeys(map(named, (*first, *rest)))), keys)
    except UNREADABLE:
        raise GivenError("a certificate in it cannot be read", where=where) from None


def _jks(data: bytes, password: Secret | None, where: str) -> Given:
    if password is None:
        raise _locked("the JKS store", where)
    try:
        _, certificate, key, above = javastore.read_key_entry(data, password)
    except PkiError as error:
        if "password is another" in error.text:
            raise _wrong("the JKS store", where) from None
        raise GivenError(error.text, where=where, hint=error.hint) from None
    chain = (load_der(one) for one in above)
    return Given(tuple(dict.fromkeys((certificate, *chain))), (key,))


def _pkcs7(
    load: Callable[[bytes], list[x509.Certificate]], data: bytes, where: str
) -> Iterator[x509.Certificate]:
    try:
        with warnings.catch_warnings():
            # Many makers order the certificates otherwise than DER asks.
            warnings.simplefilter("ignore")
            yield from map(named, load(data))
    except UNREADABLE:
        raise GivenError("a PKCS7 block in it cannot be read", where=where) from None


def _unreadable(where: str) -> GivenError:
    return GivenError(
        "a private key in it cannot be read: it is damaged, or of an unusual kind",
        where=where,
        hint=_CONVERT,
    )


def _locked(what: str, where: str) -> PasswordError:
    return PasswordError(f"{what} is encrypted: its password is needed", given=False, where=where)


def _wrong(what: str, where: str) -> PasswordError:
    return PasswordError(f"the password does not open {what}", given=True, where=where)
