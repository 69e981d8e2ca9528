"""Read site.yaml: every problem at once, each with its line, column, key and remedy."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.errors import SiteError
from app.model import SCHEMA_VERSION, Site
from app.site.catalogue import Kinds, installed
from app.site.issues import site_issues
from app.site.normal import normal
from app.site.parse import decode, parse_tree
from app.site.reading import Reading
from app.site.report import nearest, raise_all, to_errors
from app.site.schema import TOP_KEYS
from app.site.shape import read_site
from app.site.tree import MAX_BYTES, Leaf, Map, Node, find


def load_site(path: Path, kinds: Kinds | None = None) -> Site:
    """Read a site from its file.

    Raises SiteError: the first problem in the order of the file, the rest in its `others`.
    """
    return parse_site(decode(read_bytes(path), str(path)), str(path), kinds)


def parse_site(text: str, name: str, kinds: Kinds | None = None) -> Site:
    """Read a site from text; `name` is the file in the errors' `where`.

    Options that equal what would hold without them are left out of the result.  Raises SiteError
    as `load_site` does.
    """
    known = kinds or installed()
    root, faults = parse_tree(text, name)
    if not isinstance(root, Map):
        raise SiteError(
            "is empty" if root is None else "does not hold keys and values",
            where=f"{name}:1:1",
            hint="A site begins with `version: 1`; `tlswright init` writes one.",
        )
    _check_version(root, name)
    reading = Reading()
    site = read_site(root, name, known, reading)
    found = list(reading.issues)
    noted = {issue.path for issue in found}
    found += [i for i in site_issues(site, known) if not _covered(i.path, noted)]
    raise_all(to_errors(found, root, name, faults))
    return normal(site, known)


def read_bytes(path: Path) -> bytes:
    """Read a site file; raises SiteError in words when it is missing, unreadable or huge."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SiteError(
            "there is no site file",
            where=str(path),
            hint="Make one with `tlswright init`, or name the site's directory with -C.",
        ) from None
    except OSError as error:
        raise SiteError(f"cannot be read: {error.strerror}", where=str(path)) from None
    return data


def digest_of(path: Path) -> str:
    """Give the SHA-256 of the file, empty when there is none: what `save_site` compares."""
    return hashlib.sha256(read_bytes(path)).hexdigest() if path.exists() else ""


def _check_version(root: Map, name: str) -> None:
    """Refuse a version we do not know before judging keys by the rules of ours."""
    node = root.get("version")
    place = find(root, ("version",))
    where = f"{name}:{place.line}:{place.column}"
    if node is None:
        near = next((e.key.raw for e in root.entries if e.key.raw not in TOP_KEYS), "")
        hint = nearest(near, TOP_KEYS) if "ersio" in near else "Begin the file with `version: 1`."
        raise SiteError("the key 'version' is missing", where=where, key="version", hint=hint)
    value = _whole(node)
    if value is None:
        raise SiteError(
            "version: must be a whole number",
            where=where,
            key="version",
            hint="Write `version: 1`.",
        )
    if value > SCHEMA_VERSION:
        raise SiteError(
            f"version: {value} is newer than this tlswright, which knows up to {SCHEMA_VERSION}",
            where=where,
            key="version",
            hint="It was written by a newer tlswright: update this one.",
        )
    if value < 1:
        raise SiteError(f"version: there is no version {value}", where=where, key="version")


def _whole(node: Node) -> int | None:
    value = node.value if isinstance(node, Leaf) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _covered(path: tuple[str | int, ...], noted: set[tuple[str | int, ...]]) -> bool:
    """Tell whether a problem follows from one that was noted at the same place or inside of it."""
    return any(
        path == other[: len(path)] or other == path[: len(other)] for other in noted if other
    )
