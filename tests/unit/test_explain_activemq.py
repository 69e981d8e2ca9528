"""Each row of ActiveMQ's table explains its real line, and not one that looks like it."""

from __future__ import annotations

import pytest

from app.verify.explain import explain, table

HUB = "ERROR | Could not accept connection from tcp://198.18.7.12:40812: "
HUB_END = " (javax.net.ssl.SSLHandshakeException)"
BRIDGE = (
    "WARN | Could not start network bridge between: vm://spoke-a and: "
    "ssl://hub.amq.test:61617 due to: "
)
LOAD = "ERROR | Failed to load: class path resource [activemq.xml], reason: "
XSD = "org.xml.sax.SAXParseException; lineNumber: 40; columnNumber: 9; "
PKIX = "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: "
TARGET = "unable to find valid certification path to requested target"
EXPIRED = (
    "PKIX path validation failed: java.security.cert.CertPathValidatorException: "
    "validity check failed"
)
ALERT = "Received fatal alert: "
OPEN = "cannot be opened because it does not exist"

# (row, a real line, a line that looks like it and means something else)
CASES = [
    (
        "scheme-unknown",
        f"{LOAD}Transport scheme NOT recognized: [amqp+ssl]",
        "INFO | Transport scheme NOT recognized by the switch",
    ),
    (
        "mqtt-library",
        "WARN | Could not accept connection : java.lang.NoClassDefFoundError: "
        "org/fusesource/mqtt/codec/PINGRESP (org.fusesource.mqtt.codec.PINGRESP)",
        "ERROR | java.lang.NoClassDefFoundError: com/example/mqtt/Own",
    ),
    (
        "jks-password",
        "Caused by: java.io.IOException: Keystore was tampered with, or password was incorrect",
        "INFO | Keystore was tampered with by nobody",
    ),
    (
        "p12-password",
        "Caused by: java.io.IOException: keystore password was incorrect",
        "INFO | keystore password was incorrect yesterday",
    ),
    (
        "store-not-found",
        f"Caused by: java.io.FileNotFoundException: class path resource [broker.ks] {OPEN}",
        f"INFO | queue {OPEN}",
    ),
    (
        "store-permission",
        "Caused by: java.io.FileNotFoundException: /etc/activemq/broker.ks (Permission denied)",
        "WARN | java.net.SocketException: (Permission denied)",
    ),
    (
        "store-missing",
        "Caused by: java.io.FileNotFoundException: /etc/broker.ks (No such file or directory)",
        "sh: x: (No such file or directory)",
    ),
    (
        "key-password",
        "Caused by: java.security.UnrecoverableKeyException: Cannot recover key",
        "INFO | Cannot recover key range of the index",
    ),
    (
        "no-password",
        "Caused by: java.security.UnrecoverableKeyException: Password must not be null",
        "IllegalArgumentException: Password must not be null",
    ),
    (
        "store-format",
        "Caused by: java.io.IOException: Invalid keystore format",
        "INFO | Invalid keystore format is what we test",
    ),
    (
        "store-empty",
        f"{LOAD}java.io.EOFException",
        "WARN | Network connection between vm://spoke-a#0 and ssl://hub/198.18.7.11:61617 shutdown "
        "due to a remote error: java.io.EOFException",
    ),
    (
        "no-wrapper",
        f"{XSD}cvc-complex-type.3.2.2: Attribute 'keyStore' is not allowed to appear in element "
        "'sslContext'.",
        "Attribute 'keyStore' is not allowed here",
    ),
    (
        "attribute",
        f"{XSD}cvc-complex-type.3.2.2: Attribute 'keystore' is not allowed to appear in element "
        "'sslContext'.",
        "see cvc-complex-type.3.2.2 in the manual",
    ),
    (
        "element",
        f"{XSD}cvc-complex-type.2.4.a: Invalid content was found starting with element "
        "'{\"http://activemq.apache.org/schema/core\":fooBar}'. One of '{…}' is expected.",
        "see cvc-complex-type.2.4.a in the manual",
    ),
    (
        "ssl-context-outside",
        f"{XSD}cvc-complex-type.2.4.c: The matching wildcard is strict, but no declaration can be "
        "found for element 'sslContext'.",
        f"{XSD}cvc-complex-type.2.4.c: The matching wildcard is strict, but no declaration can be "
        "found for element 'camelContext'.",
    ),
    (
        "malformed",
        f'{XSD}The element type "broker" must be terminated by the matching end-tag "</broker>".',
        "every tag must be terminated by the matching end-tag",
    ),
    (
        "client-no-certificate",
        f"{HUB}Empty client certificate chain{HUB_END}",
        "INFO | Empty client certificate chain is refused by this broker",
    ),
    (
        "client-expired",
        f"{HUB}{EXPIRED}{HUB_END}",
        f"{HUB}PKIX path validation failed: signature check failed",
    ),
    (
        "client-usage",
        f"{HUB}Extended key usage does not permit use for TLS client authentication",
        "Extended key usage does not permit use for code signing",
    ),
    ("client-untrusted", f"{HUB}{PKIX}{TARGET}{HUB_END}", "INFO | PKIX path building failed once"),
    ("acceptor-untrusted", f"{HUB}{ALERT}certificate_unknown", "INFO | certificate_unknown is 46"),
    (
        "plain-to-tls",
        f"{HUB}Unsupported or unrecognized SSL message{HUB_END}",
        "Unsupported or unrecognized SSL message",
    ),
    (
        "tls-to-plain",
        "WARN | Transport Connection to: tcp://198.18.7.12:40812 failed: java.io.IOException: "
        "Unknown data type: -56",
        "Unknown data type: blob",
    ),
    (
        "acceptor-expired",
        f"{BRIDGE}{EXPIRED}",
        f"{BRIDGE}PKIX path validation failed: signature check failed",
    ),
    ("issuer-untrusted", f"{BRIDGE}{PKIX}{TARGET}", f"INFO | {PKIX}{TARGET}"),
    (
        "name-mismatch",
        f"{BRIDGE}No subject alternative DNS name matching hub.amq.test found.",
        "No subject alternative to this choice found",
    ),
    (
        "name-mismatch",
        f"{BRIDGE}No subject alternative names matching IP address 198.18.7.11 found",
        "No subject alternative names present",
    ),
    (
        "name-mismatch-cn",
        f"{BRIDGE}No name matching hub.amq.test found",
        "No name matching found in index of queues",
    ),
    (
        "no-trust-store",
        f"{BRIDGE}No X509TrustManager implementation available",
        "No X509KeyManager implementation available",
    ),
    (
        "trust-store-empty",
        f"{BRIDGE}Unexpected error: java.security.InvalidAlgorithmParameterException: "
        "the trustAnchors parameter must be non-empty",
        "the trustAnchors parameter may be empty",
    ),
    (
        "bridge-to-plain",
        f"{BRIDGE}Unsupported or unrecognized SSL message",
        "Unsupported or unrecognized SSL message",
    ),
    (
        "bridge-without-tls",
        "WARN | Error with pending remote brokerInfo on: tcp://hub.amq.test:61617 (null): "
        "java.util.concurrent.TimeoutException",
        "WARN | TimeoutException while asking for brokerInfo",
    ),
    (
        "bad-uri-option",
        f"{BRIDGE}Invalid connect parameters: {{transport.verifyHostName=false}}",
        f"{BRIDGE}Invalid connect parameters: {{socket.foo=1}}",
    ),
    (
        "bridge-refused",
        f"INFO | Error with pending remote brokerInfo on: ssl://hub:61617 ({ALERT}bad_certificate)",
        f"INFO | {ALERT}bad_certificate",
    ),
    (
        "bridge-connection-refused",
        f"{BRIDGE}java.net.ConnectException: Connection refused",
        "INFO | Connection refused by policy",
    ),
    ("unknown-host", f"{BRIDGE}hub.amq.test", f"{BRIDGE}hub.amq.test is busy"),
    (
        "bridge-broken",
        f"{BRIDGE}java.net.SocketException: Broken pipe (Write failed)",
        "INFO | Broken pipe in the cellar",
    ),
    (
        "bridge-broken",
        f"{BRIDGE}Connection or outbound has closed",
        "INFO | spoke-a bridge to hub stopped: Connection or outbound has closed",
    ),
]


@pytest.mark.parametrize(("row", "line", "lookalike"), CASES)
def test_a_row_explains_its_line_and_not_its_lookalike(row: str, line: str, lookalike: str) -> None:
    (found,) = explain([line], "activemq")
    assert found.id == row
    assert found.line == line.strip()
    assert found.cause
    assert found.remedy
    assert found.where
    assert row not in {e.id for e in explain([lookalike], "activemq")}


def test_every_row_has_a_case() -> None:
    common = {row.id for row in table("")}
    own = {row.id for row in table("activemq")} - common
    assert own == {row for row, _, _ in CASES}


def test_a_healthy_log_needs_no_explanation() -> None:
    healthy = [
        "INFO | Apache ActiveMQ 5.17.2 (hub, ID:hub-1) started",
        "INFO | Listening for connections at: ssl://hub:61617?needClientAuth=true",
        "INFO | Network connection between vm://spoke-a#0 and ssl://hub/198.18.7.11:61617 (hub) "
        "has been established.",
        "INFO | spoke-a bridge to hub stopped",
        "INFO | Network connection between vm://hub#2 and ssl:///198.18.7.12:40812 shutdown due to "
        "a remote error: java.io.EOFException",
    ]
    assert explain(healthy, "activemq") == ()
