"""Stores in Java's own old format, of an imported CA below a root: RSA keys, PEM beside, and a
change of mind that goes there and back.

The hub had stores of its user's before: what they trust is kept first, then replaced.
"""

from __future__ import annotations

from pathlib import Path

from tests.lab import activemq, footprint, keytool, tls
from tests.lab.clients import foreign_key, strangers_let_in
from tests.lab.host import LabHost
from tests.lab.hosts import Lab
from tests.lab.keytool import TLS
from tests.lab.site import CONFIG, Site, imported_ca
from tests.unit.foreign_stores import PASSWORD, export, new_key, pair, trust
from tests.unit.foreign_stores import keytool as make_stores

PAIRS = (("hub", "spoke-a"), ("spoke-a", "hub"))
# What every JKS file starts with, and no PKCS12 file.
MAGIC = b"\xfe\xed\xfe\xed"
TRUSTED = "trustedCertEntry"


def test_stores_change_their_format_and_change_back(fresh_lab: Lab, tmp_path: Path) -> None:
    lab = fresh_lab
    site = Site(tmp_path, lab, ("hub", "spoke-a"))
    peer = _old_stores(lab["hub"], tmp_path / "old")
    activemq.start_all([lab["hub"], lab["spoke-a"]])
    own = lab["spoke-a"].path("/etc/activemq/instances-available/main/log4j.properties")
    own.write_text(f"# mine\n{LOGGING}")
    flags = ("--key-type", "rsa-3072", "--set", "pem=true", "--set", "store_format=JKS")
    site.init(*flags, *imported_ca(tmp_path))
    site.run("adopt", "--keep", "trust", "--host", "hub", expect=0)
    site.run("apply", "--yes", expect=0)
    assert tls.dial(lab["hub"].address, 61617, authority=None, certificate=peer).greeting
    assert tls.refused(lab["spoke-a"].address, 61617, certificate=peer)
    assert own.read_text() == f"# mine\n{LOGGING}"
    _pem_holds(site)
    _stores_are_jks(site)
    foreign = foreign_key(tmp_path, "Corp Brokers")
    assert [strangers_let_in(lab[name], foreign) for name in site.hosts] == [[], []]
    assert site.not_crossing(*PAIRS) == []
    before = {name: footprint.content(lab[name], "/etc/activemq") for name in site.hosts}
    site.edit("store_format: JKS", "store_format: PKCS12")
    site.run("adopt", "--replace", expect=0)
    site.run("apply", "--yes", expect=0)
    assert tls.refused(lab["hub"].address, 61617, certificate=peer)
    _stores_are_pkcs12(site)
    site.run("apply", "--yes", expect=0)
    assert "nothing to do" in site.said[-2]
    site.run("rollback", "--yes", expect=0)
    after = {name: footprint.content(lab[name], "/etc/activemq") for name in site.hosts}
    assert after == before


def _old_stores(host: LabHost, folder: Path) -> Path:
    """Let a broker use stores of its user's, one of which trusts a peer; gives the peer's pair."""
    folder.mkdir()
    make_stores(folder, (
        new_key("old.jks", "broker", "hub.lab.test", kind="JKS"),
        new_key("peer.p12", "peer", "old-peer.lab.test"),
        export("peer.p12", "peer", "peer.crt"),
        trust("old.ts", "Old_Peer", "peer.crt", "JKS"),
    ))  # fmt: skip
    conf, pem = CONFIG.rpartition("/")[0], folder / "peer.pem"
    for name in ("old.jks", "old.ts"):
        host.path(f"{conf}/{name}").write_bytes((folder / name).read_bytes())
    names = (("keyStore", "old.jks"), ("trustStore", f"file:{conf}/old.ts"))
    words = " ".join(f'{name}="{file}" {name}Password="{PASSWORD}"' for name, file in names)
    path = host.path(CONFIG)
    section = f"<sslContext><sslContext {words}/></sslContext>\n"
    mark = "<transportConnectors>"
    path.write_text(path.read_text().replace(mark, f"{section}        {mark}"))
    pem.write_bytes(pair(folder / "peer.p12"))
    return pem


# A log of the user's own that does not say when a bridge comes up.
LOGGING = """\
log4j.rootLogger=WARN, logfile
log4j.appender.logfile=org.apache.log4j.RollingFileAppender
log4j.appender.logfile.file=${activemq.base}/data/activemq.log
log4j.appender.logfile.layout=org.apache.log4j.PatternLayout
log4j.appender.logfile.layout.ConversionPattern=%d | %-5p | %m | %c | %t%n
"""


def _stores_are_jks(site: Site) -> None:
    for name in site.hosts:
        host = site.lab[name]
        assert keytool.rows(host, "key") == {name: "PrivateKeyEntry"}
        trusted = ("ca-g1", "old-peer") if name == "hub" else ("ca-g1",)
        assert keytool.rows(host, "trust") == dict.fromkeys(trusted, TRUSTED)
        stores = [path for path in host.path(TLS).iterdir() if path.suffix != ".pem"]
        assert {path.name for path in stores} == {f"{name}.jks", "trust.jks"}
        assert {path.read_bytes()[:4] for path in stores} == {MAGIC}


def _stores_are_pkcs12(site: Site) -> None:
    """One key, one authority, and no store of the other format is left."""
    for name in site.hosts:
        host = site.lab[name]
        assert keytool.rows(host, "key") == {name: "PrivateKeyEntry"}
        assert keytool.rows(host, "trust") == {"ca-g1": TRUSTED}
        found = {path.name for path in host.path(TLS).iterdir() if path.suffix != ".pem"}
        assert found == {f"{name}.p12", "trust.p12"}


def _pem_holds(site: Site) -> None:
    """OpenSSL accepts the PEM files, and the key is the service's alone."""
    host = site.lab["hub"]
    check = f"openssl verify -x509_strict -CAfile {TLS}/trust.pem -untrusted {TLS}/hub.cert.pem"
    for purpose in ("sslserver", "sslclient"):
        assert "OK" in host.run(f"{check} -purpose {purpose} {TLS}/hub.cert.pem").stdout
    assert "3072 bit" in host.run(f"openssl pkey -in {TLS}/hub.key.pem -noout -text").stdout
    shown = host.run(["stat", "-c", "%a %U:%G", f"{TLS}/hub.key.pem"]).stdout.strip()
    assert shown == "640 root:activemq"
