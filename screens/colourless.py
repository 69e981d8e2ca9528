"""What NO_COLOR asks for: no colour at all, the cursor in reverse, what is muted dimmed.

Textual's own filter turns colours to greys, which are colours still (https://no-color.org).
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as Shade
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome

BRIGHT = 0.027
"""From which luminance on a background is a cursor or a focused button, not a panel."""
MUTED = 0.25
"""Below which luminance a text is muted: placeholders and notes."""


class Colourless(LineFilter):
    """Draw without colour codes; bold, reverse and dim stay, since they are none."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Give the segments of a line without colours."""
        return [
            Segment(text, _plain(style) if style else None, control)
            for text, style, control in segments
        ]


@lru_cache(maxsize=1024)
def _plain(style: Style) -> Style:
    reverse = bool(style.reverse)
    lit = not reverse and _luminance(style.bgcolor, 0.0) > BRIGHT
    dim = not (reverse or lit) and _luminance(style.color, 1.0) < MUTED
    return style.without_color + Style(reverse=reverse or lit, dim=dim or None)


def _luminance(shade: Shade | None, default: float) -> float:
    if shade is None or shade.is_default:
        return default
    red, green, blue = ((part / 255) ** 2.2 for part in shade.get_truecolor())
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def drop_greys(app: App[int]) -> None:
    """Put our filter in the place of Textual's, which is there when NO_COLOR is set."""
    app._filters = [Colourless() if isinstance(f, Monochrome) else f for f in app._filters]
