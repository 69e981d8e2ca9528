"""The ways people log in: certificates, agents, several factors; what failed is named."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.demo.keys import make_key
from app.demo.server import SshServer
from app.demo.session import Accept
from app.errors import LoginError
from app.model import Host
from app.pki.secret import Secret
from app.remote.base import Logins, OneTime
from app.remote.config import SshConfig
from app.remote.known_hosts import KnownHosts
from app.remote.locked import asked_code, locked_key
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd, keygen, serving
from tests.ssh.test_host_certificates import sign

KINDS = ("ed25519", "ecdsa", "rsa")


@dataclass(frozen=True)
class Way:
    """Hold a server that trusts a CA for its users, and takes one key besides."""

    folder: Path
    port: int
    twice: int
    host_key: str

    def host(self, **more: object) -> Host:
        given = {"port": self.port, "user": "root", "host_key": self.host_key, **more}
        return Host("one", "127.0.0.1", **given)  # type: ignore[arg-type]

    def enter(
        self, home: Path, config: str = "", logins: Logins | None = None, *, agent: bool = False,
        **host: object,
    ) -> str:  # fmt: skip
        """Log in and say how; the configuration's lines are for every host."""
        said: list[str] = []
        (home / "config").write_text(f"Host *\n{config}\n")
        made = ParamikoConnector(
            logins or Logins(), KnownHosts(), SshConfig.load(home / "config", home),
            lambda _, text: said.append(text), home=home, use_agent=agent,
        )  # fmt: skip
        made.connect(self.host(**host)).close()
        return said[-1]


@pytest.fixture(scope="module")
def way(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    folder = tmp_path_factory.mktemp("ways")
    keygen(folder / "ca", "-t", "rsa")
    for kind in KINDS:
        key = keygen(folder / kind, "-t", kind)
        sign(folder / "ca", key, "-n", "root", "-V", "-1h:+1d")
    keys = [keygen(folder / name, "-t", "ed25519") for name in ("first", "second")]
    (folder / "authorized").write_text("".join(Path(f"{k}.pub").read_text() for k in keys))
    lines = (
        f"TrustedUserCAKeys {folder}/ca.pub",
        f"AuthorizedKeysFile {folder}/authorized",
        f"HostKey {sshd.folder}/host_ed25519",
        "KbdInteractiveAuthentication no",
    )
    with serving(folder, *lines) as port, serving2(folder, lines) as twice:
        yield Way(folder, port, twice, sshd.host_key)


@contextmanager
def serving2(folder: Path, lines: tuple[str, ...]) -> Iterator[int]:
    """Run the same server, but two keys are wanted."""
    second = folder / "twice"
    second.mkdir()
    with serving(second, *lines, "AuthenticationMethods publickey,publickey") as port:
        yield port


@contextmanager
def agent(place: Path, *keys: Path) -> Iterator[str]:
    """Run an agent with some keys, and give the path of its socket."""
    if not shutil.which("ssh-agent"):
        pytest.skip("no ssh-agent on this machine")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        for key in keys:
            add(str(place), str(key))
        yield str(place)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def add(place: str, *words: str, answer: str = "") -> None:
    """Tell an agent something."""
    subprocess.run(
        ["ssh-add", *words], check=True, capture_output=True, input=answer, text=True,
        env={**os.environ, "SSH_AUTH_SOCK": place},
    )  # fmt: skip


def copied(key: Path, home: Path, *, certificate: bool = True) -> Path:
    """Put a key, and its certificate, into a folder."""
    found = Path(shutil.copy(key, home / "key"))
    shutil.copy(f"{key}.pub", home / "key.pub")
    if certificate:
        shutil.copy(f"{key}-cert.pub", home / "key-cert.pub")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_beside_the_key_logs_in(way: Way, tmp_path: Path, kind: str) -> None:
    key = copied(way.folder / kind, tmp_path)
    assert "with its certificate" in way.enter(tmp_path, f"  IdentityFile {key}")
    (tmp_path / "key-cert.pub").unlink()
    with pytest.raises(LoginError, match="key: refused"):
        way.enter(tmp_path, f"  IdentityFile {key}")


@pytest.mark.parametrize("kind", KINDS)
def test_certificates_of_an_agent_log_in(way: Way, tmp_path: Path, kind: str) -> None:
    """paramiko has the plain key sign for RSA, which the agent refuses (paramiko #2437)."""
    key = copied(way.folder / kind, tmp_path)
    with agent(tmp_path / "sock", key) as place:
        for name in ("key", "key.pub", "key-cert.pub"):
            (tmp_path / name).unlink()
        said = way.enter(tmp_path, f"  IdentityAgent {place}", agent=True)
    assert "by agent key" in said


def test_a_named_certificate_is_signed_for_by_whoever_has_its_key(way: Way, tmp_path: Path) -> None:
    certificate = way.folder / "rsa-cert.pub"
    lines = f"  CertificateFile {certificate}\n  IdentityFile {tmp_path}/key\n"
    copied(way.folder / "rsa", tmp_path, certificate=False)
    assert f"by certificate {certificate}" in way.enter(tmp_path, lines)
    with agent(tmp_path / "sock", tmp_path / "key") as place:
        (tmp_path / "key").unlink()
        said = way.enter(tmp_path, f"{lines}  IdentityAgent {place}", agent=True)
        assert f"by certificate {certificate}" in said
    (tmp_path / "key.pub").unlink()
    with pytest.raises(LoginError, match="none of the keys is the one that it certifies"):
        way.enter(tmp_path, lines)


def test_a_certificate_that_has_ended_is_named(way: Way, tmp_path: Path) -> None:
    key = copied(way.folder / "ed25519", tmp_path, certificate=False)
    sign(way.folder / "ca", key, "-n", "root", "-V", "-2d:-1d")
    with pytest.raises(LoginError, match=r"key-cert.pub: it has ended at 20.* UTC; key .*refused"):
        way.enter(tmp_path, f"  IdentityFile {key}")


def locked(home: Path, source: Path, *options: str) -> Path:
    """Copy a key and encrypt it."""
    key = Path(shutil.copy(source, home / "locked"))
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", *options, "-f", str(key)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key


def test_only_a_key_that_the_host_would_take_asks_for_its_passphrase(
    way: Way, tmp_path: Path
) -> None:
    for source, text in (("first", "needs its passphrase"), ("rsa", "refused, and not opened")):
        key = locked(tmp_path, way.folder / source)
        with pytest.raises(LoginError, match=text) as caught:
            way.enter(tmp_path, f"  IdentityFile {key}")
        assert locked_key(caught.value.text) == (str(key) if source == "first" else "")


@pytest.mark.parametrize("options", [(), ("-m", "PEM"), ("-m", "PKCS8")])
def test_encrypted_keys_of_every_form_open(
    way: Way, tmp_path: Path, options: tuple[str, ...]
) -> None:
    key = locked(tmp_path, way.folder / "rsa", *options)
    shutil.copy(way.folder / "rsa-cert.pub", tmp_path / "locked-cert.pub")
    logins = Logins(keys={str(key): Secret("open sesame")})
    assert "certificate" in way.enter(tmp_path, f"  IdentityFile {key}", logins)
    with pytest.raises(LoginError, match="wrong passphrase"):
        way.enter(tmp_path, f"  IdentityFile {key}", Logins(keys={str(key): Secret("no")}))


def test_two_keys_are_given_where_two_are_wanted(way: Way, tmp_path: Path) -> None:
    lines = "".join(f"  IdentityFile {way.folder}/{name}\n" for name in ("first", "second"))
    assert "second" in way.enter(tmp_path, lines, port=way.twice)
    with pytest.raises(LoginError, match=r"first: taken, but publickey is needed too"):
        way.enter(tmp_path, f"  IdentityFile {way.folder}/first", port=way.twice)


def test_an_agent_that_is_gone_or_locked_is_named(way: Way, tmp_path: Path) -> None:
    gone = f"  IdentityAgent {tmp_path}/gone\n  IdentityFile {way.folder}/first"
    assert "key" in way.enter(tmp_path, gone, agent=True)
    with pytest.raises(LoginError, match=rf"agent: no agent answers at {tmp_path}/gone: No such"):
        way.enter(tmp_path, f"  IdentityAgent {tmp_path}/gone", agent=True)
    silent = tmp_path / "deny"
    silent.write_text("#!/bin/sh\nexit 1\n")
    silent.chmod(0o755)
    with agent(tmp_path / "sock") as place:
        add(place, "-q", "-c", str(way.folder / "first"))
        lines = f"  IdentityAgent {place}\n  IdentityFile {way.folder}/second"
        assert "second" in way.enter(tmp_path, lines, agent=True)
        with pytest.raises(LoginError, match="the agent will not sign with it"):
            way.enter(tmp_path, f"  IdentityAgent {place}", agent=True)
        said = way.enter(tmp_path, f"  IdentityAgent none\n{lines}", agent=True)
        assert "second" in said


def test_identities_only_and_the_order_of_keys(way: Way, tmp_path: Path) -> None:
    others = [keygen(tmp_path / f"k{n}", "-t", "ed25519") for n in range(6)]
    with agent(tmp_path / "sock", *others, way.folder / "first") as place:
        lines = f"  IdentityAgent {place}\n"
        with pytest.raises(LoginError, match="further keys: not tried"):
            way.enter(tmp_path, lines, agent=True)
        lines += f"  IdentityFile {way.folder}/first\n"
        assert "by agent key" in way.enter(tmp_path, lines, agent=True)
        lines = f"  IdentityAgent {place}\n  IdentitiesOnly yes\n  IdentityFile {others[0]}\n"
        with pytest.raises(LoginError) as caught:
            way.enter(tmp_path, lines, agent=True)
        assert caught.value.text.count("refused") == 2
        assert way.enter(tmp_path, f"{lines}  IdentityFile {way.folder}/second\n", agent=True)


def test_no_keys_where_the_configuration_forbids_them(way: Way, tmp_path: Path) -> None:
    key = f"  IdentityFile {way.folder}/first\n"
    for line in ("PubkeyAuthentication no", "PreferredAuthentications password"):
        with pytest.raises(LoginError, match="the host wants publickey, which is not"):
            way.enter(tmp_path, f"{key}  {line}\n")
    with pytest.raises(LoginError) as caught:
        way.enter(tmp_path, "  IdentityFile none\n")
    assert "key " not in caught.value.text.partition("refused")[2]


def test_what_only_ssh_can_do_is_named_where_it_may_have_helped(way: Way, tmp_path: Path) -> None:
    sk = tmp_path / "id_sk"
    text = f"IdentityFile {sk}\n  PKCS11Provider /lib/token.so\n"
    keygen(sk, "-t", "ed25519")
    with pytest.raises(LoginError, match="PKCS11Provider is not used here: add the token to an"):
        way.enter(tmp_path, f"  {text}")


class Asking:
    """Hold an embedded server that asks, and what it takes."""

    def __init__(self, folder: Path, **accept: object) -> None:
        make_key(folder / "host")
        self.server = SshServer(folder, folder / "host", Accept(**accept))  # type: ignore[arg-type]
        self.folder = folder

    def enter(self, **logins: object) -> str:
        said: list[str] = []
        host = Host("one", "127.0.0.1", port=self.server.port, user="u",
                    identity=str(self.folder / "key"), host_key=self.server.host_key)  # fmt: skip
        made = ParamikoConnector(
            Logins(**logins), KnownHosts(), None, lambda _, text: said.append(text),  # type: ignore[arg-type]
            home=self.folder, use_agent=False,
        )  # fmt: skip
        made.connect(host).close()
        return said[-1]


PASSWORD = {"passwords": {"one": Secret("correct horse")}}


def code(text: str) -> dict[str, object]:
    return {"codes": {"one": OneTime(Secret(text))}}


@pytest.mark.parametrize("both", [False, True])
def test_a_password_and_a_code_are_answered_and_what_lacks_is_asked_for(
    tmp_path: Path, both: bool
) -> None:
    key = make_key(tmp_path / "key")
    asking = Asking(
        tmp_path, keys=(key,) if both else (), password=Secret("correct horse"), interactive=True,
        both=both, codes=["111111", "222222"],
    )  # fmt: skip
    with asking.server:
        with pytest.raises(LoginError, match='asks "Password:", and no answer was given') as first:
            asking.enter()
        assert asked_code(first.value.text) == ""
        with pytest.raises(LoginError, match='asks "Verification code:"') as second:
            asking.enter(**PASSWORD)
        assert asked_code(second.value.text) == "Verification code:"
        assert "correct horse" not in second.value.text
        assert asking.enter(**PASSWORD, **code("111111")).endswith("by keyboard-interactive")
        with pytest.raises(LoginError, match="keyboard-interactive: refused"):
            asking.enter(**PASSWORD, **code("111111"))
        used = code("222222")
        asking.enter(**PASSWORD, **used)
        with pytest.raises(LoginError, match='asks "Verification code:"'):
            asking.enter(**PASSWORD, **used)


def test_a_wrong_password_is_refused_and_not_shown(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    for interactive, text in (
        (True, "keyboard-interactive: refused"),
        (False, "password: refused"),
    ):
        asking = Asking(tmp_path, password=Secret("correct horse"), interactive=interactive)
        with asking.server, pytest.raises(LoginError, match=text) as caught:
            asking.enter(passwords={"one": Secret("hunter2")})
        assert "hunter2" not in str(caught.value)
