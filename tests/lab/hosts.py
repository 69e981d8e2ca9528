"""Bring up real hosts on this machine: `python -m tests.lab.hosts up --hosts hub,spoke-a`.

Each host is a systemd-nspawn container over the machine's own file system, with every package that
is installed here. Needs root. Whatever a test does, stop() leaves nothing behind; what a killed
session leaves is cleaned away by the next one (see slots.py).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from tests.lab import activemq, network, slots
from tests.lab.commands import run
from tests.lab.host import LabHost, make_keys
from tests.lab.network import Wire
from tests.lab.overlay import Overlay, Seed
from tests.lab.slots import Slot

NAMES = ("hub", "spoke-a", "spoke-b")
FIRST = 11
DOMAIN = "lab.test"


class Lab:
    """A bridge with hosts on it; a context manager that leaves nothing behind."""

    def __init__(self, names: Sequence[str] = NAMES) -> None:
        """Name the hosts; nothing is made before start()."""
        self.names = tuple(names)
        self.hosts: dict[str, LabHost] = {}
        self._slot: Slot | None = None
        self._owner = os.getpid()

    def __getitem__(self, name: str) -> LabHost:
        return self.hosts[name]

    def __enter__(self) -> Lab:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def slot(self) -> Slot:
        """This lab's share of the machine; raises RuntimeError when the lab is down."""
        if self._slot is None:
            raise RuntimeError("the lab is not up")
        return self._slot

    @property
    def gateway(self) -> str:
        """The machine's own address on the bridge, as the hosts see it."""
        return self.slot.address(1)

    @property
    def key(self) -> Path:
        """The private SSH key that opens every host's root account."""
        return self.slot.directory / "key"

    @property
    def known_hosts(self) -> Path:
        """A known_hosts file with the keys of all hosts."""
        return self.slot.directory / "known_hosts"

    def start(self) -> None:
        """Bring all hosts up at once and wait until sshd answers on each."""
        self._slot = slots.claim()
        try:
            network.make_bridge(self.slot.bridge, self.gateway)
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(self.key))
            self.hosts = {name: self._make(name) for name in self.names}
            self._write_known_hosts()
            for host in self.hosts.values():
                host.wire.lay()
            self._boot(self.hosts.values())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Take everything away; a second call and a forked child do nothing."""
        if self._slot is None or self._owner != os.getpid():
            return
        slot, self._slot = self._slot, None
        for host in self.hosts.values():
            host.power_off()
        slot.release()

    def clean(self) -> list[str]:
        """Reset the hosts that a test has changed, and give their names."""
        dirty = [host for host in self.hosts.values() if host.dirty()]
        self._boot(dirty)
        return [host.name for host in dirty]

    def _boot(self, hosts: Iterable[LabHost]) -> None:
        started = list(hosts)
        for host in started:
            host.begin_reset()
        for host in started:
            host.settle()

    def _make(self, name: str) -> LabHost:
        slot = self.slot
        names = slot.prefix + name
        if len(names) > 15:
            raise ValueError(f"{name}: too long for the name of a network interface")
        address = slot.address(FIRST + self.names.index(name))
        keys = slot.directory / "keys" / name
        make_keys(keys)
        return LabHost(
            name=name,
            address=address,
            key=self.key,
            slot=slot,
            wire=Wire(namespace=names, interface=names, bridge=slot.bridge, address=address),
            overlay=Overlay(slot.directory / name),
            seed=Seed(
                name=name,
                hosts=self._hosts_file(),
                authorized_key=self.key.with_suffix(".pub").read_text(),
                host_keys=keys / "etc/ssh",
            ),
        )

    def _hosts_file(self) -> str:
        lines = ["127.0.0.1 localhost"]
        for number, name in enumerate(self.names, FIRST):
            lines.append(f"{self.slot.address(number)} {name}.{DOMAIN} {name}")
        return "\n".join([*lines, f"{self.gateway} control.{DOMAIN} control", ""])

    def _write_known_hosts(self) -> None:
        rows = [
            f"{host.address} {kind} {key}\n"
            for host in self.hosts.values()
            for kind, key in host.host_keys.items()
        ]
        self.known_hosts.write_text("".join(rows))


def main(words: Sequence[str] | None = None) -> int:
    """Keep a lab up for work by hand until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.hosts", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="bring hosts up and keep them in the foreground")
    up.add_argument("--hosts", default=",".join(NAMES), help="names with commas between them")
    up.add_argument("--activemq", action="store_true", help="start the stock broker on each")
    chosen = parser.parse_args(words)
    # No Event: a handler that sets it while it begins to be waited for would wait for itself.
    ended, end = os.pipe()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.write(end, b"."))
    with Lab(chosen.hosts.split(",")) as lab:
        if chosen.activemq:
            activemq.start_all(lab.hosts.values())
        _describe(lab)
        os.read(ended, 1)
    return 0


def _describe(lab: Lab) -> None:
    print(f"slot {lab.slot.prefix} machine {lab.gateway}")
    for host in lab.hosts.values():
        print(f"{host.name}\t{host.address}\t{' '.join(host.ssh_words())}")
        print(f"\troot {host.overlay.root}\tconsole {host.log}\tleader {host.leader.pid}")
    print(f"key {lab.key}\nknown_hosts {lab.known_hosts}\nup until Ctrl-C", flush=True)


if __name__ == "__main__":
    sys.exit(main())
