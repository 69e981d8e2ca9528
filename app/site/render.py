"""Write plain values as YAML text."""

from __future__ import annotations

from collections.abc import Mapping

from app.site.scalars import scalar_text
from app.site.tree import Plain

_WIDTH = 76


def flow(value: Plain) -> str:
    """Write a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar_text(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar_text(value)


def block(value: Mapping[str, Plain], indent: int) -> list[str]:
    """Write a mapping as lines, each indented by `indent`; short lists stay on one line."""
    lines: list[str] = []
    for key, item in value.items():
        lines += entry(key, item, indent)
    return lines


def entry(key: str, value: Plain, indent: int) -> list[str]:
    """Write one key and its value as lines."""
    head = f"{' ' * indent}{scalar_text(key)}:"
    if isinstance(value, Mapping) and value:
        return [head, *block(value, indent + 2)]
    if isinstance(value, list | tuple) and not _fits(value, indent):
        return [head, *(line for one in value for line in item_lines(one, indent + 2))]
    return [f"{head} {flow(value)}"]


def item_lines(value: Plain, indent: int) -> list[str]:
    """Write one item of a block list as lines."""
    if isinstance(value, Mapping) and value:
        first, *rest = block(value, indent + 2)
        return [f"{' ' * indent}- {first.lstrip()}", *rest]
    return [f"{' ' * indent}- {flow(value)}"]


def _fits(value: Plain, indent: int) -> bool:
    leaves = not any(isinstance(item, Mapping) for item in value)
    return leaves and len(flow(value)) + indent <= _WIDTH
