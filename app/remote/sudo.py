"""Find out by which words sudo lets us in, once per connection and before anything is sent.

sudo reads its password one byte at a time from standard input (sudo(8), -S), so it takes exactly
the first line and no byte of what follows; no shell, argument or log ever sees the password.  It is
tried once: a wrong one eats following lines, costs seconds, and may lock the account.  It is sent
only after a line that is no secret came back: a profile file may read what is meant for sudo.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from app.errors import HostError, LoginError, UnfitError
from app.model import Host
from app.pki.secret import Secret
from app.quoting import calm, sh
from app.remote.loginshell import reads_input, refusal
from app.remote.process import Process, start
from app.remote.shipping import PATH, SHELL, Rights

_WORD: Final = "tlswright-is-here"
_SECONDS: Final = 30.0
_LOOK: Final = (
    f'PATH="$PATH:{PATH}";LC_ALL=C;export PATH LC_ALL;IFS= read -r l;echo;echo "=line $l";'
    "echo =line >&2;"
    'command -v sudo >/dev/null||{ echo "=none $(command -v doas)";exit 0;};'
    'exec sudo -k -u root "$@"'
)
_AS_ROOT: Final = (
    'echo "=uid $(id -u)";[ -z "$SUDO_USER" ]||sudo -n -l -U "$SUDO_USER" </dev/null 2>/dev/null'
)
_FREE: Final = "-n"
_ASKED: Final = '-S -p ""'


def choose_rights(
    transport: Any, host: Host, password: Secret | None, warn: Callable[[str], None]
) -> Rights:
    """Say how to become root on `host`; `warn` gets what is worth knowing, one sentence each.

    Raises LoginError with sudo's own reason where a password may help, else UnfitError.
    """
    if host.privilege != "sudo":
        return "own"
    if password is not None and re.search(r"[\0\r\n]", password.reveal()):
        raise LoginError("the sudo password holds a line end", host=host.name, step="sudo")
    free = _ask(transport, host, _FREE, b"")
    if free.uid is not None:
        return _enters(host, free, "sudo", warn)
    if problem := _no_password_helps(host, free.said):
        raise problem
    if password is None:
        hint = "give the sudo password before the run (--sudo-password-file)"
        raise _login_error(host, free.said, "sudo wants a password", hint)
    asked = _ask(transport, host, _ASKED, f"{password.reveal()}\n".encode())
    if asked.uid is not None:
        return _enters(host, asked, "sudo-password", warn)
    raise _no_password_helps(host, asked.said) or _refused(host, asked)


class _Answer:
    """Read what the look and sudo said; `said` is what came after our own line on errors."""

    def __init__(self, out: bytes, err: bytes, *, done: bool) -> None:
        lines = out.decode("utf-8", "replace").splitlines()
        marked = dict(line[1:].partition(" ")[::2] for line in lines if line.startswith("="))
        self.line = marked.get("line")
        self.doas = marked.get("none")
        self.uid = marked.get("uid")
        self.listing = "\n".join(line for line in lines if not line.startswith("="))
        said = err.decode("utf-8", "replace").rpartition("=line\n")[2]
        self.said = calm(said, 2000).strip() if done else f"no answer within {_SECONDS:.0f} s"


def _ask(transport: Any, host: Host, how: str, secret: bytes) -> _Answer:
    """Let sudo tell who it makes us; raises UnfitError where it is not even asked."""
    command = f"exec {SHELL} -c {sh(_LOOK)} sh {how} {SHELL} -c {sh(_AS_ROOT)}"
    process = start(transport, command, host.name)
    try:
        out, err, done = process.collect(f"{_WORD}\n".encode() + secret, _SECONDS)
        answer = _Answer(out, err, done=done)
        if answer.line is None:
            raise _mute(transport, host, process, err)
    finally:
        process.close()
    if answer.line != _WORD:
        raise reads_input(host)
    if answer.doas is not None:
        there = "sudo is not installed" + (", doas is" if answer.doas else "")
        also = "; tlswright knows no doas" if answer.doas else ""
        raise _unfit(host, there, f"install sudo, or log in as root{also}")
    return answer


def _mute(transport: Any, host: Host, process: Process, err: bytes) -> HostError:
    text = calm(err.decode("utf-8", "replace"), 300).strip() or "nothing"
    unknown = _unfit(host, f"the login shell did not do what it was told, and said: {text}", "")
    return refusal(transport, host, process) or unknown


def _enters(host: Host, answer: _Answer, rights: Rights, warn: Callable[[str], None]) -> Rights:
    """Judge what sudo made of us: root, with all rights, and nobody who writes along."""
    user = host.user or "USER"
    if not answer.uid:
        raise _unfit(
            host, "sudo lets us in, but lets no command start another (NOEXEC)",
            f"allow this user `EXEC: ALL` in sudoers, or `Defaults:{user} !noexec`",
        )  # fmt: skip
    if answer.uid != "0":
        raise _unfit(
            host, f"sudo makes us the user with number {calm(answer.uid, 20)}, not root",
            _ALLOW,
        )  # fmt: skip
    if records(answer.listing, "input"):
        raise _unfit(
            host, "sudo records what it is given (log_input): private keys would stand in its log",
            f"add `Defaults:{user} !log_input` behind that line of sudoers, or log in as root",
        )  # fmt: skip
    if records(answer.listing, "output"):
        warn("sudo records what it answers here (log_output), also the files that are read")
    return rights


_SHELLS: Final = ("ALL", "/bin/sh", "/usr/bin/sh")


def records(listing: str, what: str) -> bool:
    """Read from `sudo -l` whether sudo records the `input` or the `output` of our shell.

    The last setting that is for this command counts, and a command's own tag before all settings
    (sudoers(5), I/O LOGGING).
    """
    stream = "stdin" if what == "input" else "stdout"
    flag, on = re.compile(rf"(!?)\blog_(?:{what}|{stream})\b"), False
    for line in (line.strip() for line in listing.splitlines()):
        if line.startswith("("):
            on = _tagged(line, what.upper(), on)
        elif not line.startswith("Defaults") or _names_us(line):
            for found in flag.finditer(line):
                on = not found[1]
    return on


def _names_us(line: str) -> bool:
    """Tell whether settings for single commands are for the shell that we start."""
    scope = line.partition(" ")[0]
    return not scope.startswith("Defaults!") or any(
        name in _SHELLS for name in scope.removeprefix("Defaults!").split(",")
    )


def _tagged(line: str, what: str, on: bool) -> bool:
    """Follow the tags of one rule, `(root) LOG_INPUT: ALL, NOLOG_INPUT: /bin/sh`, to our shell."""
    tag: bool | None = None
    for command in line.partition(")")[2].split(","):
        if found := re.search(rf"\b(NO)?LOG_{what}:", command):
            tag = not found[1]
        words = command.rpartition(":")[2].split()
        if words and words[0] in _SHELLS and tag is not None:
            on = tag
    return on


def _no_password_helps(host: Host, said: str) -> UnfitError | None:
    """Name a refusal that has nothing to do with a password, in either kind of sudo."""
    lower = said.lower()
    if "must have a tty" in lower:
        hint = f"add `Defaults:{host.user or 'USER'} !requiretty` to sudoers"
        return _unfit(host, "sudo wants a terminal (requiretty)", hint, said)
    if re.search(r"not in the sudoers|not allowed|may not run|i'm sorry|unknown user", lower):
        return _unfit(host, "this user may not use sudo", _ALLOW, said)
    if re.search(r"invalid option|illegal option|unrecognized|unknown option|usage:", lower):
        text = "this sudo does not know our options (-k, -n, -S, -p): it is another program"
        return _unfit(host, text, "install sudo 1.8 or later, or sudo-rs 0.2.5 or later", said)
    return None


_ALLOW: Final = "allow this user `(root) ALL` in sudoers, `NOPASSWD:` or not"


def _refused(host: Host, answer: _Answer) -> LoginError:
    wrong = re.search(r"incorrect|try again|authentication fail", answer.said.lower())
    text = "sudo refused the password" if wrong else "sudo let us not in"
    return _login_error(host, answer.said, text, "check the sudo password of this user")


def _login_error(host: Host, said: str, text: str, hint: str) -> LoginError:
    return LoginError(text + _why(said), host=host.name, step="sudo", hint=hint)


def _unfit(host: Host, text: str, hint: str, said: str = "") -> UnfitError:
    return UnfitError(text + _why(said), host=host.name, step="sudo", hint=hint)


def _why(said: str) -> str:
    lines = said.splitlines()
    return f" ({lines[-1].strip()[:300]})" if lines else ""
