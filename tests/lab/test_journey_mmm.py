"""MySQL-MMM from plain to TLS and back, both grammars; nothing moves on the way.

With 1.x an imported CA below a root signs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import footprint, mmm_hosts
from tests.lab.endings import guarded
from tests.lab.farm import HOSTS, MmmSite
from tests.lab.hosts import Lab
from tests.lab.site import imported_ca
from tests.lab.waves import proven_links
from tests.until import until


@pytest.fixture(scope="module")
def wide_lab(lab: Lab) -> Iterator[Lab]:
    """A lab with one host more, from which mmm_control alone is run."""
    with guarded(Lab(HOSTS)) as hosts:
        yield hosts


@pytest.mark.parametrize("two", [True, False], ids=["2.x", "1.x"])
def test_from_plain_to_tls_and_back(wide_lab: Lab, tmp_path: Path, two: bool) -> None:
    wide_lab.clean()
    mmm = MmmSite(tmp_path, wide_lab, *(() if two else imported_ca(tmp_path)), two=two)
    site = mmm.site
    plan = site.run("plan", expect=3).stdout
    assert ("Hold everything where it is" in plan) == two
    assert "not-a-secret" not in plan
    site.run("apply", "--yes", expect=0)
    _is_tls(mmm)
    mmm.nothing_moved()
    _again_changes_nothing(mmm)
    served = mmm.served()
    if two:
        _holds_its_port(mmm)
        _changes_its_ca(mmm)
    else:
        site.run("rotate", "--all", "--yes", expect=0)
    _is_tls(mmm)
    mmm.nothing_moved()
    assert not set(served) & set(mmm.served())
    site.run("rollback", "--yes", expect=0)
    assert mmm.served() == served
    mmm.nothing_moved()
    site.run("rollback", "--yes", expect=0)
    assert mmm.content() == mmm.stock
    assert mmm.served() == ["", "", ""]
    mmm.nothing_moved()


def _holds_its_port(mmm: MmmSite) -> None:
    """A closed connection holds the monitor's port from now on: the run waits for it by itself."""
    mmm.farm.keep_closed(True)
    until(lambda: _asked(mmm), 10, "TIME_WAIT")
    mmm.farm.keep_closed(False)


def _asked(mmm: MmmSite) -> bool:
    """Ask the monitor; seldom mmm_control is so quick that it closes first."""
    mmm.farm.control("ping")
    return mmm_hosts.lingers(mmm.farm.monitor, mmm_hosts.MONITOR_PORT)


def _changes_its_ca(mmm: MmmSite) -> None:
    """Roles are held over all three waves, and `show` warns of nothing behind each of them."""
    mmm.site.run("rotate", "ca", "--yes", expect=0)
    assert proven_links(mmm.site) == {"trust": 4, "leaf": 4, "drop": 4}
    shown = proven_links(mmm.site, "the monitor reaches it, roles as before")
    assert shown == {"trust": 2, "leaf": 2, "drop": 2}
    trusted = [host.path(f"{mmm.etc}/ssl/ca_crt.pem").read_text() for host in mmm.farm.hosts]
    assert {text.count("BEGIN CERTIFICATE") for text in trusted} == {1}
    assert len(set(trusted)) == 1


def _is_tls(mmm: MmmSite) -> None:
    """Both ports speak TLS, mmm_control works on both hosts, keys and passwords are private."""
    farm = mmm.farm
    assert all(mmm.served())
    for host in (farm.monitor, farm.controls[0]):
        assert "OK: Pinged" in farm.control("ping", host=host)
    if farm.two:
        assert farm.control("mode").split() == ["ACTIVE"]
        assert farm.warnings() == []
    for host in farm.hosts:
        said = host.run(f"stat -c '%a %n' {mmm.etc}/ssl/* {mmm.etc}/mmm_*.conf").stdout.split()
        modes = {Path(name).name: mode for mode, name in zip(said[::2], said[1::2], strict=True)}
        assert modes["ssl_key.pem"] == "600"
        assert {mode for name, mode in modes.items() if name.endswith(".conf")} == {"640"}


def _again_changes_nothing(mmm: MmmSite) -> None:
    before = [footprint.writes(host, mmm.etc, footprint.STATE) for host in mmm.farm.hosts]
    mmm.site.run("plan", expect=0)
    assert "nothing to do" in mmm.site.run("apply", "--yes", expect=0).stdout
    mmm.site.run("verify", expect=0)
    assert [footprint.writes(host, mmm.etc, footprint.STATE) for host in mmm.farm.hosts] == before
