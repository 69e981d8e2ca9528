"""Read the CA that the draft names, asking for the password of its key and showing what it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.screen import Screen

from app.engine.ca_back import ca_changed
from app.engine.importing import CaFiles
from app.errors import PasswordError
from app.pki.importing import Candidate
from app.pki.secret import Secret
from app.site.convert import as_site
from screens.asks.found_ca import FoundCa
from screens.asks.secret import AskSecret
from screens.state import State
from screens.threads import beside

TRIES = 12


def files_of(state: State) -> tuple[str, str]:
    """Give the names of the files of the CA that is to be imported; empty where none is."""
    spec = state.draft.authority
    if spec.trust != "ca" or spec.source != "imported":
        return "", ""
    return state.draft.ca_file, state.draft.ca_key


def wanted(state: State) -> bool:
    """Tell whether there is a CA to read that was not read yet."""
    files = files_of(state)
    return bool(files[0]) and state.ca_files != files


async def read(screen: Screen[Any], state: State) -> bool:
    """Read the CA and let the user look at it; False when it is not to be taken.

    Raises GivenError for files that hold no CA.
    """
    found = await _candidate(screen, state)
    if found is None:
        return False
    window = FoundCa(found, ascii_only=state.ascii_only)
    if not await screen.app.push_screen_wait(window):
        return False
    state.ca, state.ca_files = found, files_of(state)
    state.note(f"read the CA {found.facts[0].common_name}, SHA-256 {found.facts[0].sha256}")
    return True


async def _candidate(screen: Screen[Any], state: State) -> Candidate | None:
    names, site = files_of(state), as_site(state.draft)
    secret: Secret | None = None
    for _ in range(TRIES):
        files = CaFiles(*names, secret)
        try:
            return await beside(lambda files=files: state.edges.front.read_ca(site, files))  # type: ignore[misc]
        except PasswordError as error:
            text = f"{error.where}: {error.text}."
            tail = "It is not kept.  Enter goes on, Esc leaves it."
            ask = AskSecret("Password of the CA's key", text, tail, ascii_only=state.ascii_only)
            secret = await screen.app.push_screen_wait(ask)
            if secret is None:
                return None
    return None


def note(candidate: Candidate) -> str:
    """Say in a few words what was read."""
    first = candidate.facts[0]
    return f"{first.common_name}, until {first.not_after:%Y-%m-%d}"


@contextmanager
def next_ca(state: State) -> Iterator[None]:
    """Let site.yaml ask for the next CA where that was planned; put it back where no run begins."""
    before, wanted = state.site, state.next_ca
    if before is None or wanted is None:
        yield
        return
    with ca_changed(state.edges.front.places):
        state.edges.save_site(wanted)
    state.take(wanted)
    try:
        yield
    except BaseException:
        state.edges.save_site(before)
        state.take(before)
        raise
    state.next_ca = None
    state.note("site.yaml asks for the next CA")
