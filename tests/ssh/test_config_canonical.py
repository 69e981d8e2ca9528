"""A short name becomes the one that ssh makes of it: CanonicalizeHostname, judged by `ssh -G`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.errors import UnreachableError
from app.model import Host
from app.remote.config import SshConfig, resolve
from app.remote.sshconf.canonical import look_up
from app.remote.sshconf.evaluate import evaluate
from app.remote.sshconf.settings import Asked, ConfigError
from app.remote.sshconf.tokens import Here

KNOWN = {
    "web1.example.org": ("10.1.1.1", "web1.example.org."),
    "real.example.net": ("10.1.1.2", "alias.example.org.", "alias"),
    "db": ("10.1.1.3", "db."),
    "Web2.Other.Test": ("10.1.1.4", "web2.other.test.", "web2"),
    "a.b.example.org": ("10.1.1.5", "a.b.example.org.", "a.b"),
}
"""What the name service calls a host: its address and the names that find it."""
FOUND = {name.lower(): own.lower() for own, row in KNOWN.items() for name in (own, *row[1:])}
HOSTS = ("web1", "Alias", "db", "web2", "a.b", "alias.example.org.", "nowhere", "10.1.1.1", "10.1")

lines = st.sampled_from([
    "CanonicalizeHostname yes", "CanonicalizeHostname always", "CanonicalizeHostname no",
    "CanonicalDomains example.org", "CanonicalDomains other.test example.org",
    "CanonicalDomains none", "CanonicalizeMaxDots 0", "CanonicalizeMaxDots 2",
    "CanonicalizeFallbackLocal no", "CanonicalizePermittedCNAMEs *.example.org:*.example.net",
    "CanonicalizePermittedCNAMEs *", "CanonicalizePermittedCNAMEs none",
    "CanonicalizePermittedCNAMEs x:y web*,alias:!real.*,*.test *.org:real.example.net",
    "ProxyJump gate", "ProxyCommand nc %h %p", "HostName web1", "HostName %h.example.org",
    "AddressFamily inet6", "Host web1.example.org\n  User full", "Match canonical\n  Port 2222",
    "Match host *.example.net\n  User real", "Host *.test\n  Port 99", "Host *\n  User other",
    "Match originalhost alias\n  Port 44",
])  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give the words that run a command where the name service knows these hosts alone."""
    if os.getuid() != 0 or not shutil.which("ssh") or not shutil.which("unshare"):
        pytest.skip("ssh is asked in a mount namespace of its own, as root")
    folder = tmp_path_factory.mktemp("names")
    rows = [" ".join((row[0], own, *row[1:])) for own, row in KNOWN.items()]
    (folder / "hosts").write_text("\n".join(rows) + "\n")
    (folder / "nsswitch.conf").write_text("passwd: files\nhosts: files\n")
    mounts = "".join(f"mount --bind {folder}/{f} /etc/{f}; " for f in ("hosts", "nsswitch.conf"))
    return ["unshare", "-m", "/bin/sh", "-ec", f'{mounts}exec "$@"', "sh"]


def look(name: str, family: int) -> str | None:
    """Answer as that name service does: it has no address of IPv6."""
    return None if family == 10 else FOUND.get(name.lower())


def ours(path: Path, host: str) -> tuple[str, ...] | None:
    try:
        files = SshConfig.load(path, path.parent).files
        found = evaluate(files, Asked(host), Here(path.parent, "root"), lambda _: 1, look)
    except ConfigError:
        return None
    return found.host, str(found.port), found.user


def theirs(service: list[str], path: Path, host: str) -> tuple[str, ...] | None:
    done = subprocess.run(
        [*service, "ssh", "-G", "-F", str(path), host], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        assert "resolve host" in done.stderr, done.stderr
        return None
    rows = dict(row.partition(" ")[::2] for row in done.stdout.splitlines())
    return rows["hostname"], rows["port"], rows["user"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lines, min_size=1, max_size=7), st.sampled_from(HOSTS))
def test_ssh_makes_the_same_name(
    tmp_path: Path, service: list[str], text: list[str], host: str
) -> None:
    assume(not ("AddressFamily inet6" in text and host.startswith("10")))  # dialling fails
    path = tmp_path / "config"
    path.write_text("\n".join(text) + "\n")
    assert ours(path, host) == theirs(service, path, host), path.read_text()


def test_the_full_name_counts_for_blocks_and_for_known_hosts(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "CanonicalizeHostname yes\nCanonicalDomains example.org\nHost *.example.org\n  User amq\n"
    )
    files, here = SshConfig.load(path, tmp_path).files, Here(tmp_path, "root")
    found = evaluate(files, Asked("web1"), here, lambda _: 1, look)
    assert (found.host, found.user) == ("web1.example.org", "amq")
    assert evaluate(files, Asked("other"), here, lambda _: 1, look).host == "other"


def test_a_name_in_no_domain_is_an_error_where_no_other_may_be_made_up(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "CanonicalizeHostname yes\nCanonicalDomains nowhere.invalid\nCanonicalizeFallbackLocal no\n"
    )
    with pytest.raises(UnreachableError) as caught:
        resolve(Host("one", "hub"), SshConfig.load(path, tmp_path), "me")
    assert f"{path}:1: hub is in none of CanonicalDomains" in caught.value.text


def test_the_machine_s_own_name_service_is_asked() -> None:
    assert look_up("localhost", 0) == "localhost"
    assert look_up("hub.nowhere.invalid.", 0) is None
