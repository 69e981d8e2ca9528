"""Take certificates of an outside CA in: matched to requests by their keys, judged, kept."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import opening
from app.engine.asking import forget_delivered, nodes_of, opened, require_outside
from app.engine.keyring import Keyring
from app.engine.requests import load_requests, save_requests
from app.errors import Exit, PkiError, UsageError
from app.model import Site
from app.pki.facts import CertificateFacts
from app.pki.secret import Secret
from app.plan.deployed import Deployed
from app.plan.requested import Requested
from app.site.lock import site_lock
from app.site.places import Places

if TYPE_CHECKING:
    from app.pki.authority import Authority
    from app.pki.flaw import Flaw
    from app.pki.judging import Judgement
    from app.pki.returned import Returned

MOST_FILES = 2000
MOST_SKIPPED = 10
OTHERS = (".csr", ".ext", ".txt", ".json", ".cnf", ".key")
"""How files end in a folder that nobody takes for certificates."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Say what became of one certificate that belongs to a request.

    It was kept where there are no `faults`; `again` tells that it had been before.
    """

    name: str
    where: str
    facts: CertificateFacts
    faults: tuple[Flaw, ...] = ()
    notes: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """Hold what came of some files: certificates of requests, others, and what still waits."""

    found: tuple[TakenIn, ...]
    strangers: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    waiting: tuple[Requested, ...] = ()


def taken_lines(taken: Taken) -> list[str]:
    """Say what became of each certificate, faults first with what their CA is to do."""
    found: list[str] = []
    for one in sorted(taken.found, key=lambda one: not one.faults):
        if one.faults:
            found.append(f"XX {one.name}: not taken ({one.where})")
            for remedy in dict.fromkeys(flaw.remedy for flaw in one.faults):
                found += [f"   - {f.line}" for f in one.faults if f.remedy == remedy]
                found.append(f"     {remedy}")
        else:
            what = "was taken in before" if one.again else "taken in"
            end = f"ends {one.facts.not_after:%Y-%m-%d}"
            found.append(f"ok {one.name}: {what}, {end}, signed by {one.facts.issuer}")
        found += [f"   note: {note}" for note in one.notes]
    return [*found, *(f"-- passed over: {text}" for text in taken.skipped[:MOST_SKIPPED])]


def take(
    places: Places, site: Site, passphrase: Secret | None, paths: Iterable[Path], now: datetime
) -> Taken:
    """Read files and folders, and keep each certificate that a request waits for and that is good.

    A file that is named must hold a certificate; of a folder whatever holds none is passed over.
    Raises UsageError and PkiError, and keeps nothing then.
    """
    require_outside(site)
    returned, skipped = read_files(tuple(paths))
    kinds = opening.kinds_of(site)
    with site_lock(places, "take"):
        deployed = opening.deployed_of(places)
        requests = load_requests(places.requests)
        with opened(places, passphrase, deployed) as vault:
            authority = Keyring(site, vault).ensure_authority(now)
            assert authority is not None, "an outside CA is trust by a CA"
            kept = forget_delivered(vault, requests, deployed, nodes_of(site, kinds))
            found = _match(returned, kept, authority, now)
            for one, judged in found:
                if not one.faults:
                    kept[one.name] = _with(kept[one.name], judged, now)
            vault.save()
        save_requests(places.requests, kept)
    for one, _ in found:
        if not one.faults:
            _tidy(places.base, kept[one.name])
    waiting = tuple(kept[name] for name in sorted(kept) if not kept[name].certificate)
    strangers = _strangers(returned, requests, authority, deployed)
    return Taken(tuple(one for one, _ in found), strangers, skipped, waiting)


def read_files(paths: tuple[Path, ...]) -> tuple[tuple[Returned, ...], tuple[str, ...]]:
    """Read every certificate of files and folders; gives also what was passed over, with why."""
    from app.pki.returned import read_returned

    found: list[Returned] = []
    skipped: list[str] = []
    for path in paths:
        if not path.is_dir():
            try:
                found += read_returned(_bytes(path), str(path))
            except PkiError as error:
                error.exit_code = Exit.USAGE
                raise
            continue
        for inner in _inside(path):
            try:
                found += read_returned(_bytes(inner), str(inner))
            except (PkiError, UsageError) as error:
                if inner.suffix not in OTHERS:
                    skipped.append(f"{inner.name}: {error.text}")
    if not found:
        names = ", ".join(str(path) for path in paths)
        raise UsageError(
            f"there is no certificate in {names}",
            hint="Give the files that the CA made of the requests, or the folder they are in.",
        )
    return tuple(found), tuple(skipped)


def _inside(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from error
    if len(found) > MOST_FILES:
        raise UsageError(f"{folder} holds more than {MOST_FILES} files", hint="Name the files.")
    return found


def _bytes(path: Path) -> bytes:
    from app.pki.returned import MOST_BYTES

    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{path} is not a file")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _match(
    returned: tuple[Returned, ...],
    requests: Mapping[str, Requested],
    authority: Authority,
    now: datetime,
) -> list[tuple[TakenIn, Judgement]]:
    """Judge what belongs to a request; of several for one, the best and newest is taken."""
    from app.pki.judging import judge
    from app.pki.reading import der, facts_of

    pool = [authority.certificate, *authority.above, *(one.certificate for one in returned)]
    found: list[tuple[TakenIn, Judgement]] = []
    for name, request in sorted(requests.items()):
        own: list[tuple[TakenIn, Judgement]] = []
        for one in returned:
            if key_of(one.certificate) != request.key:
                continue
            judged = judge(one.certificate, request.spec, pool, authority.anchor, now)
            facts = facts_of(der(one.certificate))
            again = facts.sha256 == request.sha256
            told = TakenIn(name, one.where, facts, judged.faults, judged.notes, again)
            own.append((told, judged))
        if own:
            found.append(max(own, key=lambda o: (not o[0].faults, o[0].facts.not_after)))
    return found


def key_of(certificate: object) -> str:
    """Give the SHA-256 of a certificate's public key, empty where it is of an unknown kind."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    from app.pki.keys import public_der

    assert isinstance(certificate, x509.Certificate)
    try:
        return hashlib.sha256(public_der(certificate.public_key())).hexdigest()
    except (ValueError, UnsupportedAlgorithm):
        return ""


def _with(request: Requested, judged: Judgement, now: datetime) -> Requested:
    from app.pki.pem import pem_cert
    from app.pki.reading import der

    return replace(
        request,
        certificate=pem_cert(der(judged.certificate)).decode(),
        chain="".join(pem_cert(der(one)).decode() for one in judged.chain),
        taken=now.isoformat(timespec="seconds"),
    )


def _tidy(base: Path, request: Requested) -> None:
    """Take away the request's own files, unchanged ones: nobody is to sign them again."""
    from app.export.requests import MARK

    if not request.file:
        return
    path = base / request.file
    beside = path.with_suffix(".ext")
    for file, ours in ((path, request.csr.encode()), (beside, MARK.encode())):
        try:
            if not file.is_symlink() and file.read_bytes().startswith(ours):
                file.unlink()
        except OSError:
            pass  # it is on another machine by now, or gone


def _strangers(
    returned: tuple[Returned, ...],
    requests: Mapping[str, Requested],
    authority: Authority,
    deployed: Deployed,
) -> tuple[str, ...]:
    """Name the leaves that no request waits for, with what they may be."""
    from app.pki.chains import words
    from app.pki.reading import der, is_authority

    keys = {request.key for request in requests.values()}
    there = {r.facts.sha256: r.host for r in deployed.nodes.values() if r.facts}
    found: list[str] = []
    for one in returned:
        if key_of(one.certificate) in keys or is_authority(one.certificate):
            continue
        host = there.get(hashlib.sha256(der(one.certificate)).hexdigest(), "")
        what = (
            f"{host} has it already" if host
            else "it belongs to no request that waits: was the key made anew (--new) since, or "
            "did the CA make a key of its own?"
        )  # fmt: skip
        found.append(f"{one.where}: {words(one.certificate.subject)}: {what}")
    return tuple(found)
