"""Run the command line as a user does: a process of its own, no terminal, no home of ours."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests import warm
from tests.vaults import make_cheap

SECONDS = 120
COLD = (sys.executable, "-P", "-m", "app.cli.main")
PASSPHRASE = "a long enough passphrase"


def tlswright(
    *arguments: str | Path,
    cwd: Path,
    stdin: str = "",
    program: tuple[str, ...] = (),
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run one command in `cwd`; what it must not ask for, it finds no terminal to ask on.

    With a `program` it starts from nothing; else in a process that has its imports done.
    """
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "LANG": "C.UTF-8",
        "PYTHONWARNINGS": "error",
        **environment,
    }
    if not program and not any(name.startswith(("LANG", "LC_", "PYTHON")) for name in environment):
        return warm.command(
            [*map(str, arguments)], cwd=cwd, environment=environ, input=stdin, seconds=SECONDS
        )
    return subprocess.run(
        [*(program or COLD), *map(str, arguments)], cwd=cwd, env=environ, input=stdin,
        capture_output=True, text=True, timeout=SECONDS, check=False, start_new_session=True,
    )  # fmt: skip


def passphrase_file(folder: Path, text: str = PASSPHRASE) -> Path:
    """Write a passphrase for --passphrase-file."""
    path = folder / "passphrase"
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    return path


def init(folder: Path) -> Path:
    """Make a site of a hub and a spoke that nobody is at; gives the passphrase's file."""
    shutil.copytree(_made(), folder, dirs_exist_ok=True)
    return folder / "passphrase"


@cache
def _made() -> Path:
    """Make that site once, with a vault that opens fast."""
    folder = Path(tempfile.mkdtemp(prefix="tlswright-site-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_cheap(folder, PASSPHRASE)
    done = tlswright(
        "init", "--name", "t", "--hub", "hub=root@127.0.0.1:9", "--spoke", "a=root@127.0.0.2:9",
        "--passphrase-file", passphrase_file(folder), cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder
