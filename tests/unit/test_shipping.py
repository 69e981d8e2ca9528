"""A script arrives whole, by dd or without it, or it does not run; nothing behind it is taken."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from app.remote.shipping import BOOTSTRAP, frame

SCRIPT = 'IFS= read -r behind\nprintf \'it ran%s: %s\\n\' "$FULLBLOCK" "$behind"\n' + "# …\n" * 999
OLD_DD = '#!/bin/sh\ncase "$*" in *iflag*) echo "unknown operand" >&2; exit 1 ;; esac\n'
DYING_DD = "#!/bin/sh\nhead -c 100\nexit 1\n"


def told(folder: Path, shell: str, dd: str, framed: bytes) -> tuple[int, str]:
    """Feed a frame to the bootstrap where `dd` is the given script; empty for the real one."""
    path = os.environ["PATH"]
    if dd:
        (folder / "dd").write_text(dd)
        (folder / "dd").chmod(0o755)
        path = f"{folder}:{path}"
    done = subprocess.run(
        [*shell.split(), "-c", BOOTSTRAP],
        input=framed + b"what is behind\nmore\n",
        env={"PATH": path, "FULLBLOCK": "of the user"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize("shell", ["dash", "bash --posix"])
@pytest.mark.parametrize(("dd", "by"), [("", "y"), (OLD_DD, "")])
def test_a_script_is_read_to_its_end_and_no_further(
    tmp_path: Path, shell: str, dd: str, by: str
) -> None:
    code, out = told(tmp_path, shell, dd, frame(SCRIPT))
    assert code == 0
    assert out.endswith(f"it ran{by}: what is behind\n")


@pytest.mark.parametrize("dd", ["", OLD_DD])
def test_a_script_whose_end_does_not_come_is_not_run(tmp_path: Path, dd: str) -> None:
    for size in (40, 200, len(frame(SCRIPT)) - 5):
        code, out = told(tmp_path, "dash", dd, frame(SCRIPT)[:size] + b"\n")
        assert (code, out) == (70, "")


def test_a_script_whose_beginning_was_eaten_is_not_run(tmp_path: Path) -> None:
    assert told(tmp_path, "dash", DYING_DD, frame(SCRIPT)) == (70, "")
