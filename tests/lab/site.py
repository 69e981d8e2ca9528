"""Drive tlswright's command line against a lab, as a user without a screen would."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from app.engine.journal import read_events
from app.events import Event
from tests import warm
from tests.lab.activemq import START_SECONDS, crosses
from tests.lab.hosts import Lab
from tests.tmux import Tmux
from tests.unit.openssl_ca import RSA, make, openssl
from tests.until import until
from tests.vaults import make_cheap

PASSPHRASE = "correct horse battery staple"
RUN_SECONDS = 800
COLD = (sys.executable, "-P", "-m", "app.cli.main")
MOMENT = 0.03
"""A step is in one state for a short moment only."""
CONFIG = "/etc/activemq/instances-available/main/activemq.xml"
_MARKS = itertools.count()
MADE: list[Site] = []
"""The sites of the test that runs now: whose secrets are looked for at its end."""


class Site:
    """Hold a site directory, a home of its own with the lab's host keys, and all that was said."""

    def __init__(self, folder: Path, lab: Lab, hosts: Sequence[str] = ()) -> None:
        """Make the directories; `hosts` are those of the lab that belong to the site, hub first."""
        self.lab = lab
        self.hosts = tuple(hosts) or lab.names
        self.directory = folder / "site"
        self.said: list[str] = []
        self.given: dict[Path, str] = {}
        MADE.append(self)
        home = folder / "home"
        (home / ".ssh").mkdir(parents=True)
        self.known_hosts.write_text(lab.known_hosts.read_text())
        self.secret("passphrase", PASSPHRASE)

    @property
    def known_hosts(self) -> Path:
        """The user's file of host keys."""
        return self.directory.parent / "home/.ssh/known_hosts"

    @property
    def environment(self) -> dict[str, str]:
        """A user's environment: no agent, no configuration of the machine's."""
        path = os.environ.get("PATH", "")
        return {"HOME": str(self.directory.parent / "home"), "PATH": path, "LANG": "C.UTF-8"}

    def ssh_config(self) -> None:
        """Write the user's ~/.ssh/config, in which each host of the site has its name."""
        rows = [
            f"Host {name}\n  HostName {self.lab[name].address}\n  User root\n"
            f"  IdentityFile {self.lab.key}\n"
            for name in self.hosts
        ]
        (self.known_hosts.parent / "config").write_text("".join(rows))

    def secret(self, name: str, text: str) -> Path:
        """Write a file that only its owner may read, with one secret."""
        path = self.directory.parent / name
        path.touch(mode=0o600)
        path.write_text(f"{text}\n")
        self.given[path] = text
        return path

    def words(self, *words: str) -> list[str]:
        """Give the whole command line of a verb."""
        passphrase = str(self.directory.parent / "passphrase")
        flags = ["-C", str(self.directory), "--passphrase-file", passphrase]
        return [*COLD, *flags, *words]

    def run(self, *words: str, expect: int | None = None) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end; `expect` is the exit code that it must have."""
        done = warm.command(
            self.words(*words)[len(COLD) :], cwd=self.directory.parent,
            environment=self.environment, seconds=RUN_SECONDS,
        )  # fmt: skip
        self.said += [done.stdout, done.stderr]
        said = f"{' '.join(words)} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in said, said
        assert expect is None or done.returncode == expect, said
        return done

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Run a verb that is still at work when the block begins; it is waited for at its end."""
        child = subprocess.Popen(
            self.words(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            stdin=subprocess.DEVNULL, env=self.environment, cwd=self.directory.parent,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield child
        finally:
            said, _ = child.communicate(timeout=RUN_SECONDS)
            self.said.append(said)

    def init(self, *words: str) -> None:
        """Make the site of this lab's hosts, dialled by their short names."""
        make_cheap(self.directory, PASSPHRASE)
        hub, *spokes = self.hosts
        places = [f"{name}={self.user}{self.lab[name].address}" for name in self.hosts]
        flags = ["--hub", places[0], *(w for place in places[1:] for w in ("--spoke", place))]
        for name in (hub, *spokes):
            flags += ["--dials", f"{name}={name},{name}.lab.test"]
        self.run("init", *flags, "--identity", str(self.lab.key), *words, expect=0)

    user = "root@"

    def init_farm(self, *words: str, controls: Sequence[str] = ()) -> None:
        """Make the site of MySQL-MMM: the first host has the monitor, the others agents.

        Hosts are dialled by their addresses, as MMM's own files have it.
        """
        make_cheap(self.directory, PASSPHRASE)
        monitor, *agents = (name for name in self.hosts if name not in controls)
        roles = {monitor: "monitor", **dict.fromkeys(agents, "agent")}
        flags = ["--kind", "mmm"]
        for name, role in {**roles, **dict.fromkeys(controls, "control")}.items():
            flags += ["--node", f"{role}:{name}={self.user}{self.lab[name].address}"]
        self.run("init", *flags, "--identity", str(self.lab.key), *words, expect=0)

    def init_cluster(self, *words: str, dotted: bool = False) -> None:
        """Make the site of a RabbitMQ cluster on this lab's hosts."""
        make_cheap(self.directory, PASSPHRASE)
        flags = ["--kind", "rabbitmq"]
        for name in self.hosts:
            flags += ["--node", f"node:{name}={self.user}{self.lab[name].address}"]
            names = [name, f"{name}.lab.test"]
            flags += ["--dials", f"{name}={','.join(reversed(names) if dotted else names)}"]
        self.run("init", *flags, "--identity", str(self.lab.key), *words, expect=0)

    def edit(self, old: str, new: str) -> None:
        """Change site.yaml as a user would, with an editor."""
        path = self.directory / "site.yaml"
        text = path.read_text()
        assert old in text, text
        path.write_text(text.replace(old, new, 1))

    def edit_broker(self, name: str, old: str, new: str) -> None:
        """Change a broker's own configuration on its host, as its user would."""
        path = self.lab[name].path(CONFIG)
        text = path.read_text()
        assert old in text, text
        path.write_text(text.replace(old, new, 1))

    def add_spoke(self, name: str) -> None:
        """Write one more host of the lab into site.yaml, as a spoke."""
        own = f"  {name}:\n    address: {self.lab[name].address}\n    user: root\n"
        own += f"    identity: {self.lab.key}\n    names: [{name}, {name}.lab.test]\n"
        self.edit("\n# Which product", f"{own}\n# Which product")
        spokes = ", ".join(self.hosts[1:])
        self.edit(f"spoke: [{spokes}]", f"spoke: [{spokes}, {name}]")
        self.hosts = (*self.hosts, name)

    @property
    def runs(self) -> list[Path]:
        """The runs' directories, the oldest first."""
        return sorted((self.directory / ".tlswright/runs").glob("*"))

    def events(self, run: Path | None = None) -> tuple[Event, ...]:
        """Read the journal of a run, the newest by default."""
        return read_events((run or self.runs[-1]) / "journal.jsonl")

    def wait_for(self, happened: Callable[[Event], bool], after: int, what: str) -> Event:
        """Wait for an event of the run that begins when there have been `after` runs."""

        def find() -> Event | None:
            found = self.events(self.runs[after]) if len(self.runs) > after else ()
            wanted = next((event for event in found if happened(event)), None)
            ended = next((event.text for event in found if event.kind == "run-ended"), "")
            assert wanted or not ended, f"{what} never came: {ended}"
            return wanted

        found = until(find, START_SECONDS, what, longest=MOMENT)
        assert found is not None
        return found

    def not_crossing(self, *pairs: tuple[str, str]) -> list[str]:
        """Send a message along each pair of brokers, and name those where it did not arrive."""

        def arrives(pair: tuple[str, str]) -> bool:
            source, target = (self.lab[name] for name in pair)
            return crosses(source, target, f"cross-{next(_MARKS)}")

        with ThreadPoolExecutor(max_workers=2) as pool:
            arrived = list(pool.map(arrives, pairs))
        return [f"{a} to {b}" for (a, b), yes in zip(pairs, arrived, strict=True) if not yes]

    def passwords(self) -> set[str]:
        """Give every store password in the brokers' configurations."""
        found: set[str] = set()
        for name in self.hosts:
            text = self.lab[name].path(CONFIG).read_text()
            found |= set(re.findall(r'(?:key|trust)StorePassword="([^"]+)"', text))
        return found


def imported_ca(folder: Path) -> tuple[str, ...]:
    """Make a CA below a root of somebody else's, and give the flags of `init` that import it.

    Its key is encrypted, so that no file beside the vault holds it.
    """
    root = make(folder, "Corp Root", key=RSA)
    below = make(folder, "Corp Brokers", by=root)
    path, key, password = (folder / name for name in ("path.pem", "ca.key", "ca.password"))
    path.write_bytes(root.pem + below.pem)
    for file in (key, password):
        file.touch(0o600)
    password.write_text("a password of the key's own\n")
    key.write_bytes(
        openssl(folder, "pkcs8", "-topk8", "-in", str(below.key), "-passout", f"file:{password}")
    )
    below.key.unlink()
    return ("--ca-certificate", str(path), "--ca-key", str(key),
            "--ca-key-password-file", str(password))  # fmt: skip


def type_passphrase(terminal: Tmux) -> None:
    """Give the wizard a new vault's passphrase, twice, and go on to the next step."""
    terminal.go_on("Tab", "> Passphrase of the vault")
    terminal.type(PASSPHRASE)
    terminal.keys("Tab")
    terminal.wait("> Passphrase once more")
    terminal.type(PASSPHRASE)
    terminal.keys("C-n")
