"""ActiveMQ's URIs: what they say, and how options merge."""

from __future__ import annotations

import pytest

from app.edits.activemq.dial import merge_dial
from app.edits.uri import merge_options, parse_composite, parse_uri


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("ssl://0.0.0.0:61617?a=b", "0.0.0.0", 61617),
        ("ssl://[::1]:61617", "[::1]", 61617),
        ("SSL://Hub.Example:1/", "hub.example", 1),
        ("ssl://${host:0.0.0.0}:61617", "${host:0.0.0.0}", 61617),
        ("ssl://0.0.0.0:${port}", "0.0.0.0:${port}", None),
        ("vm://broker", "broker", None),
    ],
)
def test_host_and_port_are_read(text: str, host: str, port: int | None) -> None:
    uri = parse_uri(text)
    assert uri is not None
    assert (uri.host, uri.port) == (host, port)


@pytest.mark.parametrize(
    ("scheme", "tls", "plain", "protocol"),
    [
        ("ssl", True, False, "openwire"),
        ("auto+nio+ssl", True, False, "openwire"),
        ("stomp+nio+ssl", True, False, "stomp"),
        ("wss", True, False, "wss"),
        ("tcp", False, True, "openwire"),
        ("mqtt+nio", False, True, "mqtt"),
        ("vm", False, False, "vm"),
    ],
)
def test_schemes_are_told_apart(scheme: str, tls: bool, plain: bool, protocol: str) -> None:
    uri = parse_uri(f"{scheme}://x:1")
    assert uri is not None
    assert (uri.is_tls, uri.is_plain, uri.protocol) == (tls, plain, protocol)


@pytest.mark.parametrize("text", ["", "${all}", "ssl:x", "static:(ssl://a:1)", "ssl://a b:1"])
def test_other_shapes_are_not_guessed(text: str) -> None:
    assert parse_uri(text) is None


def test_options_are_set_where_they_stand() -> None:
    assert merge_options(("a=1", "b=TRUE", "", "c"), ("b=true", "a=2", "d=4")) == (
        "a=2",
        "b=TRUE",
        "c",
        "d=4",
    )


def test_the_question_mark_goes_with_the_last_option() -> None:
    uri = parse_uri("ssl://a:1?x=1")
    assert uri is not None
    assert str(uri.without({"x"})) == "ssl://a:1"
    assert str(uri.without({"x"}).with_option("y", "2")) == "ssl://a:1?y=2"


def test_both_spellings_of_static_mean_the_same() -> None:
    one, other = parse_composite("static:(ssl://a:1)"), parse_composite("static://(ssl://a:1)")
    assert one is not None
    assert other is not None
    assert one.scheme == other.scheme == "static"
    assert merge_dial("static://( ssl://A:1 )", "static:(ssl://a:1)") == (
        "static://( ssl://A:1 )",
        [],
    )


@pytest.mark.parametrize("old", ["${uri}", "multicast://default", "masterslave:(ssl://a:1)"])
def test_a_bridge_of_another_shape_is_replaced_and_said(old: str) -> None:
    assert merge_dial(old, "static:(ssl://a:1)") == ("static:(ssl://a:1)", [f"its uri was {old!r}"])


def test_a_bridge_that_dialled_without_tls_is_moved() -> None:
    new, notes = merge_dial("static:(tcp://a:61616)?x=1", "static:(ssl://a:61617)")
    assert new == "static:(ssl://a:61617)?x=1"
    assert notes == ["it no longer dials tcp://a:61616"]
