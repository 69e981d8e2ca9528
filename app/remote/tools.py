"""The tools that our scripts call on a host: the one table that a survey is checked by.

Not listed, for the scripts do without: `timeout` and `setsid` (the shell's own clock takes their
place), `stat` (`ls -ld`), `find`, `mktemp`, `base64`, `ps` where there is /proc.  openssl is wanted
for dials from the host only; where it lacks, that proof says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.errors import UnfitError
from app.quoting import calm

NEEDED: Final[dict[str, str]] = {
    "sha256sum|shasum|openssl": "coreutils",
    "od|hexdump|xxd": "coreutils",
    "sed": "sed",
    "grep": "grep",
    "tar": "tar",
    **dict.fromkeys(
        ("cat", "chgrp", "chmod", "chown", "cp", "cut", "date", "dd", "df", "head", "id", "ln",
         "ls", "mkdir", "mv", "readlink", "rm", "rmdir", "sleep", "sync", "tail", "touch", "tr",
         "wc"),
        "coreutils",
    ),
}  # fmt: skip
"""Groups of names, any of which will do, and the package that brings the first of them."""

OF_PRODUCTS: Final[dict[str, str]] = {
    "awk": "gawk, or mawk",
    "getent": "libc-bin",
    "hostname": "hostname",
    "perl": "perl",
    "ss": "iproute2",
}
"""What a product's own snippets call; a kind names those that it needs in its Survey."""

PROC: Final = "/proc"


def groups(needs: Iterable[str]) -> tuple[str, ...]:
    """Give what a survey is to look for: the scripts' own tools, and those of the products."""
    return tuple(dict.fromkeys((*NEEDED, *needs)))


def lacking(host: str, groups: Iterable[str]) -> UnfitError:
    """Say what lacks on a host, and what brings it."""
    packages = NEEDED | OF_PRODUCTS
    names, wanted = [], []
    for group in groups:
        first, *others = group.split("|")
        also = f" (or {' or '.join(others)})" if others else ""
        names.append(f"{calm(first, 50)}{also}")
        if group in packages:
            wanted.append(packages[group])
    hint = f"install there: {', '.join(dict.fromkeys(wanted))}" if wanted else ""
    if PROC in names:
        hint = "; ".join(
            x for x in (hint, "mount /proc there: without it no process is told apart") if x
        )
    return UnfitError(f"it lacks {', '.join(names)}", host=host, step="tools", hint=hint)
