"""The encoding of an XML file: decoded for editing, and written back exactly as it was."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from app.errors import EditError

_DECLARED = re.compile(rb"""<\?xml[ \t\r\n][^>]*?encoding[ \t\r\n]*=[ \t\r\n]*["']([\w.:-]+)["']""")
# What Java's parser and ours read alike: each writes the XML declaration itself in ASCII.
_KNOWN = re.compile(
    r"utf-8|ascii|iso8859-\d+|latin[_-]?\d+|cp125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|euc_(?:jp|kr)|"
    r"shift_jis|tis-620"
)
_UTF8_NAMES = frozenset({"utf-8", "ascii"})
_UTF16_NAMES = frozenset({"utf-16", "utf-16-le", "utf-16-be"})
_HINT = "save the file as UTF-8, or make the change by hand"


@dataclass(frozen=True)
class Encoded:
    """Hold a file's text as UTF-8 without its byte order mark, and the way back.

    Everything works on one encoding, so offsets mean the same in every file.
    """

    text: bytes
    codec: str
    mark: bytes

    def back(self, text: bytes) -> bytes:
        """Write `text` (UTF-8) in the file's own encoding.

        A character that this encoding lacks becomes a character reference, which XML allows in
        attribute values: the only place where edits put foreign text.
        """
        return self.mark + text.decode("utf-8").encode(self.codec, "xmlcharrefreplace")


def decode(data: bytes, path: str) -> Encoded:
    """Find the encoding by byte order mark and XML declaration (XML 1.0, appendix F).

    Raises EditError where the encoding is unknown, contradicts its mark, or would not come back
    byte for byte.
    """
    mark, marked = _mark(data, path)
    body = data[len(mark) :]
    codec = marked or _declared(body, path)
    if mark == codecs.BOM_UTF8 and _declared(body, path) not in _UTF8_NAMES:
        raise _refusal("has a UTF-8 byte order mark and declares another encoding", path)
    try:
        text = body.decode(codec)
        lossless = text.encode(codec) == body
        return Encoded(_checked(text.encode("utf-8"), lossless, path, codec), codec, mark)
    except UnicodeError as error:
        line = 1
        if isinstance(error, UnicodeDecodeError):
            line = error.object[: error.start].count(b"\n") + 1
        raise _refusal(f"is not valid {codec}", path, line) from None


def _checked(text: bytes, lossless: bool, path: str, codec: str) -> bytes:
    if not lossless:
        raise _refusal(f"would not survive a round trip through {codec}", path)
    return text


def _mark(data: bytes, path: str) -> tuple[bytes, str]:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise _refusal("is encoded in UTF-32", path)
    if data.startswith((b"<\0", b"\0<")):
        raise _refusal("is encoded in UTF-16 without a byte order mark", path)
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return mark, codec
    return b"", ""


def _declared(body: bytes, path: str) -> str:
    found = _DECLARED.match(body)
    if found is None:
        return "utf-8"
    name = found[1].decode("ascii", "replace")
    try:
        "".encode(name)
        codec = codecs.lookup(name).name
    except LookupError:
        raise _refusal(f"declares the encoding {name!r}, which is not known", path) from None
    if codec in _UTF16_NAMES:
        raise _refusal("declares UTF-16 and is not encoded in it", path)
    if not _KNOWN.fullmatch(codec):
        raise _refusal(f"declares the encoding {name!r}, which is not one of XML files", path)
    return codec


def _refusal(text: str, path: str, line: int = 1) -> EditError:
    return EditError(f"the file {text}", hint=_HINT, where=f"{path}:{line}", line=line)
