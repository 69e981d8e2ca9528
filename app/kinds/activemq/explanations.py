"""What ActiveMQ logs when TLS goes wrong, measured with 5.17 on OpenJDK 17.

The initiator's side of a broken bridge is racy (an alert, a broken pipe or a closed connection
for the same cause); the acceptor's log names the cause.
"""

from __future__ import annotations

from app.kinds.activemq.explanations_clients import CLIENT_ROWS
from app.kinds.explaining import Row, row

_ACCEPT = r"Could not accept connection from .{0,200}"
_BRIDGE = (
    r"(?:Could not start network bridge|Error with pending (?:remote|local) brokerInfo).{0,400}"
)
_XML = "activemq.xml"
_KEY = "key store (keyStore in activemq.xml)"
_TRUST = "trust store (trustStore in activemq.xml)"
_PLAN = (
    "Run `tlswright plan` for this host: it shows which store differs, and apply makes it again."
)

_START_UP: tuple[Row, ...] = (
    row(
        "jks-password",
        "start-up log",
        "Keystore was tampered with",
        r"Keystore was tampered with, or password was incorrect",
        "The password in activemq.xml is not that of the JKS key store or trust store.",
        _PLAN,
        _KEY,
    ),
    row(
        "p12-password",
        "start-up log",
        "keystore password was incorrect",
        r"IOException: keystore password was incorrect",
        "The password in activemq.xml is not that of the PKCS12 key store or trust store.",
        _PLAN,
        _KEY,
    ),
    row(
        "store-not-found",
        "start-up log",
        "cannot be opened because it does not exist",
        r"class path resource \[[^\]]{1,300}\] cannot be opened because it does not exist",
        "A store named in activemq.xml is missing, or the broker's user may not read "
        "it: for a bare name "
        "both are reported alike.",
        "Look at owner and mode of the file; name stores by `file:` and an absolute path.",
        _KEY,
    ),
    row(
        "store-permission",
        "start-up log",
        "(Permission denied)",
        r"FileNotFoundException: .{1,300} \(Permission denied\)",
        "The broker's user may not read a file named in activemq.xml.",
        "Give it the group of the broker's user and mode 0640.",
        _KEY,
    ),
    row(
        "store-missing",
        "start-up log",
        "(No such file or directory)",
        r"FileNotFoundException: .{1,300} \(No such file or directory\)",
        "A file named in activemq.xml is not there.",
        _PLAN,
        _KEY,
    ),
    row(
        "key-password",
        "start-up log",
        "Cannot recover key",
        r"UnrecoverableKeyException: Cannot recover key",
        "The key inside the store has another password than the store (keyStoreKeyPassword).",
        "Give key and store the same password; apply makes such a store.",
        _KEY,
    ),
    row(
        "no-password",
        "start-up log",
        "Password must not be null",
        r"UnrecoverableKeyException: Password must not be null",
        "keyStorePassword is missing in the sslContext.",
        "Add keyStorePassword to the inner sslContext element.",
        _XML,
    ),
    row(
        "store-format",
        "start-up log",
        "Invalid keystore format",
        r"IOException: Invalid keystore format",
        "A store is neither JKS nor PKCS12; a PEM file was given as a store, most likely.",
        _PLAN,
        _KEY,
    ),
    row(
        "store-empty",
        "start-up log",
        "java.io.EOFException",
        r"(?:Failed to load: |Caused by: )(?:.{0,400}reason: .{0,300})?java\.io\.EOFException",
        "A store named in activemq.xml is an empty file.",
        _PLAN,
        _KEY,
    ),
    row(
        "no-wrapper",
        "start-up log",
        "Attribute 'keyStore' is not allowed",
        r"cvc-complex-type\.3\.2\.2: Attribute 'keyStore' is not allowed to appear in "
        r"element '(?:\w+:)?sslContext'",
        "The inner sslContext element is missing: the attributes stand on the outer one.",
        "Write <sslContext><sslContext keyStore=…/></sslContext>.",
        _XML,
    ),
    row(
        "attribute",
        "start-up log",
        "cvc-complex-type.3.2.2",
        r"cvc-complex-type\.3\.2\.2: Attribute '[^']{1,100}' is not allowed to appear in element",
        "An attribute in activemq.xml is misspelt or not known to this element.",
        "Correct the attribute that the line names.",
        _XML,
    ),
    row(
        "element",
        "start-up log",
        "cvc-complex-type.2.4.a",
        r"cvc-complex-type\.2\.4\.a: Invalid content was found starting with element",
        "activemq.xml holds an element that ActiveMQ does not know at this place.",
        "Correct or remove the element that the line names.",
        _XML,
    ),
    row(
        "ssl-context-outside",
        "start-up log",
        "cvc-complex-type.2.4.c",
        r"cvc-complex-type\.2\.4\.c: The matching wildcard is strict, but no "
        r"declaration can be found for element '(?:\w+:)?sslContext'",
        "The sslContext element stands outside the broker element.",
        "Move it into <broker>.",
        _XML,
    ),
    row(
        "malformed",
        "start-up log",
        "must be terminated by the matching end-tag",
        r'The element type "[^"]{1,100}" must be terminated by the matching end-tag',
        "activemq.xml is not well-formed XML: an element is not closed.",
        "Close the element that the line names.",
        _XML,
    ),
)

_ACCEPTOR: tuple[Row, ...] = (
    row(
        "client-no-certificate",
        "acceptor's log",
        "Empty client certificate chain",
        _ACCEPT + r"Empty client certificate chain",
        "The peer sent no certificate: its key store holds no private key, or its key "
        "is of an authority that "
        "this broker does not trust (Java then sends nothing), or an intermediate "
        "certificate is missing in it.",
        "Run `tlswright plan` for the host that dials: its key store must hold a key "
        "of this site's authority.",
        _KEY + " of the dialling host",
    ),
    row(
        "client-expired",
        "acceptor's log",
        "validity check failed",
        _ACCEPT + r"PKIX path validation failed.{0,300}validity check failed",
        "The certificate of the peer that dials has expired, or a clock is wrong.",
        "Run `tlswright rotate leaves --host HOST` for the host that dials; compare the clocks.",
        _KEY + " of the dialling host",
    ),
    row(
        "client-usage",
        "acceptor's log",
        "Extended key usage does not permit",
        r"Extended key usage does not permit use for TLS client authentication",
        "The certificate of the peer that dials is for servers only (extended key usage).",
        "Issue it for servers and clients; certificates of this site's authority are.",
        _KEY + " of the dialling host",
    ),
    row(
        "client-untrusted",
        "acceptor's log",
        "PKIX path building failed",
        _ACCEPT + r"PKIX path building failed",
        "The peer sent a certificate of an authority that this broker does not trust.",
        "If it is one of this site, run `tlswright plan` for both hosts; otherwise it "
        "was rightly refused.",
        _TRUST,
    ),
    row(
        "acceptor-untrusted",
        "acceptor's log",
        "certificate_unknown",
        _ACCEPT + r"Received fatal alert: certificate_unknown",
        "The peer that dials refused this broker's certificate: it does not trust its "
        "issuer, the certificate "
        "has expired, or it lacks the name that was dialled.",
        "See the log of the host that dials; it says which.",
        _TRUST + " of the dialling host",
    ),
    row(
        "plain-to-tls",
        "acceptor's log",
        "Unsupported or unrecognized SSL message",
        _ACCEPT + r"Unsupported or unrecognized SSL message",
        "Somebody dials the TLS port without TLS (tcp:// to an ssl:// port).",
        "Use ssl:// in the URI of the one who dials.",
        _XML + " of the dialling host",
    ),
    row(
        "tls-to-plain",
        "acceptor's log",
        "Unknown data type: ",
        # The number is a byte of what was sent instead: a Java client's hello gives -56.
        r"Unknown data type: -?\d{1,3}\b",
        "Somebody dials a plain port with TLS (ssl:// to a tcp:// port), or with another protocol.",
        "Correct the port in the URI of the one who dials.",
        _XML + " of the dialling host",
    ),
)

_INITIATOR: tuple[Row, ...] = (
    row(
        "acceptor-expired",
        "initiator's log",
        "validity check failed",
        _BRIDGE + r"PKIX path validation failed.{0,300}validity check failed",
        "The certificate of the broker that was dialled has expired, or a clock is wrong.",
        "Run `tlswright rotate leaves --host HOST` for it; compare the clocks.",
        _KEY + " of the dialled host",
    ),
    row(
        "issuer-untrusted",
        "initiator's log",
        "PKIX path building failed",
        _BRIDGE + r"PKIX path building failed",
        "This broker does not trust the issuer of the certificate that was presented; "
        "or it has no sslContext "
        "at all, and Java's own authorities count.",
        "Run `tlswright plan` for this host: its trust store must hold the site's authority.",
        _TRUST,
    ),
    row(
        "name-mismatch",
        "initiator's log",
        "No subject alternative",
        r"No subject alternative (?:DNS name matching \S{1,260}|names matching IP "
        r"address \S{1,60}) found",
        "The certificate of the broker that was dialled does not hold the name or "
        "address that this one dials.",
        "Add that name to the names of the dialled host and apply.",
        "names in site.yaml",
    ),
    row(
        "name-mismatch-cn",
        "initiator's log",
        "No name matching",
        r"No name matching \S{1,260} found",
        "The certificate of the broker that was dialled holds no alternative name, and "
        "its common name is another.",
        "Apply: certificates of this site hold every name that is dialled.",
        "names in site.yaml",
    ),
    row(
        "no-trust-store",
        "initiator's log",
        "No X509TrustManager implementation available",
        r"No X509TrustManager implementation available",
        "The sslContext has a key store but no trust store.",
        "Add trustStore, trustStorePassword and trustStoreType to the inner sslContext.",
        _XML,
    ),
    row(
        "trust-store-empty",
        "initiator's log",
        "trustAnchors parameter must be non-empty",
        r"the trustAnchors parameter must be non-empty",
        "The trust store holds no trusted entry; Java sees none in a PKCS12 file that "
        "openssl made of certificates.",
        "Make it with keytool -importcert, or apply: it makes one that Java reads.",
        _TRUST,
    ),
    row(
        "bridge-to-plain",
        "initiator's log",
        "Unsupported or unrecognized SSL message",
        _BRIDGE + r"Unsupported or unrecognized SSL message",
        "The port that was dialled with ssl:// does not speak TLS.",
        "Dial the port of the ssl:// listener.",
        _XML,
    ),
    row(
        "bridge-without-tls",
        "initiator's log",
        "TimeoutException",
        r"(?i:brokerInfo).{0,400}\(null\).{0,300}TimeoutException",
        "The bridge dials a TLS port without TLS (tcp:// to an ssl:// port).",
        "Use ssl:// in the networkConnector's URI.",
        _XML,
    ),
    row(
        "bad-uri-option",
        "initiator's log",
        "Invalid connect parameters",
        r"Invalid connect parameters: \{[^}]{0,300}transport\.verifyHostName",
        "transport.verifyHostName is not an option of a dialling URI; the bridge never "
        "comes up with it.",
        "Remove it: host names are checked by default.",
        _XML,
    ),
    row(
        "bridge-refused",
        "initiator's log",
        "Received fatal alert:",
        _BRIDGE + r"Received fatal alert: "
        r"(?:bad_certificate|certificate_required|unknown_ca|certificate_unknown|handshake_failure)",
        "The broker that was dialled refused this one's certificate.",
        "See its log: `Empty client certificate chain` means no key, or one of an "
        "authority that it does not trust.",
        _KEY,
    ),
    row(
        "bridge-connection-refused",
        "initiator's log",
        "Connection refused",
        _BRIDGE + r"Connection refused",
        "Nothing listens on the dialled port: the other broker is down, or its TLS "
        "listener is missing.",
        "Start the other broker; compare the port.",
        _XML + " of the dialled host",
    ),
    row(
        "unknown-host",
        "initiator's log",
        "Could not start network bridge",
        r"Could not start network bridge .{0,200}and: \w{2,20}://([^/:?\s]{1,253}):\d{1,5}.{0,200}"
        r"due to: (?:java\.net\.UnknownHostException: )?\1(?:: Name or service not known)?\s*$",
        "The name of the other broker cannot be resolved on this host.",
        "Add it to DNS or to /etc/hosts of this host, or dial an address.",
        "/etc/hosts",
    ),
    row(
        "bridge-broken",
        "initiator's log",
        "",
        _BRIDGE + r"(?:Broken pipe|Connection or (?:in|out)bound has closed|Connection reset)",
        "The broker that was dialled hung up in the handshake; most often it refused "
        "this one's certificate.",
        "See its log, which names the cause.",
        _KEY,
    ),
)

ADVICE = {
    "no certificate refused": (
        "Write needClientAuth=true on the transportConnector, in exactly this spelling, and never "
        "transport.verifyHostName beside it: that switches client authentication off silently."
    ),
}
"""Remedies for wrong dials that were accepted, by what was tried."""

ROWS: tuple[Row, ...] = _START_UP + CLIENT_ROWS + _ACCEPTOR + _INITIATOR
