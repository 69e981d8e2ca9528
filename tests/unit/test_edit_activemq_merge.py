"""Sections that exist are merged; what is ambiguous or dangerous is refused or said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.edits.activemq import (
    BrokerEdit,
    NetworkConnector,
    SslContext,
    TransportConnector,
    edit_broker,
    read_broker,
)

DATA = Path(__file__).parent / "data" / "activemq"
HUB = NetworkConnector("hub", "static:(ssl://hub.example.org:61617)", True, 2)
SSL = TransportConnector("ssl", "ssl://0.0.0.0:61617?needClientAuth=true")
STORES = SslContext("file:/k.p12", "new-key-pw", "file:/t.p12", "new-trust-pw")
XMLNS = 'xmlns="http://activemq.apache.org/schema/core"'


def broker(inner: str, attributes: str = 'brokerName="x"') -> bytes:
    return f"<broker {XMLNS}\n  {attributes}>\n{inner}\n</broker>\n".encode()


def listeners(*uris: str) -> bytes:
    rows = [f'    <transportConnector name="c{at}" uri="{uri}"/>' for at, uri in enumerate(uris)]
    return broker("  <transportConnectors>\n" + "\n".join(rows) + "\n  </transportConnectors>")


def secured() -> bytes:
    return (DATA / "secured.xml").read_bytes()


def test_an_existing_context_is_updated_in_place_and_keeps_foreign_attributes() -> None:
    result = edit_broker(secured(), BrokerEdit(ssl=STORES), "f.xml")
    view = read_broker(result.data, "f.xml")
    assert view.ssl is not None
    assert dict(view.ssl.attributes) == dict(STORES.attributes()) | {
        "keyStoreKeyPassword": "new-key-pw",
        "protocol": "TLSv1.2",
        "secureRandomAlgorithm": "NativePRNG",
    }
    assert b"<!-- made by hand in 2014 -->" in result.data
    assert b"keyStorePassword='new-key-pw'" in result.data
    assert any("keyStore was a placeholder" in note for note in result.notes)
    assert any("keyStoreKeyPassword now equals" in note for note in result.notes)


def test_passwords_show_neither_in_notes_nor_in_repr() -> None:
    wanted = BrokerEdit(ssl=STORES, networks=(replace(HUB, user_name="u", password="hidden-pw"),))
    result = edit_broker(secured(), wanted, "f.xml")
    shown = repr(result) + repr(wanted) + repr(read_broker(result.data, "f.xml"))
    for secret in ("hidden-pw", "new-key-pw", "new-trust-pw", "secret"):
        assert secret not in shown


def test_an_unnamed_bridge_to_the_same_target_becomes_ours_and_keeps_its_options() -> None:
    result = edit_broker(secured(), BrokerEdit(networks=(HUB,)), "f.xml")
    ours, other = read_broker(result.data, "f.xml").networks
    assert (ours.name, ours.duplex, ours.network_ttl) == ("hub", True, "2")
    assert ours.uri == (
        "static://(ssl://hub.example.org:61617?soTimeout=9000)?maxReconnectDelay=5000"
    )
    assert (other.name, other.uri) == ("elsewhere", "static:(tcp://elsewhere:61616)")
    assert b'<queue physicalName="local.>"/>' in result.data
    assert any("verifyHostName is taken out" in note for note in result.notes)


def test_a_foreign_bridge_to_the_same_target_is_left_and_said() -> None:
    wanted = replace(HUB, uri="static:(tcp://elsewhere:61616)")
    result = edit_broker(secured(), BrokerEdit(networks=(wanted,)), "f.xml")
    assert [one.name for one in read_broker(result.data, "f").networks] == ["", "elsewhere", "hub"]
    assert any("'elsewhere' dials the same" in note for note in result.notes)


def test_new_values_update_the_earlier_edit() -> None:
    first = edit_broker(broker(""), BrokerEdit(networks=(HUB,)), "f.xml").data
    moved = NetworkConnector("hub", "static:(ssl://hub2:61618)?x=1", False, 1, True, "u", "p")
    second = edit_broker(first, BrokerEdit(networks=(moved,)), "f.xml")
    (view,) = read_broker(second.data, "f.xml").networks
    assert (view.uri, view.duplex, view.network_ttl) == (moved.uri, False, "1")
    assert (view.dynamic_only, view.user_name, view.password) == (True, "u", "p")
    assert any("no longer dials ssl://hub.example.org:61617" in note for note in second.notes)
    cleared = replace(moved, user_name="", password="")
    third = edit_broker(second.data, BrokerEdit(networks=(cleared,)), "f.xml").data
    assert b"userName" not in third
    assert b"password" not in third


def test_tls_on_the_wanted_port_under_another_name_is_updated_not_doubled() -> None:
    result = edit_broker(secured(), BrokerEdit(connectors=(SSL,)), "f.xml")
    found = [one for one in read_broker(result.data, "f").connectors if ":61617" in one.uri]
    assert [(one.name, one.uri) for one in found] == [
        (
            "secure",
            "nio+ssl://10.1.2.3:61617?maximumConnections=50&transport.needClientAuth=true",
        )
    ]
    assert any("verifyHostName is taken out" in note for note in result.notes)
    assert any("serves as 'ssl' and keeps its name" in note for note in result.notes)
    assert any("'web': needClientAuth beside verifyHostName" in note for note in result.notes)
    again = edit_broker(result.data, BrokerEdit(connectors=(SSL,)), "f.xml")
    assert again.data == result.data


@pytest.mark.parametrize(
    "uri",
    [
        "ssl://0.0.0.0:61617",
        "ssl://0.0.0.0:61617?needClientAuth=false",
        "ssl://0.0.0.0:61617?wantClientAuth=true",
        "ssl://0.0.0.0:61617?transport.needClientAuth=true&amp;transport.verifyHostName=true",
        "ssl://0.0.0.0:61617?verifyHostName=true&amp;needClientAuth=false",
        "ssl://127.0.0.1:61617?needClientAuth=true&amp;needClientAuth=false",
    ],
)
def test_client_authentication_ends_up_on(uri: str) -> None:
    data = edit_broker(listeners(uri), BrokerEdit(connectors=(SSL,)), "f.xml").data
    (view,) = read_broker(data, "f.xml").connectors
    assert "needClientAuth=true" in view.uri
    for word in ("needClientAuth=false", "verifyHostName", "wantClientAuth", "127.0.0.1"):
        assert word not in view.uri


def test_the_fatal_pair_is_not_emitted_even_when_asked_for() -> None:
    pair = TransportConnector(
        "ssl", "ssl://0.0.0.0:61617?needClientAuth=true&transport.verifyHostName=true"
    )
    data = edit_broker(broker(""), BrokerEdit(connectors=(pair,)), "f.xml").data
    assert b"verifyHostName" not in data
    assert b"needClientAuth=true" in data


def test_a_misspelt_option_is_said() -> None:
    before = listeners("ssl://0.0.0.0:61617?needClientAuthh=true")
    result = edit_broker(before, BrokerEdit(connectors=(SSL,)), "f.xml")
    assert any("needClientAuthh is no option" in note for note in result.notes)
    assert b"needClientAuth=true" in result.data


def test_stomp_over_tls_stands_beside_openwire_over_tls() -> None:
    stomp = TransportConnector("stomp+ssl", "stomp+ssl://0.0.0.0:61614?needClientAuth=true")
    data = edit_broker(broker(""), BrokerEdit(connectors=(SSL, stomp)), "f.xml").data
    assert [one.name for one in read_broker(data, "f").connectors] == ["ssl", "stomp+ssl"]


def test_plain_connectors_go_with_their_lines_and_vm_stays() -> None:
    plain = ["tcp", "nio", "stomp", "stomp+nio", "amqp", "mqtt", "ws", "auto"]
    uris = [f"{scheme}://0.0.0.0:{at}" for at, scheme in enumerate(plain, 7000)]
    before = listeners(*uris, "ssl://0.0.0.0:61617?needClientAuth=true", "vm://x", "odd://x:1")
    result = edit_broker(before, BrokerEdit(remove_plain=True), "f.xml")
    left = [one.uri.partition(":")[0] for one in read_broker(result.data, "f").connectors]
    assert left == ["ssl", "vm", "odd"]
    assert result.data.count(b"\n") == before.count(b"\n") - len(plain)
    assert any("odd is not known" in note for note in result.notes)


def test_a_section_that_empties_is_not_left_behind_but_its_comments_are() -> None:
    inner = (
        '  <transportConnectors>\n    <!-- keep -->\n    <transportConnector name="a" '
        'uri="tcp://0.0.0.0:1"/>\n  </transportConnectors>'
    )
    result = edit_broker(broker(inner), BrokerEdit(remove_plain=True), "f.xml")
    assert result.data == broker("    <!-- keep -->")
    assert any("nothing can reach this broker" in note for note in result.notes)


def test_a_broker_name_that_is_a_placeholder_is_kept_and_said() -> None:
    result = edit_broker(secured(), BrokerEdit(broker_name="spoke"), "f.xml")
    assert result.data == secured()
    assert "${HOSTNAME}" in result.notes[0]


def test_a_new_name_that_moves_the_store_or_breaks_a_reference_is_said() -> None:
    before = broker('  <x uri="vm://localhost?create=false"/>', 'useJmx="false"')
    result = edit_broker(before, BrokerEdit(broker_name="spoke"), "f.xml")
    assert b'useJmx="false"\n  brokerName="spoke">' in result.data
    assert any("starts with an empty store" in note for note in result.notes)
    assert any(note.startswith("line 3: uri refers to the broker") for note in result.notes)
    assert read_broker(before, "f.xml").use_jmx is False
