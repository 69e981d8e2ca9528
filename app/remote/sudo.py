"""Find out by which words sudo lets us in, once per connection and before anything is sent.

sudo reads its password one byte at a time from standard input (sudo(8), -S), so it takes exactly
the first line and no byte of what follows; no shell, argument or log ever sees the password.  It is
tried once: a wrong one eats following lines, costs seconds, and may lock the account.
"""

from __future__ import annotations

from typing import Any

from app.errors import LoginError
from app.model import Host
from app.pki.secret import Secret
from app.quoting import calm
from app.remote.process import start
from app.remote.shipping import Rights

_FREE = "exec env LC_ALL=C sudo -n sh -c :"
_ASKED = "exec env LC_ALL=C sudo -k -S -p '' sh -c :"
_SECONDS = 30.0


def choose_rights(transport: Any, host: Host, password: Secret | None) -> Rights:
    """Say how to become root on `host`; raises LoginError with sudo's own reason in words."""
    if host.privilege != "sudo":
        return "own"
    code, said = _ask(transport, host, _FREE, b"")
    if code == 0:
        return "sudo"
    if password is None:
        raise _refused(host, said, "sudo wants a password", "give the sudo password before the run")
    line = f"{password.reveal()}\n".encode()
    code, said = _ask(transport, host, _ASKED, line)
    if code == 0:
        return "sudo-password"
    raise _refused(host, said, "sudo refused the password", "check the sudo password of this user")


def _ask(transport: Any, host: Host, command: str, data: bytes) -> tuple[int, str]:
    process = start(transport, command, host.name)
    try:
        _, err, done = process.collect(data, _SECONDS)
        code = process.code() if done else 124
    finally:
        process.close()
    return code, calm(err.decode("utf-8", "replace"), 500).strip()


def _refused(host: Host, said: str, text: str, hint: str) -> LoginError:
    lower = said.lower()
    if "not found" in lower or "no such file" in lower:
        text, hint = "sudo is not installed", "install sudo, or log in as root"
    elif "must have a tty" in lower:
        text, hint = "sudo wants a terminal", "take `requiretty` out of the sudoers of this user"
    elif "not in the sudoers" in lower or "not allowed" in lower or "may not run" in lower:
        text, hint = "this user may not use sudo", "allow this user `ALL` in sudoers"
    last = said.splitlines()[-1] if said else ""
    told = f"{text} ({last})" if last else text
    return LoginError(told, host=host.name, step="sudo", hint=hint)
