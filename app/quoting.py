"""Quote for a shell, for Erlang and for batch files, and calm text that came from a host."""

from __future__ import annotations

import re
import shlex
import unicodedata

_BARE_ATOM = re.compile(r"[a-z][A-Za-z0-9_@]*")
# What erl_scan (OTP 25) takes for a keyword, with `maybe` and `else` of OTP 27.
_ERL_WORD = re.compile(
    "after|and|andalso|band|begin|bnot|bor|bsl|bsr|bxor|case|catch|cond|div|else|end|fun|if|let|"
    "maybe|not|of|or|orelse|receive|rem|try|when|xor"
)
_ERL_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ERL_NAME_MAX = 255
_BATCH = re.compile(r"[A-Za-z0-9 ._~@#$+(),/:-]+")
_BATCH_BARE = re.compile(r"[A-Za-z0-9._/:-]+")


def sh(text: str) -> str:
    """Quote `text` as one word of a POSIX shell.

    Raises ValueError for NUL, which no shell word can hold.
    """
    if "\0" in text:
        raise ValueError("a shell word cannot hold a NUL byte")
    return shlex.quote(text)


def sh_words(*words: str) -> str:
    """Quote words and join them to a command."""
    return " ".join(sh(word) for word in words)


def erl_string(text: str) -> str:
    """Write `text` as a string of an Erlang term file: ASCII only, whatever the file's encoding.

    Raises ValueError for surrogates, U+FFFE and U+FFFF, which erl_scan takes in no form.
    """
    return '"' + _erl_escaped(text, '"') + '"'


def erl_atom(text: str) -> str:
    """Write `text` as an Erlang atom: bare where it may be, else in single quotes.

    Raises ValueError for more than 255 characters, and for what `erl_string` refuses.
    """
    if len(text) > _ERL_NAME_MAX:
        raise ValueError("an Erlang atom cannot hold more than 255 characters")
    if _BARE_ATOM.fullmatch(text) and not _ERL_WORD.fullmatch(text):
        return text
    return "'" + _erl_escaped(text, "'") + "'"


def _erl_escaped(text: str, mark: str) -> str:
    return "".join(_erl_letter(letter, mark) for letter in text)


def _erl_letter(letter: str, mark: str) -> str:
    code = ord(letter)
    if 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        raise ValueError(f"an Erlang term cannot hold U+{code:04X}")
    if letter == mark:
        return "\\" + mark
    if letter in _ERL_ESCAPES:
        return _ERL_ESCAPES[letter]
    return letter if 0x20 <= code < 0x7F else f"\\x{{{code:X}}}"


def batch(text: str) -> str:
    """Write `text` as one argument on a line of a batch file: in double quotes where it needs them.

    Raises ValueError for what no quoting saves there: quotes, what cmd.exe expands or escapes
    (`%`, `!`, `^`), what a path cannot hold, and whatever depends on a code page.
    """
    if not _BATCH.fullmatch(text):
        raise ValueError(
            "a batch file takes only letters, digits, blanks and . _ ~ @ # $ + ( ) , / : - here"
        )
    return text if _BATCH_BARE.fullmatch(text) else f'"{text}"'


def calm(text: str, limit: int = 2000) -> str:
    """Make text that came from a host safe to show: no control characters, bounded length.

    Escape sequences could move the cursor or set the terminal's title; whatever is not printable
    (but for newline and tab) becomes U+FFFD.  Cut text says so.
    """
    clean = text[:limit]
    if not clean.isprintable():
        clean = "".join(
            c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in clean
        )
    return clean if len(text) <= limit else f"{clean}… ({len(text) - limit} characters cut)"


def bracketed(name: str) -> str:
    """Give a name or address as it stands before a port: an IPv6 address in brackets."""
    return f"[{name}]" if ":" in name else name
