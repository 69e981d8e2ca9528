"""What is asked of a host and what was read from it, with the time.

A Survey is the question, a HostObservation the answer.  Both are data; `remote` carries them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ABSENT = "absent"
FileType = Literal["file", "directory", "symlink", "other", "absent"]


@dataclass(frozen=True, slots=True)
class Survey:
    """Name what to read on one host; reading changes nothing and takes no lock.

    `digests` and `texts` are paths or shell globs (only `*` and `?` in them act as such); of both
    type, owner, group, mode, size, real path and SHA-256 are read, of `texts` the bytes as well
    (up to 1 MiB).  Private keys belong in `digests`.  `commands` are (key, POSIX-sh snippet) pairs,
    run with LC_ALL=C and the host's privilege, each for at most `command_seconds`.  `leads` are the
    keys of commands that name files themselves, where only the host knows the path: what their
    lines `text PATH` and `digest PATH` name is read as well.  `needs` are tools that the commands
    call and that must be there (see app.remote.tools).
    """

    digests: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    command_seconds: int = 10
    leads: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def merged(self, other: Survey) -> Survey:
        """Join two surveys of one host into one round trip."""
        return Survey(
            tuple(dict.fromkeys(self.digests + other.digests)),
            tuple(dict.fromkeys(self.texts + other.texts)),
            tuple(dict.fromkeys(self.commands + other.commands)),
            max(self.command_seconds, other.command_seconds),
            tuple(dict.fromkeys(self.leads + other.leads)),
            tuple(dict.fromkeys(self.needs + other.needs)),
        )


@dataclass(frozen=True, slots=True)
class FileFact:
    """Say what stands at one path.  `real` is the path behind symbolic links."""

    path: str
    type: FileType = "absent"
    real: str = ""
    owner: str = ""
    group: str = ""
    mode: int = 0
    size: int = 0
    sha256: str = ""
    data: bytes | None = field(default=None, repr=False)

    @property
    def state(self) -> str:
        """Give the digest, or `absent`: what a plan compares."""
        return (
            self.sha256 if self.type == "file" else ABSENT if self.type == "absent" else self.type
        )


@dataclass(frozen=True, slots=True)
class Output:
    """Hold what a command printed and how it ended."""

    code: int
    out: str
    err: str = ""

    @property
    def last(self) -> str:
        """Give the last three lines that say something, in one; untrusted."""
        lines = [x.strip() for x in f"{self.out}\n{self.err}".splitlines() if x.strip()]
        return " ".join(lines[-3:])


@dataclass(frozen=True, slots=True)
class HostObservation:
    """Hold all that was read from one host.

    `clock_skew` is the host's clock minus ours, in seconds.  `tools` maps a tool's name to its
    path on the host, empty when it is missing.  `unfinished` names transactions that a lost run
    left behind on the host; `free_bytes` is the space under the host's state directory, negative
    where the host could not tell.  `powerless` says that `user` is not root, and
    so can change nothing.  `cautions` are sentences on the way there that its user should know.
    """

    host: str
    when: datetime
    files: Mapping[str, FileFact] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    system: str = ""
    clock_skew: float = 0.0
    free_bytes: int = 0
    unfinished: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    powerless: bool = False

    def file(self, path: str) -> FileFact:
        """Give what stands at `path`; what was not seen is absent."""
        return self.files.get(path, FileFact(path))

    def out(self, key: str) -> str:
        """Give what a command of the survey printed, stripped; empty when it failed."""
        found = self.outputs.get(key)
        return found.out.strip() if found is not None and found.code == 0 else ""

    def pairs(self, key: str) -> dict[str, str]:
        """Read the `name=value` lines that a command of the survey printed."""
        rows = (line.partition("=") for line in self.out(key).splitlines())
        return {name: value.strip() for name, sep, value in rows if sep}
