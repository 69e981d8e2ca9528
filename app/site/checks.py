"""Judge single values of a site: each function says what is wrong, or gives an empty string.

The same functions judge site.yaml, the wizard's fields and the flags of `init`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from app.errors import PkiError

HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?", re.ASCII)
_SITE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", re.ASCII)
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.@\\-]{0,63}\$?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HOP = re.compile(
    r"(?:ssh://)?(?:[A-Za-z_][A-Za-z0-9_.@\\-]{0,63}@)?"
    r"(?:\[[0-9A-Fa-f:.%a-z]{2,64}\]|[A-Za-z0-9_][A-Za-z0-9_.-]{0,253})(?::([0-9]{1,5}))?/?",
    re.ASCII,
)
_HOST_KEY = re.compile(
    r"((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+) ([A-Za-z0-9+/]{20,}={0,2})", re.ASCII
)
_SECRET_WORDS = ("password", "passphrase", "passwd", "secret", "private_key", "privatekey", "token")
MAX_DAYS = 36500


def host_name(text: str) -> str:
    """Judge a host's name: it is a store alias and a file name too."""
    if not text:
        return "is empty"
    if HOST_NAME.fullmatch(text) and ".." not in text:
        return ""
    if HOST_NAME.fullmatch(text.lower()) and ".." not in text:
        return f"must be in lower case: {text.lower()}"
    return "must be 1 to 63 lower-case letters, digits, inner dots and hyphens"


def dialled_name(text: str) -> str:
    """Judge a DNS name or an IP address under which a host is reached."""
    from app.pki.names import san_entries

    try:
        san_entries((text,))
    except PkiError as error:
        return error.text
    return ""


def port(value: int) -> str:
    """Judge a TCP port."""
    return "" if 1 <= value <= 65535 else "must be from 1 to 65535"


def days(value: int) -> str:
    """Judge a lifetime in days."""
    return "" if 1 <= value <= MAX_DAYS else f"must be from 1 to {MAX_DAYS} days"


def site_name(text: str) -> str:
    """Judge the site's name."""
    good = "must be 1 to 64 letters, digits, inner dots, hyphens and underscores"
    return "" if _SITE_NAME.fullmatch(text) else good


def authority_name(text: str) -> str:
    """Judge the CA's common name (RFC 5280, ub-common-name: 64 characters)."""
    if len(text) > 64:
        return "must have at most 64 characters"
    return "" if text == text.strip() and text.isprintable() else "must be plain text in one line"


def anchor(text: str) -> str:
    """Judge the fingerprint of the certificate that hosts trust; empty means any."""
    good = "must be a SHA-256 fingerprint: 64 lower-case hex digits without colons"
    return "" if not text or _SHA256.fullmatch(text) else good


def user(text: str) -> str:
    """Judge a login name; empty means that of ~/.ssh/config."""
    return "" if not text or _USER.fullmatch(text) else "is not a login name"


def jump(text: str) -> str:
    """Judge a way of jump hosts: `[user@]host[:port]`, several with commas between."""
    for part in text.split(",") if text else ():
        found = _HOP.fullmatch(part.strip())
        if found is None or (found[1] and not 0 < int(found[1]) < 65536):
            return "must look like user@host:22, several with commas between"
    return ""


def identity(text: str) -> str:
    """Judge the path of a private key file on this machine."""
    if "-----BEGIN" in text:
        return "must be the path of a key file, not the key itself"
    return "" if text.isprintable() and not text.startswith("-") else "must be a path"


def root(text: str) -> str:
    """Judge a path prefix on the host."""
    if not text:
        return ""
    good = text.startswith("/") and text.isprintable() and "/../" not in f"{text}/"
    return "" if good else "must be an absolute path"


def host_key(text: str) -> str:
    """Judge a pinned host key: `type base64` as in known_hosts, the type being that of the key."""
    if not text:
        return ""
    wrong = "must be a public host key such as: ssh-ed25519 AAAAC3…"
    found = _HOST_KEY.fullmatch(text)
    if not found:
        return wrong
    try:
        blob = base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        return "is cut off or mistyped: its base64 does not decode"
    kind = found[1].encode()
    return "" if blob.startswith(len(kind).to_bytes(4, "big") + kind) else wrong


def names_secret(key: str) -> bool:
    """Tell whether a key sounds like a secret, which must not stand in site.yaml."""
    folded = key.lower().replace("-", "_")
    return any(word in folded for word in _SECRET_WORDS)


HOST_TEXTS: dict[str, Callable[[str], str]] = {
    "address": dialled_name,
    "user": user,
    "identity": identity,
    "jump": jump,
    "host_key": host_key,
    "root": root,
}
