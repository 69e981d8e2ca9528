"""What a person brings to a host that we cannot reach: files, a script, and a page of steps.

Bundles are made from the same resources as runs are.  A file that stands on the host already, and
that we have not seen, is never replaced: lines are added to it by the script, on the host, or by
the person's own hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.kinds.resources import FileResource, LiteralWant
from app.pki.facts import CertificateFacts
from app.pki.secret import Secret
from app.quoting import sh
from app.rendering import render_template

PAGE, SCRIPT = "README.txt", "install.sh"
PAGE_TEMPLATE = "bundle/README.txt.j2"
_TAG = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a bundle: where it lies in the bundle, and the resource that it becomes.

    With `whole` it is put in its place as it is; without, it is there to be read.
    """

    name: str
    resource: FileResource
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that go before those of a file that the user may have: `name` lies in the bundle.

    `taken` is an extended regular expression: a file with a line that it matches, and without
    ours, is left alone, and the person is told.
    """

    name: str
    resource: FileResource
    taken: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Hold what goes into one folder of a zip file, in order; `script` is empty on Windows."""

    pieces: tuple[Piece, ...]
    page: str
    script: str = ""


def tag_of(facts: CertificateFacts) -> str:
    """Give the word that the old files of an installation are kept under."""
    return facts.sha256[:_TAG]


def bundle_of(
    resources: tuple[FileResource, ...],
    facts: CertificateFacts,
    values: Mapping[str, object],
    page: str = PAGE_TEMPLATE,
    *,
    adds: tuple[Lines, ...] = (),
    closes: tuple[Lines, ...] = (),
    shown: tuple[Piece, ...] = (),
    check: str = "",
) -> Bundle:
    """Make a bundle for Linux of whole files, of lines to add, and of pieces to be read.

    `closes` are lines that the person adds last of all, once everything works over TLS.  `page` is
    a template that gets `values`; `check` a POSIX-sh snippet that says on standard error why the
    files do not belong on this host, and fails.  A kind without a page of its own gets one that
    leaves to the person how its service restarts.
    """
    whole = tuple(Piece(f"files{r.path}", r) for r in resources)
    script = render_template(
        "bundle/install.sh.j2",
        tag=tag_of(facts),
        host=sh(resources[0].host) if resources else "''",
        files=[_row(piece.name, piece.resource) for piece in whole],
        adds=[_added(one) for one in adds],
        closes=[_added(one) for one in closes],
        check=check,
    )
    text = render_template(page, **about(facts), **values)
    added = tuple(Piece(one.name, one.resource, whole=False) for one in (*adds, *closes))
    return Bundle((*whole, *added, *shown), text, script)


def about(facts: CertificateFacts) -> Mapping[str, object]:
    """Give what every page says of the certificate."""
    return {
        "names": ", ".join(san.value for san in facts.sans),
        "ends": f"{facts.not_after:%Y-%m-%d}",
        "sha256": facts.sha256,
        "tag": tag_of(facts),
    }


def text_piece(name: str, like: FileResource, text: str, secrets: tuple[Secret, ...] = ()) -> Piece:
    """Make a piece that is only read, such as a snippet to paste."""
    want = LiteralWant(text.encode(), secrets)
    return Piece(name, replace(like, want=want), whole=False)


def _added(one: Lines) -> dict[str, str]:
    return {**_row(one.name, one.resource), "taken": sh(one.taken)}


def _row(name: str, resource: FileResource) -> dict[str, str]:
    return {
        "name": sh(name),
        "path": sh(resource.path),
        "owner": sh(resource.owner),
        "group": sh(resource.group),
        "mode": f"{resource.mode:04o}",
        "mask": f"{0o777 & ~resource.mode:04o}",
    }
