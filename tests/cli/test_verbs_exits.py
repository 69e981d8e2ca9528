"""One table of exit codes: in the program, in its help, and in the README."""

from __future__ import annotations

import re
from pathlib import Path

from app.cli.exits import MEANINGS
from app.errors import Exit
from tests.cli.command import tlswright

README = Path(__file__).parents[2] / "README.md"


def test_every_code_has_one_meaning() -> None:
    assert [code for code, _ in MEANINGS] == sorted(Exit)


def test_the_readme_has_the_same_table() -> None:
    text = README.read_text(encoding="utf-8")
    part = text[text.index("## Exit codes") :]
    rows = re.findall(r"^\| *(\d+) *\| *(.*?) *\|$", part[4:].partition("\n## ")[0], re.M)
    assert rows == [(str(int(code)), meaning) for code, meaning in MEANINGS]


def test_help_shows_the_table(tmp_path: Path) -> None:
    said = tlswright("--help", cwd=tmp_path).stdout
    for code, meaning in MEANINGS:
        assert f"{int(code):>3}  {meaning}" in said
