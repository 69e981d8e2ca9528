"""Connectors for clients in activemq.xml: added, updated in place, never doubled."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.edits.activemq import BrokerEdit, TransportConnector, edit_broker, read_broker
from app.edits.activemq.listen import asks_clients
from app.edits.uri import Uri, parse_uri
from app.errors import EditError
from tests.unit.test_edit_activemq_merge import broker, listeners

PROTOCOLS = ("stomp", "amqp", "mqtt")
PLAIN = "tcp://0.0.0.0:61616"


def wanted(protocol: str, port: int, *options: str, nio: bool = False) -> TransportConnector:
    scheme = f"{protocol}+nio+ssl" if nio else f"{protocol}+ssl"
    uri = f"{scheme}://0.0.0.0:{port}?{'&'.join(options or ('needClientAuth=true',))}"
    return TransportConnector(f"{protocol}+ssl", uri, sole=True)


def edited(data: bytes, *connectors: TransportConnector, close: bool = False) -> tuple[bytes, str]:
    done = edit_broker(data, BrokerEdit(connectors=connectors, remove_plain=close), "f.xml")
    return done.data, "\n".join(done.notes)


def uris(data: bytes) -> list[str]:
    return [one.uri for one in read_broker(data, "f.xml").connectors]


def test_connectors_of_each_protocol_stand_beside_what_is_there() -> None:
    made = [wanted(protocol, 7000 + at) for at, protocol in enumerate(PROTOCOLS)]
    data, notes = edited(listeners(PLAIN, "stomp://0.0.0.0:61613"), *made)
    assert uris(data) == [PLAIN, "stomp://0.0.0.0:61613", *(one.uri for one in made)]
    assert notes == ""


def test_one_of_the_users_on_another_port_is_moved_not_doubled() -> None:
    before = listeners(PLAIN, "stomp+nio+ssl://0.0.0.0:61612?transport.maxFrame=1")
    data, notes = edited(before, wanted("stomp", 61614))
    moved = "stomp+nio+ssl://0.0.0.0:61614?transport.maxFrame=1&needClientAuth=true"
    assert uris(data) == [PLAIN, moved]
    assert "it listened on 0.0.0.0:61612 and now listens on 0.0.0.0:61614" in notes


def test_several_of_one_protocol_are_not_guessed_among() -> None:
    before = listeners("stomp+ssl://0.0.0.0:61612", "stomp+nio+ssl://0.0.0.0:61613")
    with pytest.raises(EditError, match="several connectors speak stomp over TLS") as caught:
        edited(before, wanted("stomp", 61614))
    assert "61612, 61613" in caught.value.hint
    data, _ = edited(before, wanted("stomp", 61613))
    assert uris(data)[1].startswith("stomp+nio+ssl://0.0.0.0:61613?needClientAuth=true")


def test_a_second_one_for_openwire_leaves_the_users_alone() -> None:
    own = TransportConnector("openwire+ssl", "ssl://0.0.0.0:61618?needClientAuth=false")
    data, notes = edited(listeners("ssl://0.0.0.0:61616?needClientAuth=true"), own)
    assert uris(data) == ["ssl://0.0.0.0:61616?needClientAuth=true", own.uri]
    assert notes == ""


def test_client_authentication_that_is_given_up_is_said() -> None:
    before = listeners("stomp+ssl://0.0.0.0:61614?transport.needClientAuth=true")
    data, notes = edited(before, wanted("stomp", 61614, "needClientAuth=false"))
    assert uris(data) == ["stomp+ssl://0.0.0.0:61614?transport.needClientAuth=false"]
    assert "clients need no certificate there any more" in notes


def test_nio_that_is_wanted_replaces_the_scheme_and_one_that_is_not_stays() -> None:
    data, _ = edited(listeners("mqtt+ssl://0.0.0.0:8883"), wanted("mqtt", 8883, nio=True))
    assert uris(data) == ["mqtt+nio+ssl://0.0.0.0:8883?needClientAuth=true"]
    assert edited(data, wanted("mqtt", 8883))[0] == data


@pytest.mark.parametrize("key", ["transport.enabledProtocols", "enabledProtocols"])
def test_tls_versions_are_written_in_the_spelling_that_is_there(key: str) -> None:
    before = listeners(f"amqp+ssl://0.0.0.0:5671?{key}=TLSv1,TLSv1.1")
    only = wanted("amqp", 5671, "needClientAuth=true", "transport.enabledProtocols=TLSv1.3")
    data, _ = edited(before, only)
    assert uris(data) == [f"amqp+ssl://0.0.0.0:5671?{key}=TLSv1.3&needClientAuth=true"]


def test_each_plain_listener_that_goes_is_said_with_what_takes_its_place() -> None:
    before = listeners("tcp://0.0.0.0:61616", "stomp://0.0.0.0:61613", "mqtt+nio://0.0.0.0:1883")
    data, notes = edited(before, wanted("stomp", 61614), close=True)
    assert uris(data) == [wanted("stomp", 61614).uri]
    assert "(stomp://0.0.0.0:61613) is closed: its clients need 61614, over TLS" in notes
    assert "nothing speaks mqtt over TLS, so its clients have no way in" in notes
    assert "nothing speaks openwire over TLS" in notes


@st.composite
def wishes(draw: st.DrawFn) -> tuple[TransportConnector, ...]:
    """Draw connectors for some of the protocols, on ports that differ."""
    chosen = draw(st.lists(st.sampled_from(PROTOCOLS), unique=True))
    ports = draw(st.permutations(range(7000, 7003)))
    need = st.sampled_from(("needClientAuth=true", "needClientAuth=false"))
    more = st.sampled_from(((), ("transport.enabledProtocols=TLSv1.3,TLSv1.2",)))
    return tuple(
        wanted(protocol, port, draw(need), *draw(more), nio=draw(st.booleans()))
        for protocol, port in zip(chosen, ports, strict=False)
    )


def secured(data: bytes) -> list[Uri]:
    return [uri for text in uris(data) if (uri := parse_uri(text)) and uri.is_tls]


@settings(deadline=None)
@given(wishes(), wishes())
def test_whatever_was_wanted_before_each_protocol_has_one_port(
    earlier: tuple[TransportConnector, ...], later: tuple[TransportConnector, ...]
) -> None:
    start = broker(f'<transportConnectors><transportConnector name="o" uri="{PLAIN}"/>'
                   "</transportConnectors>")  # fmt: skip
    first, _ = edited(start, *earlier)
    # A connector that is wanted no more stays, and may hold a port that another is to have.
    taken = {(uri.port, uri.protocol) for one in earlier if (uri := parse_uri(one.uri))}
    asked = [uri for one in later if (uri := parse_uri(one.uri))]
    assume(not any(u.port == port and u.protocol != name for u in asked for port, name in taken))
    second, _ = edited(first, *later)
    assert edited(second, *later)[0] == second
    assert PLAIN in uris(second)
    there = secured(second)
    assert len({uri.protocol for uri in there}) == len(there)
    for one in later:
        uri = parse_uri(one.uri)
        assert uri is not None
        (own,) = [found for found in there if found.protocol == uri.protocol]
        assert own.port == uri.port
        assert asks_clients(own) == asks_clients(uri)
