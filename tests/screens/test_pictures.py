"""The pictures of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.screens.pictures import DOCS, SHOWN, picture

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_fetches_nothing_and_needs_no_font_of_its_own(name: str) -> None:
    svg = (DOCS / f"{name}.svg").read_text("utf-8")
    assert set(re.findall(r"https?://[^\"' ]+", svg)) == {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r"font-family:([^;]*);", svg)) == {" monospace"}
    assert "@font-face" not in svg


def test_a_picture_can_be_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "spk-02" in picture("hosts", Path())


def test_every_picture_that_the_readme_shows_is_there() -> None:
    shown = re.findall(r"\]\((docs/[^)]+)\)", README.read_text("utf-8"))
    assert shown
    assert all((README.parent / path).is_file() for path in shown)
