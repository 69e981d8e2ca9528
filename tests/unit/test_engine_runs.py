"""A run can be taken back, refuses what it must not touch, and tells no secret."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import LockedError
from app.site.load import load_site
from app.site.lock import site_lock
from tests.cli.embedded import embedded
from tests.unit.engine_site import CONFIG, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with embedded(tmp_path / "demo") as place:
        yield Site(place)


def test_a_rollback_brings_back_every_byte_and_can_be_taken_forward_again(site: Site) -> None:
    stock = site.files()
    first = site.apply()
    assert first.exit == 0
    deployed = site.files()
    assert deployed.keys() > stock.keys()
    back = site.end(site.start("rollback"))
    assert back.exit == 0, back.result
    assert site.files() == stock
    forth = site.end(site.start("rollback", back.run))
    assert forth.exit == 0, forth.result
    assert {k: v for k, v in site.files().items() if k in stock} == {
        k: v for k, v in deployed.items() if k in stock
    }
    assert site.apply().exit == 0


def test_a_rollback_refuses_a_file_that_somebody_edited(site: Site) -> None:
    assert site.apply().exit == 0
    path = site.place.root("spoke-a") / CONFIG
    path.write_bytes(path.read_bytes() + b"<!-- mine -->\n")
    before = site.files()
    back = site.end(site.start("rollback"))
    assert back.exit == 10, back.result
    assert "spoke-a" in back.result
    assert "was changed since" in back.result
    assert site.files() == before


def test_a_stale_process_is_restarted_though_every_file_is_right(site: Site) -> None:
    assert site.apply().exit == 0
    deployed = site.place.site / ".tlswright/deployed.json"
    old = site.files()
    record = deployed.read_text()
    assert site.end(site.start("rotate", "", "hub")).exit == 0
    new, recorded = site.files(), deployed.read_text()
    folder = site.place.root("hub") / "etc/activemq/instances-available/main/tls"
    key = next(path for path in folder.iterdir() if path.name.startswith("hub."))
    name = f"hub:{key.relative_to(site.place.root('hub'))}"
    # The process has the new leaf; the files and the record are those from before.
    key.write_bytes(old[name][0])
    deployed.write_text(record)
    view = site.apply()
    assert view.exit == 0, view.result
    assert view.hosts["hub"].done == 1
    assert view.hosts["hub"].changed == 0
    assert site.files() == old
    assert new != old
    assert recorded != record


def test_a_site_in_use_names_who_uses_it(site: Site) -> None:
    with site_lock(site.front.places, "testing", run="r"):
        view = site.apply()
        assert view.exit == 11, view.result
        assert "testing r" in view.result
        assert str(os.getpid()) in view.result
        with pytest.raises(LockedError):
            site_lock(site.front.places, "again")
    assert site.apply().exit == 0


def test_an_unreachable_host_stops_before_anything_is_changed(site: Site) -> None:
    before = site.files()
    text = (site.place.site / "site.yaml").read_text()
    port = next(host.ssh for host in site.place.hosts() if host.name == "spoke-b")
    (site.place.site / "site.yaml").write_text(text.replace(f"port: {port}", "port: 9"))
    view = site.apply()
    assert view.exit == 5, view.result
    assert "spoke-b" in view.result
    assert site.files() == before


def test_a_damaged_record_is_named_and_a_missing_vault_too(site: Site) -> None:
    assert site.apply().exit == 0
    deployed = site.place.site / ".tlswright/deployed.json"
    whole = deployed.read_text()
    for damage in (whole[: len(whole) // 2], "[]", '{"version": 1, "nodes": {"x": 3}}', "\0"):
        deployed.write_text(damage)
        view = site.apply()
        assert view.exit == 4, view.result
        assert "deployed.json" in view.result
    newer = json.dumps({**json.loads(whole), "version": 99})
    deployed.write_text(newer)
    assert "newer" in site.apply().result
    deployed.write_text(whole)
    vault = site.place.site / "vault"
    vault.rename(site.place.site / "vault.away")
    view = site.apply()
    assert view.exit == 2, view.result
    assert "vault is missing" in view.result
    assert not vault.exists()


def test_the_record_and_the_journal_hold_no_secret(site: Site) -> None:
    view = site.apply()
    assert view.exit == 0
    config = (site.place.root("hub") / CONFIG).read_text()
    words = {part.split('"')[0] for part in config.split('StorePassword="')[1:]}
    assert words
    state = site.place.site / ".tlswright"
    for path in [p for p in state.rglob("*") if p.is_file()]:
        text = path.read_text(errors="replace")
        assert not any(word in text for word in words), path
        assert "PRIVATE KEY" not in text, path
        assert path.stat().st_mode & 0o077 == 0, path
    assert load_site(site.place.site / "site.yaml").name == "demo"
