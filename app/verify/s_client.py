"""Read what `openssl s_client` printed, strictly: the peer and the host wrote parts of it.

OpenSSL 1.1.1 to 3.x; the snippet in remote_probe.sh frames its answer with a token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from app.errors import PkiError
from app.observed import Output
from app.quoting import calm
from app.verify.alerts import alert_name
from app.verify.result import TlsResult, pem_certificates

_VERIFY = re.compile(r"^verify error:num=(\d{1,3}):([^\n]{1,200})$", re.MULTILINE)
_ALERT = re.compile(
    r":([a-z0-9/]{2,12} (?:v\d )?alert [a-z ]{3,40}):[^\n]{0,200}SSL alert number (\d{1,3})"
)
_NEW = re.compile(r"^New, ([A-Za-z0-9./]{1,16}), Cipher is ([A-Z0-9a-z_-]{1,60})$", re.MULTILINE)
_PROTOCOL = re.compile(r"^ *Protocol *: ?(TLSv[0-9.]{1,4})$", re.MULTILINE)
_ERROR = re.compile(r"^[0-9A-Fa-f]{4,20}:error:[0-9A-Fa-f]{8}:([^\n]{1,300})$", re.MULTILINE)
_CONNECT = re.compile(
    r"(?:^|[:\s])connect:errno=(\d{1,4})|BIO_(?:lookup_ex|connect|sock_error)[^\n]{0,200}"
)
_FOREIGN = re.compile(
    r"wrong version number|http request|packet length too long|unknown "
    r"protocol|record layer failure"
)

_UNPROVEN = {
    "no-builtin-printf": (
        "the host's shell has no printf of its own, so a password would show in the process list"
    ),
    "no-openssl": "openssl is not installed on the host",
    "no-folder": "no private folder could be made on the host",
    "key-missing": "the key store is not there",
    "key-unreadable": "openssl cannot read the key store",
    "key-password": "the key store's password is not the one on record",
    "key-empty": "the key store holds no private key with its certificate",
    "trust-missing": "the trust store is not there",
    "trust-unreadable": "openssl cannot read the trust store",
    "trust-password": "the trust store's password is not the one on record",
    "trust-empty": "the trust store holds no certificate",
}
STORE_FAULTS = frozenset(
    _UNPROVEN[k]
    for k in (
        "key-missing",
        "key-password",
        "key-empty",
        "trust-missing",
        "trust-password",
        "trust-empty",
    )
)
"""Details that are the fault of a store itself, not of the probe."""


@dataclass(frozen=True, slots=True)
class _Dial:
    err: str
    out: str
    code: int


def parse_dial(answer: Output, token: str, source: str, connect: str) -> TlsResult:
    """Turn the snippet's answer into a result; what does not parse proves nothing."""
    mark = re.escape(token)
    if found := re.search(rf"^{mark} ([a-z0-9-]{{1,30}})$\s*\Z", answer.out, re.MULTILINE):
        word = found[1]
        if word in _UNPROVEN:
            return TlsResult("unproven", _UNPROVEN[word], source=source)
        framed = re.search(
            rf"^{mark} err\n(.*)\n{mark} out\n(.*)\n{mark} rc (\d{{1,3}})\n",
            answer.out,
            re.MULTILINE | re.DOTALL,
        )
        if word == "done" and framed:
            dial = _Dial(framed[1], framed[2], int(framed[3]))
            return replace(_judge(dial, connect), source=source)
    said = calm(answer.err.strip() or "nothing", 200)
    return TlsResult(
        "unproven", f"the probe on the host did not finish: it said {said}", source=source
    )


def _judge(dial: _Dial, connect: str) -> TlsResult:
    seen = _seen(dial.out)
    if not dial.out.lstrip().startswith("CONNECTED") and not seen.peer:
        return TlsResult("unreachable", f"no TCP connection to {connect}: {_why_unconnected(dial)}")
    if found := _VERIFY.search(dial.err):
        why = calm(found[2], 200)
        return replace(
            seen, outcome="untrusted", reason=why, detail=f"its certificate was refused: {why}"
        )
    when = "after" if seen.cipher else "during"
    if found := _ALERT.search(dial.err):
        alert = alert_name(found[1])
        return replace(
            seen,
            outcome="refused",
            alert=alert,
            detail=f"sent the alert {alert} {when} the handshake",
        )
    if found := _FOREIGN.search(dial.err):
        return TlsResult("not-tls", f"connected, but the answer is not TLS ({found[0]})")
    if dial.code == 124 and not seen.cipher:
        return TlsResult("not-tls", "connected, but no TLS answer in time")
    if seen.cipher and re.search(r"^DONE$", dial.err, re.MULTILINE):
        return replace(
            seen,
            outcome="accepted",
            verified=True,
            detail="handshake done, and the connection stayed open",
        )
    if re.search(r"errno=(?:104|54|131)\b", dial.err):
        return replace(seen, outcome="refused", detail=f"reset the connection {when} the handshake")
    if error := _ERROR.search(dial.err):
        said = "" if "unexpected eof" in error[1] else f" ({calm(error[1], 160)})"
        return replace(
            seen, outcome="refused", detail=f"closed the connection {when} the handshake{said}"
        )
    return replace(seen, outcome="refused", detail=f"closed the connection {when} the handshake")


def _seen(out: str) -> TlsResult:
    """Read what the peer presented; only the first certificate block is the peer's."""
    try:
        peers = pem_certificates(out)
    except PkiError:
        peers = ()
    new = _NEW.search(out)
    made = new is not None and new[2] != "NONE"
    protocol = _PROTOCOL.search(out)
    # For 1.2 the first word is the cipher's own version; 1.3 prints no Protocol before a ticket.
    version = "TLSv1.3" if new and new[1] == "TLSv1.3" else protocol[1] if protocol else ""
    return TlsResult(
        "refused",
        "",
        protocol=version if made else "",
        cipher=new[2] if new and made else "",
        peer=peers[0] if peers else b"",
        chain=peers[:1],
    )


def _why_unconnected(dial: _Dial) -> str:
    if re.search(
        r"Name or service not known|Temporary failure in name|nodename nor servname", dial.err
    ):
        return "the name is not known on this host"
    if "Connection refused" in dial.err or "errno=111" in dial.err:
        return "connection refused"
    if dial.code == 124:
        return "no answer in time"
    found = _CONNECT.search(dial.err)
    return calm(
        found[0]
        if found
        else dial.err.strip().splitlines()[-1]
        if dial.err.strip()
        else "no reason given",
        200,
    )
