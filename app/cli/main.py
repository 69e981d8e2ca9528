"""The command line: find the verb, give it its flags, and turn errors into words and exit codes.

Nothing heavy is imported before a verb needs it: `tlswright --version` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from app import __version__
from app.errors import Exit, TlswrightError

VERBS: tuple[tuple[str, str, str], ...] = (
    ("init", "begin", "make a site from flags"),
    ("plan", "look", "show what would be done on each host"),
    ("apply", "runs", "do it, or go on where a run was stopped"),
    ("attach", "runs", "show a run, live or replayed"),
    ("stop", "runs", "ask a live run to stop"),
    ("status", "look", "show every certificate with its end"),
    ("verify", "look", "prove every link"),
    ("rotate", "runs", "new keys and certificates"),
    ("rollback", "runs", "take a run back"),
    ("runs", "runs", "list the runs"),
    ("export", "handover", "write a client's credential, or a bundle for a host out of reach"),
    ("csr", "outside", "write what an outside CA is to sign"),
    ("take", "outside", "take in the certificates that it gave back"),
    ("explain", "look", "explain a line of a log"),
    (
        "adopt",
        "adopt",
        "show the stores that hosts use now, and keep what is in them",
    ),
    ("ca", "ca", "check a CA that was made elsewhere, or make it the site's"),
    ("vault", "keep", "check, back up, or change the vault"),
    ("demo", "keep", "try it on embedded hosts"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        print(f"tlswright {__version__}")
        return Exit.OK
    _open_streams()
    try:
        flags = _parser(words).parse_args(words)
        return int(_run(flags))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return Exit.INTERRUPTED


def _open_streams() -> None:
    """Let every stream be there, whatever the caller closed, and bear every character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            number = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _run(flags: argparse.Namespace) -> int:
    from app.cli.context import Context
    from app.cli.terminal import Terminal
    from app.dumps import forbid_dumps
    from app.site.places import find_site

    forbid_dumps()
    terminal = Terminal.standard(os.environ, no_colour=flags.no_color, quiet=flags.quiet)
    try:
        new = flags.verb in (None, "init")
        directory = find_site(flags.directory, os.environ, Path.cwd(), new=new)
        context = Context(flags, terminal, os.environ, directory)
        if flags.verb is None:
            from app.cli.opening import has_terminal, open_screens

            if not has_terminal():
                _parser([]).print_help(sys.stderr)
            return open_screens(context)
        module = import_module(f"app.cli.verbs.{_module(flags.verb)}")
        return int(getattr(module, flags.verb)(context))
    except TlswrightError as error:
        terminal.complain(error)
        return int(error.exit_code)
    except BrokenPipeError:
        raise
    except Exception as error:
        return _bug(error)


def _module(verb: str) -> str:
    return next(module for name, module, _ in VERBS if name == verb)


def _bug(error: Exception) -> int:
    """Report a bug: the trace holds no locals, so it holds no secrets."""
    if os.environ.get("TLSWRIGHT_TRACE"):
        traceback.print_exc()
    place = traceback.extract_tb(error.__traceback__)[-1]
    print(
        f"tlswright: a bug: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}: "
        f"{error}\n  Nothing is left running by this. $TLSWRIGHT_TRACE=1 shows the whole trace.",
        file=sys.stderr,
    )
    return Exit.BUG


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; only the verb that is called declares its flags."""
    from app.cli.exits import table

    parser = argparse.ArgumentParser(
        prog="tlswright",
        description="Set up, deploy and rotate mutual TLS for middleware that talks to itself. "
        "Without a verb: the wizard, or the dashboard of the site.",
        epilog=f"exit codes:\n{table()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="store_true", help="show the version")
    _common(parser, suppress=False)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    called = next((w for w in words if any(w == name for name, _, _ in VERBS)), "")
    for name, module, text in VERBS:
        sub = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
        _common(sub, suppress=True)
        if name == called:
            getattr(import_module(f"app.cli.verbs.{module}"), f"flags_{name}")(sub)
    return parser


def _common(parser: argparse.ArgumentParser, *, suppress: bool) -> None:
    """Declare the flags that stand before or after the verb."""
    group = parser.add_argument_group("with every verb")

    def add(*names: str, **kwargs: object) -> None:
        default = argparse.SUPPRESS if suppress else kwargs.pop("default", None)
        kwargs.pop("default", None)
        group.add_argument(*names, default=default, **kwargs)  # type: ignore[arg-type]

    add("-C", "--site", dest="directory", metavar="DIR", help="the site's directory")
    add("--passphrase-file", metavar="FILE", help="the vault's passphrase")
    add("--passphrase-fd", type=int, metavar="N", help="a descriptor to read it from")
    files = {"action": "append", "metavar": "[NAME=]FILE"}
    add("--password-file", **files, help="the SSH password, of all or of the host NAME (repeat)")
    add("--sudo-password-file", **files, help="the sudo password, of all or of the host NAME")
    add("--key-passphrase-file", **files, help="the passphrase of SSH keys, or of the file NAME")
    add("--accept-host-key", action="append", metavar="SHA256:…", help="trust a host key (repeat)")
    add("--json", action="store_true", default=False, help="data as JSON")
    add("-y", "--yes", action="store_true", default=False, help="do not ask")
    add("-q", "--quiet", action="store_true", default=False, help="no narration")
    add("--no-color", action="store_true", default=False, help="no colours (also NO_COLOR)")
    add("--plain", action="store_true", default=False, help="ask line by line, without a screen")


if __name__ == "__main__":
    sys.exit(main())
