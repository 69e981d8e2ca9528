"""Write site.yaml: a new one with comments that explain it, an old one with only what changed."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import replace
from pathlib import Path

from app.errors import SiteError
from app.model import Site
from app.site.atomic import write_atomic
from app.site.catalogue import Kinds, installed
from app.site.fresh import new_text
from app.site.load import parse_site, read_bytes
from app.site.normal import normal
from app.site.parse import decode, parse_tree
from app.site.plain import defaults_at, to_plain
from app.site.report import raise_all
from app.site.splice import splice

_BOM = b"\xef\xbb\xbf"


def save_site(
    site: Site, path: Path, kinds: Kinds | None = None, *, seen: str | None = None
) -> str:
    """Write a site to its file, atomically, and give the SHA-256 of what stands there now.

    `seen` is the digest of the file that the caller read (empty: there was none); when another
    stands there, SiteError is raised and nothing is written.  A file that exists keeps its
    comments, order, quotes, line ends and mode.  Raises SiteError as well when the old file is not
    valid, or cannot be changed in place, or when the site itself is not valid.
    """
    known = kinds or installed()
    old = read_bytes(path) if path.exists() else None
    found = hashlib.sha256(old).hexdigest() if old is not None else ""
    if seen is not None and seen != found:
        raise SiteError(
            "was changed by someone else since it was read" if old else "is gone since it was read",
            where=str(path),
            hint="Nothing was written. Leave the wizard and open it again to take the change up.",
        )
    data = site_bytes(site, old, str(path), known)
    if data != old:
        mode = stat.S_IMODE(path.stat().st_mode) if old is not None else 0o644
        _write(path, data, mode)
    return hashlib.sha256(data).hexdigest()


def site_bytes(site: Site, old: bytes | None, name: str, kinds: Kinds) -> bytes:
    """Give the bytes of site.yaml for a site, made out of the old ones where there are any."""
    if old is None or not old.strip():
        text = new_text(site, kinds)
        _check(text, site, name, kinds)
        return text.encode("utf-8")
    text = decode(old, name)
    parse_site(text, name, kinds)
    root, faults = parse_tree(text, name)
    raise_all(faults)
    if root is None:
        raise SiteError("is empty", where=name)
    wanted = to_plain(site, kinds)
    try:
        changed = splice(text, root, wanted, lambda path: defaults_at(site, kinds, path))
    except SiteError as error:
        raise SiteError(error.text, hint=error.hint, where=f"{name}: {error.where}") from None
    _check(changed, site, name, kinds)
    return _as_before(changed, old)


def _check(text: str, site: Site, name: str, kinds: Kinds) -> None:
    """Read back what is about to be written: it must hold exactly the site."""
    again = parse_site(text, name, kinds)
    if again != replace(normal(site, kinds), path=name):
        raise SiteError(
            "cannot be rewritten in place without changing something else",
            where=name,
            hint="It shares values by YAML anchors: write them out, then try again.",
        )


def _as_before(text: str, old: bytes) -> bytes:
    if old.count(b"\r\n") * 2 > old.count(b"\n"):
        text = text.replace("\n", "\r\n")
    return (_BOM if old.startswith(_BOM) else b"") + text.encode("utf-8")


def _write(path: Path, data: bytes, mode: int) -> None:
    try:
        write_atomic(path, data, mode)
    except OSError as error:
        raise SiteError(f"cannot be written: {error.strerror}", where=str(path)) from None
