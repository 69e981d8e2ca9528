"""Merge the URI of a transportConnector: client authentication on, foreign options kept."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher

from app.edits.uri import Uri, option_key

NEED = ("needClientAuth", "transport.needClientAuth")
ENABLED = ("transport.enabledProtocols", "enabledProtocols", "socket.enabledProtocols")
_WANT = ("wantClientAuth", "transport.wantClientAuth")
VERIFY = ("verifyHostName", "transport.verifyHostName", "socket.verifyHostName")
_KNOWN = ("needClientAuth", "wantClientAuth", "verifyHostName", "enabledProtocols")
_WILDCARDS = frozenset({"0.0.0.0", "[::]", ""})  # noqa: S104 - compared, never bound
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def demanded(wanted: Uri) -> Uri:
    """Complete a wanted URI: needClientAuth=true unless it says otherwise, no verifyHostName."""
    uri = wanted.without(VERIFY)
    said = any(uri.values(key) for key in NEED)
    return uri if said else uri.with_option("needClientAuth", "true")


def asks_clients(uri: Uri) -> bool:
    """Tell whether the listener demands a client certificate, as far as its options say."""
    said = [value.lower() for key in NEED for value in uri.values(key)]
    return bool(said) and all(value == "true" for value in said)


def switched_off(uri: Uri) -> bool:
    """Tell whether the pair stands there that turns client authentication off (5.17.2)."""
    return asks_clients(uri) and any(uri.values(key) for key in VERIFY)


def merge_listener(existing: Uri, wanted: Uri, *, ours: bool) -> tuple[Uri, list[str]]:
    """Bring an existing listener to what is wanted, with notes on what was taken out.

    `ours` says that the connector bears the wanted name; another one keeps its own, narrower,
    bind address.
    """
    wanted = demanded(wanted)
    uri, notes = _bind(existing, wanted, ours=ours)
    if _needs_scheme(existing, wanted):
        uri = replace(uri, scheme=wanted.scheme)
    for raw in wanted.options or ():
        if raw:
            uri = _set(uri, option_key(raw), raw.partition("=")[2])
    if asks_clients(existing) and not asks_clients(uri):
        notes.append("clients need no certificate there any more")
    refused = VERIFY + (_WANT if asks_clients(wanted) else ())
    for key in refused:
        if uri.values(key):
            notes.append(f"{key} is taken out: it would switch client authentication off")
    return uri.without(refused), notes


def misspelt(uri: Uri) -> list[str]:
    """Name options that look like a security option and are none: ActiveMQ ignores them."""
    found = []
    for raw in uri.options or ():
        bare = option_key(raw).removeprefix("transport.").removeprefix("socket.")
        if bare in _KNOWN:
            continue
        for known in _KNOWN:
            if SequenceMatcher(None, bare.lower(), known.lower()).ratio() > 0.85:
                found.append(f"{option_key(raw)} is no option of ActiveMQ: is {known} meant?")
                break
    return found


def _set(uri: Uri, key: str, value: str) -> Uri:
    """Set an option; all spellings of one are set alike."""
    spellings = next((known for known in (NEED, ENABLED) if key in known), (key,))
    present = [spelling for spelling in spellings if uri.values(spelling)]
    for spelling in present or [key]:
        uri = uri.with_option(spelling, value)
    return uri


def _bind(existing: Uri, wanted: Uri, *, ours: bool) -> tuple[Uri, list[str]]:
    if existing.port == wanted.port and existing.host == wanted.host:
        return existing, []
    keeps = not ours and wanted.host in _WILDCARDS
    if keeps and existing.port == wanted.port and existing.host not in _WILDCARDS | _LOOPBACK:
        return existing, [f"it keeps its bind address {existing.host}"]
    old = existing.authority
    return replace(existing, authority=wanted.authority), [
        f"it listened on {old} and now listens on {wanted.authority}"
    ]


def _needs_scheme(existing: Uri, wanted: Uri) -> bool:
    """Keep nio+ssl and the like where plain ssl is wanted: both serve the same peers."""
    same = existing.is_tls and existing.protocol == wanted.protocol
    base = "ssl" if wanted.protocol == "openwire" else f"{wanted.protocol}+ssl"
    return not (same and wanted.scheme.lower() == base)
