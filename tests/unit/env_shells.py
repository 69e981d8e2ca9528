"""Source environment files with real shells, as RabbitMQ's scripts do, and see what comes out."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

# /bin/sh is dash on Debian and bash in its POSIX mode elsewhere; the file must do for both.
SHELLS = (("/bin/sh",), ("/bin/bash", "--posix"))
OURS = frozenset(
    (
        "ERL_SSL_PATH",
        "SERVER_ADDITIONAL_ERL_ARGS",
        "CTL_ERL_ARGS",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
        "RABBITMQ_CTL_ERL_ARGS",
    )
)
_NOISE = frozenset(("PWD", "OLDPWD", "SHLVL", "_", "BASHOPTS", "PPID", "POSIXLY_CORRECT"))
# The lines of sbin/rabbitmq-env (3.10.8) that read the file, and how its words reach erl.
_SCRIPT = r"""
set -ea
. "$1" >/dev/null 2>&1 || status=$?
[ "x" = "x$RABBITMQ_CTL_ERL_ARGS" ] && RABBITMQ_CTL_ERL_ARGS="$CTL_ERL_ARGS"
[ "x" = "x$RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS" ] && \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=${SERVER_ADDITIONAL_ERL_ARGS}
set -f
printf '%s\0' "${status:-0}" $RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS == $RABBITMQ_CTL_ERL_ARGS ==
exec /usr/bin/env -0
"""


@dataclass(frozen=True)
class Sourced:
    """What a shell made of a file: arguments for erl, every other variable, and how it ended."""

    status: str
    server: tuple[str, ...]
    ctl: tuple[str, ...]
    variables: dict[str, str]

    @property
    def foreign(self) -> dict[str, str]:
        return {name: text for name, text in self.variables.items() if name not in OURS}


def source(data: bytes, shell: tuple[str, ...], folder: Path) -> Sourced | None:
    """Source the file; None where the shell gave up on it."""
    path = folder / "rabbitmq-env.conf"
    path.write_bytes(data)
    done = subprocess.run(
        [*shell, "-c", _SCRIPT, "sh", str(path)],
        env={"PATH": os.environ["PATH"], "HOME": "/root"},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
    )
    if done.returncode:
        return None
    fields = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    if "==" not in fields:
        return None
    first = fields.index("==")
    second = fields.index("==", first + 1)
    pairs = (field.partition("=") for field in fields[second + 1 : -1])
    variables = {name: text for name, _, text in pairs if name not in _NOISE and name != "status"}
    return Sourced(fields[0], tuple(fields[1:first]), tuple(fields[first + 1 : second]), variables)


def others(words: tuple[str, ...]) -> tuple[str, ...]:
    """Give the arguments that are no TLS flags for the distribution, told apart the simple way."""
    kept: list[str] = []
    drop = paths = False
    for word in words:
        if word.startswith(("-", "+")):
            drop = word in ("-proto_dist", "-ssl_dist_optfile", "-ssl_dist_opt")
            paths = word == "-pa"
        if not drop and not (paths and "/ssl-" in word):
            kept.append(word)
    return tuple(w for n, w in enumerate(kept) if w != "-pa" or _has_value(kept, n))


def _has_value(words: list[str], n: int) -> bool:
    return n + 1 < len(words) and not words[n + 1].startswith(("-", "+"))
