"""Where the files of a site are."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.account import expand
from app.errors import UsageError

VARIABLE = "TLSWRIGHT_SITE"


@dataclass(frozen=True, slots=True)
class Places:
    """Name every file of one site by its directory."""

    base: Path

    @property
    def site(self) -> Path:
        """Name the site file."""
        return self.base / "site.yaml"

    @property
    def vault(self) -> Path:
        """Name the encrypted file of secrets."""
        return self.base / "vault"

    @property
    def state(self) -> Path:
        """Name the directory of what tlswright itself remembers."""
        return self.base / ".tlswright"

    @property
    def draft(self) -> Path:
        """Name the wizard's unfinished answers."""
        return self.state / "draft.yaml"

    @property
    def deployed(self) -> Path:
        """Name the record of what was deployed."""
        return self.state / "deployed.json"

    @property
    def requests(self) -> Path:
        """Name the record of what was asked of an outside CA."""
        return self.state / "requests.json"

    @property
    def clients(self) -> Path:
        """Name the record of what clients were given."""
        return self.state / "clients.json"

    @property
    def adopted(self) -> Path:
        """Name the directory of certificates that hosts trusted before and go on to trust."""
        return self.base / "adopted"

    @property
    def lock(self) -> Path:
        """Name the lock of the site."""
        return self.state / "lock"

    @property
    def plans(self) -> Path:
        """Name the directory of saved plans."""
        return self.state / "plans"

    @property
    def runs(self) -> Path:
        """Name the directory of runs."""
        return self.state / "runs"

    def run(self, run: str) -> Path:
        """Name the directory of one run; raises UsageError for what is no run's id."""
        if not run or run.startswith(".") or not run.replace("-", "").replace(".", "").isalnum():
            raise UsageError(f"{run!r} is not the id of a run", hint="`tlswright runs` lists them.")
        return self.runs / run

    def journal(self, run: str) -> Path:
        """Name the journal of one run."""
        return self.run(run) / "journal.jsonl"

    def prepare(self) -> None:
        """Make the directories, for their owner only.  Raises UsageError when that cannot be."""
        for directory in (self.state, self.plans, self.runs):
            private_directory(directory)


def find_site(
    flag: str | None, environ: Mapping[str, str], cwd: Path, *, new: bool = False
) -> Path:
    """Give the directory of the site: that of -C, else of $TLSWRIGHT_SITE, else the working one.

    A path to a site.yaml means its directory.  With `new` it need not exist yet.  Raises UsageError
    when a named directory does not exist.
    """
    named = flag or environ.get(VARIABLE, "")
    if not named:
        return cwd
    path = Path(os.path.normpath(cwd / expand(Path(named))))
    source = "-C" if flag else f"${VARIABLE}"
    if path.name in ("site.yaml", ".tlswright") and (path.exists() or not new):
        path = path.parent
    if path.is_dir() or (new and not path.exists()):
        return path
    why = "is not a directory" if path.exists() else "does not exist"
    raise UsageError(
        f"{path} {why}", where=source, hint="`tlswright -C DIR init` makes a new site in DIR."
    )


def private_directory(path: Path) -> None:
    """Make a directory that only its owner enters; one that others may enter is closed to them.

    Raises UsageError when the path is something else, is a symbolic link, or belongs to another
    user: what stands there could be exchanged under our hands.
    """
    try:
        path.mkdir(mode=0o700, parents=False, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise UsageError(f"{path} is not a directory", hint="Move it away.")
        if found.st_uid != os.geteuid():
            raise UsageError(
                f"{path} belongs to user {found.st_uid}, you are {os.geteuid()}",
                hint="Run as the user who owns the site.",
            )
        if found.st_mode & 0o077:
            path.chmod(0o700)
    except FileExistsError:
        raise UsageError(f"{path} is not a directory", hint="Move it away.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be made: {error.strerror}") from None
