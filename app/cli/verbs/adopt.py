"""The verb about stores that hosts use already: adopt."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.context import Context
from app.errors import Exit, HostError, HostsError, UsageError
from app.pki.secret import Secret

if TYPE_CHECKING:
    from app.engine.adopting import Found, FoundStore
    from app.engine.request import Answers
    from app.engine.retaining import Retained
    from app.model import Site
    from app.plan.adopted import Adopted

TRIES = 3


def flags_adopt(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `adopt`."""
    parser.add_argument("--host", action="append", metavar="H", help="of this host (repeat)")
    parser.add_argument(
        "--store-password-file", action="append", metavar="FILE",
        help="a password of the stores, where it does not stand in the host's own file (repeat); "
        "asked for at a terminal",
    )  # fmt: skip
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--keep", action="append", choices=["trust", "key"],
        help="trust: go on to trust what the trust store holds; key: go on with the host's own key "
        "and certificate (repeat)",
    )  # fmt: skip
    how.add_argument(
        "--replace", nargs="?", const="all", choices=["all", "trust", "key"],
        help="keep nothing (or no longer that one), which is the default: new keys, and trust in "
        "this site alone",
    )  # fmt: skip
    parser.add_argument(
        "--alias", default="", metavar="NAME", help="which key, where a store holds several"
    )


def adopt(context: Context) -> Exit:
    """Show the stores that hosts use now; keep of them what is asked for."""
    flags, site, front = context.flags, context.site(), context.front()
    hosts, files = flags.host or (), flags.store_password_file or ()
    if flags.replace:
        answers = context.answers(needed=context.places.vault.exists())
        whom = hosts or tuple(site.hosts)
        gone = front.stores.let_go(
            site, answers,
            trust=() if flags.replace == "key" else whom,
            keys=() if flags.replace == "trust" else whom,
        )  # fmt: skip
        what = {"trust": "trust store", "key": "key store"}.get(flags.replace, "stores")
        lines = [f"{host}: nothing of its old {what} is kept any more" for host in gone]
        context.terminal.show(flags.json, {"replaced": list(gone)}, *lines)
        if not gone:
            context.terminal.say("Nothing was kept: new keys are made, as without it.")
        context.terminal.say("next: tlswright plan")
        return Exit.OK
    found = opened(context, find(context, context.answers(needed=False), hosts), files)
    if flags.keep:
        return _keep(context, site, found)
    adopted = front.stores.trusted(site)
    context.terminal.show(flags.json, as_data(found, adopted), *lines_of(found, adopted))
    if any(one.locked and not one.own for one in found.stores):
        context.terminal.say("A store is locked: give --store-password-file FILE.")
    elif any(one.opened and not one.own and not one.aside for one in found.stores):
        context.terminal.say(
            "By default new ones are made beside them; --keep keeps what they hold."
        )
    return _outcome(context, found)


def find(context: Context, answers: Answers, hosts: Collection[str]) -> Found:
    """Read the stores of all hosts that answer, once everything was asked for that can be.

    What a person would not or cannot give leaves its host out; the others are shown.
    """
    from app.engine.gather import refuse_answerable

    front, seen = context.front(), list["Found"]()

    def read(answers: Answers) -> Found:
        seen.append(front.stores.find(context.site(), answers, hosts))
        refuse_answerable(seen[-1].errors)
        return seen[-1]

    try:
        return context.asking(read, answers)
    except (HostError, HostsError):
        if not seen:
            raise
        return seen[-1]


def _outcome(context: Context, found: Found) -> Exit:
    """Tell of the part that was not read: hosts, then stores that the given passwords leave."""
    from app.engine.adopting import locked
    from app.engine.gather import distinct

    if found.errors:
        names = ", ".join(sorted(found.errors))
        context.terminal.say(f"Not all was read: {names}.")
        return distinct(found.errors)[0].exit_code
    if context.flags.store_password_file and any(locked(found)):
        return Exit.USAGE
    return Exit.OK


def opened(context: Context, found: Found, files: Sequence[str] = ()) -> Found:
    """Try the passwords of the files that are named, then ask for each store that stays locked."""
    from app.engine.adopting import locked
    from app.pki.passphrase import PassphraseOptions, find_passphrase

    flag, more = "--store-password-file", list[Secret]()
    for file in files:
        more.append(find_passphrase(PassphraseOptions(file=Path(file), flag=flag), {}, None))
    found = found.open(more)
    if not context.terminal.interactive:
        return found
    for store in tuple(locked(found)):
        for _ in range(TRIES):
            if store not in tuple(locked(found)):
                break
            secret = context.terminal.secret(f"Password of {store.place} (empty: leave it)")
            if not secret:
                break
            more.append(secret)
            found = found.open(more)
    return found


def _keep(context: Context, site: Site, found: Found) -> Exit:
    """Keep what is asked for, of the hosts that are named or of all that have it."""
    flags, front = context.flags, context.front()
    wanted = {
        role: _hosts(context, found, role) if role in flags.keep else ()
        for role in ("trust", "key")
    }
    answers = context.with_vault() if wanted["key"] else context.answers(needed=False)
    kept = front.stores.keep(
        site, answers, found, trust=wanted["trust"], keys=wanted["key"], alias=flags.alias
    )
    data = {"kept": [_kept_data(one) for one in kept]}
    context.terminal.show(flags.json, data, *(line for one in kept for line in _kept_lines(one)))
    if wanted["trust"]:
        context.terminal.say(
            "Whoever has such a certificate is let in, until `tlswright adopt --replace`, or until "
            "it is taken out of the file in adopted/."
        )
    if wanted["key"]:
        context.terminal.say("The vault holds the key until the next apply has put it in place.")
    context.terminal.say("next: tlswright plan")
    return Exit.OK


def _hosts(context: Context, found: Found, role: str) -> tuple[str, ...]:
    if context.flags.host:
        return tuple(context.flags.host)
    from app.engine.gather import refuse_errors

    refuse_errors(found.errors)
    hosts = [one.host for one in found.stores if one.role == role and not one.own and not one.aside]
    if not hosts:
        notes = "; ".join(f"{host}: {text}" for host, text in found.notes)
        raise UsageError(
            f"no host uses an older {role} store",
            hint=notes or "They use those of this site already: there is nothing older to keep.",
        )
    return tuple(dict.fromkeys(hosts))


def lines_of(found: Found, adopted: Adopted) -> list[str]:
    """Say what each store holds, and what is kept already."""
    from app.engine.adopting import error_lines, store_lines

    lines = [line for one in found.stores for line in store_lines(one)]
    lines += [f"{host}  {text}" for host, text in found.notes]
    lines += error_lines(found)
    for key, kept in adopted.items():
        host = key.partition("/")[2]
        lines += [f"{host}  goes on to trust {one.alias}, SHA-256 {one.sha256}" for one in kept]
    return lines


def as_data(found: Found, adopted: Adopted) -> dict[str, Any]:
    """Give the same as plain data."""
    return {
        "stores": [_store_data(one) for one in found.stores],
        "notes": [{"host": host, "text": text} for host, text in found.notes],
        "errors": [
            {"host": host, "error": str(error), "hint": error.hint}
            for host, error in sorted(found.errors.items())
        ],
        "kept": [
            {"host": key.partition("/")[2], "alias": one.alias, **one.facts.to_dict()}
            for key, kept in adopted.items()
            for one in kept
        ],
    }


def _store_data(one: FoundStore) -> dict[str, Any]:
    return {
        "host": one.host,
        "role": one.role,
        "path": one.path,
        "named": one.named,
        "where": one.where,
        "format": one.opened.format if one.opened else "",
        "own": one.own,
        "aside": one.aside,
        "locked": one.locked,
        "error": one.error.text if one.error else "",
        "hint": one.error.hint if one.error else "",
        "entries": [
            {
                "alias": entry.alias,
                "kind": entry.kind,
                "problem": entry.problem,
                "chain": len(entry.chain),
                **entry.facts.to_dict(),
            }
            for entry in (one.opened.entries if one.opened else ())
        ],
        "unread": list(one.opened.unread if one.opened else ()),
    }


def _kept_data(one: Retained) -> dict[str, Any]:
    trust = [{"alias": kept.alias, **kept.facts.to_dict()} for kept in one.trust]
    return {"host": one.host, "trust": trust, "key": one.key}


def _kept_lines(one: Retained) -> list[str]:
    lines = [
        f"{one.host}  goes on to trust {kept.alias}: {kept.facts.subject}, until "
        f"{kept.facts.not_after:%Y-%m-%d}"
        for kept in one.trust
    ]
    return [*lines, *([f"{one.host}  keeps the key of {one.key}"] if one.key else [])]
