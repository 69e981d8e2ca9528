"""How long a command takes to say something, against an interpreter that does nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.clock import command, seconds, table
from tests.cli.command import init

TIMES = 9


def test_start_up(tmp_path: Path) -> None:
    init(tmp_path)
    ours = [sys.executable, "-P", "-m", "app.cli.main"]
    rows = [
        ("python -P -c pass", [sys.executable, "-P", "-c", "pass"]),
        ("tlswright --version", [*ours, "--version"]),
        ("tlswright --help", [*ours, "--help"]),
        ("tlswright runs --json", [*ours, "runs", "--json"]),
        ("tlswright status --json", [*ours, "status", "--json"]),
        ("python -c 'import textual.app'", [sys.executable, "-P", "-c", "import textual.app"]),
    ]
    table(
        f"Start-up, median of {TIMES}",
        [
            (name, seconds(lambda words=words: command(words, tmp_path), TIMES))  # type: ignore[misc]
            for name, words in rows
        ],
    )
