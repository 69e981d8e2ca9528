"""The one place where the command line opens the screens: they are imported here and only here."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.account import expand
from app.errors import TlswrightError

if TYPE_CHECKING:
    from app.cli.context import Context
    from app.engine.request import Answers
    from app.model import Site
    from app.site.draft import Draft
    from screens.state import Edges

SECRET_VARIABLES = ("TLSWRIGHT_PASSPHRASE_FILE", "CREDENTIALS_DIRECTORY")


def run_screens(context: Context) -> int:
    """Open the wizard, the dashboard of a site that exists, or the run that is going on.

    Raises SiteError when site.yaml is not valid: that is said on the terminal, with its place.
    """
    _calm_terminal(context.environ)
    from screens.app import run_screens as run
    from screens.state import State

    site = context.site() if context.places.site.exists() else None
    edges, draft = edges_of(context), first_draft(context, site)
    state = State(edges, draft, site, ascii_only=not _unicode(context.environ))
    state.answers = _answers(context)
    live = edges.front.live_run() if site is not None else ""
    return run(state, run=live, mouse=not context.environ.get("TLSWRIGHT_NO_MOUSE"))


def first_draft(context: Context, site: Site | None) -> Draft:
    """Give the draft to begin with: the one that was left, the site's, or an empty one."""
    from app.site.convert import from_site
    from app.site.draft import Draft
    from app.site.draft_file import load_draft
    from app.site.load import digest_of

    if site is None:
        return load_draft(context.places.draft) or Draft()
    try:
        return from_site(site, seen=digest_of(context.places.site))
    except TlswrightError:  # several topologies: the dashboard shows them, the wizard does not
        return Draft(site=site.name)


def edges_of(context: Context) -> Edges:
    """Give the screens their ways to the world outside."""
    from app.engine.journal import utc_now
    from app.remote.known_hosts import remember
    from app.site.catalogue import installed
    from app.site.draft_file import save_draft
    from app.site.load import digest_of, load_site
    from app.site.write import save_site
    from screens.state import Edges

    places = context.places
    seen = digest_of(places.site) if places.site.exists() else ""

    def keep(draft: Draft) -> None:
        context.directory.mkdir(parents=True, exist_ok=True)
        places.prepare()
        save_draft(draft, places.draft)

    def write(site: Site) -> None:
        nonlocal seen
        context.directory.mkdir(parents=True, exist_ok=True)
        seen = save_site(replace(site, path=str(places.site)), places.site, seen=seen)

    def read() -> Site | None:
        nonlocal seen
        found = digest_of(places.site) if places.site.exists() else ""
        if not found or found == seen:
            return None
        site = load_site(places.site)
        seen = found
        return site

    return Edges(
        front=context.front(),
        kinds=installed(),
        now=utc_now,
        save_site=write,
        save_draft=keep,
        read_site=read,
        drop_draft=lambda: places.draft.unlink(missing_ok=True),
        ssh_hosts=_ssh_hosts,
        remember=remember,
    )


def _ssh_hosts() -> tuple[str, ...]:
    from app.remote.config import list_config_hosts

    path = expand(Path("~/.ssh/config"))
    return list_config_hosts(path) if path.exists() else ()


def _answers(context: Context) -> Answers:
    """Take secrets that flags or the environment name; what is missing the screens ask for."""
    from app.engine.request import Answers

    flags, environ = context.flags, context.environ
    named = flags.passphrase_file or flags.passphrase_fd is not None
    if not (named or any(environ.get(name) for name in SECRET_VARIABLES)):
        return Answers()
    return context.answers(needed=True)


def _unicode(environ: Mapping[str, str]) -> bool:
    if environ.get("TLSWRIGHT_ASCII"):
        return False
    return locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"


def _calm_terminal(environ: Mapping[str, str]) -> None:
    """Spare slow lines: no animation anywhere, and fewer frames over SSH."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    if environ.get("SSH_CONNECTION"):
        os.environ.setdefault("TEXTUAL_FPS", "15")
        os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
