"""Carry a script to a host on standard input, and nothing in an argument that matters.

The command that sshd hands to the login shell is a short constant, safe in sh, csh and fish: a
bootstrap that reads the script up to an end mark and evaluates it, so that what follows on standard
input belongs to the script.  The shell's own `read` takes no byte too many, but a call of the
system for each; so dd, where it can read whole blocks (FULLBLOCK), takes what the begin mark
counts.  Lines before the begin mark are dropped.

Profile files of the login shell may print, and may read a line or two of what is ours.  So the
bootstrap says a mark on both outputs before the answer, and the frame begins with lines that
nobody misses; a profile file that starts another shell in its place makes that one read commands
from standard input, and end at the first of those lines.
"""

from __future__ import annotations

import functools
import hashlib
import re
from importlib import resources
from typing import Final, Literal

from app.quoting import sh

Rights = Literal["own", "sudo", "sudo-password"]

SHELL: Final = "/bin/sh"
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ANOTHER_SHELL: Final = 71
"""The exit status of a shell that took the frame for its commands."""

UP: Final = b"#UP"
BOOTSTRAP: Final = (
    'case $0 in up)echo;echo "#UP";;esac;'
    's=;t=-;FULLBLOCK=;n=$(printf "\\nx");n=${n%x};'
    'while IFS= read -r l;do case $l in "#BEGIN "*)t=${l#??????};k=${t##* };t=${t% *};'
    's=$(dd bs="$k" count=1 iflag=fullblock 2>/dev/null)&&FULLBLOCK=y||s=;;'
    '"#END$t")case $s in "#S$n"*)echo;echo "#HERE$t";{ echo;echo "#HERE$t";}>&2;eval "$s";exit;;'
    "esac;exit 70;;"
    "*)s=$s$l$n;;esac;done;exit 70"
)
_BAIT: Final = f"exit {ANOTHER_SHELL}\n".encode() * 4
_SUDO: Final = f'PATH="$PATH:{PATH}";export PATH;exec sudo -k -u root "$@"'

SCRIPTS: Final = {
    "transaction": ("common.sh", "state.sh", "files.sh", "renames.sh", "transaction.sh"),
    "observe": ("common.sh", "state.sh", "observe.sh"),
}

_COMMENT = re.compile(r"^\s*#")


def command_line(rights: Rights, shell: str = SHELL) -> str:
    """Give the constant command for an exec request; it holds no data and no secret.

    sudo is told to look at no login of before (-k): what it lets in now it lets in until the end.
    Where it takes a password the bootstrap says UP, and only then all else is to be sent: there are
    kinds of sudo that read more than their line.
    """
    boot = f"{shell} -c {sh(BOOTSTRAP)}"
    if rights == "own":
        return f"exec {boot}"
    if rights == "sudo":
        return f"exec {SHELL} -c {sh(_SUDO)} sh -n {boot}"
    return f'exec {SHELL} -c {sh(_SUDO)} sh -S -p "" {boot} up'


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
    """Frame a script for the bootstrap; the mark is its own digest, so it cannot hold it.

    The begin mark counts the bytes up to the end mark; what does not begin with #S is not whole.
    """
    body = "#S\n" + (text if text.endswith("\n") else text + "\n")
    raw = body.encode("utf-8", "surrogateescape")
    mark = hashlib.sha256(raw).hexdigest()
    return _BAIT + b"#BEGIN %s %d\n%s#END %s\n" % (mark.encode(), len(raw), raw, mark.encode())


def answer_mark(framed: bytes) -> bytes:
    """Give the line that the bootstrap says on both outputs once a frame has arrived whole."""
    return b"#HERE " + framed.partition(b"#BEGIN ")[2][:64]
