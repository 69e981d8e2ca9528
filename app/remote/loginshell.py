"""Say in words why a login cannot run what we send: asked only when it did not.

The commands are constants that every shell understands; each asks one thing more than the one
before it, and the first that stays without its answer names the cause.
"""

from __future__ import annotations

import re
from typing import Any, Final

from app.errors import UnfitError
from app.model import Host
from app.quoting import calm
from app.remote.process import Process, start
from app.remote.shipping import ANOTHER_SHELL, SHELL

_SECONDS: Final = 20.0
_WORD: Final = "tlswright-is-here"
_SAY: Final = f"echo {_WORD}"
_SAY_IN_SH: Final = f"exec {SHELL} -c 'echo {_WORD}'"
_SAY_BACK: Final = f"""exec {SHELL} -c 'IFS= read -r l; echo "$l"'"""
_END: Final = f"exit {ANOTHER_SHELL}\n".encode()
_SFTP_INIT: Final = b"\0\0\0\5\1\0\0\0\3"
_SFTP_VERSION: Final = 2

_USER: Final = "log in as a user with a POSIX shell, or change this user's: `usermod -s /bin/sh`"
_PROFILE: Final = (
    "let the profile file do that in terminals only: `[ -t 0 ] || return` at its top "
    "(fish: `status is-interactive; or exit`, tcsh: `if (! $?prompt) exit`)"
)


def refusal(transport: Any, host: Host, process: Process) -> UnfitError | None:
    """Find out why `process` never said its mark; None when a login can do all that we need."""
    if process.code(2.0) == ANOTHER_SHELL:
        return _another(host)
    code, out, err = _ask(transport, host, _SAY, _END)
    if code == ANOTHER_SHELL:
        return _another(host)
    if not _said(out):
        return _no_command(transport, host, code, f"{out}\n{err}")
    code, out, err = _ask(transport, host, _SAY_IN_SH, b"")
    if not _said(out):
        if "restricted" in err:
            text = "the login shell is a restricted one (rbash or its like), which starts no other"
        else:
            text = f"the login shell cannot start {SHELL}{_last(err or out)}"
        return _error(host, text, _USER)
    _, out, _ = _ask(transport, host, _SAY_BACK, f"{_WORD}\n".encode() + _END)
    return None if _said(out) else reads_input(host)


def _said(out: str) -> bool:
    """Tell whether the word came as a line; what a profile file said before it may lack its end."""
    return any(line.endswith(_WORD) and "echo" not in line for line in out.splitlines())


def reads_input(host: Host) -> UnfitError:
    """Say that a profile file takes what is meant for us."""
    return _error(
        host, "a profile file of this user reads our standard input (.bashrc, .zshenv, "
        ".tcshrc, config.fish, or what they call)", _PROFILE,
    )  # fmt: skip


def _another(host: Host) -> UnfitError:
    text = "a profile file of this user starts another shell in place of the login shell"
    return _error(host, text, _PROFILE)


def _no_command(transport: Any, host: Host, code: int, said: str) -> UnfitError:
    """Name a login that runs no command of ours: for SFTP only, for nobody, or its own only."""
    process = start(transport, _SAY, host.name)
    try:
        out, _, _ = process.collect(_SFTP_INIT, _SECONDS)
    finally:
        process.close()
    speaks_sftp = len(out) >= len(_SFTP_INIT) and out[4] == _SFTP_VERSION
    if speaks_sftp or "sftp connections only" in said:
        text = "this login is for SFTP only (ForceCommand internal-sftp, or such a shell)"
    elif re.search(r"account is (?:currently )?not available|nologin", said):
        text = f"this account has no login shell (nologin){_last(said)}"
    elif code == 0 or said.strip():
        text = (
            "the host does not run what it is told: ForceCommand, command= in authorized_keys, "
            f"or a profile file that ends the shell{_last(said)}"
        )
    else:
        text = f"the login shell ends with status {code} and says nothing, as /bin/false does"
    return _error(host, text, _USER)


def _ask(transport: Any, host: Host, command: str, data: bytes) -> tuple[int, str, str]:
    process = start(transport, command, host.name)
    try:
        out, err, done = process.collect(data, _SECONDS)
        code = process.code() if done else 124
    finally:
        process.close()
    return code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f": {calm(lines[-1], 200)}" if lines else ""


def _error(host: Host, text: str, hint: str) -> UnfitError:
    return UnfitError(text, host=host.name, step="login shell", hint=hint)
