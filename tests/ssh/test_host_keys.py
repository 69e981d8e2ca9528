"""A host is who it was: pinned first, else known; unknown, changed and revoked keys stop us."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import HostKeyError
from app.model import Host
from app.remote.base import Logins
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd, keygen, public


def reach(host: Host, known: KnownHosts, home: Path) -> str:
    """Connect, run something, and give its output."""
    connector = ParamikoConnector(Logins(), known, home=home, use_agent=False)
    remote = connector.connect(host)
    try:
        return remote.run("echo in").out
    finally:
        remote.close()


@pytest.fixture
def unpinned(sshd: Sshd) -> Host:
    return replace(sshd.host(), host_key="")


def write(folder: Path, *lines: str) -> KnownHosts:
    path = folder / "known_hosts"
    path.write_text("\n".join(lines) + "\n")
    return KnownHosts.load(path)


def test_an_unknown_key_is_refused_with_its_fingerprint(
    sshd: Sshd, unpinned: Host, tmp_path: Path
) -> None:
    with pytest.raises(HostKeyError) as caught:
        reach(unpinned, KnownHosts(), tmp_path)
    listed = subprocess.run(
        ["ssh-keygen", "-lf", str(sshd.folder / "host_ed25519.pub")],
        capture_output=True, text=True, check=True,
    ).stdout.split()[1]  # fmt: skip
    assert listed in caught.value.text
    assert caught.value.offered == sshd.host_key
    assert caught.value.pinned == ""


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_each_type_of_pinned_key_is_negotiated(sshd: Sshd, tmp_path: Path, kind: str) -> None:
    host = replace(sshd.host(), host_key=public(sshd.folder / f"host_{kind}"))
    assert reach(host, KnownHosts(), tmp_path) == "in\n"


def test_a_changed_key_is_refused_with_both(sshd: Sshd, tmp_path: Path) -> None:
    other = public(keygen(tmp_path / "other", "-t", "ed25519"))
    with pytest.raises(HostKeyError) as caught:
        reach(replace(sshd.host(), host_key=other), KnownHosts(), tmp_path)
    assert "has changed" in caught.value.text
    assert (caught.value.offered, caught.value.pinned) == (sshd.host_key, other)


def test_the_sites_pin_is_asked_before_known_hosts(sshd: Sshd, tmp_path: Path) -> None:
    other = public(keygen(tmp_path / "other", "-t", "ed25519"))
    known = write(tmp_path, f"[127.0.0.1]:{sshd.port} {other}")
    assert reach(sshd.host(), known, tmp_path) == "in\n"


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_known_hosts_are_trusted_plain_and_hashed(
    sshd: Sshd, unpinned: Host, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"[127.0.0.1]:{sshd.port} {public(sshd.folder / f'host_{kind}')}\n")
    assert reach(unpinned, KnownHosts.load(path), tmp_path) == "in\n"
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, capture_output=True)
    assert path.read_text().startswith("|1|")
    assert reach(unpinned, KnownHosts.load(path), tmp_path) == "in\n"


def test_a_revoked_key_is_refused_even_when_pinned(sshd: Sshd, tmp_path: Path) -> None:
    known = write(tmp_path, f"@revoked * {sshd.host_key}", f"@cert-authority * {sshd.host_key}")
    with pytest.raises(HostKeyError, match="revoked"):
        reach(sshd.host(), known, tmp_path)


def test_lines_are_matched_as_ssh_does(tmp_path: Path) -> None:
    key = "ssh-ed25519 AAAA"
    known = write(
        tmp_path,
        "# a comment",
        "nonsense",
        "@cert-authority *.example.org ssh-rsa AAAAC",
        f"*.Example.org,!bad.example.org {key}",
        f"[far]:2222 {key}",
        f"near,10.0.0.? {key} comment",
        "|1|broken ssh-rsa AAAA",
        "|1|%%%|%%% ssh-rsa AAAA",
    )
    yes = ["a.example.org", "A.EXAMPLE.ORG", "[far]:2222", "near", "10.0.0.7"]
    no = ["bad.example.org", "far", "[near]:2222", "10.0.0.77", "else"]
    assert all(map(known.keys, yes))
    assert not any(map(known.keys, no))


def test_a_long_file_is_read_fast(tmp_path: Path) -> None:
    known = write(tmp_path, *(f"h{n} ssh-ed25519 AAAA{n}" for n in range(20_000)))
    assert [key.blob for key in known.keys("h19999")] == ["AAAA19999"]
