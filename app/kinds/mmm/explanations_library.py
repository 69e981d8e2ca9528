"""What IO::Socket::SSL says, as PERL5OPT=-MIO::Socket::SSL=debug2 brings it to the screen.

`connect attempt failed` speaks the one who dials, `accept attempt failed` the one who is dialled;
under TLS 1.3 a refusal reaches the one who dials only when it reads.
"""

from __future__ import annotations

from app.kinds.explaining import Row, row

_DIALS = r"SSL (?:connect attempt failed|read error|write error) error:[0-9A-F]{8}:SSL routines::"
_TAKES = r"SSL accept attempt failed error:[0-9A-F]{8}:SSL routines::"
_PLAN = "Run `tlswright plan` for both hosts."
_DIALLED = "cert_file of the host that is dialled"
_CALLER = "cert_file of the host that dials"
_NAMES = (
    "Issue it with the address as a subject alternative name (`tlswright plan`, apply). 1.x also "
    "has `verifycn_scheme none`, which keeps the check of the CA."
)

# The name first: the library names the lesser error beside it in one line.
_WHO_DIALS: tuple[Row, ...] = (
    row(
        "mmm-dials-name",
        "the connection",
        "hostname verification failed",
        r"(?:^|error: |keep ')hostname verification failed'?\s*$",
        "The certificate of the one that was dialled lacks the address that the configuration "
        "dials (`ip` of the host or monitor), literally. A common name such as node1 does not do.",
        _NAMES,
        _DIALLED,
    ),
    row(
        "mmm-dials-untrusted",
        "the connection",
        "SSL connect attempt failed",
        rf"{_DIALS}certificate verify failed",
        "The certificate of the one that was dialled is not accepted: another CA, expired, or for "
        "clients only; or no ca_file is set where it was dialled from, and the system's CAs count.",
        f"Set ca_file on the host that dials, a remote mmm_control too. {_PLAN}",
        f"ca_file of the host that dials; {_DIALLED}",
    ),
    row(
        "mmm-dials-plain",
        "the connection",
        "SSL connect attempt failed",
        rf"{_DIALS}wrong version number",
        "The one that was dialled does not speak TLS: it is plain, or was not restarted.",
        f"{_PLAN} 1.x is silently plain where options are not indented or lib/socket.pm is "
        "missing.",
        "<socket> or socket_type of the host that is dialled",
    ),
    row(
        "mmm-dials-refused-ca",
        "the connection",
        "tlsv1 alert unknown ca",
        rf"{_DIALS}tlsv1 alert unknown ca",
        "The one that was dialled does not know the CA of this host's certificate.",
        f"{_PLAN} A listener reads its ca_file only when it starts.",
        f"ca_file of the host that is dialled; {_CALLER}",
    ),
    row(
        "mmm-dials-refused-expired",
        "the connection",
        "alert certificate expired",
        rf"{_DIALS}sslv3 alert certificate expired",
        "The one that was dialled says that this host's certificate has expired.",
        "Run `tlswright rotate leaves --host HOST` for the host that dials; compare the clocks.",
        _CALLER,
    ),
    row(
        "mmm-dials-refused-usage",
        "the connection",
        "alert unsupported certificate",
        rf"{_DIALS}sslv3 alert unsupported certificate",
        "The one that was dialled does not take this host's certificate from a client: it is for "
        "servers only.",
        "Issue it for both; certificates of this site's authority are.",
        _CALLER,
    ),
    row(
        "mmm-dials-refused-none",
        "the connection",
        " alert ",
        rf"{_DIALS}(?:sslv3 alert handshake failure|tlsv13 alert certificate required)",
        "The one that was dialled wants a certificate and got none, most likely.",
        f"Set cert_file and key_file where it is dialled from. {_PLAN}",
        "<socket> or socket_type of the host that dials",
    ),
    row(
        "mmm-dials-old",
        "the connection",
        "alert internal error",
        rf"{_DIALS}tlsv1 alert internal error",
        "The one that was dialled gave up: mostly this host speaks nothing newer than TLS 1.1.",
        "Update OpenSSL and perl there, or remove `version` from the block (1.x).",
        "host that dials",
    ),
    row(
        "mmm-version-name",
        "start-up log",
        "SSL Version ",
        r"SSL Version \S{1,40} not supported",
        "`version` (1.x) names a protocol that this library does not have any more.",
        "Remove `version`: the newest that both have is taken.",
        "socket_type in mmm_agent.conf or mmm_mon.conf",
    ),
)

_WHO_IS_DIALLED: tuple[Row, ...] = (
    row(
        "mmm-takes-untrusted",
        "the connection",
        "SSL accept attempt failed",
        rf"{_TAKES}certificate verify failed",
        "The certificate of the one who dialled is not accepted: another CA, expired, for servers "
        "only, or revoked (1.x with check_crl).",
        f"{_PLAN} A listener reads ca_file and crl_file only when it starts.",
        f"ca_file of this host; {_CALLER}",
    ),
    row(
        "mmm-takes-none",
        "the connection",
        "peer did not return a certificate",
        rf"{_TAKES}peer did not return a certificate",
        "The one who dialled showed no certificate.",
        f"Set cert_file and key_file where it is dialled from. {_PLAN}",
        "<socket> or socket_type of the host that dials",
    ),
    row(
        "mmm-takes-plain",
        "the connection",
        "SSL accept attempt failed",
        rf"{_TAKES}wrong version number",
        "Somebody dials this port without TLS: a monitor or mmm_control that is still plain.",
        f"It needs the same socket settings. {_PLAN}",
        "<socket> or socket_type of the host that dials",
    ),
    row(
        "mmm-takes-distrusted",
        "the connection",
        "SSL accept attempt failed",
        rf"{_TAKES}tlsv1 alert unknown ca",
        "The one who dialled does not trust the CA of this host's certificate, or has no ca_file.",
        f"Set ca_file on the host that dials, a remote mmm_control too. {_PLAN}",
        f"ca_file of the host that dials; {_DIALLED}",
    ),
    row(
        "mmm-takes-expired",
        "the connection",
        "SSL accept attempt failed",
        rf"{_TAKES}sslv3 alert certificate expired",
        "The one who dialled says that this host's certificate has expired.",
        "Run `tlswright rotate leaves --host HOST` for this host; the listener takes it only by a "
        "restart. Compare the clocks.",
        "cert_file of this host",
    ),
    row(
        "mmm-takes-usage",
        "the connection",
        "SSL accept attempt failed",
        rf"{_TAKES}sslv3 alert unsupported certificate",
        "The one who dialled does not take this host's certificate from a server: it is for "
        "clients only.",
        "Issue it for both; certificates of this site's authority are.",
        "cert_file of this host",
    ),
    row(
        "mmm-takes-name",
        "the connection",
        "SSL accept attempt failed",
        rf"{_TAKES}tlsv1 alert internal error",
        "The one who dialled broke off: mostly this host's certificate lacks the address that was "
        "dialled.",
        _NAMES,
        "cert_file of this host",
    ),
    row(
        "mmm-takes-old",
        "the connection",
        "SSL accept attempt failed",
        rf"{_TAKES}no suitable signature algorithm",
        "The one who dialled speaks nothing newer than TLS 1.1, most likely.",
        "Update OpenSSL and perl there, or remove `version` from its block (1.x).",
        "host that dials",
    ),
)

ROWS: tuple[Row, ...] = _WHO_DIALS + _WHO_IS_DIALLED
