"""Show what changes in a file without showing a secret."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from app.edits.mask import mask
from app.quoting import calm

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_CONTEXT = 3
_PAIRS = 2_000_000
_Code = tuple[str, int, int, int, int]
_UNENDED = "\\ No newline at end of file"


def masked_diff(
    before: bytes | None, after: bytes | None, path: str, secrets: Iterable[str] = ()
) -> str:
    """Give a unified diff of a text file, secrets and password-like values masked as `***`.

    None stands for a file that does not exist.  What differs is found in the real text, so a new
    password shows as a changed line.  Returns "" where nothing differs, and one sentence where
    either side is binary.
    """
    if before == after:
        return ""
    old, new = _decode(before), _decode(after)
    heads = [_head("---", before, path), _head("+++", after, path)]
    if old is None or new is None:
        return "\n".join([*heads, "Binary files differ", ""])
    known = [secret for secret in secrets if secret]
    lines = list(_hunks(_pairs(old, known), _pairs(new, known)))
    if not lines:
        lines = ["Only the encoding differs"]
    return "\n".join([*heads, *lines, ""])


def _hunks(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> Iterator[str]:
    """Compare the first of each pair (the real line), and show the second (the masked one)."""
    for group in _compare([real for real, _ in old], [real for real, _ in new]):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from _show(" ", old[old_start:old_end])
                continue
            yield from _show("-", old[old_start:old_end])
            yield from _show("+", new[new_start:new_end])


def _compare(old: list[str], new: list[str]) -> Iterator[Sequence[_Code]]:
    """Find what differs, in groups with some lines around.

    difflib takes hours over files with many equal lines, which a host may send: what would take
    long is compared from both ends only.
    """
    counts = Counter(new)
    if sum(counts[line] for line in old) <= _PAIRS:
        yield from SequenceMatcher(None, old, new, False).get_grouped_opcodes(_CONTEXT)
        return
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    start = min(len(old), len(new)) if same is None else same
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    a, b = len(old) - end, len(new) - end
    head, tail = max(0, start - _CONTEXT), min(end, _CONTEXT)
    yield [
        ("equal", head, start, head, start),
        ("replace", start, a, start, b),
        ("equal", a, a + tail, b, b + tail),
    ]


def _show(sign: str, pairs: list[tuple[str, str]]) -> Iterator[str]:
    for real, masked in pairs:
        line = masked.rstrip("\r\n")
        yield sign + (line if line.isprintable() else calm(line, len(line)))
        if not real.endswith(("\r", "\n")):
            yield _UNENDED


def _pairs(text: str, secrets: list[str]) -> list[tuple[str, str]]:
    return list(zip(_LINE.findall(text), _LINE.findall(mask(text, secrets)), strict=True))


def _decode(data: bytes | None) -> str | None:
    """Read text as UTF-8, UTF-16 by its mark, or Latin-1; None for what is no text."""
    data = data or b""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _head(sign: str, data: bytes | None, path: str) -> str:
    return f"{sign} {'/dev/null' if data is None else path}"


def _range(start: int, end: int) -> str:
    """Write a hunk's range as `diff -u` does."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
