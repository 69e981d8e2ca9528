"""Independent judges of what we make: other people's programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REQUIRED = "TLSWRIGHT_LAB_REQUIRED"


def need(binary: str) -> str:
    """Return the path of a program, or skip the test; fail it where the judges are required.

    Programs that come as Python packages are looked for beside the interpreter first.
    """
    beside = Path(sys.executable).parent
    found = shutil.which(binary, path=str(beside)) or shutil.which(binary)
    if found is None:
        reason = f"{binary} is not installed"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{reason}, and {REQUIRED}=1")
        pytest.skip(reason)
    return found


def judge(*command: str, stdin: str = "", secret: str = "") -> subprocess.CompletedProcess[str]:
    """Run a judge, in plain English, with a secret in its environment as P."""
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "P": secret}
    return subprocess.run(
        command, input=stdin, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
