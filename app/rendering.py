"""Render templates of the `templates` folder, which stands beside `app` when installed too."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("templates", ""),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - what lands on hosts is no HTML; each value is quoted by its kind
        keep_trailing_newline=True,
    )


def render_template(name: str, **values: object) -> str:
    """Render `templates/NAME`; a missing value is a bug and raises jinja2.UndefinedError."""
    return _environment().get_template(name).render(**values)
