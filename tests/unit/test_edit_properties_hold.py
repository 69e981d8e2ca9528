"""Properties that hold for every generated activemq.xml, URI and secret."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from hypothesis import assume, given
from hypothesis import strategies as st

from app.edits.activemq import (
    BrokerEdit,
    NetworkConnector,
    SslContext,
    TransportConnector,
    edit_broker,
    read_broker,
)
from app.edits.activemq.values import meant
from app.edits.diff import masked_diff
from app.edits.uri import parse_composite, parse_uri
from app.edits.xmltags import quote_attribute
from app.edits.xmltext import Element, parse

CORE = "http://activemq.apache.org/schema/core"
MANAGED = ("networkConnectors", "sslContext", "transportConnectors")
text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)
secret = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=8, max_size=20)
blank = st.sampled_from(["", " ", "\n", "\r\n", "\n\t", "\n    ", "\n\n  "])
safe = text.map(lambda one: one.replace("--", "").strip("-"))
comment = safe.map(lambda one: f"<!--{one}-->")
pi = st.sampled_from(["<?keep me?>", "<?x a='<b>'?>"])
leaf = st.tuples(st.sampled_from(["aaa", "plugins", "systemUsage", "zzz"]), text, blank).map(
    lambda one: f"<{one[0]}{one[2] or ' '}a={quoteattr(one[1])}{one[2]}/>"
)
foreign = st.tuples(st.integers(7000, 7009), text, blank).map(
    lambda one: (
        f"<transportConnector name={quoteattr('f' + one[1])}{one[2] or ' '}"
        f'uri="tcp://0.0.0.0:{one[0]}?a=1&amp;b=2"/>'
    )
)
section = st.lists(st.one_of(foreign, comment, blank), max_size=4).map(
    lambda rows: f"<transportConnectors>{''.join(rows)}</transportConnectors>"
)
pieces = st.lists(st.one_of(leaf, comment, blank, pi), max_size=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Make a broker's file with anything around it, and perhaps a section that is there."""
    before, after = "".join(draw(pieces)), "".join(draw(pieces))
    inner = draw(st.one_of(st.just(""), section, st.just("<networkConnectors/>")))
    lead = draw(blank)
    broker = f'<broker xmlns="{CORE}">{before}{lead}{inner}{draw(blank)}{after}</broker>'
    return f"<beans>{draw(comment)}{lead}{broker}{draw(blank)}</beans>"


@st.composite
def wishes(draw: st.DrawFn) -> BrokerEdit:
    """Make an edit with awkward names and passwords."""
    return BrokerEdit(
        broker_name=draw(st.none() | st.just("spoke-a")),
        ssl=draw(st.none() | st.builds(SslContext, text, text, text, text)),
        connectors=draw(st.just(()) | st.just((TransportConnector("tls", "ssl://0.0.0.0:61617"),))),
        networks=draw(
            st.just(())
            | st.tuples(
                st.builds(
                    NetworkConnector,
                    name=st.just("hub"),
                    uri=st.just("static:(ssl://hub:61617)?a=1&b=2"),
                    duplex=st.booleans(),
                    network_ttl=st.integers(1, 3),
                    user_name=text,
                    password=text,
                )
            )
        ),
    )


def outline(element: Element) -> object:
    """Give the tree without what may be edited."""
    return (
        element.name,
        sorted((name, value) for name, value in element.values.items() if name != "brokerName"),
        [outline(child) for child in element.children if child.local not in MANAGED],
    )


@given(documents(), wishes())
def test_every_byte_outside_the_edit_survives_in_order(document: str, wanted: BrokerEdit) -> None:
    data = document.encode()
    result = edit_broker(data, wanted, "f.xml").data
    assert outline(parse(result, "f").root) == outline(parse(data, "f").root)
    # Nothing is taken away but the slash of a section that opens up, or white space in an empty one
    left = iter(result)
    loose = re.sub(
        rb"(<networkConnectors|<transportConnectors>\s*</transportConnectors)/?>", b"", data
    )
    assert all(byte in left for byte in loose)


@given(documents(), wishes())
def test_running_twice_is_running_once(document: str, wanted: BrokerEdit) -> None:
    once = edit_broker(document.encode(), wanted, "f.xml").data
    assert edit_broker(once, wanted, "f.xml").data == once


@given(documents(), wishes())
def test_another_parser_reads_the_very_values(document: str, wanted: BrokerEdit) -> None:
    root = ElementTree.fromstring(edit_broker(document.encode(), wanted, "f.xml").data)
    if wanted.ssl is not None:
        (context,) = root.findall(f".//{{{CORE}}}sslContext/{{{CORE}}}sslContext")
        assert context.attrib == dict(wanted.ssl.attributes())
    for network in wanted.networks:
        (bridge,) = root.findall(f".//{{{CORE}}}networkConnector")
        assert bridge.get("uri") == network.uri
        # What begins with "#" would name a bean: it is written so that the broker reads the text
        assert meant(bridge.get("password", "")) == network.password
        assert meant(bridge.get("userName", "")) == network.user_name


@given(documents(), wishes(), wishes())
def test_a_later_wish_replaces_an_earlier_one(
    document: str, earlier: BrokerEdit, later: BrokerEdit
) -> None:
    first = edit_broker(document.encode(), earlier, "f.xml").data
    view = read_broker(edit_broker(first, later, "f.xml").data, "f.xml")
    assert len(view.networks) <= 1
    if later.ssl is not None:
        assert view.ssl is not None
        assert dict(view.ssl.attributes) == dict(later.ssl.attributes())
    for network in later.networks:
        assert (view.networks[0].duplex, view.networks[0].password or "") == (
            network.duplex,
            network.password,
        )


@given(documents(), st.sampled_from(["utf-8-sig", "utf-16", "latin-1"]), wishes())
def test_the_encoding_of_the_file_is_kept(document: str, codec: str, wanted: BrokerEdit) -> None:
    head = "<?xml version='1.0' encoding='ISO-8859-1'?>" if codec == "latin-1" else ""
    try:
        data = (head + document).encode(codec)
    except UnicodeEncodeError:
        assume(False)
    result = edit_broker(data, wanted, "f.xml").data
    assert outline(parse(result, "f").root) == outline(parse(data, "f").root)
    result.decode(codec)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_a_quoted_attribute_reads_back(value: str) -> None:
    for mark in "\"'":
        for spaced in (value, f"\t{value}\r\n"):
            element = ElementTree.fromstring(f"<a b={quote_attribute(spaced, mark)}/>")
            assert element.get("b") == spaced


@given(secret, secret, st.integers(0, 3))
def test_no_diff_shows_a_secret(old: str, new: str, shape: int) -> None:
    assume(old.strip() == old and new.strip() == new and "*" not in old + new)
    shapes = (
        lambda one: f"<a>\n<b name={quoteattr(one)}\nx='1'/>\n</a>\n",
        lambda one: f"<a>\n<b keyStorePassword\n={quoteattr(one)}/>\n</a>\n",
        lambda one: f"plugin.psk_password = {one}\nother = 1\n",
        lambda one: f"some words {one} and more\n",
    )
    before, after = (shapes[shape](one).encode() for one in (old, new))
    diff = masked_diff(before, after, "f", (old, new))
    if old == new:
        assert diff == ""
        return
    assert old not in diff
    assert new not in diff
    assert "\n-" in diff
    assert "\n+" in diff


@given(st.from_regex(r"[a-z+]{2,8}://[a-z0-9.:/\[\]${}-]*(\?[a-z=&.]*)?", fullmatch=True))
def test_a_uri_that_is_not_changed_is_written_as_it_was(raw: str) -> None:
    uri = parse_uri(raw)
    assert uri is None or str(uri) == raw


@given(st.from_regex(r"static:(//)?\([a-z:/?=&, .0-9]*\)(\?[a-z=&.]*)?", fullmatch=True))
def test_a_composite_uri_that_is_not_changed_is_written_as_it_was(raw: str) -> None:
    composite = parse_composite(raw)
    assert composite is not None
    assert str(composite) == raw
