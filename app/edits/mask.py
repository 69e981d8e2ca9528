"""Mask secrets in any text file: by value, and by the name that they stand under.

Masking never changes the number of lines, so that a masked text can stand in for the real one
line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote

MASK = "***"
# A look-ahead and a possessive run: no text, however long its words, is read more than twice.
_NAME = r"(?<![\w.:-])(?=[\w.:-]*?(?:password|passwd|passphrase|secret))(?:[\w.-]|:(?=[\w.-]))++"
_QUOTED = r"""(?:"[^"]*"|'[^']*')"""
_SHORT = 4

# name="…" and name='…' wherever it stands: XML attributes, shell variables, options
_ATTRIBUTE = re.compile(rf"(?i)({_NAME}[ \t\r\n]*=[ \t\r\n]*)({_QUOTED})")
# <property name="password" value="…"/> in either order, and its text content
_PROPERTY = re.compile(rf"""(?is)<[^<>]*\bname\s*=\s*["']{_NAME}["'][^<>]*>""")
_VALUE = re.compile(rf"(?is)(\bvalue\s*=\s*)({_QUOTED})")
_PROPERTY_TEXT = re.compile(
    rf"""(?is)(<([\w:.-]++)[^<>]*\bname\s*=\s*["']{_NAME}["'][^<>]*(?<!/)>)(.{{0,2000}}?)(</\2\s*>)"""
)
_ELEMENT_TEXT = re.compile(rf"(?is)(<({_NAME})(?:\s[^<>]*)?(?<!/)>)(.{{0,2000}}?)(</\2\s*>)")
# key=value, key: value, key value (also commented out): all of the line
_LINE = re.compile(
    rf"(?im)^([ \t]*(?:[#!;][ \t]*)?(?:export[ \t]+)?{_NAME}[ \t]*[=:][ \t]*|"
    rf"[ \t]*{_NAME}[ \t]+)(?![=:])([^\r\n]+)"
)
_INLINE = re.compile(rf"(?i)({_NAME}=)(?!\*\*\*)([^\s\"<>]+)")
_USERINFO = re.compile(r"(://[^\s/:@\"'<>]+:)([^\s/@\"'<>]+)(?=@)")
_PRIVATE_KEY = re.compile(
    r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace every secret by `***`, keeping the number of lines.

    `secrets` are masked wherever they stand, also as XML, URL and properties files write them;
    one shorter than 4 characters only where it stands as a word of its own.  Besides, whatever
    bears a name with password, passwd, passphrase or secret in it, passwords in URLs, and
    private keys in PEM.  In doubt more is masked rather than less.
    """
    for form in _forms(secrets):
        pattern = re.escape(form)
        if len(form) < _SHORT:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, lambda found: _lines(found[0]), text)
    text = _PRIVATE_KEY.sub(lambda found: found[1] + _lines(found[2]) + found[3], text)
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        text = _mask_xml(text)
    else:
        text = _LINE.sub(lambda found: found[1] + MASK, text)
    text = _ATTRIBUTE.sub(_quoted, text)
    text = _INLINE.sub(lambda found: found[1] + MASK, text)
    return _USERINFO.sub(lambda found: found[1] + MASK, text)


def _mask_xml(text: str) -> str:
    text = _PROPERTY.sub(lambda found: _VALUE.sub(_quoted, found[0]), text)
    for pattern in (_PROPERTY_TEXT, _ELEMENT_TEXT):
        text = pattern.sub(lambda found: found[1] + _content(found[3]) + found[4], text)
    return text


def _forms(secrets: Iterable[str]) -> list[str]:
    """Give each secret as the formats write it, longest first."""
    forms = set()
    for secret in secrets:
        escaped = escape(secret, quote=False)
        forms |= {secret, escaped, escaped.replace('"', "&quot;"), escaped.replace("'", "&apos;")}
        forms |= {secret.replace("\\", "\\\\"), quote(secret, safe=""), quote(secret)}
        for form in (escaped, escaped.replace('"', "&quot;")):
            for codec in ("ascii", "latin-1"):
                forms.add(form.encode(codec, "xmlcharrefreplace").decode(codec))
    return sorted((form for form in forms if form.strip()), key=len, reverse=True)


def _quoted(found: re.Match[str]) -> str:
    mark = found[2][0]
    return f"{found[1]}{mark}{_lines(found[2][1:-1])}{mark}" if found[2][1:-1] else found[0]


def _content(text: str) -> str:
    """Mask the text between tags: the elements in it (`<value>`) stay readable."""
    pieces = re.split(r"(<[^<>]*>)", text)
    return "".join(
        piece if piece.startswith("<") or not piece.strip() else _lines(piece) for piece in pieces
    )


def _lines(text: str) -> str:
    """Give one mask for each line of the text."""
    return re.sub(r"[^\r\n]+", MASK, text)
