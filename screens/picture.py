"""Draw a topology with boxes and lines, in as many rows and columns as there are.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_ASCII = str.maketrans("┌┐└┘├┤┬┴┼─│", "+++++++++-|")
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_BOX = " │││─┘┐┤─└┌├─┴┬┼"
"""The line that leaves a cell in the directions of its index."""
RAILS = 4
"""How many drawn links are drawn as lines; further ones are counted."""


def draw(
    roles: Mapping[str, Sequence[str]],
    drawn: Sequence[tuple[str, str]] = (),
    *,
    width: int,
    height: int,
    ascii_only: bool = False,
) -> str:
    """Draw the hosts of each role; the first role is the hub (or monitor), if it has one host.

    `drawn` are (initiator, acceptor) pairs; `<` points at the acceptor.
    """
    names = list(roles)
    if not names:
        return ""
    hubs = list(roles[names[0]])
    leaves = [host for name in names[1:] for host in roles[name]]
    if len(names) == 1:
        rows = _mesh(hubs, names[0], height)
    else:
        rows = _star(hubs, leaves, names, drawn, width, height)
    cut = [row if len(row) <= width else row[: max(0, width - 1)] + "~" for row in rows[:height]]
    text = "\n".join(cut)
    return text.translate(_ASCII) if ascii_only else text


def _star(
    hubs: Sequence[str],
    leaves: Sequence[str],
    names: Sequence[str],
    drawn: Sequence[tuple[str, str]],
    width: int,
    height: int,
) -> list[str]:
    hub = ", ".join(hubs) or f"({names[0]}?)"
    hub = hub if len(hub) <= width - 4 else hub[: max(1, width - 5)] + "~"
    line = "─" * (len(hub) + 2)
    stem = min(4, len(line) // 2)
    rows = [
        f"┌{line}┐",
        f"│ {hub} │",
        f"└{line[:stem]}┬{line[stem + 1 :]}┘" if leaves else f"└{line}┘",
    ]
    if not leaves:
        return [*rows, f"  no {names[1]} yet"]
    room = max(1, height - len(rows))
    kept = list(leaves) if len(leaves) <= room else list(leaves[: room - 1])
    pad = " " * (stem + 1)
    twigs = []
    for number, leaf in enumerate(kept):
        last = number == len(leaves) - 1
        twigs.append(f"{pad}{'└' if last else '├'}── {leaf}")
    _rails(twigs, kept, drawn, width)
    if len(kept) < len(leaves):
        twigs.append(f"{pad}└── +{len(leaves) - len(kept)} more")
    return rows + twigs


def _rails(
    twigs: list[str], leaves: Sequence[str], drawn: Sequence[tuple[str, str]], width: int
) -> None:
    """Draw links between leaves as brackets at the right, each on a rail of its own.

    Every cell collects the directions in which lines leave it, so that crossings come out right.
    """
    links = [(leaves.index(i), leaves.index(a)) for i, a in drawn if i in leaves and a in leaves]
    start = max((len(row) for row in twigs), default=0) + 3
    rails = max(0, min(RAILS, (width - start + 1) // 2))
    cells: dict[tuple[int, int], int] = {}
    for number, (initiator, acceptor) in enumerate(links[:rails]):
        column = start + number * 2
        first, last = sorted((initiator, acceptor))
        for row in range(first, last + 1):
            ends = (_DOWN if row == first else _UP) | _LEFT
            _add(cells, row, column, ends if row in (first, last) else _UP | _DOWN)
        for row in (first, last):
            for at in range(len(twigs[row]) + 1, column):
                _add(cells, row, at, _LEFT | _RIGHT)
    for row, twig in enumerate(twigs):
        own = [at for r, at in cells if r == row]
        line = [_BOX[cells.get((row, at), 0)] for at in range(len(twig), max(own, default=0) + 1)]
        if line and row in {acceptor for _, acceptor in links[:rails]}:
            line[1] = "<"
        twigs[row] = (twig + "".join(line)).rstrip()
    if len(links) > rails:
        twigs[-1] = f"{twigs[-1]}  +{len(links) - rails} links"


def _add(cells: dict[tuple[int, int], int], row: int, column: int, ways: int) -> None:
    cells[row, column] = cells.get((row, column), 0) | ways


def _mesh(hosts: Sequence[str], role: str, height: int) -> list[str]:
    """Draw nodes that all talk to each other."""
    if not hosts:
        return [f"no {role} yet"]
    room = max(1, height - 1)
    kept = list(hosts) if len(hosts) <= room else list(hosts[: room - 1])
    rows = []
    for number, host in enumerate(kept):
        rail = "┐" if number == 0 else "┘" if number == len(hosts) - 1 else "┤"
        rows.append(f"{host.ljust(max(map(len, kept)))} ──{rail}")
    if len(kept) < len(hosts):
        rows.append(f"+{len(hosts) - len(kept)} more")
    return [*rows, "each with each"]
