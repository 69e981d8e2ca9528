"""From stock brokers to proven TLS links and back again, with a CA and without a screen."""

from __future__ import annotations

from pathlib import Path

from tests.lab import activemq, tls
from tests.lab.hosts import Lab
from tests.lab.journey import travel
from tests.lab.site import Site


def test_stock_brokers_become_trusted_rotate_and_go_back(fresh_lab: Lab, tmp_path: Path) -> None:
    travel(fresh_lab, tmp_path, look=_an_exported_client_is_let_in)


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


def _its_stores_work_in_java(lab: Lab, given: Path) -> None:
    """A client on another host sends with them, and the message arrives."""
    host = lab["spoke-b"]
    for name in ("client.p12", "trust.p12"):
        host.path(f"/root/{name}").write_bytes((given / name).read_bytes())
    word = (given / "password").read_text().strip()
    stores = activemq.Stores("/root/trust.p12", word, "/root/client.p12", word)
    activemq.send(host, "by-client", "hidden", url="ssl://hub:61617", stores=stores)
    assert activemq.receive(lab["hub"], "by-client") == "hidden"
