"""The verb about what people carry: export."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.context import Context
from app.errors import Exit, UsageError
from app.quoting import sh

if TYPE_CHECKING:
    from app.engine.handover import HandOver
    from app.pki.secret import Secret

_OF_BUNDLES = ("encrypt", "zip_password_file", "new")


def flags_export(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `export`."""
    parser.add_argument("what", choices=["client", "bundle"], help="what to export")
    parser.add_argument("name", help="the client's name, its subject; or the host of the bundle")
    parser.add_argument(
        "--out", metavar="PATH",
        help="a new folder, NAME-credential by default; of a bundle a new file, HOST-bundle.zip",
    )  # fmt: skip
    group = parser.add_argument_group("with a bundle")
    group.add_argument(
        "--encrypt", action="store_true", help="encrypt it: 7-Zip, WinZip and others open it"
    )
    group.add_argument(
        "--zip-password-file", metavar="FILE",
        help="the password to encrypt it with (or /dev/fd/N); asked for at a terminal",
    )  # fmt: skip
    group.add_argument("--new", action="store_true", help="make a new key and certificate")
    parser.add_argument(
        "--delivered", action="store_true",
        help="make nothing: what was made last is in use there; a bundle's key is forgotten here",
    )  # fmt: skip
    parser.add_argument(
        "--forget", action="store_true",
        help="make nothing: this client or host is no more, and nothing waits for it",
    )  # fmt: skip


def export(context: Context) -> Exit:
    """Write a client's credential, or a bundle for a host that is not reached over SSH."""
    flags = context.flags
    if flags.delivered or flags.forget:
        return _marked(context)
    if flags.what == "bundle":
        return _bundle(context)
    for flag in _OF_BUNDLES:
        if getattr(flags, flag):
            name = flag.replace("_", "-")
            raise UsageError(f"--{name} is for bundles", hint="tlswright export bundle HOST")
    return _client(context)


def _client(context: Context) -> Exit:
    """Write a client's key, certificate and the CA to a new folder of mode 0700."""
    flags = context.flags
    safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in flags.name)
    folder = Path(flags.out or f"{safe}-credential")
    front, site = context.front(), context.site()
    written = front.export_client(site, flags.name, context.answers(), folder)
    paths = [str(path) for path in written]
    context.terminal.show(flags.json, {"files": paths}, *paths)
    context.terminal.say("The key is in there: move the folder to the client and delete it here.")
    return Exit.OK


def _bundle(context: Context) -> Exit:
    """Write the zip file that a person brings to a host, of mode 0600."""
    from app.export.files import write_new

    flags, front, site = context.flags, context.front(), context.site()
    path = Path(flags.out or f"{flags.name}-bundle.zip")
    if path.exists():
        raise UsageError(f"{path} exists already", hint="Name another file: --out FILE.")
    answers = context.answers()
    password = _password(context)
    made = front.export_bundle(site, flags.name, answers, new=flags.new, password=password)
    try:
        write_new(path, made.data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    said = {
        "host": made.host,
        "file": str(path),
        "sha256": made.sha256,
        "folders": list(made.folders),
        "new": made.fresh,
        "encrypted": password is not None,
        "certificate": made.facts.to_dict(),
    }
    context.terminal.show(flags.json, said, str(path), f"SHA-256 {made.sha256}")
    _say(context, made, encrypted=password is not None)
    return Exit.OK


def _say(context: Context, made: HandOver, *, encrypted: bool) -> None:
    say = context.terminal.say
    age = "a new key" if made.fresh else "the same key as the last one"
    say(f"It holds {age}; its certificate ends {made.facts.not_after:%Y-%m-%d}.")
    if encrypted:
        say("7-Zip, WinZip or bsdtar open it; unzip and the Explorer of older Windows do not.")
    else:
        say("It is not encrypted: whoever reads it can pass for the host (--encrypt helps).")
    say(f"Unpack it on {made.host} and follow {made.folders[0]}/README.txt.")
    say(f"Once that is done: tlswright export bundle {made.host} --delivered")


def _marked(context: Context) -> Exit:
    """Record what became of what was made, without making anything."""
    flags, front = context.flags, context.front()
    word = "delivered" if flags.delivered else "forget"
    if (
        flags.out
        or flags.encrypt
        or flags.new
        or flags.zip_password_file
        or (flags.delivered and flags.forget)
    ):
        raise UsageError(
            f"--{word} makes nothing, so no other flag goes with it",
            hint=f"tlswright export {flags.what} {sh(flags.name)} --{word}",
        )
    site = context.site()
    if flags.what == "client":
        act = front.client_delivered if flags.delivered else front.forget_client
        changed = act(flags.name)
    elif flags.delivered:
        changed = front.mark_delivered(site, flags.name, context.answers())
    else:
        changed = front.forget_host(site, flags.name, context.answers())
    text = _MARKED[flags.what, word, changed].format(name=flags.name)
    who = "host" if flags.what == "bundle" else "client"
    context.terminal.show(flags.json, {who: flags.name, "changed": changed}, text)
    context.terminal.say(f"next: tlswright {'verify' if flags.delivered else 'plan'}")
    return Exit.OK


_MARKED = {
    ("bundle", "delivered", True): "{name} has its key, and nobody else: it is forgotten here",
    ("bundle", "delivered", False): "{name} was marked as delivered before",
    ("bundle", "forget", True): "{name} is waited for no more; whatever it has is not proven",
    ("bundle", "forget", False): "nothing was known of {name}",
    ("client", "delivered", True): "{name} uses its newest certificate alone",
    ("client", "delivered", False): "{name} has one certificate alone, or was marked before",
    ("client", "forget", True): "{name} is waited for no more",
    ("client", "forget", False): "nothing was known of {name}",
}


def _password(context: Context) -> Secret | None:
    """Come by the password of the zip file, where it is to have one."""
    flags = context.flags
    if not flags.encrypt and not flags.zip_password_file:
        return None
    from app.export.aes import check_password

    question = "The password of the zip file"
    found = context.other_secret(flags.zip_password_file, question, "--zip-password-file")
    check_password(found)
    return found
