"""What lies in the bundle of a host of MMM: lines that are enough, and a page in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.edits.mmm.v1.view import read_conf as read_one
from app.edits.mmm.v2.view import read_conf as read_two
from app.errors import SiteError
from app.pki.pem import read_combined
from tests.unit import mmm_rules
from tests.unit.by_hand_site import ByHand, files

FOLDER = "/etc/mysql-mmm/ssl"
FARM = """\
version: 1
site: farm
hosts:
  mon: {address: 198.18.7.11, reach: bundle}
  db1: {address: 198.18.7.12, reach: bundle}
  db2: {address: 198.18.7.13}
  far: {address: 198.18.7.14, reach: bundle}
topologies:
  - kind: mmm
    roles: {monitor: [mon], agent: [db1, db2], control: [far]}
"""
SAYS = {
    "cert": f"{FOLDER}/ssl_crt.pem", "key": f"{FOLDER}/ssl_key.pem", "ca": f"{FOLDER}/ca_crt.pem",
}  # fmt: skip


@pytest.fixture
def by_hand(tmp_path: Path) -> ByHand:
    return ByHand(tmp_path, FARM)


def page(by_hand: ByHand, host: str) -> str:
    return files(by_hand.export(host))["README.txt"].decode()


def commands(text: str) -> list[str]:
    """Give the commands of the installation, in order."""
    return re.findall(r"(?m)^    (\S.*)$", text.partition("Take it back")[0])


@pytest.mark.parametrize("host", ["mon", "db1", "far"])
def test_files_that_fit_together(by_hand: ByHand, host: str) -> None:
    made = by_hand.export(host)
    found = files(made)
    assert list(found) == [
        "README.txt", "install.sh", "SHA256SUMS", f"files{FOLDER}/ca_crt.pem",
        f"files{FOLDER}/ssl_crt.pem", f"files{FOLDER}/ssl_key.pem", "socket-2.x.conf",
        "socket-1.x.conf",
    ]  # fmt: skip
    both = found[f"files{FOLDER}/ssl_crt.pem"] + found[f"files{FOLDER}/ssl_key.pem"]
    certificate, key, _ = read_combined(both)
    assert key is not None
    assert key.public_key() == certificate.public_key()


def test_the_lines_of_2x_are_all_that_it_needs(by_hand: ByHand) -> None:
    lines = files(by_hand.export("db1"))["socket-2.x.conf"]
    path = "/etc/mysql-mmm/mmm_agent.conf"
    read = mmm_rules.two({path: b"this db1\n" + lines}, "mmm_agent")
    assert read["socket"] == {"type": "ssl", **{f"{k}_file": v for k, v in SAYS.items()}}
    view = read_two(
        dict.fromkeys((path,), lines), "mmm_agent.conf", directories=("/etc/mysql-mmm",)
    )
    assert (view.socket.tls, view.fatal) == (True, ())


def test_the_lines_of_1x_are_all_that_it_needs(by_hand: ByHand) -> None:
    """The same files, by their whole paths: nothing is to be moved or rewritten."""
    lines = files(by_hand.export("db1"))["socket-1.x.conf"]
    options = mmm_rules.one_tls(mmm_rules.one(b"bind_port 9989\n" + lines + b"this db1\n"))
    assert options == {**{f"{k}_file": v for k, v in SAYS.items()}, "verify_mode": "1"}
    assert read_one(lines, "mmm_agent.conf").traps == ()


def test_an_agent_is_done_before_its_monitor(by_hand: ByHand) -> None:
    assert commands(page(by_hand, "db1")) == [
        "sha256sum -c SHA256SUMS", "sh install.sh check",
        "mmm_control show", "mmm_control set_manual",
        "sh install.sh", "chmod 640 /etc/mysql-mmm/*.conf",
        "systemctl restart mysql-mmm-agent",
        "tlswright apply", "tlswright export bundle db1 --delivered", "tlswright verify",
        "mmm_control show", "mmm_control set_active",
    ]  # fmt: skip


def test_a_monitor_is_down_while_its_agents_change(by_hand: ByHand) -> None:
    by_hand.text += (
        "    options: {cluster: EU, monitor_port: 9000}\n    nodes: {mon: {service: m}}\n"
    )
    text = page(by_hand, "mon")
    assert commands(text)[2:] == [
        # Once its files say TLS, mmm_control cannot tell a plain monitor anything.
        "mmm_control @EU show", "mmm_control @EU set_manual",
        "sh install.sh", "chmod 640 /etc/mysql-mmm/*.conf",
        "systemctl stop m",
        "tlswright apply",
        "ss -Htan 'sport = :9000'", "systemctl start m", "ss -Hltn 'sport = :9000'",
        "tlswright export bundle mon --delivered", "tlswright verify",
        "mmm_control @EU show", "mmm_control @EU set_active",
    ]  # fmt: skip
    assert "mmm_mon_EU.conf" in text


def test_a_control_host_restarts_nothing(by_hand: ByHand) -> None:
    found = commands(page(by_hand, "far"))
    assert found[4:6] == ["tlswright apply", "mmm_control ping"]
    assert not [one for one in found if "systemctl" in one]


@pytest.mark.parametrize("host", ["mon", "db1", "far"])
def test_the_page_is_whole(by_hand: ByHand, host: str) -> None:
    text = page(by_hand, host)
    install, _, back = text.partition("Take it back")
    for part, least in ((install, 8), (back.partition("A new certificate")[0], 2)):
        steps = [int(n) for n in re.findall(r"(?m)^(\d+)\. ", part)]
        assert steps == list(range(1, len(steps) + 1))
        assert len(steps) >= least
    assert "\n\n\n\n" not in text
    assert max(len(line) for line in text.splitlines()) <= 92
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_it_runs_on_linux_alone(by_hand: ByHand) -> None:
    by_hand.text = FARM.replace(
        "198.18.7.12, reach: bundle", "198.18.7.12, reach: bundle, system: windows"
    )
    with pytest.raises(SiteError, match="on Linux alone"):
        by_hand.export("db1")
