"""From stock brokers to proven TLS links and back again, with a CA and without a screen."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path

from app.events import Event
from app.plan.phases import CA_TITLES
from tests.lab import activemq, tls
from tests.lab.hosts import Lab
from tests.lab.journey import travel
from tests.lab.site import Site
from tests.lab.waves import proven_links
from tests.until import until


def test_stock_brokers_become_trusted_rotate_and_go_back(fresh_lab: Lab, tmp_path: Path) -> None:
    travel(fresh_lab, tmp_path, look=_an_exported_client_is_let_in, rotate=_the_ca_is_changed)


def _an_exported_client_is_let_in(site: Site) -> None:
    lab, given = site.lab, site.directory.parent / "given"
    site.run("export", "client", "probe", "--out", str(given), expect=0)
    for name in site.hosts:
        answer = tls.dial(
            lab[name].address, 61617, authority=given / "ca.pem", name=name,
            certificate=given / "client.cert.pem", key=given / "client.key.pem",
        )  # fmt: skip
        assert tls.GREETING in answer.greeting
    _its_stores_work_in_java(lab, given)


def _the_ca_is_changed(site: Site) -> None:
    """Messages cross in each wave, and a client of the old CA is let in no more at the end."""
    given, runs = site.directory.parent / "given", len(site.runs)
    old = site.secret("old.pem", _pair(given))
    site.run("export", "client", "probe", "--forget", expect=0)
    with site.running("rotate", "ca", "--yes"):
        for number, title in enumerate(CA_TITLES.values()):
            site.wait_for(partial(_begins, title), runs, title)
            until(partial(_crosses, site, number), 90, f"a message that crosses in: {title}")
    assert proven_links(site) == {"trust": 3, "leaf": 3, "drop": 3}
    assert site.events()[-1].data["exit"] == 0
    assert [tls.refused(site.lab[name].address, 61617, certificate=old) for name in site.hosts] == [
        True
    ] * 3


def _begins(title: str, event: Event) -> bool:
    return (event.kind, event.text) == ("wave", title)


def _pair(given: Path) -> str:
    return "".join((given / f"client.{what}.pem").read_text() for what in ("cert", "key"))


def _crosses(site: Site, number: int) -> bool:
    """Send from hub to spoke; a broker may restart just now."""
    mark = f"wave-{number}-{next(_TRIES)}"
    try:
        return activemq.crosses(site.lab["hub"], site.lab["spoke-a"], mark, seconds=10)
    except activemq.MessageFailed:
        return False


_TRIES = itertools.count()


def _its_stores_work_in_java(lab: Lab, given: Path) -> None:
    """A client on another host sends with them, and the message arrives."""
    host = lab["spoke-b"]
    for name in ("client.p12", "trust.p12"):
        host.path(f"/root/{name}").write_bytes((given / name).read_bytes())
    word = (given / "password").read_text().strip()
    stores = activemq.Stores("/root/trust.p12", word, "/root/client.p12", word)
    activemq.java_send(host, "by-client", "hidden", url="ssl://hub:61617", stores=stores)
    assert activemq.receive(lab["hub"], "by-client") == "hidden"
