"""Open a key store or trust store that somebody else made, and say all that is in it.

JKS and PKCS12, with any number of entries, told by their content; with or without a MAC, with the
algorithms of old Javas too.  What is another kind of store is refused by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from app.errors import GivenError, PasswordError, PkiError
from app.pki import javastore
from app.pki.credential import Credential, matches
from app.pki.facts import CertificateFacts
from app.pki.keys import PrivateKey, supported
from app.pki.paths import signed_by
from app.pki.pkcs12_parts import parts_of
from app.pki.reading import UNREADABLE, der, facts_of, load_der, named
from app.pki.secret import Secret
from app.quoting import calm

MOST_BYTES = 1 << 20
MOST_ROUNDS = 5_000_000
MOST_WORK = 20_000_000
"""The rounds of all keys together: seconds of a core, for each password."""
MOST_ENTRIES = 1000
OTHER_PASSWORD = "its key has another password than the store"  # noqa: S105
_JCEKS = bytes.fromhex("cececece")
_CONVERT = "keytool -importkeystore -srcstoretype {} -srckeystore FILE -destkeystore NEW.p12"


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one entry of a store: a key with its certificates, or a certificate that is trusted.

    `chain` are the certificates above the first.  `problem` says why a key cannot be used; the key
    is None then.
    """

    alias: str
    kind: Literal["key", "trusted"]
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    key: PrivateKey | None = field(default=None, repr=False)
    problem: str = ""

    @property
    def facts(self) -> CertificateFacts:
        """Give what is shown of its certificate."""
        return facts_of(der(self.certificate))

    @property
    def credential(self) -> Credential:
        """Give key and chain; raises PkiError where the key cannot be used."""
        if self.key is None:
            raise PkiError(self.problem or "it holds no key")
        return Credential(self.certificate, self.key, self.chain)


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """Hold what a store holds, keys first; `unread` names entries whose certificates are not."""

    format: Literal["JKS", "PKCS12", "PEM"]
    entries: tuple[Entry, ...]
    unread: tuple[str, ...] = ()


def open_store(data: bytes, passwords: Sequence[Secret], *, where: str = "") -> OpenedStore:
    """Open a store with the first password that does; keys may have any of them.

    Raises PasswordError where none does, GivenError for what is no store that is read here.
    """
    if len(data) > MOST_BYTES:
        raise too_big(where)
    if data.startswith(javastore.MAGIC):
        return _all(passwords, where, "JKS", lambda password: _jks(data, password, passwords))
    _refuse_others(data, where)
    return _all(passwords, where, "PKCS12", lambda password: _pkcs12(data, password, passwords))


def too_big(where: str) -> GivenError:
    """Say that a store has more bytes than any that is read."""
    return GivenError(
        f"it has more than {MOST_BYTES // 1024} KiB",
        where=where,
        hint="No key store is as large: see what the file is.",
    )


def _all(
    passwords: Sequence[Secret],
    where: str,
    fmt: Literal["JKS", "PKCS12"],
    entries: Callable[[Secret], tuple[list[Entry], tuple[str, ...]]],
) -> OpenedStore:
    """Try the passwords, and put what the right one opens in order."""
    for password in passwords:
        try:
            found, unread = entries(password)
        except PasswordError:
            continue
        except PkiError as error:
            raise GivenError(error.text, where=where, hint=error.hint) from None
        if len(found) > MOST_ENTRIES:
            raise GivenError(f"it holds more than {MOST_ENTRIES} entries", where=where)
        ordered = sorted(found, key=lambda one: (one.kind != "key", one.alias))
        return OpenedStore(fmt, tuple(ordered), unread)
    text = f"the password does not open the {fmt} store, or the store is damaged"
    if not passwords:
        text = f"the {fmt} store is locked: its password is needed"
    raise PasswordError(text, given=bool(passwords), where=where)


def _jks(
    data: bytes, password: Secret, others: Sequence[Secret]
) -> tuple[list[Entry], tuple[str, ...]]:
    try:
        rows = list(javastore.read_entries(data, password, others))
    except PkiError as error:
        if "password is another" in error.text:
            raise PasswordError(error.text, given=True) from None
        raise
    found, unread = [], []
    for alias, certificates, key, is_key in rows:
        name = _shown(alias)
        try:
            first, *above = map(load_der, certificates)
        except (PkiError, ValueError):
            unread.append(name)
            continue
        if is_key:
            found.append(_key_entry(name, first, tuple(above), _loaded(key, ())))
        else:
            found.append(Entry(name, "trusted", first))
    return found, tuple(unread)


def _shown(alias: str) -> str:
    """Give a name on one line: whoever made the store chose it."""
    return " ".join(calm(alias, 200).split())


def _key_entry(
    alias: str, first: x509.Certificate, above: tuple[x509.Certificate, ...], key: object
) -> Entry:
    problem, usable = OTHER_PASSWORD if key is None else "", None
    if key is not None:
        try:
            usable = supported(key)
        except PkiError as error:
            problem = error.text
    if usable is not None and not _belongs(first, usable):
        usable, problem = None, "its key does not belong to its certificate"
    return Entry(alias, "key", first, above, usable, problem)


def _pkcs12(
    data: bytes, password: Secret, others: Sequence[Secret]
) -> tuple[list[Entry], tuple[str, ...]]:
    parts = parts_of(data)
    if parts is None:
        raise GivenError("the PKCS12 store is damaged or cut off")
    if parts.rounds > MOST_ROUNDS:
        raise GivenError(f"it asks for {parts.rounds} rounds of key derivation, which is hostile")
    if parts.rounds * len(parts.keys) > MOST_WORK:
        raise GivenError(
            f"it holds {len(parts.keys)} keys, with {parts.rounds} rounds of key derivation each",
            hint="Opening them all would take too long: make a store of the few that are in use.",
        )
    try:
        store = pkcs12.load_pkcs12(data, password.reveal().encode())
    except UnsupportedAlgorithm:
        raise GivenError(
            "the PKCS12 store is encrypted in a way that is not supported here",
            hint=f"Convert it: {_CONVERT.format('PKCS12')}",
        ) from None
    except ValueError:
        raise PasswordError("the password does not open it", given=True) from None
    except UNREADABLE:
        raise GivenError("a certificate in it cannot be read") from None
    both = [store.cert] if store.cert is not None else []
    rows, unread = list[tuple[str, x509.Certificate]](), list[str]()
    for row in (*both, *store.additional_certs):
        name = _shown((row.friendly_name or b"").decode(errors="replace"))
        try:
            rows.append((name, named(row.certificate)))
        except UNREADABLE:
            unread.append(name or "(no name)")
    keys: list[object] = [] if store.key is None else [store.key]
    keys += [found for one in parts.keys if (found := _loaded(one, (password, *others)))]
    return list(_paired(rows, keys)), tuple(unread)


def _paired(rows: list[tuple[str, x509.Certificate]], keys: Iterable[object]) -> Iterator[Entry]:
    """Give each key with its certificate and those above it, then what is trusted.

    The certificates above a key bear no name, or their own subject, which Java gives them.
    """
    used: set[int] = set()
    chained: set[x509.Certificate] = set()
    pool = [one for _, one in rows]
    for key in keys:
        number = next((n for n, (_, one) in enumerate(rows) if _belongs(one, key)), None)
        if number is None or number in used:
            continue
        used.add(number)
        alias, first = rows[number]
        above = tuple(_above(first, pool))
        chained.update(above)
        yield _key_entry(alias, first, above, key)
    for number, (alias, one) in enumerate(rows):
        part = one in chained and (not alias or "=" in alias)
        if number not in used and not part:
            yield Entry(alias, "trusted", one)


def _above(first: x509.Certificate, pool: list[x509.Certificate]) -> Iterator[x509.Certificate]:
    """Give the certificates above one, as far as they are there."""
    at, seen = first, {first}
    while True:
        above = next((one for one in pool if one not in seen and signed_by(at, one)), None)
        if above is None or at.issuer == at.subject:
            return
        yield above
        seen.add(above)
        at = above


def _belongs(one: x509.Certificate, key: object) -> bool:
    try:
        return matches(one, key)  # type: ignore[arg-type]
    except Exception:  # a public key of a kind that is not known here
        return False


def _loaded(data: bytes | None, passwords: Sequence[Secret]) -> object:
    """Read a PKCS8 key, encrypted or not; None where that cannot be."""
    for password in (None, *passwords) if data is not None else ():
        try:
            given = None if password is None else password.reveal().encode()
            return serialization.load_der_private_key(data or b"", given)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return None


def _refuse_others(data: bytes, where: str) -> None:
    """Refuse by its name what is not JKS or PKCS12."""
    what, hint = "", "Java's key stores are JKS or PKCS12."
    if not data:
        what = "it is empty"
    elif data.startswith(_JCEKS):
        what, hint = "it is a JCEKS store", f"Convert it: {_CONVERT.format('JCEKS')}"
    elif data[:4] in (b"\0\0\0\1", b"\0\0\0\2"):
        what, hint = "it is a BKS or UBER store of Bouncy Castle", _castle("BKS")
    elif b"-----BEGIN " in data[:4096]:
        what = "it is PEM, which ActiveMQ does not take for a key store"
    elif data[:1] != b"\x30":
        what = "it is no key store"
    elif parts_of(data) is None:
        what, hint = _sequence(data)
    if what:
        raise GivenError(what, where=where, hint=hint)


def _sequence(data: bytes) -> tuple[str, str]:
    try:
        load_der(data)
    except PkiError:
        text = "it is a PKCS12 store that is damaged or cut off, or a BCFKS store"
        return text, _castle("BCFKS")
    return "it is a certificate, not a key store", "Java's key stores are JKS or PKCS12."


def _castle(name: str) -> str:
    return (
        f"Convert it with Bouncy Castle's provider on the path: {_CONVERT.format(name)} "
        "-providerclass org.bouncycastle.jce.provider.BouncyCastleProvider"
    )
