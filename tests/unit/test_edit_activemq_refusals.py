"""What cannot be edited safely is refused with the line, the reason and a snippet to paste."""

from __future__ import annotations

import pytest

from app.edits.activemq import (
    BrokerEdit,
    NetworkConnector,
    SslContext,
    TransportConnector,
    edit_broker,
)
from app.errors import EditError

CORE = "http://activemq.apache.org/schema/core"
WANTED = BrokerEdit(
    ssl=SslContext("k", "key-secret", "t", "trust-secret"),
    connectors=(TransportConnector("ssl", "ssl://0.0.0.0:61617"),),
    networks=(NetworkConnector("hub", "static:(ssl://hub:61617)", password="bridge-secret"),),
)
TWO_BROKERS = f'<b xmlns:a="{CORE}">\n<a:broker/>\n<a:broker/>\n</b>'


def broker(inner: str, attributes: str = "") -> str:
    return f'<broker xmlns="{CORE}" {attributes}>\n{inner}\n</broker>\n'


def listen(*rows: str) -> str:
    body = "\n".join(f"<transportConnector {row}/>" for row in rows)
    return broker(f"<transportConnectors>\n{body}\n</transportConnectors>")


CASES = {
    "not well formed": ("<broker>\n<a></b></broker>", 2, "not well-formed XML: mismatched tag"),
    "cut off": (f'<broker xmlns="{CORE}">\n', 2, "no element found"),
    "nothing": ("", 1, "no element found"),
    "doctype": ("<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'x'><a/>", 2, "<!DOCTYPE"),
    "entities": ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 1, "<!DOCTYPE"),
    "unbound prefix": ("<a>\n<amq:broker/></a>", 2, "prefix of <amq:broker>"),
    "unbound attribute": ("<a>\n<b xsi:type='c'/></a>", 2, "prefix of xsi:type"),
    "plain bean": (
        "<beans>\n<bean class='org.apache.activemq.broker.BrokerService'/></beans>",
        2,
        "is a <bean> of class org.apache.activemq.broker.BrokerService",
    ),
    "two profiles": (
        f'<beans xmlns:a="{CORE}">\n<beans profile="x"><a:broker/></beans>\n'
        '<beans profile="y"><a:broker/></beans></beans>',
        2,
        "more than one broker (lines 2 and 3)",
    ),
    "not an encoding of XML": ("<?xml version='1.0' encoding='UTF-7'?><a/>", 1, "'UTF-7'"),
    "unknown encoding": ("<?xml version='1.0' encoding='klingon'?><a/>", 1, "'klingon'"),
    "binary codec": ("<?xml version='1.0' encoding='hex'?><a/>", 1, "'hex'"),
    "false utf-16": ("<?xml version='1.0' encoding='UTF-16'?><a/>", 1, "declares UTF-16"),
    "no broker": ('<beans><import resource="b.xml"/></beans>', 1, "no broker"),
    "foreign broker": ("<beans>\n<broker/></beans>", 2, "not in the namespace"),
    "two brokers": (TWO_BROKERS, 2, "more than one broker (lines 2 and 3)"),
    "two sections": (broker("<sslContext/>\n<sslContext/>"), 2, "(lines 2 and 3)"),
    "attribute form": (broker("", 'sslContext="#mine"'), 1, "by an attribute"),
    "no inner context": (broker('<sslContext keyStore="a"/>'), 2, "belong to an inner one"),
    "other bean": (broker("<sslContext>\n<bean/></sslContext>"), 3, "provided by <bean>"),
    "nested property": (
        broker("<sslContext><sslContext>\n<keyStore/></sslContext></sslContext>"),
        3,
        "nested element",
    ),
    "plain on the port": (listen('name="a" uri="tcp://1.2.3.4:61617"'), 3, "does not speak TLS"),
    "plain of the name": (listen('name="ssl" uri="tcp://1.2.3.4:5"'), 3, "name 'ssl' is held"),
    "other protocol": (listen('name="s" uri="stomp+ssl://0.0.0.0:61617"'), 3, "speaks stomp"),
    "name and port apart": (
        listen('name="ssl" uri="ssl://0.0.0.0:1"', 'name="b" uri="ssl://0.0.0.0:61617"'),
        3,
        "(lines 3 and 4)",
    ),
    "name twice": (
        listen('name="ssl" uri="ssl://0.0.0.0:1"', 'name="ssl" uri="ssl://0.0.0.0:2"'),
        3,
        "(lines 3 and 4)",
    ),
    "no uri": (listen('name="ssl"'), 3, "no uri attribute"),
    "two unnamed bridges": (
        broker(
            '<networkConnectors>\n<networkConnector uri="static:(ssl://hub:61617)"/>\n'
            '<networkConnector uri="static:(ssl://hub:61617)?a=b"/></networkConnectors>'
        ),
        3,
        "(lines 3 and 4)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_with_line_and_reason(case: str) -> None:
    text, line, reason = CASES[case]
    with pytest.raises(EditError) as caught:
        edit_broker(text.encode(), WANTED, "etc/activemq.xml")
    error = caught.value
    assert reason in error.text
    assert (error.line, error.where) == (line, f"etc/activemq.xml:{line}")
    assert '<networkConnector name="hub"' in error.snippet
    shown = f"{error} {error.hint} {error.snippet}"
    assert "-secret" not in shown


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf<?xml version='1.0' encoding='latin-1'?><a/>",
        "<a/>".encode("utf-16-le"),
        b"\xff\xfe\0\0" + "<a/>".encode("utf-32-le"),
        b"<a>\n\xff</a>",
        b"<a>\0</a>",
    ],
)
def test_bytes_that_contradict_their_encoding_are_refused(data: bytes) -> None:
    with pytest.raises(EditError) as caught:
        edit_broker(data, WANTED, "f.xml")
    assert caught.value.line >= 1


def test_a_value_that_xml_cannot_carry_is_refused_without_showing_it() -> None:
    wanted = BrokerEdit(ssl=SslContext("k", "a\0secret", "t", "x"))
    with pytest.raises(EditError, match="control character") as caught:
        edit_broker(broker("").encode(), wanted, "f.xml")
    assert "secret" not in f"{caught.value} {caught.value.snippet}"
    assert caught.value.where == "f.xml"


@pytest.mark.parametrize(
    "connectors",
    [
        (TransportConnector("a", "tcp://0.0.0.0:1"),),
        (TransportConnector("a", "ssl://0.0.0.0"),),
        (TransportConnector("a", "ssl://x:1"), TransportConnector("a", "ssl://x:2")),
        (TransportConnector("a", "ssl://x:1"), TransportConnector("b", "ssl://x:1")),
    ],
)
def test_wishes_that_contradict_themselves_are_refused(
    connectors: tuple[TransportConnector, ...],
) -> None:
    with pytest.raises(EditError):
        edit_broker(broker("").encode(), BrokerEdit(connectors=connectors), "f.xml")


def test_a_plain_connector_that_goes_in_the_same_edit_frees_its_port() -> None:
    data = listen('name="ssl" uri="tcp://0.0.0.0:61617"').encode()
    wanted = BrokerEdit(connectors=WANTED.connectors, remove_plain=True)
    after = edit_broker(data, wanted, "f.xml").data
    assert b"tcp://" not in after
    assert b'<transportConnector name="ssl" uri="ssl://0.0.0.0:61617?needClient' in after
