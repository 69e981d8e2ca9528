"""Carry a script to a host on standard input, and nothing in an argument that matters.

The command that sshd hands to the login shell is a short constant, safe in sh, csh and fish: a
bootstrap that reads lines up to an end mark and evaluates them, so that what follows on standard
input belongs to the script.  The shell's own `read` takes no byte too many.  Lines before the begin
mark are dropped: a sudo password that sudo did not ask for ends there.
"""

from __future__ import annotations

import functools
import hashlib
import re
from importlib import resources
from typing import Final, Literal

from app.quoting import sh

Rights = Literal["own", "sudo", "sudo-password"]

BOOTSTRAP: Final = (
    's=;t=;n=$(printf "\\nx");n=${n%x};'
    'while IFS= read -r l;do case $l in "#BEGIN "*)t=${l#??????};s=;;'
    '"#END$t")eval "$s";exit;;*)s=$s$l$n;;esac;done;exit 70'
)

SCRIPTS: Final = {
    "transaction": ("common.sh", "state.sh", "files.sh", "transaction.sh"),
    "observe": ("common.sh", "state.sh", "observe.sh"),
}

_COMMENT = re.compile(r"^\s*#")


def command_line(rights: Rights, shell: str = "sh") -> str:
    """Give the constant command for an exec request; it holds no data and no secret."""
    boot = f"{shell} -c {sh(BOOTSTRAP)}"
    if rights == "sudo":
        return f"exec sudo -n {boot}"
    if rights == "sudo-password":
        return f"exec sudo -k -S -p '' {boot}"
    return f"exec {boot}"


@functools.cache
def script(name: str) -> str:
    """Read a host script of this package, without its comments and indentation's blanks."""
    folder = resources.files("app.remote")
    lines: list[str] = []
    for part in SCRIPTS[name]:
        text = (folder / part).read_text("ascii")
        lines += [line for line in text.splitlines() if line.strip() and not _COMMENT.match(line)]
    return "\n".join(lines) + "\n"


def frame(text: str) -> bytes:
    """Frame a script for the bootstrap; the mark is its own digest, so it cannot hold it."""
    body = text if text.endswith("\n") else text + "\n"
    raw = body.encode("utf-8", "surrogateescape")
    mark = hashlib.sha256(raw).hexdigest()
    return b"#BEGIN %s\n%s#END %s\n" % (mark.encode(), raw, mark.encode())
