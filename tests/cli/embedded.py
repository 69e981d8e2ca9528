"""The demo's hosts for a test: up for as long as the block lasts, on ports of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.demo import front
from app.demo.place import Place
from tests.cli.command import tlswright
from tests.until import until
from tests.vaults import make_cheap


@contextmanager
def embedded(folder: Path, *, vault: bool = True) -> Iterator[Place]:
    """Start the hosts in `folder`, and end them behind the block, whatever runs there.

    The site has a vault that opens fast; without `vault` none, as a new demo has.
    """
    place = Place(folder)
    with place.lock("front", shared=True):
        front.start(place)
        if vault:
            make_cheap(place.site, place.passphrase.read_text().strip())
        try:
            yield place
        finally:
            until(lambda: _stopped(place), 60, "the demo's hosts to end")


def run(
    place: Place, *arguments: str | Path, stdin: str = "", program: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run one command on the site of embedded hosts."""
    return tlswright(
        "-C", place.site, "--passphrase-file", place.passphrase, *arguments,
        cwd=place.dir, stdin=stdin, program=program,
    )  # fmt: skip


def _stopped(place: Place) -> bool:
    from app.errors import LockedError

    try:
        front.stop(place)
    except LockedError:
        return False
    return True
