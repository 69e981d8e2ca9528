"""Tables whose columns fit the window: fixed widths, and one that takes what is left."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import DataTable

REST = 0
"""The width of the column that takes what is left; at most one column has it."""


def set_columns(
    table: DataTable[Text], columns: Sequence[tuple[str | Text, int]], wide: int, least: int = 12
) -> None:
    """Give a table its columns for a window of `wide` cells; rows have to be added again.

    Each column is padded by a cell on both sides, and the body of a screen by one more.
    """
    free = wide - 3 - 2 * len(columns) - sum(width for _, width in columns)
    at = max(table.cursor_row, 0)
    table.clear(columns=True)
    for label, width in columns:
        table.add_column(label, width=width or max(least, free), key=str(label))
    table.move_cursor(row=at)
