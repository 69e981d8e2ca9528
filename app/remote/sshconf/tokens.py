"""Fill in what ssh_config(5) calls tokens: `%h`, `${NAME}` and `~`."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.account import user_name

_TOKEN: Final = re.compile(r"%(.?)|\$\{([^}]*)(\}?)", re.DOTALL)
_PERCENT: Final = re.compile(r"%(.?)", re.DOTALL)
_NONE: Final[Mapping[str, str]] = {}
_SHELL: Final = re.compile(r"[\s'`\"$\\;&<>|(){}\x00-\x1f\x7f]|^-")


class TokenError(ValueError):
    """Say which token cannot be filled in."""


@dataclass(frozen=True, slots=True)
class Here:
    """Say who and where we are: this machine's name, the local user, and the environment."""

    home: Path
    user: str = field(default_factory=user_name)
    machine: str = field(default_factory=socket.gethostname)
    number: int = field(default_factory=os.getuid)
    environ: Mapping[str, str] = field(
        default_factory=lambda: dict(os.environ), hash=False, repr=False
    )

    @property
    def shell(self) -> str:
        """Give the shell that ssh would run commands with."""
        return self.environ.get("SHELL") or "/bin/sh"


@dataclass(frozen=True, slots=True)
class Call:
    """Hold what the tokens of one connection stand for.

    `host` is the name that is dialled, `original` the name that was asked for.
    """

    here: Here
    host: str
    original: str
    port: int
    user: str
    alias: str = ""
    jump: str = ""

    def fill(self, text: str, *, dollar: bool = True, more: Mapping[str, str] = _NONE) -> str:
        """Fill in `%` tokens and, but for commands, `${NAME}`; raises TokenError.

        `more` holds tokens that only one keyword knows.
        """
        known = {
            "%": "%",
            "h": self.host,
            "n": self.original,
            "p": str(self.port),
            "r": self.user,
            "k": self.alias or self.original,
            "j": self.jump,
            "d": str(self.here.home),
            "i": str(self.here.number),
            "l": self.here.machine,
            "L": self.here.machine.split(".")[0],
            "u": self.here.user,
            **more,
        }

        def one(found: re.Match[str]) -> str:
            if found[1] is None:
                return self._variable(found)
            if found[1] not in known:
                raise TokenError(f"the token %{found[1]} cannot be filled in here")
            return known[found[1]]

        return (_TOKEN if dollar else _PERCENT).sub(one, text)

    def path(self, text: str) -> Path:
        """Fill in a path, which may begin with `~`; raises TokenError."""
        return Path(self.fill(tilde(text, self.here.home)))

    def command(self, text: str) -> str:
        """Fill in a command for the shell; raises TokenError for values that a shell would read.

        ssh does not quote what it fills in, and neither can we: the command is the user's own.
        """
        for value in (self.host, self.original, self.user, self.alias):
            if _SHELL.search(value):
                raise TokenError(f"{value!r} must not stand in a command")
        return self.fill(text, dollar=False)

    def _variable(self, found: re.Match[str]) -> str:
        value = self.here.environ.get(found[2])
        if value is None or not found[3]:
            raise TokenError(f"the environment has no ${{{found[2]}}}")
        return value


def tilde(text: str, home: Path) -> str:
    """Replace a leading `~` by a home directory; raises TokenError for a user that is not there."""
    if not text.startswith("~"):
        return text
    user, _, rest = text.partition("/")
    base = str(home) if user == "~" else os.path.expanduser(user)
    if base.startswith("~"):
        raise TokenError(f"there is no user {user[1:]}")
    return f"{base.rstrip('/')}/{rest.lstrip('/')}" if rest else f"{base.rstrip('/')}/"
