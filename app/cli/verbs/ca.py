"""The verb about CAs that were made elsewhere: ca; and what `init` has in common with it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from app.cli.context import Context
from app.errors import Exit, PasswordError
from app.pki.secret import Secret

if TYPE_CHECKING:
    from app.model import Site
    from app.pki.importing import Candidate

TRIES = 3


def flags_ca(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `ca`."""
    parser.add_argument(
        "act", choices=["check", "import"],
        help="check: say what is in the files and what will hurt; import: let it sign for the site",
    )  # fmt: skip
    parser.add_argument(
        "file", help="its certificate and those above it, in any order: PEM, PKCS12, PKCS7 or JKS"
    )
    add_ca_flags(parser)


def add_ca_flags(parser: argparse.ArgumentParser, *certificate: str) -> None:
    """Declare the flags that name the files of a CA."""
    if certificate:
        parser.add_argument(
            *certificate, default="", metavar="FILE",
            help="a CA that was made elsewhere: its certificate and those above it, in any order",
        )  # fmt: skip
    parser.add_argument(
        "--ca-key", default="", metavar="FILE", help="its key, where that is in another file"
    )
    parser.add_argument(
        "--ca-key-password-file", metavar="FILE",
        help="the password of its key or store (or /dev/fd/N); asked for at a terminal",
    )  # fmt: skip


def ca(context: Context) -> Exit:
    """Check a CA, or import it: its key goes into the vault and nowhere else."""
    site, front, flags = context.site(), context.front(), context.flags
    candidate = candidate_of(context, site, flags.file, flags.ca_key)
    if flags.act == "check":
        context.terminal.show(flags.json, as_data(candidate), *lines_of(candidate))
        return Exit.OK if candidate.usable else Exit.USAGE
    if not flags.json:
        show_candidate(context, candidate)
    candidate.authority(site.authority.name or site.name, 1)
    changed = front.import_ca(site, context.passphrase(), candidate)
    spec = changed.authority
    text = f"{candidate.facts[0].common_name} signs for this site now, as its generation "
    data = {**as_data(candidate), "generation": spec.generation}
    context.terminal.show(flags.json, data, f"{text}{spec.generation}.")
    key = flags.ca_key or flags.file
    context.terminal.say(f"The vault holds its key: {key} is not needed any more.")
    context.terminal.say("next: tlswright plan")
    return Exit.OK


def candidate_of(context: Context, site: Site, file: str, key: str) -> Candidate:
    """Read the CA that is named, asking for the password of its key where that is needed."""
    from app.engine.importing import CaFiles

    secret, named = None, getattr(context.flags, "ca_key_password_file", None)
    if named:
        secret = context.other_secret(named, "", "--ca-key-password-file")
    for left in range(TRIES, -1, -1):
        try:
            return context.front().read_ca(site, CaFiles(file, key, secret))
        except PasswordError as error:
            if not left or named or not context.terminal.interactive:
                error.hint = "Give --ca-key-password-file FILE with the right password."
                raise
            if error.given:
                context.terminal.say(f"{error}")
            secret = _ask(context, error.where)
    raise AssertionError("the last try raises")


def _ask(context: Context, where: str) -> Secret:
    return context.terminal.secret(f"Password of {where}")


def show_candidate(context: Context, candidate: Candidate) -> None:
    """Tell what was found, as narration."""
    for line in lines_of(candidate):
        context.terminal.say(line)


def lines_of(candidate: Candidate) -> list[str]:
    """Say what is in the files: the path, then what forbids the CA's use, then what will hurt."""
    first, *above = candidate.facts
    lines = [f"CA     {first.common_name}, until {first.not_after:%Y-%m-%d}, {first.key_type}"]
    lines.append(f"       SHA-256 {first.sha256}")
    for facts in above:
        root = "root " if facts is above[-1] else "under"
        lines.append(f"{root}  {facts.common_name}, until {facts.not_after:%Y-%m-%d}")
        lines.append(f"       SHA-256 {facts.sha256}")
    for flaw in candidate.flaws:
        lines.append(f"{'fail' if flaw.fatal else 'warn'}   {flaw.what}")
        lines += [f"       {text}" for text in (flaw.why, flaw.remedy) if text]
    return lines


def as_data(candidate: Candidate) -> dict[str, Any]:
    """Give the same as plain data."""
    return {
        "path": [facts.to_dict() for facts in candidate.facts],
        "usable": candidate.usable,
        "flaws": [
            {
                "verdict": "fail" if flaw.fatal else "warn",
                "what": flaw.what,
                "why": flaw.why,
                "remedy": flaw.remedy,
            }
            for flaw in candidate.flaws
        ],
    }
