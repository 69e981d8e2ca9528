"""Read and quote the scalars of YAML: the one function that makes a value safe in a YAML file."""

from __future__ import annotations

import json
import re

from app.model import Scalar

_INT = re.compile(r"[-+]?[0-9]{1,20}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,20}", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    re.ASCII,
)
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# What a reader of YAML 1.1 takes for something else than text.
_OLD_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "null", "true", "false"))
_WORD = r"[A-Za-z0-9_./@+=-]+"
_PLAIN = re.compile(rf"[A-Za-z0-9_/~][A-Za-z0-9_./@+=-]*(?: {_WORD})*", re.ASCII)
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", re.ASCII)


def resolve(text: str) -> Scalar | float | None:
    """Give the value of a plain scalar by the core schema of YAML 1.2 (section 10.3)."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
    if len(text) < 64 and _FLOAT.fullmatch(text):
        return float(text.replace(".inf", "inf").replace(".nan", "nan").lower().lstrip("."))
    return text


def scalar_text(value: Scalar) -> str:
    """Write a value so that readers of YAML 1.1 and 1.2 both read it back as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value if _is_plain(value) else double_quoted(value)


def double_quoted(text: str) -> str:
    """Write text between double quotes; what YAML calls not printable becomes an escape."""
    body = json.dumps(text, ensure_ascii=False)
    return "".join(c if _printable(c) else _escape(c) for c in body)


def single_quoted(text: str) -> str:
    """Write text between single quotes, or double ones where single ones cannot hold it."""
    if all(_printable(c) for c in text):
        return "'" + text.replace("'", "''") + "'"
    return double_quoted(text)


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or text.lower() in _OLD_WORDS:
        return False
    if not isinstance(resolve(text), str):
        return False
    # Dates, 1_000 and 0b1 are no text to readers of YAML 1.1.
    return not text[0].isdigit() or bool(_IPV4.fullmatch(text) or re.search("[g-zG-Z]", text))


def _printable(char: str) -> bool:
    return " " <= char <= "~" or (char.isprintable() and char not in "\ufeff\u2028\u2029\x85")


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
