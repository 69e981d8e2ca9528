"""The editor against the world: shapes that people's files have, and all of their combinations.

What is asked of each: wanting nothing gives the same bytes, what is wanted is read back by another
parser, a second run changes nothing, and whatever is not ours stays as it was, to the byte.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.edits.activemq import (
    BrokerEdit,
    NetworkConnector,
    SslContext,
    TransportConnector,
    edit_broker,
    literal,
    meant,
    read_broker,
)
from app.errors import EditError
from tests.unit import activemq_shapes as shapes
from tests.unit.activemq_shapes import CODECS, SEEN, Shape, write

CORE = "{http://activemq.apache.org/schema/core}"
SECRETS = ("k&<>\"'pw ${x} €", "#trüst #{y} 100%")
WANTED = BrokerEdit(
    broker_name="spoke-a",
    ssl=SslContext("file:/etc/mq/tls/a.p12", SECRETS[0], "file:/etc/mq/tls/t.p12", SECRETS[1]),
    connectors=(TransportConnector("ssl", "ssl://0.0.0.0:61617?needClientAuth=true"),),
    networks=(
        NetworkConnector("hub", "static:(ssl://hub:61617)?a=1&b=2", True, 2, False, "#u", "#{p}"),
    ),
)
TOKEN = re.compile(
    r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>|[^<]+", re.DOTALL
)
OURS = re.compile(
    r"</?(?:amq:)?(?:sslContext|networkConnectors|transportConnectors)\b"
    r"|<(?:amq:)?networkConnector\b[^>]*name=.hub\b|<(?:amq:)?transportConnector\b[^>]*:61617"
)
NAME = re.compile(r"\s+brokerName=(?:\"[^\"]*\"|'[^']*')")


@st.composite
def files(draw: st.DrawFn) -> Shape:
    """Draw any file that could stand on a host."""
    declaration = draw(st.sampled_from(sorted(shapes.DECLARATIONS)))
    flags: dict[str, Any] = {
        name: draw(st.booleans())
        for name in ("placeholders", "licence", "cdata", "foreign", "comments", "spread", "final")
    }
    return Shape(
        declaration=declaration,
        mark=draw(st.booleans()) and declaration in ("", "utf-8", "quoted"),
        # What stands before the root element ends the line of a declaration only.
        instructions=draw(st.booleans()),
        newline=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        unit=draw(st.sampled_from(["    ", "  ", "\t", " ", ""])),
        root=draw(st.sampled_from(shapes.ROOTS)),
        q=draw(st.sampled_from("\"'")),
        ssl=draw(st.sampled_from(["", "empty", *shapes.STORES])),
        bridges=draw(st.sampled_from(shapes.BRIDGES)),
        listeners=draw(st.sampled_from(shapes.LISTENERS)),
        name=draw(st.sampled_from(["", "localhost", "a&amp;b", "${HOSTNAME}", "#{host}"])),
        attributes=draw(st.sampled_from(["", 'persistent="false"', 'useJmx="true"  start="no"'])),
        imports=draw(st.sampled_from([(), ("jetty.xml", "camel.xml")])),
        letters=shapes.LETTERS.get(declaration, ""),
        **flags,
    )


def hold(shape: Shape) -> None:
    """Ask of one file all that is asked of each."""
    before = write(shape)
    assert edit_broker(before, BrokerEdit(), "f").data == before
    after = edit_broker(before, WANTED, "f").data
    assert edit_broker(after, WANTED, "f").data == after
    _reads_back(after, shape)
    old, new = (data.decode(CODECS.get(shape.declaration, "utf-8")) for data in (before, after))
    assert _foreign(new) == _foreign(old)
    lines = iter(new.splitlines(keepends=True))
    assert all(line in lines for line in old.splitlines(keepends=True) if _whole(line, shape))


def _reads_back(data: bytes, shape: Shape) -> None:
    (broker,) = ElementTree.fromstring(data).iter(CORE + "broker")
    (context,) = broker.findall(f"{CORE}sslContext/{CORE}sslContext")
    assert WANTED.ssl is not None
    assert dict(WANTED.ssl.attributes()).items() <= context.attrib.items()
    found = [context.attrib[f"{name}StorePassword"] for name in ("key", "trust")]
    assert tuple(map(meant, found)) == SECRETS
    (bridge,) = broker.findall(f"{CORE}networkConnectors/{CORE}networkConnector[@name='hub']")
    assert (meant(bridge.attrib["userName"]), meant(bridge.attrib["password"])) == ("#u", "#{p}")
    assert bridge.attrib["uri"] == "static:(ssl://hub:61617)?a=1&b=2"
    every = broker.findall(f"{CORE}transportConnectors/{CORE}transportConnector")
    (ours,) = [one.attrib["uri"] for one in every if ":61617" in one.attrib["uri"]]
    assert "needClientAuth=true" in ours
    kept = shape.name.startswith(("$", "#"))
    assert broker.get("brokerName") == (shape.name if kept else "spoke-a")


def _foreign(text: str) -> list[str]:
    """Give all that is not ours, but for blanks: tags, comments, instructions, CDATA, text."""
    return [
        NAME.sub("", token).replace(" >", ">").replace("/>", ">")
        if "broker" in token[:12]
        else token
        for token in TOKEN.findall(text)
        if token.strip() and not OURS.match(token)
    ]


def _whole(line: str, shape: Shape) -> bool:
    """Tell whether a line is all foreign, and must come through byte for byte."""
    tag = (f"xmlns={shape.q}{shapes.CORE}", shape.attributes.replace('"', shape.q))
    if any(part in line for part in tag if part):
        return False
    ours = ("roker", "sslContext", "Store", "protocol", "etworkConnectors", "ransportConnectors")
    return shape.unit != "" and not any(word in line for word in (*ours, ":61617"))


@pytest.mark.parametrize("name", SEEN)
def test_files_as_they_are_seen_in_the_world(name: str) -> None:
    hold(SEEN[name])


@settings(max_examples=60, deadline=None)
@given(files())
def test_files_with_any_of_these_features_together(shape: Shape) -> None:
    hold(shape)


@settings(max_examples=40, deadline=None)
@given(files(), st.binary(max_size=3), st.floats(0, 1))
def test_a_damaged_file_is_edited_whole_or_refused_with_its_line(
    shape: Shape, junk: bytes, place: float
) -> None:
    data = write(shape)
    at = int(place * len(data))
    data = data[:at] + junk + data[at + len(junk) :]
    refusal: EditError | None = None
    try:
        after = edit_broker(data, WANTED, "f.xml").data
    except EditError as error:
        refusal = error
    if refusal is None:
        assert edit_broker(after, WANTED, "f.xml").data == after
        ElementTree.fromstring(after)
    else:
        assert refusal.where == f"f.xml:{refusal.line}"
        assert SECRETS[0] not in f"{refusal} {refusal.hint} {refusal.snippet}"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_written_so_that_it_means_itself(text: str) -> None:
    written = literal(text)
    assert meant(written) == text
    assert "${" not in written
    assert not written.startswith("#") or written.startswith("##")


@pytest.mark.parametrize("value", ["${x}", "#{x}", "#bean", "a${x}b", "##{x}", "#{'$'}${x}"])
def test_what_only_the_broker_knows_is_not_taken_for_a_text(value: str) -> None:
    assert meant(value) is None


def test_stores_in_every_form_are_seen() -> None:
    for form in shapes.STORES:
        view = read_broker(write(Shape(ssl=form)), "f")
        assert view.ssl is not None
        assert view.ssl.get("keyStore") == shapes.STORES[form]["keyStore"]
