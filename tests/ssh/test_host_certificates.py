"""@cert-authority known hosts: host certificates are asked for, and each field is judged."""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import HostKeyError
from app.model import Host
from app.remote.base import Logins
from app.remote.certificate import CertificateProblem, read_certificate
from app.remote.config import SshConfig
from app.remote.known_hosts import KnownHosts
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd, keygen, public, serving

KINDS = ("ed25519", "ecdsa", "rsa")
NAME = "broker.example.org"


def sign(ca: Path, key: Path, *options: str) -> Path:
    """Certify a public key; gives the certificate's path."""
    command = ["ssh-keygen", "-q", "-s", str(ca), "-I", "test", *options, f"{key}.pub"]
    subprocess.run(command, check=True, capture_output=True)
    return Path(f"{key}-cert.pub")


@dataclass(frozen=True)
class Certified:
    """Hold a server whose host keys are certified, by CAs of three types."""

    folder: Path
    port: int
    identity: Path

    def ca(self, kind: str) -> str:
        return public(self.folder / f"ca_{kind}")

    def connect(self, home: Path, known: str, config: str = "", **host: str) -> str:
        """Log in and say with which key type the host proved itself."""
        (home / "known").write_text(known)
        (home / "config").write_text(f"{config}\nHost *\n  HostName 127.0.0.1\n  User root\n")
        made = ParamikoConnector(
            Logins(), KnownHosts.load(home / "known"), SshConfig.load(home / "config", home),
            home=home, use_agent=False,
        )  # fmt: skip
        key = {"identity": str(self.identity), **host}
        remote = made.connect(Host("one", NAME, port=self.port, **key))  # type: ignore[arg-type]
        try:
            return str(remote._transports[0].host_key_type)
        finally:
            remote.close()


@pytest.fixture(scope="module")
def server(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    folder = tmp_path_factory.mktemp("certified")
    lines = [f"AuthorizedKeysFile {sshd.folder}/authorized"]
    for kind in KINDS:
        keygen(folder / f"ca_{kind}", "-t", kind)
        key = keygen(folder / f"host_{kind}", "-t", kind)
        sign(folder / f"ca_{kind}", key, "-h", "-n", f"{NAME},127.0.0.1", "-V", "-1h:+1d")
        lines += [f"HostKey {key}", f"HostCertificate {key}-cert.pub"]
    with serving(folder, *lines) as port:
        yield Certified(folder, port, sshd.identity)


ALIAS = f"Host {NAME}\n  HostKeyAlias {NAME}\n"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", ["*.example.org", f"{NAME},other"])
def test_a_certificate_of_a_known_ca_is_enough(
    server: Certified, tmp_path: Path, kind: str, names: str
) -> None:
    found = server.connect(
        tmp_path, f"@cert-authority {names} {server.ca(kind)}\n",
        f"{ALIAS}  HostKeyAlgorithms *{'rsa-sha2-512' if kind == 'rsa' else kind}*\n",
    )  # fmt: skip
    assert found.endswith("-cert-v01@openssh.com")


def test_without_an_alias_the_name_that_is_dialled_counts_and_no_port(
    server: Certified, tmp_path: Path
) -> None:
    line = f"@cert-authority 127.0.0.* {server.ca('ed25519')}\n"
    assert "cert" in server.connect(tmp_path, line)


def test_a_ca_for_other_names_makes_nobody_known(server: Certified, tmp_path: Path) -> None:
    for names in ("*.example.net", f"*.org,!{NAME}"):
        with pytest.raises(HostKeyError, match="not known yet") as caught:
            server.connect(tmp_path, f"@cert-authority {names} {server.ca('ed25519')}\n", ALIAS)
        assert caught.value.offered.startswith("ssh-ed25519 ")


def test_a_host_with_another_ca_is_judged_by_its_key(server: Certified, tmp_path: Path) -> None:
    other = public(keygen(tmp_path / "other", "-t", "ed25519"))
    line = f"@cert-authority * {other}\n"
    with pytest.raises(HostKeyError, match="not known yet"):
        server.connect(tmp_path, line, ALIAS)
    key = public(server.folder / "host_ed25519")
    server.connect(tmp_path, f"{line}{NAME} {key}\n", ALIAS)


def test_the_users_list_of_ca_algorithms_is_heeded(server: Certified, tmp_path: Path) -> None:
    line = f"@cert-authority * {server.ca('ed25519')}\n"
    config = f"{ALIAS}  HostKeyAlgorithms *ed25519*\n  CASignatureAlgorithms"
    assert "cert" in server.connect(tmp_path, line, f"{config} ssh-ed25519,rsa-*\n")
    with pytest.raises(HostKeyError, match="is signed with ssh-ed25519"):
        server.connect(tmp_path, line, f"{config} -*ed25519\n")


def test_the_sites_pin_is_asked_before_any_ca(server: Certified, tmp_path: Path) -> None:
    line = f"@cert-authority * {server.ca('ed25519')}\n"
    pin = public(server.folder / "host_rsa")
    assert server.connect(tmp_path, line, ALIAS, host_key=pin) == "rsa-sha2-512"
    with pytest.raises(HostKeyError, match="has changed"):
        server.connect(tmp_path, line, ALIAS, host_key=server.ca("ed25519"))


@pytest.mark.parametrize("what", ["ca", "host"])
def test_a_revoked_ca_or_key_is_refused_and_cannot_be_accepted(
    server: Certified, tmp_path: Path, what: str
) -> None:
    revoked = server.ca("ed25519") if what == "ca" else public(server.folder / "host_ed25519")
    line = f"@cert-authority * {server.ca('ed25519')}\n"
    for known, config in (
        (f"{line}@revoked * {revoked}\n", ALIAS),
        (line, f"{ALIAS}  RevokedHostKeys {tmp_path}/list\n"),
    ):
        (tmp_path / "list").write_text(f"# gone\n{revoked} a comment\n")
        with pytest.raises(HostKeyError, match="revoked") as caught:
            server.connect(tmp_path, known, f"{config}  HostKeyAlgorithms *ed25519*\n")
        assert (caught.value.offered, bool(caught.value.pinned)) == ("", True)


def test_a_list_of_revoked_keys_that_cannot_be_read_refuses(
    server: Certified, tmp_path: Path
) -> None:
    krl, listed = tmp_path / "krl", f"{ALIAS}  RevokedHostKeys {tmp_path}/krl\n"
    line = f"@cert-authority * {server.ca('ed25519')}\n"
    with pytest.raises(HostKeyError, match="No such file"):
        server.connect(tmp_path, line, listed)
    krl.write_bytes(b"SSHKRL\n\0 and no more")
    with pytest.raises(HostKeyError, match="ssh-keygen cannot tell"):
        server.connect(tmp_path, line, listed)


@pytest.mark.parametrize("what", ["key", "id: test"])
def test_a_binary_list_revokes_keys_and_certificates(
    server: Certified, tmp_path: Path, what: str
) -> None:
    krl, spec = tmp_path / "krl", tmp_path / "spec"
    listed = f"{ALIAS}  RevokedHostKeys {krl}\n  HostKeyAlgorithms *ed25519*\n"
    known = f"@cert-authority * {server.ca('ed25519')}\n"
    make = ["ssh-keygen", "-q", "-k", "-f", str(krl), "-s", f"{server.folder}/ca_ed25519.pub"]
    for id_ in ("other", "test"):
        spec.write_text(f"{what}\n".replace("test", id_))
        given = server.folder / ("host_ed25519.pub" if id_ == "test" else "host_rsa.pub")
        subprocess.run(
            [*make, str(given if what == "key" else spec)], check=True, capture_output=True
        )
        if id_ == "other":
            assert server.connect(tmp_path, known, listed).startswith("ssh-ed25519-cert")
    with pytest.raises(HostKeyError, match=f"revoked by {krl}"):
        server.connect(tmp_path, known, listed)


Make = Callable[..., bytes]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Give a function that makes a certificate with ssh-keygen and gives its bytes."""
    folder = tmp_path_factory.mktemp("made")
    ca, key = keygen(folder / "ca", "-t", "ecdsa"), keygen(folder / "key", "-t", "ed25519")

    def one(*options: str) -> bytes:
        return base64.b64decode(sign(ca, key, *options).read_text().split()[1])

    return one


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("-h", "-n", NAME), ""),
        (("-h", "-n", "*.example.org"), ""),
        (("-h", "-n", "other,example.org"), "is not for broker.example.org but for other"),
        (("-h",), "but for nobody"),
        (("-n", NAME), "a user's certificate"),
        (("-h", "-n", NAME, "-V", "-2d:-1d"), "has ended at 20"),
        (("-h", "-n", NAME, "-V", "+1d:+2d"), "is valid from 20"),
        (("-h", "-n", NAME, "-O", "critical:door=shut"), "critical options .* door"),
    ],
)
def test_each_field_is_judged(make: Make, options: tuple[str, ...], text: str) -> None:
    found = read_certificate(make(*options))
    if not text:
        found.judge_host(NAME, time.time())
        return
    with pytest.raises(CertificateProblem, match=text):
        found.judge_host(NAME, time.time())


def test_a_signature_with_sha1_is_refused(tmp_path: Path) -> None:
    ca, key = keygen(tmp_path / "ca", "-t", "rsa"), keygen(tmp_path / "key", "-t", "ed25519")
    path = sign(ca, key, "-h", "-n", NAME, "-t", "ssh-rsa")
    with pytest.raises(CertificateProblem, match="SHA-1"):
        read_certificate(base64.b64decode(path.read_text().split()[1]))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_certificate_that_was_touched_is_none(make: Make, data: st.DataObject) -> None:
    good = make("-h", "-n", NAME) if not KEPT else KEPT[0]
    KEPT[:] = [good]
    place = data.draw(st.integers(0, len(good) - 1))
    change = data.draw(st.integers(1, 255))
    cut = data.draw(st.one_of(st.just(len(good)), st.integers(0, len(good) - 1)))
    bad = bytes([*good[:place], good[place] ^ change, *good[place + 1 :]])[:cut]
    with pytest.raises(CertificateProblem):
        read_certificate(bad)


KEPT: list[bytes] = []


def test_a_host_key_that_is_known_without_its_port_does(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "known").write_text(f"127.0.0.1 {sshd.host_key}\n")
    known = KnownHosts.load(tmp_path / "known")
    made = ParamikoConnector(Logins(), known, home=tmp_path, use_agent=False)
    made.connect(replace(sshd.host(), host_key="")).close()
