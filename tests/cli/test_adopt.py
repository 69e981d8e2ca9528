"""Stores that brokers use already are adopted: read, shown, kept or replaced."""

from __future__ import annotations

import io
import json
import re
import socket
import ssl
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.context import Context
from app.cli.plain_adopt import adopt
from app.cli.plain_steps import Asker
from app.cli.terminal import Terminal
from app.demo.place import Place
from app.engine.request import Answers
from app.pki.keeping import load_credential
from app.pki.secret import Secret
from app.pki.vault import Vault
from tests.cli.embedded import embedded, run
from tests.unit.foreign_stores import PASSWORD, export, keytool, new_key, pair, trust

OTHER = "battery staple"
CONF = "etc/activemq/instances-available/main"
HUB = (
    '<sslContext><sslContext keyStore="old.jks" keyStorePassword="correct horse" '
    'trustStore="/etc/mq/trust.p12" trustStorePassword="${trust.password}"/></sslContext>'
)
GUIDE = (
    'ACTIVEMQ_SSL_OPTS="-Djavax.net.ssl.keyStore=/etc/mq/peer.p12 '
    '-Djavax.net.ssl.keyStorePassword=correct\\ horse"\n'
)
GONE = (
    '<sslContext><sslContext keyStore="file:/etc/mq/gone.ks" keyStorePassword="correct horse"/>'
    "</sslContext>"
)


@dataclass
class Adopting:
    """The demo's hosts with pinned trust, where keytool's stores are in use at the hub."""

    place: Place
    stores: Path
    file: Path

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        """Run a command that answers with this code; gives all that it wrote."""
        done = run(self.place, *words)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        return said

    def data(self, *words: str | Path, code: int = 0) -> Any:
        """Run a command and read its JSON."""
        done = run(self.place, *words, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def port(self) -> int:
        """Give the hub's TLS port."""
        found = json.loads((self.place.dir / "hosts.json").read_text())
        return int(next(one["tls"] for one in found["hosts"] if one["name"] == "hub"))

    def lets_in(self) -> bool:
        """Dial the hub with the peer's certificate, which its old trust store held."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(self.stores / "peer.pem")
        try:
            with (
                socket.create_connection(("127.0.0.1", self.port()), timeout=20) as plain,
                context.wrap_socket(plain) as tls,
            ):
                # A TLS 1.3 client hears only here what the server thinks of its certificate.
                return tls.recv(1) != b""
        except ssl.SSLError:
            return False


@pytest.fixture(scope="module")
def adopting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adopting]:
    folder = tmp_path_factory.mktemp("adopt")
    keytool(folder, (
        new_key("old.jks", "broker", "hub.demo.test", "-ext san=dns:hub.demo.test,ip:127.0.0.1",
                kind="JKS").replace("-ext san=dns:hub.demo.test ", ""),
        new_key("peer.p12", "peer", "old-peer.demo.test"),
        export("peer.p12", "peer", "peer.crt"),
        trust("trust.p12", "Old_Peer", "peer.crt", password=OTHER),
    ))  # fmt: skip
    (folder / "peer.pem").write_bytes(pair(folder / "peer.p12"))
    file = folder / "password"
    file.write_text(f"{OTHER}\n")
    file.chmod(0o600)
    with embedded(folder / "demo") as place:
        site = place.site / "site.yaml"
        site.write_text(site.read_text().replace("trust: ca", "trust: pinned"))
        for host, text in (("hub", HUB), ("spoke-a", GONE)):
            xml = place.root(host) / CONF / "activemq.xml"
            mark = "<transportConnectors>"
            xml.write_text(xml.read_text().replace(mark, f"{text}\n        {mark}"))
        (place.root("hub") / CONF / "old.jks").write_bytes((folder / "old.jks").read_bytes())
        (place.root("hub") / "etc/mq").mkdir()
        (place.root("hub") / "etc/mq/trust.p12").write_bytes((folder / "trust.p12").read_bytes())
        options = place.root("spoke-b") / CONF / "options"
        options.write_text(GUIDE)
        (place.root("spoke-b") / "etc/mq").mkdir()
        (place.root("spoke-b") / "etc/mq/peer.p12").write_bytes((folder / "peer.p12").read_bytes())
        yield Adopting(place, folder, file)


def test_stores_of_either_type_are_shown_and_kept_until_they_are_replaced(
    adopting: Adopting,
) -> None:
    site, place = adopting.place.site, adopting.place
    seen = adopting.data("adopt")
    keys, locked, gone, java = seen["stores"]
    assert (keys["role"], keys["format"], keys["path"]) == ("key", "JKS", f"/{CONF}/old.jks")
    (entry,) = keys["entries"]
    assert (entry["alias"], entry["kind"], entry["key_type"]) == ("broker", "key", "ec-p256")
    assert entry["sans"] == ["dns:hub.demo.test", "ip:127.0.0.1"]
    assert (locked["locked"], locked["entries"]) == (True, [])
    assert (gone["host"], gone["error"]) == ("spoke-a", "no such file")
    assert "activemq.xml:" in gone["hint"]
    assert (java["host"], java["where"]) == ("spoke-b", f"/{CONF}/options:1")
    assert [one["alias"] for one in java["entries"]] == ["peer"]
    assert seen["notes"] == []
    assert "--store-password-file" in adopting("adopt", "--keep", "trust", code=2)

    with unreached(site, "spoke-b"):
        said = adopting("adopt", code=5)
        assert "spoke-b  XX not read: spoke-b" in said
        assert "hub  key store" in said
        assert "spoke-a" in said
        lost = adopting.data("adopt", code=5)["errors"]
        assert [(one["host"], "127.0.0.1" in one["error"]) for one in lost] == [("spoke-b", True)]
        assert "spoke-b" in adopting("adopt", "--keep", "key", code=5)
        assert not (site / "adopted").exists()
    wrong = adopting.stores / "wrong"
    wrong.write_text("not it\n")
    wrong.chmod(0o600)
    said = adopting("adopt", "--store-password-file", wrong, code=2)
    assert "broker  key  CN=hub.demo.test" in said

    opens = ("--store-password-file", adopting.file)
    said = adopting("adopt", "--host", "hub", *opens)
    assert "hub  trust store  /etc/mq/trust.p12  PKCS12" in said
    assert "Old Peer  trusts  CN=old-peer.demo.test, until " in said
    assert ", signed by itself" in said
    assert not (site / "adopted").exists()
    said = by_lines(place, "x", "k", "")
    assert "old.jks: k keeps its key and certificate, r replaces it [r]: " in said
    assert "trust.p12: k keeps" not in said, "it is locked"
    assert kept_keys(place) == ["hub"]
    said = by_lines(place, "", "")
    assert "replaces it [k]: " in said
    assert "Nothing is changed in what is kept." in said

    said = adopting("adopt", "--keep", "trust", "--keep", "key", "--host", "hub", *opens)
    assert "hub  goes on to trust old-peer: CN=old-peer.demo.test" in said
    assert "hub  keeps the key of CN=hub.demo.test" in said
    assert (site / "adopted/activemq/hub.pem").read_text().count("BEGIN CERTIFICATE") == 1

    said = adopting("plan", code=3)
    assert "!! hub: it goes on to trust what it trusted before: old-peer (until " in said
    assert "PKCS12 (store) of the ec-p256 key that the host had" in said
    assert "old-peer  trusted before, SHA-256 " in said
    adopting("apply", "--yes")
    private = b"PRIVATE KEY"
    for path in site.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not any(word in data for word in (PASSWORD.encode(), OTHER.encode(), private)), path
    assert adopting.data("plan")["waves"] == []
    rows = {row["subject"]: row for row in adopting.data("status")}
    assert rows["hub"]["facts"]["sha256"] == entry["sha256"]
    assert rows["spoke-a"]["facts"]["sha256"] != entry["sha256"]
    assert kept_keys(place) == []
    assert adopting.lets_in()
    stores = adopting.data("adopt", "--host", "hub")
    assert [one["own"] for one in stores["stores"]] == [True, True]
    assert [one["alias"] for one in stores["kept"]] == ["old-peer"]
    assert "there is nothing older" in adopting("adopt", "--keep", "trust", code=2)

    # What was kept is let go, and the key that was kept is rotated as any other.
    assert "hub: nothing of its old stores is kept" in adopting("adopt", "--replace")
    adopting("rotate", "--host", "hub", "--yes")
    rows = {row["subject"]: row for row in adopting.data("status")}
    assert rows["hub"]["facts"]["sha256"] != entry["sha256"]
    assert not adopting.lets_in()


def by_lines(place: Place, *lines: str) -> str:
    """Do it as `--plain` does, with these answers; gives what is written."""
    left, out = list(lines), io.StringIO()
    terminal = Terminal(out, out, interactive=False, colour=False)
    flags = Namespace(password_file=None, sudo_password_file=None, key_passphrase_file=None,
                      accept_host_key=None)  # fmt: skip
    context = Context(flags, terminal, {}, place.site)
    answers = Answers(Secret(place.passphrase.read_text().strip()))
    adopt(context, Asker(terminal, lambda: left.pop(0)), answers)
    assert not left
    return out.getvalue()


@contextmanager
def unreached(site: Path, host: str) -> Iterator[None]:
    """Let a host have a port where nobody listens."""
    path, text = site / "site.yaml", (site / "site.yaml").read_text()
    head, _, rest = text.partition(f"\n  {host}:\n")
    path.write_text(f"{head}\n  {host}:\n{re.sub(r'port: [0-9]+', 'port: 1', rest, count=1)}")
    yield
    path.write_text(text)


def kept_keys(place: Place) -> list[str]:
    """Name the hosts whose old keys the vault holds."""
    passphrase = Secret(place.passphrase.read_text().strip())
    with Vault.open(place.site / "vault", passphrase) as vault:
        return [h for h in ("hub", "spoke-a") if load_credential(vault, h, "adopted/activemq")]
