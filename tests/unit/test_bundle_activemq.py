"""What lies in the bundle of a broker: stores that open, and a snippet that is enough."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.demo.rootfs import STOCK
from app.edits.activemq import read_broker
from app.errors import SiteError
from app.pki.secret import Secret
from app.pki.stores import read_key_store, read_trust_store
from tests.unit.by_hand_site import BROKERS, NOW, ByHand, files

FOLDER = "/etc/activemq/instances-available/main"


@pytest.fixture
def by_hand(tmp_path: Path) -> ByHand:
    return ByHand(tmp_path, BROKERS)


def pasted(snippet: str) -> bytes:
    """Do by hand what the page says: put each section where the alphabet has it."""
    text = (STOCK / "activemq.xml").read_text().replace("@PORT@", "61616")
    parts = dict(re.findall(r"(?s)(<(\w+)>.*?^</\2>\n)", snippet, re.MULTILINE))
    sections = {tag: whole for whole, tag in parts.items()}
    assert list(sections) == ["networkConnectors", "sslContext", "transportConnectors"]
    listener = re.search(r"<transportConnector [^>]*/>", sections["transportConnectors"])
    assert listener is not None
    own = sections["networkConnectors"] + sections["sslContext"]
    wanted = f"{own}<transportConnectors>\n{listener[0]}"
    assert text.count("<transportConnectors>") == 1
    text = text.replace("<transportConnectors>", wanted)
    return text.replace('brokerName="localhost"', 'brokerName="far"').encode()


def test_the_snippet_pasted_by_hand_makes_the_broker_that_is_wanted(by_hand: ByHand) -> None:
    found = files(by_hand.export("far"))
    assert list(found) == [
        "README.txt", "install.sh", "SHA256SUMS",
        f"files{FOLDER}/tls/far.p12", f"files{FOLDER}/tls/trust.p12", "snippet.xml",
    ]  # fmt: skip
    view = read_broker(pasted(found["snippet.xml"].decode()), "activemq.xml")
    assert view.broker_name == "far"
    assert view.ssl is not None
    assert view.ssl.get("keyStore") == f"file:{FOLDER}/tls/far.p12"
    assert "***" not in found["snippet.xml"].decode()
    assert [one.name for one in view.networks] == ["hub"]
    assert any("ssl://0.0.0.0:61617" in one.uri for one in view.connectors)


def test_the_snippet_holds_the_connectors_for_clients_and_the_page_tells_of_them(
    tmp_path: Path,
) -> None:
    made = ByHand(tmp_path, f"{BROKERS}    options: {{stomp_port: 61614}}\n")
    found = files(made.export("far"))
    snippet = found["snippet.xml"].decode()
    assert "stomp+ssl://0.0.0.0:61614?needClientAuth=true" in snippet
    assert "the <transportConnector> elements into the one" in found["README.txt"].decode()


def test_the_stores_open_with_the_passwords_of_the_snippet(by_hand: ByHand) -> None:
    made = by_hand.export("far")
    found = files(made)
    words = dict(
        re.findall(r'(keyStorePassword|trustStorePassword)="(\w+)"', found["snippet.xml"].decode())
    )
    key, trust = (found[f"files{FOLDER}/tls/{name}.p12"] for name in ("far", "trust"))
    opened = read_key_store(key, Secret(words["keyStorePassword"]))
    assert (opened.facts, opened.matches, opened.alias) == (made.facts, True, "far")
    assert list(read_trust_store(trust, Secret(words["trustStorePassword"]))) == ["ca-g1"]
    again = files(by_hand.export("far", NOW + timedelta(days=1)))
    assert again["snippet.xml"] == found["snippet.xml"]


def test_the_page_shows_no_password(by_hand: ByHand) -> None:
    found = files(by_hand.export("far"))
    words = re.findall(r'Password="(\w+)"', found["snippet.xml"].decode())
    assert words
    for name in ("README.txt", "install.sh", "SHA256SUMS"):
        assert not [word for word in words if word in found[name].decode()]
    page = found["README.txt"].decode()
    assert f"{FOLDER}/activemq.xml" in page
    assert "ss -Hlnt 'sport = :61617'" in page


def test_what_no_bundle_can_be_made_for_is_told(by_hand: ByHand) -> None:
    by_hand.text = BROKERS.replace("reach: bundle", "reach: bundle, system: windows")
    with pytest.raises(SiteError, match="for Linux alone"):
        by_hand.export("far")
    by_hand.text = f"{BROKERS}    nodes: {{far: {{instance: ../../etc}}}}\n"
    with pytest.raises(SiteError, match="no name of an instance"):
        by_hand.export("far")


def test_a_bundle_for_upstreams_archive_goes_where_site_yaml_says(tmp_path: Path) -> None:
    own = "    nodes: {far: {home: /opt/mq, service: bus}}\n"
    found = files(ByHand(tmp_path, BROKERS + own).export("far"))
    assert "files/opt/mq/conf/tls/far.p12" in found
    assert 'keyStore="file:/opt/mq/conf/tls/far.p12"' in found["snippet.xml"].decode()
    page = found["README.txt"].decode()
    assert "/opt/mq/conf/activemq.xml" in page
    assert page.count("    systemctl restart bus.service\n") == 2
