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
    links: Sequence[tuple[str, str]] = (),
    *,
    width: int,
    height: int,
    ascii_only: bool = False,
) -> str:
    """Draw the hosts of each role; those of an only role all talk to each other.

    Of several roles the first is in the middle, and the hosts of the others hang on it, with their
    role from the third one on.  `drawn` are (initiator, acceptor) pairs; `<` points at the
    acceptor.  `links` are all pairs: where several hosts are in the middle, each of the others
    hangs on those that it has a link with.
    """
    names = list(roles)
    if not names:
        return ""
    hubs = list(roles[names[0]])
    leaves = [host for name in names[1:2] for host in roles[name]]
    leaves += [h if h == name else f"{h} ({name})" for name in names[2:] for h in roles[name]]
    if len(names) == 1:
        rows = _mesh(hubs, names[0], width, height)
    elif len(hubs) > 1 and links:
        rows = _grove(hubs, leaves, links, width, height)
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


def _grove(
    hubs: Sequence[str],
    leaves: Sequence[str],
    links: Sequence[tuple[str, str]],
    width: int,
    height: int,
) -> list[str]:
    """Draw several hosts that are linked with each other along a rail, what hangs on them below.

    Each leaf stands once, below the first that it has a link with; its other links are brackets.
    """
    homes = {leaf: next((h for h in hubs if _linked(leaf, h, links)), "") for leaf in leaves}
    owned = {hub: [leaf for leaf in leaves if homes[leaf] == hub] for hub in hubs}
    room = max(0, height - len(hubs) - sum(not home for home in homes.values()))
    shares = _shares({hub: len(own) for hub, own in owned.items()}, room)
    rows: list[str] = []
    named: list[str] = []
    for number, hub in enumerate(hubs):
        own, share, last = owned[hub], shares[hub], number == len(hubs) - 1
        kept = own if len(own) <= share else own[: max(0, share - 1)]
        more = f" +{len(own)}" if own and not share else ""
        rows.append(f"{'┌' if not number else '└' if last else '├'}─ {hub}{more}")
        twigs = [*kept, f"+{len(own) - len(kept)} more"] if share > len(kept) < len(own) else kept
        for at, twig in enumerate(twigs):
            bend = "└" if at == len(twigs) - 1 else "├"
            rows.append(f"{' ' if last else '│'}  {bend}── {twig}")
        named += [hub, *kept, *[""] * (len(twigs) - len(kept))]
    rows += [f"   {leaf}" for leaf in leaves if not homes[leaf]]
    named += [leaf for leaf in leaves if not homes[leaf]]
    _rails(rows, named, [pair for pair in links if _apart(pair, hubs, homes)], width)
    return rows


def _shares(wanted: Mapping[str, int], room: int) -> dict[str, int]:
    """Share rows out: who needs fewer than an equal share leaves the rest to the others."""
    shares: dict[str, int] = {}
    for number, name in enumerate(sorted(wanted, key=lambda one: wanted[one])):
        shares[name] = min(wanted[name], room // (len(wanted) - number))
        room -= shares[name]
    return shares


def _linked(one: str, other: str, links: Sequence[tuple[str, str]]) -> bool:
    return (one, other) in links or (other, one) in links


def _apart(pair: tuple[str, str], hubs: Sequence[str], homes: Mapping[str, str]) -> bool:
    """Tell whether a link shows neither in the rail nor in where a leaf hangs."""
    a, b = pair
    return not ({a, b} <= set(hubs) or homes.get(a) == b or homes.get(b) == a)


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


def _mesh(hosts: Sequence[str], role: str, width: int, height: int) -> list[str]:
    """Draw nodes that all talk to each other: two or three as boxes, more along one rail."""
    if not hosts:
        return [f"no {role} yet"]
    if len(hosts) == 1:
        return [*_box(hosts[0]), f"  no other {role} yet"]
    boxes = _boxes(hosts) if len(hosts) < 4 else []
    if boxes and len(boxes) <= height and all(len(row) <= width for row in boxes):
        return boxes
    return _rail(hosts, height)


def _box(name: str) -> list[str]:
    line = "─" * (len(name) + 2)
    return [f"┌{line}┐", f"│ {name} │", f"└{line}┘"]


def _boxes(hosts: Sequence[str]) -> list[str]:
    """Draw two boxes with a line between them; the third stands below, with a line to each."""
    left, right = _box(hosts[0]), _box(hosts[1])
    low = _box(hosts[2]) if len(hosts) == 3 else []
    first, reach = len(left[0]) // 2, len(right[0]) // 2
    gap = max(5, len(low[0]) + 3 - (len(left[0]) - first) - reach if low else 0)
    rows = [a + " " * gap + b for a, b in zip(left, right, strict=True)]
    rows[1] = f"{left[1][:-1]}├{'─' * gap}┤{right[1][1:]}"
    if not low:
        return rows
    last = len(left[0]) + gap + reach
    start = first + (last - first - len(low[0]) + 1) // 2
    under = [" " * start + row for row in low]
    rows[2] = _marked(rows[2], {first: "┬", last: "┬"})
    under[0] = _marked(under[0], {first: "│", last: "│"})
    sides = {at: "─" for at in range(first, last) if not start <= at < start + len(low[0])}
    ends = {first: "└", last: "┘", start: "┤", start + len(low[0]) - 1: "├"}
    under[1] = _marked(under[1], {**sides, **ends})
    return [*rows, *under]


def _marked(row: str, marks: Mapping[int, str]) -> str:
    """Put marks into a row, at their columns."""
    cells = list(row.ljust(max(marks) + 1))
    for at, mark in marks.items():
        cells[at] = mark
    return "".join(cells)


def _rail(hosts: Sequence[str], height: int) -> list[str]:
    """Draw nodes along one rail that stands for the links of each with each."""
    room = max(1, height - 1)
    kept = list(hosts) if len(hosts) <= room else list(hosts[: max(1, room - 1)])
    names = kept if len(kept) == len(hosts) else [*kept, f"+{len(hosts) - len(kept)} more"]
    wide, last = max(map(len, names)), len(names) - 1
    rows = [
        f"{name.ljust(wide)} ──{'┐' if at == 0 else '┘' if at == last else '┤'}"
        for at, name in enumerate(names)
    ]
    pairs = len(hosts) * (len(hosts) - 1) // 2
    return [*rows, f"each with each: {pairs} links" if pairs > 1 else "each with each"]
