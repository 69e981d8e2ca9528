"""Try something that may need an answer first: ask for what is missing and try again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from textual.app import App
from textual.screen import Screen

from app.errors import (
    HostError,
    HostKeyError,
    HostsError,
    LoginError,
    TlswrightError,
    VaultError,
)
from app.quoting import calm
from app.remote.locked import asked_code, locked_key
from app.site.draft import set_host
from screens.asks.confirm import Confirm
from screens.asks.secret import AskSecret
from screens.state import State
from screens.threads import beside

Result = TypeVar("Result")
TRIES = 12
SHORTEST = 8
"""How long the passphrase of a vault is at least."""


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


async def choose(screen: Screen[Any], state: State) -> bool:
    """Ask twice for the passphrase of a vault that is made now; False when it was not given."""
    title, text = "A passphrase for the new vault", "It guards the CA key and the store passwords."
    while True:
        first = AskSecret(title, f"{text} {SHORTEST} characters or more.",
                          ascii_only=state.ascii_only)  # fmt: skip
        secret = await screen.app.push_screen_wait(first)
        if secret is None:
            return False
        if len(secret.reveal()) < SHORTEST:
            text = "That was too short."
            continue
        again = AskSecret(title, "The same once more.", ascii_only=state.ascii_only)
        if await screen.app.push_screen_wait(again) == secret:
            state.passphrase(secret)
            return True
        text = "The two differed."


async def _answered(screen: Screen[Any], state: State, error: TlswrightError) -> bool:
    if isinstance(error, VaultError) and _about_passphrase(error):
        state.passphrase(None)
        return await unlock(screen, state, f"{error.text}. {error.hint}".strip())
    several = error.errors if isinstance(error, HostsError) else (error,)
    if not all(_can_be_asked(one) for one in several):
        raise error
    for one in several:
        assert isinstance(one, HostError)
        if not await _answered_host(screen.app, state, one):
            return False
    return True


def _can_be_asked(error: TlswrightError) -> bool:
    unknown = isinstance(error, HostKeyError) and not error.pinned
    return unknown or isinstance(error, LoginError)


async def _answered_host(app: App[Any], state: State, error: HostError) -> bool:
    if isinstance(error, HostKeyError):
        return await trust_key(app, state, error)
    sudo = "sudo" in f"{error.step} {error.text}"
    return await ask_login(app, state, error.host, "sudo" if sudo else "passwords", error.text)


def _about_passphrase(error: VaultError) -> bool:
    return "passphrase" in f"{error.text} {error.hint}"


async def ask_login(app: App[Any], state: State, host: str, what: str, text: str) -> bool:
    """Ask for a host's password, for login or sudo; False when the user would not give it.

    Where an encrypted key stands in the way, its passphrase is asked for first; one that was
    given for another host since is not asked for again.
    """
    if what == "passwords" and (prompt := asked_code(text)):
        return await _ask_code(app, state, host, f"{host} asks: {calm(prompt, 100)}")
    key = locked_key(text) if what == "passwords" else ""
    if key:
        known = state.logins.keys.get(key)
        if known is not None and f"key {key}: needs its passphrase" in text:
            return True
        given = await _ask_key(app, state, host, key, wrong=known is not None)
        if given:
            return True
    title = f"{'sudo password' if what == 'sudo' else 'Password'} for {host}"
    tail = "Sent through SSH alone, never saved.  Enter goes on, Esc leaves it."
    ask = AskSecret(title, calm(text, 400), tail, ascii_only=state.ascii_only)
    secret = await app.push_screen_wait(ask)
    if secret is None:
        return False
    state.login(what, host, secret)
    return True


async def _ask_key(app: App[Any], state: State, host: str, key: str, *, wrong: bool) -> bool:
    text = "That was not its passphrase.\n" if wrong else ""
    text += f"The key {calm(key, 200)} is encrypted, and {host} may want it."
    tail = "Kept in memory until you quit.  Enter goes on, Esc: a password instead."
    ask = AskSecret("Passphrase of an SSH key", text, tail, ascii_only=state.ascii_only)
    secret = await app.push_screen_wait(ask)
    if secret is not None:
        state.login("keys", key, secret)
    return secret is not None


async def _ask_code(app: App[Any], state: State, host: str, text: str) -> bool:
    tail = "Good once: the next connection asks anew.  Enter goes on, Esc leaves it."
    title = f"One-time code for {host}"
    ask = AskSecret(title, text, tail, ascii_only=state.ascii_only)
    secret = await app.push_screen_wait(ask)
    if secret is not None:
        state.login("codes", host, secret)
    return secret is not None


async def ask_codes(screen: Screen[Any], state: State) -> bool:
    """Ask for new codes where hosts wanted some, for a run makes connections of its own.

    False when the user would not give one.
    """
    for host in tuple(state.logins.codes):
        text = f"The run makes a connection of its own to {host}, which wants a new code."
        if not await _ask_code(screen.app, state, host, text):
            return False
    return True


async def trust_key(app: App[Any], state: State, error: HostKeyError) -> bool:
    """Show an unknown host key and ask once whether it is the right one.

    Raises UsageError where that of a jump host cannot be kept.
    """
    where = "site.yaml" if _of_site(state, error.host) else calm(error.known_file, 100)
    question = (
        f"{calm(error.text, 400)}\n\nCompare the fingerprint with the one that the host's owner "
        f"gave you. When you trust it, it is written to {where} and no other key is accepted."
    )
    title = f"Unknown host key: {calm(error.host, 60)}"
    choices = [("no", "Not now"), ("yes", "Trust this key")]
    window = Confirm(title, question, choices, ascii_only=state.ascii_only)
    if await app.push_screen_wait(window) != "yes":
        return False
    if _of_site(state, error.host):
        pin(state, error.host, error.offered)
    else:
        state.note(f"added the key of {error.host} to {state.edges.remember(error)}")
    return True


def _of_site(state: State, host: str) -> bool:
    """Tell whether a host is one of the draft or the site, and not a jump host beside them."""
    return host in state.draft.host_names or (state.site is not None and host in state.site.hosts)


def pin(state: State, host: str, offered: str) -> None:
    """Write a host's key into the draft, and into the site when there is one."""
    if host in state.draft.host_names:
        state.change(set_host(state.draft, host, host_key=offered))
    site = state.site
    if site is not None and host in site.hosts:
        hosts = {**site.hosts, host: replace(site.hosts[host], host_key=offered)}
        state.site = replace(site, hosts=hosts)
        state.edges.save_site(state.site)


async def ensure_vault(screen: Screen[Any], state: State) -> bool:
    """Make the vault where there is none yet; False when no passphrase was given."""
    site = state.site
    if state.has_vault or site is None:
        return True
    if state.answers.passphrase is None and not await choose(screen, state):
        return False
    secret = state.answers.passphrase
    assert secret is not None
    await beside(lambda: state.edges.front.create_vault(site, secret))
    return True
