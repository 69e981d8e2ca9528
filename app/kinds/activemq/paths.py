"""Where ActiveMQ finds what its configuration names: key stores, and its log.

Stores (org.apache.activemq.spring.Utils.resourceFromString, 5.4 to 6.x): a path that exists, as the
broker's working directory has it, is that file; else a URL is a URL; else it is looked for on the
class path, of which the configuration folder is the first part, then the home's libraries.
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections.abc import Callable, Mapping

_PLACEHOLDER = re.compile(r"\$\{(?:sys:)?([^}:]+)\}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LOG = re.compile(
    rb"^[ \t]*(?:log4j\.appender\.[\w.-]+\.file|appender\.[\w.-]+\.fileName)"
    rb"[ \t]*[=:][ \t]*(.+?)[ \t\r]*$",
    re.MULTILINE | re.IGNORECASE,
)


def variables(home: str, base: str, conf: str, data: str) -> dict[str, str]:
    """Give the system properties that the start scripts set, and every file may use."""
    pairs = {"home": home, "base": base, "conf": conf, "data": data}
    return {f"activemq.{name}": path for name, path in pairs.items()}


def expand(text: str, known: Mapping[str, str]) -> str | None:
    """Put in the placeholders of a value, or give None where one is not known."""
    names = [found[1] for found in _PLACEHOLDER.finditer(text)]
    if any(name not in known for name in names):
        return None
    full = _PLACEHOLDER.sub(lambda found: known[found[1]], text)
    return None if "${" in full or "#{" in full else full


def store_path(
    value: str, known: Mapping[str, str], cwd: str, exists: Callable[[str], bool]
) -> str | None:
    """Give the file that a keyStore or trustStore attribute names, or None where it is no file.

    `known` are the system properties (see `variables`), `cwd` the broker's working directory,
    empty where it is not known; `exists` tells what stands on the host.
    """
    text = expand(value, known)
    if not text:
        return None
    direct = _normal(posixpath.join(cwd, text)) if cwd or text.startswith("/") else ""
    if direct and exists(direct):
        return direct
    scheme = _SCHEME.match(text)
    if scheme is None:
        # A class path has no root: a leading slash is nothing to it.
        inside = _normal(posixpath.join(known["activemq.conf"], text.lstrip("/")))
        return inside if exists(inside) or not text.startswith("/") else direct
    rest = text[scheme.end() :]
    match scheme[1].lower():
        case "file":
            path = urllib.parse.unquote(rest.partition("?")[0])
            if path.startswith("//"):
                path = "/" + path.lstrip("/")
            return _normal(posixpath.join(cwd, path)) if cwd or path.startswith("/") else None
        case "classpath" if not rest.startswith("/"):
            return _normal(posixpath.join(known["activemq.conf"], rest))
    return None


def log_path(settings: bytes | None, known: Mapping[str, str]) -> str:
    """Give the broker's log as log4j.properties or log4j2.properties says; else the usual one.

    Of several files the one named activemq.log is meant, or else the first that is no audit log.
    """
    usual = posixpath.join(known["activemq.data"], "activemq.log")
    found = []
    for raw in _LOG.findall(settings or b""):
        path = expand(raw.decode("utf-8", "replace"), known)
        if path and path.startswith("/"):
            found.append(_normal(path))
    named = [path for path in found if path.endswith("/activemq.log")]
    others = [path for path in found if "audit" not in posixpath.basename(path)]
    return next(iter(named or others), usual)


def _normal(path: str) -> str:
    return re.sub(r"\A/+", "/", posixpath.normpath(path))
