"""Local times are shown: let them be the same everywhere."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from textual.scrollbar import ScrollBar
from textual.widgets import Tree

from screens import words


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def plain_widgets() -> Iterator[None]:
    """Let a test draw with ASCII alone, and leave the widgets of other tests as they were."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScrollBar, "renderer", ScrollBar.renderer)
        patch.setattr(Tree, "ICON_NODE", Tree.ICON_NODE)
        patch.setattr(Tree, "ICON_NODE_EXPANDED", Tree.ICON_NODE_EXPANDED)
        yield
    words.use_ascii(False)
