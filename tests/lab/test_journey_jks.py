"""The whole way with stores in Java's own old format, signed by an imported CA below a root."""

from __future__ import annotations

from pathlib import Path

from tests.lab import keytool
from tests.lab.hosts import Lab
from tests.lab.journey import travel
from tests.lab.site import Site, imported_ca

# What every JKS file starts with, and no PKCS12 file.
MAGIC = b"\xfe\xed\xfe\xed"


def test_stock_brokers_go_the_whole_way_with_jks_stores(fresh_lab: Lab, tmp_path: Path) -> None:
    flags = ("--set", "store_format=JKS", *imported_ca(tmp_path))
    travel(fresh_lab, tmp_path, *flags, look=_stores_are_jks, rotates=False)


def _stores_are_jks(site: Site) -> None:
    for name in site.hosts:
        host = site.lab[name]
        assert keytool.rows(host, "key") == {name: "PrivateKeyEntry"}
        assert keytool.rows(host, "trust") == {"ca-g1": "trustedCertEntry"}
        stores = list(host.path(keytool.TLS).iterdir())
        assert {path.name for path in stores} == {f"{name}.jks", "trust.jks"}
        assert {path.read_bytes()[:4] for path in stores} == {MAGIC}
