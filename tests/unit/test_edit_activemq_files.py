"""Every shape of activemq.xml that users have, edited: what is not ours stays byte for byte."""

from __future__ import annotations

import difflib
from pathlib import Path
from xml.etree import ElementTree

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
CORE = "{http://activemq.apache.org/schema/core}"
CLEAN = sorted(path.name for path in DATA.glob("*.xml") if path.name != "secured.xml")
WANTED = BrokerEdit(
    broker_name="spoke-a",
    ssl=SslContext("file:/etc/k.p12", "k&<>\"'pw", "file:/etc/t.p12", "trüst€"),
    connectors=(TransportConnector("ssl", "ssl://0.0.0.0:61617?needClientAuth=true"),),
    networks=(
        NetworkConnector(
            "hub", "static:(ssl://hub:61617)?a=1&b=2", True, 2, False, "system", "p<w"
        ),
    ),
)


def load(name: str) -> bytes:
    return (DATA / name).read_bytes()


def edit(data: bytes, wanted: BrokerEdit = WANTED) -> bytes:
    return edit_broker(data, wanted, "activemq.xml").data


def codec(name: str) -> str:
    return {"latin1.xml": "latin-1", "utf16.xml": "utf-16"}.get(name, "utf-8")


@pytest.mark.parametrize("name", CLEAN)
def test_a_second_run_changes_nothing(name: str) -> None:
    once = edit(load(name))
    assert once != load(name)
    assert edit_broker(once, WANTED, name).data == once


@pytest.mark.parametrize("name", CLEAN)
def test_what_is_wanted_is_read_back_by_another_parser(name: str) -> None:
    root = ElementTree.fromstring(edit(load(name)))
    broker = root if root.tag == CORE + "broker" else root.find(CORE + "broker")
    assert broker is not None
    assert broker.get("brokerName") == "spoke-a"
    context = broker.findall(f"{CORE}sslContext/{CORE}sslContext")
    assert [one.attrib for one in context] == [dict(WANTED.ssl.attributes())]  # type: ignore[union-attr]
    bridges = broker.findall(f"{CORE}networkConnectors/{CORE}networkConnector")
    assert [one.attrib for one in bridges] == [
        {
            "name": "hub",
            "uri": "static:(ssl://hub:61617)?a=1&b=2",
            "duplex": "true",
            "networkTTL": "2",
            "userName": "system",
            "password": "p<w",
        }
    ]
    listeners = broker.findall(f"{CORE}transportConnectors/{CORE}transportConnector")
    assert listeners[-1].attrib == {
        "name": "ssl",
        "uri": "ssl://0.0.0.0:61617?needClientAuth=true",
    }


@pytest.mark.parametrize("name", CLEAN)
def test_only_insertions_and_the_broker_name_differ(name: str) -> None:
    before, after = load(name).decode(codec(name)), edit(load(name)).decode(codec(name))
    pairs = difflib.SequenceMatcher(None, before, after, False).get_opcodes()
    lost = "".join(before[one:two] for tag, one, two, _, _ in pairs if tag in ("replace", "delete"))
    held = {"stock": "localhost", "empty": "one", "comments": "a&gt;b"}
    budget = held.get(name.removesuffix(".xml"), "localhost")
    slack = len("/ /<>") * 3  # self-closing sections open up
    assert len(lost) <= len(budget) + (slack if name == "empty.xml" else 0)


@pytest.mark.parametrize("name", CLEAN)
def test_wanting_nothing_gives_the_same_bytes(name: str) -> None:
    assert edit(load(name), BrokerEdit()) == load(name)


def test_line_ends_and_marks_of_the_file_are_kept() -> None:
    crlf = edit(load("crlf.xml"))
    assert crlf.count(b"\n") == crlf.count(b"\r\n") > load("crlf.xml").count(b"\n")
    assert edit(load("bom.xml")).startswith(b"\xef\xbb\xbf<!--")
    assert edit(load("utf16.xml")).startswith(b"\xff\xfe<\0?\0")


def test_letters_that_latin_1_lacks_become_references() -> None:
    after = edit(load("latin1.xml"))
    assert b'trustStorePassword="tr\xfcst&#8364;"' in after
    assert b"<!-- Br\xfccke" in after


def test_insertions_follow_the_indentation_of_the_neighbourhood() -> None:
    after = edit(load("tabs.xml")).decode()
    assert "\n\t\t<sslContext>\n\t\t\t<sslContext\n\t\t\t\tkeyStore=" in after
    assert '<!-- old clients -->\n\t\t\t<transportConnector name="ssl"' in after


def test_sections_stand_in_alphabetical_order_and_bear_the_broker_prefix() -> None:
    after = edit(load("prefixed.xml")).decode()
    places = [after.index(f"<amq:{one}") for one in ("networkC", "sslC", "transportConnectors")]
    assert places == sorted(places)
    assert "persistent='false'" in after
    assert "brokerName='spoke-a'" in after


def test_a_comment_stays_with_the_element_that_it_describes() -> None:
    after = edit(load("stock.xml")).decode()
    assert after.index("</networkConnectors>") < after.index("Configure message persistence")
    assert "-->\n        <persistenceAdapter>" in after
    assert "</sslContext>\n\n        <!-- \n            The transport connectors" in after


def test_sections_in_comments_are_not_mistaken_for_real_ones() -> None:
    view = read_broker(load("comments.xml"), "activemq.xml")
    assert (view.ssl, view.networks, view.broker_name) == (None, (), "a>b")
    assert [one.name for one in view.connectors] == ["openwire"]
    after = edit(load("comments.xml"))
    assert b'keyStore="fake.ks" keyStorePassword="fake"/>\n    </sslContext>' in after
    assert b"<?keep me?>\n" in after


def test_self_closing_sections_open_up_on_lines_of_their_own() -> None:
    after = edit(load("empty.xml")).decode()
    assert "    <networkConnectors>\n        <networkConnector name=" in after
    assert "    <sslContext>\n        <sslContext\n            keyStore=" in after
    assert after.endswith("/>\n    </transportConnectors>\n</broker>\n")


def test_a_file_on_one_line_stays_on_one_line() -> None:
    assert edit(load("oneline.xml")).count(b"\n") == 0


@pytest.mark.parametrize("name", CLEAN)
def test_taking_everything_out_again_leaves_the_rest_of_the_file(name: str) -> None:
    before = load(name)
    wanted = BrokerEdit(networks=WANTED.networks, connectors=WANTED.connectors)
    drop = BrokerEdit(drop_networks=("hub",), drop_connectors=("ssl",))
    after = edit(edit(before, wanted), drop)
    if name != "empty.xml":
        assert after == before
