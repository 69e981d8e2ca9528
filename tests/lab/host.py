"""One host of the lab: a machine with its own systemd, sshd, address and file system."""

from __future__ import annotations

import contextlib
import shlex
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.lab import processes
from tests.lab.cgroups import Cgroup
from tests.lab.commands import CommandFailed, explain, run
from tests.lab.network import Wire
from tests.lab.overlay import Overlay, Seed, Trace
from tests.lab.processes import Process
from tests.lab.slots import Slot
from tests.until import until

BOOT_SECONDS = 90
STOP_SECONDS = 60
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Writes the shell's own number into the files before "--", then becomes the command after it.
ENTER = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit 1; shift; done; shift; exec "$@"'
ENVIRONMENT = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "USER": "root"}


@dataclass
class LabHost:
    """A host under systemd-nspawn, started and ended by the lab that made it."""

    name: str
    address: str
    key: Path
    slot: Slot
    wire: Wire
    overlay: Overlay
    seed: Seed
    port: int = 22
    _spawned: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _nspawn: Process | None = field(default=None, repr=False)
    _leader: Process | None = field(default=None, repr=False)
    _untouched: frozenset[Trace] = field(default=frozenset(), repr=False)
    _touched: bool = field(default=False, repr=False)

    @property
    def cgroup(self) -> Cgroup:
        """The host's control groups on the machine."""
        return Cgroup(self.wire.namespace)

    @property
    def log(self) -> Path:
        """Where nspawn and the host's console write."""
        return self.slot.directory / f"{self.name}.log"

    @property
    def host_keys(self) -> dict[str, str]:
        """Give the host's public keys: key type -> base64, as a known_hosts line wants them."""
        lines = [path.read_text().split() for path in self.seed.host_keys.glob("*.pub")]
        return {words[0]: words[1] for words in lines}

    def path(self, inside: str) -> Path:
        """Give the machine's path of a file of this host; symlinks inside it are not followed."""
        return self.overlay.root / inside.lstrip("/")

    def run(
        self,
        command: str | Sequence[str],
        *,
        check: bool = True,
        input: str | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command (a string: by sh) as root inside the host, without a login.

        Raises CommandFailed when it ends with another code than 0, unless check is off.
        """
        words = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
        enter = ["nsenter", "-t", str(self.leader.pid), "-m", "-u", "-i", "-n", "-p"]
        done = subprocess.run(
            [*enter, "--root", "--wd", *words],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=ENVIRONMENT,
            **({"stdin": subprocess.DEVNULL} if input is None else {"input": input}),
        )
        if check and done.returncode:
            raise CommandFailed(f"{self.name}: {explain(words, done)}")
        return done

    def dial(self, port: int, seconds: float) -> socket.socket:
        """Connect to a port of the host's own loopback address; each wait has this limit."""
        return self.wire.dial(port, seconds)

    def ssh(
        self, command: str, *, user: str = "root", check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a real login session over SSH, with the lab's key."""
        words = [*self.ssh_words(user), command]
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL
        )
        if check and done.returncode:
            raise CommandFailed(explain(words, done))
        return done

    def ssh_words(self, user: str = "root") -> list[str]:
        """Give the ssh command line up to the remote command, for tests that need their own."""
        known = self.slot.directory / "known_hosts"
        options = ("BatchMode=yes", f"UserKnownHostsFile={known}", "StrictHostKeyChecking=yes")
        flags = [word for option in options for word in ("-o", option)]
        start = ["ssh", "-F", "none", "-i", str(self.key), "-p", str(self.port), *flags]
        return [*start, f"{user}@{self.address}"]

    @property
    def leader(self) -> Process:
        """The host's own process number 1, as the machine sees it; raises when it is off."""
        if self._leader is None or not self._leader.alive():
            # After a reboot from inside, nspawn runs a new process number 1.
            self._leader = self._find_leader()
        if self._leader is None:
            raise CommandFailed(f"{self.name} is not running; its console: {self.log}")
        return self._leader

    def running(self) -> bool:
        """Say whether the host has power."""
        return self._nspawn is not None and self._nspawn.alive()

    def power_on(self) -> None:
        """Start to boot; ready() waits for the end of it."""
        enter = [str(path) for path in self.cgroup.make()]
        command = ["/bin/sh", "-c", ENTER, "enter", *enter, "--"]
        command += ["systemd-nspawn", "-q", "-D", str(self.overlay.root), "--boot"]
        command += ["--register=no", "--keep-unit", "--console=pipe"]
        command += [f"--network-namespace-path={self.wire.path}"]
        command += [f"--hostname={self.name}", f"--machine={self.wire.namespace}"]
        with self.log.open("ab") as log:
            self._spawned = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._nspawn = Process.of(self._spawned.pid)
        self.slot.record(self._nspawn)

    def ready(self) -> None:
        """Wait until sshd greets and the boot is done; raises TimeoutError with the console."""
        try:
            until(self._greets, BOOT_SECONDS, f"sshd of {self.name}")
            until(self._booted, BOOT_SECONDS, f"the end of the boot of {self.name}")
        except TimeoutError as late:
            late.add_note(self.log.read_text(errors="replace")[-2000:])
            raise

    def power_off(self) -> None:
        """Take the power away, in the middle of whatever the host does."""
        self._touched = True
        self._kill()

    def stop(self) -> None:
        """Shut the host down in order, as `poweroff` does; its file system stays for power_on()."""
        self._touched = True
        if self._nspawn is not None and self._nspawn.alive():
            self._nspawn.send(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                until(lambda: not self.running(), STOP_SECONDS, f"{self.name} to shut down")
        self._kill()

    def reboot(self) -> None:
        """Shut down in order and boot again with the same file system.

        A `reboot` typed on the host only ends it: nspawn leaves the second half to its caller.
        """
        self.stop()
        self.power_on()
        self.ready()

    def cut(self) -> None:
        """Unplug the network cable."""
        self._touched = True
        self.wire.cut()

    def mend(self) -> None:
        """Plug the network cable in again."""
        self.wire.mend()

    def dirty(self) -> bool:
        """Say whether a test may have left something: files, a dead machine, a cut cable."""
        return self._touched or not self.running() or self.overlay.traces() != self._untouched

    def begin_reset(self) -> None:
        """Throw every write away and start to boot afresh; settle() waits for the end of it."""
        self._kill()
        self.wire.mend()
        self.overlay.unmount()
        self.overlay.mount(self.wire.namespace)
        self.overlay.seed(self.seed)
        self.power_on()

    def settle(self) -> None:
        """Wait for the boot and take what it wrote as the clean state."""
        self.ready()
        self._untouched = self.overlay.traces()
        self._touched = False

    def reset(self) -> None:
        """Throw every write away and boot afresh; addresses and keys stay the same."""
        self.begin_reset()
        self.settle()

    def add_user(
        self, name: str, password: str, sudo: Literal["password", "nopasswd", "none"] = "password"
    ) -> None:
        """Add a user who logs in with the lab's key or the password, and may use sudo or not."""
        self._touched = True
        self.run(["useradd", "--create-home", "--shell", "/bin/bash", name])
        self.run(["chpasswd"], input=f"{name}:{password}\n")
        home = shlex.quote(f"/home/{name}/.ssh")
        owner = shlex.quote(name)
        self.run(f"install -d -m 700 -o {owner} -g {owner} {home}")
        self.run(
            f"install -m 600 -o {owner} -g {owner} /dev/stdin {home}/authorized_keys",
            input=self.seed.authorized_key,
        )
        rule = {"password": "ALL=(ALL:ALL) ALL", "nopasswd": "ALL=(ALL:ALL) NOPASSWD: ALL"}
        if sudo != "none":
            line = f"{name} {rule[sudo]}\n"
            self.run("install -m 440 /dev/stdin /etc/sudoers.d/lab-" + owner, input=line)

    def _kill(self) -> None:
        for process in (self._nspawn, self._leader):
            if process is not None:
                process.end()
        if self._spawned is not None:
            self._spawned.wait()
        self.cgroup.remove()
        self._spawned = self._nspawn = self._leader = None

    def _find_leader(self) -> Process | None:
        if self._nspawn is None:
            return None
        for pid in processes.children(self._nspawn.pid):
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                if any(line.split()[-1:] == ["1"] for line in _ns_lines(status)):
                    return Process.of(pid)
        return None

    def _greets(self) -> bool:
        if not self.running():
            raise CommandFailed(f"{self.name} died: {self.log.read_text(errors='replace')[-2000:]}")
        try:
            with socket.create_connection((self.address, self.port), timeout=1) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def _booted(self) -> bool:
        state = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
        return state in ("running", "degraded")


def _ns_lines(status: str) -> list[str]:
    return [line for line in status.splitlines() if line.startswith("NSpid:")]


def make_keys(directory: Path) -> None:
    """Make a host's SSH keys once, so that a reset host is still the same host.

    A short RSA key: one of ssh-keygen's own length costs more than a second of a core.
    """
    (directory / "etc/ssh").mkdir(parents=True)
    rsa = str(directory / "etc/ssh/ssh_host_rsa_key")
    run("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa)
    run("ssh-keygen", "-q", "-A", "-f", str(directory))
