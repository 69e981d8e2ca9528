"""The verbs about secrets, and the one to try it all: vault, demo."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from app.cli.context import Context
from app.errors import Exit, UsageError


def flags_vault(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `vault`."""
    parser.add_argument("act", choices=["check", "passphrase", "backup", "set"], help="what to do")
    parser.add_argument("argument", nargs="?", default="", help="backup: the file; set: the option")
    parser.add_argument(
        "--new-passphrase-file", metavar="FILE", help="the new passphrase, for `passphrase`"
    )
    parser.add_argument("--value-file", metavar="FILE", help="the secret, for `set`")


def vault(context: Context) -> Exit:
    """Check the vault, change its passphrase, back it up, or keep a secret option in it."""
    from app.pki.vault import Vault

    act, flags = context.flags.act, context.flags
    path = context.places.vault
    passphrase = context.passphrase()
    with Vault.open(path, passphrase, write=act in ("passphrase", "set")) as opened:
        if act == "check":
            report = opened.check()
            text = (
                f"{path}: whole, opens with this passphrase; secrets: {report.entries}, "
                f"scrypt N=2^{report.scrypt_log2_n}, saved {report.generation} times"
            )
            context.terminal.show(flags.json, {"vault": str(path), **asdict(report)}, text)
        elif act == "backup":
            if not flags.argument:
                raise UsageError("say where the backup goes: tlswright vault backup FILE")
            opened.backup(Path(flags.argument))
            text = f"{flags.argument}: an exact copy, under the same passphrase"
            context.terminal.show(flags.json, {"backup": flags.argument}, text)
        elif act == "passphrase":
            opened.change_passphrase(
                context.other_secret(
                    flags.new_passphrase_file, "New passphrase", "--new-passphrase-file"
                )
            )
            text = "The passphrase is changed; backups keep the old one."
            context.terminal.show(flags.json, {"vault": str(path)}, text)
        else:
            _set_option(context, opened)
    return Exit.OK


def _set_option(context: Context, opened: object) -> None:
    from app import kinds
    from app.pki.vault import Vault

    assert isinstance(opened, Vault)
    known = [
        o.key for t in context.site().topologies for o in kinds.load(t.kind).options if o.secret
    ]
    key = context.flags.argument
    if key not in known:
        raise UsageError(f"{key!r} is no secret option", hint=f"There are: {', '.join(known)}.")
    value = context.other_secret(context.flags.value_file, key, "--value-file")
    opened.put(f"option/{key}", value.reveal().encode())
    opened.save()
    text = f"{key} is kept in the vault; `tlswright apply` brings it to the hosts."
    context.terminal.show(context.flags.json, {"option": key}, text)


def flags_demo(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `demo`."""
    parser.add_argument("--headless", action="store_true", help="run it all without a screen")
    parser.add_argument("--keep", action="store_true", help="leave the demo's hosts up")
    parser.add_argument("--stop", action="store_true", help="end the demo's hosts")
    parser.add_argument("--dir", metavar="DIR", help="the demo's directory; .demo by default")


def demo(context: Context) -> Exit:
    """Try it all on embedded hosts on this machine: SSH, transaction, restart, proof."""
    flags = context.flags
    words = [f"--{name}" for name in ("headless", "keep", "stop") if getattr(flags, name)]
    if flags.dir:
        words += ["--dir", flags.dir]
    done = subprocess.run([sys.executable, "-P", "-m", "app.demo", *words], check=False)
    known = {int(code) for code in Exit}
    return Exit(done.returncode) if done.returncode in known else Exit.BUG
