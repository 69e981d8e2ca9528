"""Turn the answered draft into the site: site.yaml first, then the vault."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from app.model import Site
from app.pki.secret import Secret
from app.site.convert import Problem, problems, to_site
from app.site.draft import set_authority
from screens import ca
from screens.attempt import attempt, choose
from screens.same import command, init_words
from screens.state import State
from screens.threads import beside


def missing(state: State) -> tuple[Problem, ...]:
    """Give all that is missing in any step."""
    return problems(state.draft, None, state.edges.kinds)


async def keep_secrets(screen: Screen[Any], state: State) -> bool:
    """Put the secret options that were typed into the vault; False when it was not opened."""
    for key, value in tuple(state.secrets.items()):

        def keep(key: str = key, value: Secret = value) -> bool:
            passphrase = state.answers.passphrase
            assert passphrase is not None  # attempt() asked for it
            state.edges.front.keep_secret(passphrase, key, value)
            return True

        if not await attempt(screen, state, keep):
            return False
        del state.secrets[key]
        state.kept.add(key)
        state.note(f"kept {key} in the vault")
        state.commands.append(command(state.directory, "vault", "set", key))
    return True


async def _kept_ca(screen: Screen[Any], state: State, site: Site) -> Site | None:
    """Keep the CA that was read in the vault; gives the site that uses it."""

    def keep() -> Site:
        passphrase, candidate = state.answers.passphrase, state.ca
        assert passphrase is not None, "it was asked for"
        assert candidate is not None, "it was read before"
        return state.edges.front.keep_ca(site, passphrase, candidate)

    kept = await attempt(screen, state, keep)
    if kept is not None:
        spec = kept.authority
        draft = set_authority(state.draft, anchor=spec.anchor, generation=spec.generation)
        state.change(draft, undo=False)
        state.note(f"the vault keeps the key of the CA, as generation {spec.generation}")
    return kept


async def settle(screen: Screen[Any], state: State) -> bool:
    """Write site.yaml and make the vault where there is none; False when an answer is missing.

    Raises SiteError when the draft is not complete or the file was changed by someone else, and
    VaultError when the vault cannot be written.
    """
    site = to_site(state.draft, state.edges.kinds)
    unasked = not state.has_vault and state.answers.passphrase is None
    if unasked and not await choose(screen, state):
        return False
    if ca.wanted(state) and not await ca.read(screen, state):
        return False
    if ca.files_of(state)[0]:
        taken = await _kept_ca(screen, state, site)
        if taken is None:
            return False
        site = taken
    await beside(lambda: state.edges.save_site(site))
    state.site = site
    state.note(f"wrote {state.directory / 'site.yaml'}")
    passphrase = state.answers.passphrase
    if not state.has_vault and passphrase is not None:
        await beside(lambda: state.edges.front.create_vault(site, passphrase))
        state.note(f"made the vault {state.directory / 'vault'}")
    state.commands.append(command(state.directory, *init_words(state.draft)))
    if not await keep_secrets(screen, state):
        return False
    state.edges.drop_draft()
    state.pending = False
    return True
