"""What openssl, TLS libraries and SSH say, whatever the product."""

from __future__ import annotations

from app.kinds.explaining import Row, row

_TLS: tuple[Row, ...] = (
    row(
        "alert-certificate-required",
        "the connection",
        "ertificate",
        r"alert[ _]certificate[ _]required|\bcertificate_required\b",
        "The server wants a client certificate and got none.",
        "Give the client a key with a certificate of the site's authority.",
    ),
    row(
        "alert-unknown-ca",
        "the connection",
        "unknown",
        r"alert:?[ _]unknown[ _]ca\b",
        "The other side does not know the authority that issued our certificate.",
        "Compare its trust store with the issuer of the certificate: `tlswright plan` shows both.",
    ),
    row(
        "alert-expired",
        "the connection",
        "expired",
        r"alert:?[ _](?:sslv3 )?certificate[ _]expired",
        "The other side says that our certificate has expired.",
        "Run `tlswright rotate leaves --host HOST`; compare the clocks.",
    ),
    row(
        "alert-bad-certificate",
        "the connection",
        "bad",
        r"alert:?[ _]bad[ _]certificate",
        "The other side refused our certificate, or missed it.",
        "See its log, which names the cause.",
    ),
    row(
        "alert-certificate-unknown",
        "the connection",
        "unknown",
        r"alert:?[ _]certificate[ _]unknown",
        "The other side could not accept our certificate: issuer, dates or name.",
        "See its log, which names the cause.",
    ),
    row(
        "alert-protocol",
        "the connection",
        "protocol",
        r"alert:?[ _]protocol[ _]version",
        "The two sides have no TLS version in common.",
        "Update the side that offers less than TLS 1.2.",
    ),
    row(
        "alert-handshake",
        "the connection",
        "handshake",
        r"alert:?[ _]handshake[ _]failure",
        "The other side found no common ground: often a missing client certificate "
        "under TLS 1.2, or no common cipher.",
        "See its log, which names the cause.",
    ),
    row(
        "wrong-version",
        "openssl",
        "wrong",
        r"(?i)SSL routines.{0,80}wrong version number|\[SSL: WRONG_VERSION_NUMBER\]",
        "What answers on the port does not speak TLS.",
        "Compare the port with that of the TLS listener.",
    ),
    row(
        "unsafe-legacy",
        "openssl",
        "RC2-40-CBC",
        r"unsupported.{0,200}RC2-40-CBC",
        "The PKCS12 store is encrypted with an algorithm that OpenSSL 3 no longer "
        "reads by default.",
        "Apply makes a new one; `openssl pkcs12 -legacy` still reads it.",
    ),
    row(
        "mac-verify",
        "openssl",
        "ac verify",
        r"(?i)\bmac verify (?:error|failure)",
        "The password is not that of the PKCS12 store.",
        "Run `tlswright plan` for the host: a store was replaced.",
    ),
    row(
        "key-mismatch",
        "openssl",
        "key values mismatch",
        r"\bkey values mismatch",
        "The private key does not belong to the certificate.",
        "Run `tlswright apply`: it makes both anew.",
    ),
)

_VERIFY: tuple[Row, ...] = (
    row(
        "not-yet-valid",
        "openssl",
        "ertificate is not yet valid",
        r"\b[Cc]ertificate is not yet valid\b",
        "A clock is wrong, on the host or where the certificate was issued.",
        "Set the clocks.",
    ),
    row(
        "has-expired",
        "openssl",
        "ertificate has expired",
        r"(?:verify error|verify failed|num=10).{0,60}certificate has expired",
        "The certificate has expired.",
        "Run `tlswright rotate leaves --host HOST`.",
    ),
    row(
        "hostname",
        "openssl",
        "ismatch",
        r"\b(?:[Hh]ostname|IP address) mismatch\b",
        "The certificate does not hold the name or address that was dialled.",
        "Add the name to the names of the host in site.yaml and apply.",
        "names in site.yaml",
    ),
    row(
        "issuer-unknown",
        "openssl",
        "issuer certificate",
        r"unable to get (?:local )?issuer certificate",
        "The issuer of the certificate is not among the trusted ones, or an "
        "intermediate certificate is not sent.",
        "Compare the trust store with the issuer: `tlswright plan` shows both.",
    ),
    row(
        "self-signed",
        "openssl",
        "self",
        r"\bself[- ]signed certificate\b(?: in certificate chain)?",
        "The certificate leads to an authority that is not trusted, or to none.",
        "Compare the trust store with the issuer: `tlswright plan` shows both.",
    ),
)

_HOST: tuple[Row, ...] = (
    row(
        "ssh-key-changed",
        "ssh",
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "The host presents another key than the one on record: it was set up anew, or "
        "somebody stands in between.",
        "Compare the fingerprint on the host's console before accepting the new key.",
        "known_hosts, site.yaml",
    ),
    row(
        "ssh-key-unknown",
        "ssh",
        "Host key verification failed",
        r"^Host key verification failed",
        "The host's key is not on record.",
        "Compare its fingerprint, then accept it in the wizard or in known_hosts.",
    ),
    row(
        "ssh-denied",
        "ssh",
        "Permission denied",
        r"Permission denied \((?:publickey|password|keyboard-interactive|gssapi)[a-z,-]{0,80}\)",
        "The host refused every way to log in.",
        "Check the user and the key; the host's own log says why.",
    ),
    row(
        "ssh-banner",
        "ssh",
        "Error reading SSH protocol banner",
        r"Error reading SSH protocol banner",
        "The host closed the connection before SSH began: too many connections at once "
        "(MaxStartups, "
        "PerSourcePenalties), or another service on that port.",
        "Wait half a minute and try again; check the port.",
    ),
    row(
        "sudo-tty",
        "the host",
        "sudo",
        r"sudo: .{0,40}you must have a tty",
        "sudo on the host insists on a terminal (requiretty).",
        "Remove requiretty for the user in sudoers.",
        "/etc/sudoers",
    ),
    row(
        "sudo-password",
        "the host",
        "sudo",
        r"sudo: (?:a (?:terminal|password) is required|\d incorrect password attempt)",
        "sudo wants a password and got none, or a wrong one.",
        "Give the sudo password, or allow the user to do without.",
    ),
    row(
        "disk-full",
        "the host",
        "No space left on device",
        r"\bNo space left on device",
        "A file system of the host is full.",
        "Make space and run again; nothing was switched.",
    ),
    row(
        "read-only",
        "the host",
        "Read-only file system",
        r"\bRead-only file system",
        "The file system is mounted read-only.",
        "Mount it for writing and run again.",
    ),
    row(
        "name-unknown",
        "the connection",
        "nown",
        r"Name or service not known|Temporary failure in name resolution|UnknownHostException",
        "The name cannot be resolved there.",
        "Add it to DNS or to /etc/hosts of the host that dials.",
        "/etc/hosts",
    ),
    row(
        "no-route",
        "the connection",
        "route to host",
        r"(?i)\bno route to host",
        "The host cannot be reached: it is down, or a firewall rejects.",
        "Check address and firewall.",
    ),
    row(
        "timed-out",
        "the connection",
        "onnection timed out",
        r"\b[Cc]onnection timed out",
        "No answer came: the host is down, or a firewall drops.",
        "Check address and firewall.",
    ),
)

ROWS: tuple[Row, ...] = _TLS + _VERIFY + _HOST
