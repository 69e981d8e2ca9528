"""The demo goes the whole way without a screen, and leaves no process behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.demo.place import Place, is_free


@pytest.mark.slow
def test_headless_demo_deploys_proves_and_finds_nothing_more_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "a demo"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app.demo", "--headless", "--dir", str(folder)],
        cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the second apply wrote no file and restarted no broker" in done.stderr
    assert "no certificate refused" in done.stdout
    place = Place(folder / "headless")
    assert place.pid() == 0
    assert all(is_free(port) for h in place.hosts() for port in (h.ssh, h.plain, h.tls))
