"""Jump hosts: one connection for all behind it, chains, site hosts, circles, strict keys."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.errors import HostKeyError, LoginError, UnreachableError
from app.model import Host
from app.remote.base import Logins
from app.remote.config import SshConfig
from app.remote.known_hosts import HostKey, KnownHosts, add_known
from app.remote.pool import each
from app.remote.ssh import ParamikoConnector
from tests.ssh.conftest import Sshd, free_port, keygen

MANY = 36


class Place:
    """Hold a user's home whose configuration leads to the server under several names."""

    def __init__(self, home: Path, sshd: Sshd) -> None:
        self.home, self.sshd = home, sshd
        self.config = home / "config"
        self.known = home / "known_hosts"
        self.user = sshd.host().user
        self.write("")
        self.knows("gate", "inner", "outer")

    def write(self, more: str) -> None:
        self.config.write_text(
            f"{more}\nHost *\n  HostName 127.0.0.1\n  Port {self.sshd.port}\n  User {self.user}\n"
            f"  IdentityFile {self.sshd.identity}\n  IdentitiesOnly yes\n"
        )

    def knows(self, *names: str) -> None:
        self.known.write_text("".join(f"{n} {self.sshd.host_key}\n" for n in names))

    def host(self, name: str, **more: object) -> Host:
        given = {"host_key": self.sshd.host_key, **more}
        return Host(name, name, **given)  # type: ignore[arg-type]

    def connector(self, **more: object) -> ParamikoConnector:
        given: dict[str, object] = {"home": self.home, "use_agent": False, **more}
        return ParamikoConnector(
            Logins(), KnownHosts.load(self.known), SshConfig.load(self.config, self.home),
            **given,  # type: ignore[arg-type]
        )  # fmt: skip

    def logins(self) -> int:
        return (self.sshd.folder / "log").read_text().count("Accepted publickey")


@pytest.fixture
def place(sshd: Sshd, tmp_path: Path) -> Place:
    place = Place(tmp_path, sshd)
    place.write(
        "Host gate\n  HostKeyAlias gate\nHost inner\n  HostKeyAlias inner\n  ProxyJump gate\n"
        "Host outer\n  HostKeyAlias outer\nHost gate inner outer\n  HostName localhost\n"
    )
    return place


def test_many_hosts_share_one_connection_and_end_when_they_like(place: Place) -> None:
    connector, before = place.connector(), place.logins()
    meet = threading.Barrier(16, timeout=60)
    data = b"x" * 100_000

    def work(number: int) -> int:
        if number < 16:
            meet.wait()
        remote = connector.connect(place.host(f"h{number}", jump="gate"))
        try:
            return len(remote.run("cat", stdin=data, seconds=60).out)
        finally:
            remote.close()

    found = each(range(MANY), work, at_once=16)
    assert list(found.values()) == [len(data)] * MANY
    assert place.logins() - before <= MANY + 3


@pytest.fixture
def restless() -> Iterator[None]:
    """Have threads interrupted everywhere, so that a race is lost soon."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_nothing_follows_the_close_of_a_channel(place: Place) -> None:
    """Hosts end while we still send to them; OpenSSH then ends the connection (paramiko #1705)."""
    remote = place.connector().connect(place.host("gate"))
    line: Any = remote._transports[0]
    with socket.create_server(("127.0.0.1", 0)) as sink:
        for _ in range(40):
            channel = line.open_channel("direct-tcpip", sink.getsockname(), ("127.0.0.1", 0))
            began = threading.Barrier(5, timeout=20)

            def send(channel: Any = channel, began: threading.Barrier = began) -> None:
                began.wait()
                with suppress(OSError):
                    while channel.send(b"x" * 200):
                        continue

            senders = [threading.Thread(target=send) for _ in range(4)]
            for sender in senders:
                sender.start()
            began.wait()
            sink.accept()[0].close()
            for sender in senders:
                sender.join(20)
            channel.close()
    assert remote.run("echo still in").out == "still in\n"
    remote.close()


@pytest.mark.parametrize("jump", ["outer,inner", "inner", "ssh://outer, gate"])
def test_a_chain_of_jump_hosts_is_followed(place: Place, jump: str) -> None:
    before = place.logins()
    remote = place.connector().connect(place.host("far", jump=jump))
    try:
        assert remote.run("echo in").out == "in\n"
    finally:
        remote.close()
    assert place.logins() - before == 3


def test_a_host_of_the_site_is_a_jump_host_as_the_site_says(place: Place, sshd: Sshd) -> None:
    place.knows()
    hub = replace(sshd.host(), name="hub", address="localhost")
    for jump in ("hub", "localhost"):
        connector = place.connector(sites={"hub": hub})
        remote = connector.connect(place.host("far", jump=jump))
        assert remote.run("echo in").out == "in\n"
        remote.close()
    other = replace(hub, host_key=sshd.host_key[:-8] + "AAAAAAAA")
    with pytest.raises(HostKeyError, match="has changed") as caught:
        place.connector(sites={"hub": other}).connect(place.host("far", jump="hub"))
    assert caught.value.host == "hub"


def test_the_key_of_every_hop_is_judged(place: Place) -> None:
    place.knows("inner")
    with pytest.raises(HostKeyError, match="not known yet") as caught:
        place.connector().connect(place.host("far", jump="gate"))
    error = caught.value
    assert (error.host, error.known_name, error.pinned) == ("gate", "gate", "")
    key = HostKey.parse(error.offered)
    assert key is not None
    add_known(place.known, error.known_name, key, hashed=True)
    assert place.known.read_text().splitlines()[-1].startswith("|1|")
    place.connector().connect(place.host("far", jump="gate")).close()


@pytest.mark.parametrize(
    ("config", "jump", "text"),
    [
        ("Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n", "a", "in a circle"),
        ("Host b\n  ProxyJump b\n", "b", "through itself"),
        ("", "me@,x", "is no jump host"),
    ],
)
def test_ways_that_lead_nowhere_are_told(place: Place, config: str, jump: str, text: str) -> None:
    names = "".join(f"Host {n}\n  HostName {n}.invalid\n" for n in "ab")
    place.write(config.replace("Host b\n", "Host b b.invalid\n") + names)
    if text == "through itself":
        place.write(f"Host b\n  HostName b\n  ProxyJump b:{place.sshd.port}\n")
    with pytest.raises(UnreachableError, match=text):
        place.connector().connect(place.host("far", jump=jump))


def test_a_jump_host_that_refuses_is_asked_once_for_all(place: Place, tmp_path: Path) -> None:
    other = keygen(tmp_path / "other", "-t", "ed25519")
    place.write(f"Host gate\n  HostKeyAlias gate\n  IdentityFile {other}\n  IdentitiesOnly yes\n")
    text = place.config.read_text().replace(f"  IdentityFile {place.sshd.identity}\n", "")
    place.config.write_text(text)
    connector = place.connector()
    log = place.sshd.folder / "log"
    before = log.read_text().count("Connection closed by authenticating user")

    def work(number: int) -> None:
        connector.connect(place.host(f"h{number}", jump="gate"))

    found = each(range(12), work, at_once=4)
    assert all(isinstance(error, LoginError) and error.host == "gate" for error in found.values())
    assert log.read_text().count("Connection closed by authenticating user") - before <= 1


def test_what_the_jump_host_cannot_reach_is_told(place: Place) -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match="the jump host gate cannot connect to"):
        place.connector().connect(place.host("far", jump="gate", port=port))
