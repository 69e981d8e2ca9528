"""Try something that may need an answer first: ask for what is missing and try again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from textual.app import App
from textual.screen import Screen

from app.errors import HostKeyError, LoginError, TlswrightError, VaultError
from app.quoting import calm
from app.site.draft import set_host
from screens.asks.confirm import Confirm
from screens.asks.secret import AskSecret
from screens.state import State
from screens.threads import beside

Result = TypeVar("Result")
TRIES = 12


async def attempt(screen: Screen[Any], state: State, call: Callable[[], Result]) -> Result | None:
    """Call in a thread until it answers; None when the user would not give what is missing.

    Asks for the vault's passphrase, for logins and for trust in unknown host keys, each in a
    window of its own; every other TlswrightError goes through to the caller.
    """
    for _ in range(TRIES):
        locked = state.has_vault and state.answers.passphrase is None
        if locked and not await unlock(screen, state):
            return None
        try:
            return await beside(call)
        except TlswrightError as error:
            state.note(str(error))
            if not await _answered(screen, state, error):
                return None
    return None


async def unlock(screen: Screen[Any], state: State, problem: str = "") -> bool:
    """Ask for the vault's passphrase; False when the user would not give it."""
    text = f"{problem}\n" if problem else ""
    text += "The vault beside site.yaml holds the CA key and the store passwords."
    ask = AskSecret("Passphrase of the vault", text, ascii_only=state.ascii_only)
    secret = await screen.app.push_screen_wait(ask)
    if secret is None:
        return False
    state.passphrase(secret)
    return True


async def _answered(screen: Screen[Any], state: State, error: TlswrightError) -> bool:
    if isinstance(error, VaultError) and _about_passphrase(error):
        state.passphrase(None)
        return await unlock(screen, state, f"{error.text}. {error.hint}".strip())
    if isinstance(error, HostKeyError) and not error.pinned:
        return await trust_key(screen.app, state, error.host, error.offered, error.text)
    if isinstance(error, LoginError):
        what = "sudo" if "sudo" in f"{error.step} {error.text}" else "passwords"
        return await ask_login(screen.app, state, error.host, what, error.text)
    raise error


def _about_passphrase(error: VaultError) -> bool:
    return "passphrase" in f"{error.text} {error.hint}"


async def ask_login(app: App[Any], state: State, host: str, what: str, text: str) -> bool:
    """Ask for a host's password, for login or sudo; False when the user would not give it."""
    title = f"{'sudo password' if what == 'sudo' else 'Password'} for {host}"
    tail = "Sent through SSH alone, never saved.  Enter goes on, Esc leaves it."
    ask = AskSecret(title, calm(text, 400), tail, ascii_only=state.ascii_only)
    secret = await app.push_screen_wait(ask)
    if secret is None:
        return False
    state.login(what, host, secret)
    return True


async def trust_key(app: App[Any], state: State, host: str, offered: str, text: str) -> bool:
    """Show an unknown host key and ask once whether it is the right one."""
    question = (
        f"{calm(text, 400)}\n\nCompare the fingerprint with the one that the host's owner gave "
        "you. When you trust it, it is written to site.yaml and no other key is accepted."
    )
    choices = [("no", "Not now"), ("yes", "Trust this key")]
    window = Confirm(f"Unknown host key: {host}", question, choices, ascii_only=state.ascii_only)
    if await app.push_screen_wait(window) != "yes":
        return False
    pin(state, host, offered)
    return True


def pin(state: State, host: str, offered: str) -> None:
    """Write a host's key into the draft, and into the site when there is one."""
    if host in state.draft.host_names:
        state.change(set_host(state.draft, host, host_key=offered))
    site = state.site
    if site is not None and host in site.hosts:
        hosts = {**site.hosts, host: replace(site.hosts[host], host_key=offered)}
        state.site = replace(site, hosts=hosts)
        state.edges.save_site(state.site)
