"""No secret shows on either side of a run: arguments, environments, files, logs, output.

Markers stand for what a user gives (passphrase, passwords); what tlswright makes (store passwords,
the CA's key) is read from the vault afterwards.  Both sides of the run are processes and files of
this machine, so all of it can be looked at while it happens.
"""

from __future__ import annotations

import base64
import json
import re
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from app.demo.place import Place
from app.pki.secret import Secret
from app.pki.vault import Vault
from tests.cli.command import COLD
from tests.cli.embedded import embedded, run
from tests.cli.inotify import Modes
from tests.shown import Shown
from tests.until import until

GIVEN = {
    "passphrase": "Marker-of-the-passphrase",
    "login": "Marker-of-the-login",
    "sudo": "Marker-of-the-sudo",
    "key": "Marker-of-the-key-file",
    "connector": "Marker-of-the-connector",
}
MEMORY = Path("/dev/shm")


@dataclass
class Watcher:
    """Look at every process again and again, and at every file that changes, until told to stop."""

    place: Place
    shown: Shown = field(default_factory=Shown)
    open_folders: set[str] = field(default_factory=set)
    temporary: set[Path] = field(default_factory=set)
    rounds: int = 0

    def __enter__(self) -> Watcher:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.005):
            self.shown.look()
            self._memory()
            self.rounds += 1

    def _memory(self) -> None:
        for path in MEMORY.glob("tlswright.*") if MEMORY.is_dir() else ():
            self.temporary.add(path)
            if _mode(path) & 0o077:
                self.open_folders.add(str(path))


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.lstat().st_mode)
    except OSError:
        return 0


@dataclass
class Story:
    """Hold a site that was applied, rotated and rolled back under a watcher's eyes."""

    place: Place
    watcher: Watcher
    modes: Modes
    told: list[subprocess.CompletedProcess[str]] = field(default_factory=list)

    @cached_property
    def secrets(self) -> dict[str, bytes]:
        """Give every secret there is behind the story; to open a real vault costs half a second."""
        return self.made()

    def tell(self, *arguments: str | Path, code: int = 0) -> None:
        done = run(self.place, *_files(self.place), *arguments, program=COLD)
        assert done.returncode == code, done.stdout + done.stderr
        self.told.append(done)

    def made(self) -> dict[str, bytes]:
        """Give every secret there is: those that were given, and what the vault keeps."""
        found = {name: text.encode() for name, text in GIVEN.items()}
        with Vault.open(self.place.site / "vault", Secret(GIVEN["passphrase"])) as vault:
            for key in vault.keys():  # noqa: SIM118 - a vault is no mapping
                value = vault.get(key) or b""
                if key.startswith("authority/"):
                    value = base64.b64decode(json.loads(value)["key"])
                found[key] = value
        assert any(key.startswith("authority/") for key in found)
        assert sum(key.startswith("password/") for key in found) == 6
        return found


def _files(place: Place) -> list[str | Path]:
    flags: list[str | Path] = []
    for flag, name in (("password", "login"), ("sudo-password", "sudo"), ("key-passphrase", "key")):
        flags += [f"--{flag}-file", place.dir / f"{name}.secret"]
    return flags


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with embedded(tmp_path_factory.mktemp("leak"), vault=False) as place:
        for name, text in GIVEN.items():
            path = place.passphrase if name == "passphrase" else place.dir / f"{name}.secret"
            path.write_text(f"{text}\n")
            path.chmod(0o600)
        with Watcher(place) as watcher, Modes(_watched(place)) as modes:
            story = Story(place, watcher, modes)
            story.tell("apply", "--yes")
            story.tell("vault", "set", "connector_password", "--value-file",
                       place.dir / "connector.secret")  # fmt: skip
            site = place.site / "site.yaml"
            kept = site.read_text()
            site.write_text(f"{kept.rstrip()}\n    options:\n      user: bridge\n")
            story.tell("plan", "-o", place.dir / "plan.json", code=3)
            story.tell("apply", place.dir / "plan.json", "--yes", "--jsonl")
            story.tell("rotate", "--all", "--yes")
            story.tell("verify", "--json")
            story.tell("rollback", "--yes")
            # A command of the user's that prints the configuration, passwords and all.
            text = site.read_text()
            shown = "cat $ROOT/etc/activemq/instances-available/main/activemq.xml; exit 3"
            head, tail = text.split("      spoke-b:\n        port")
            tail = re.sub("status_command: .*", f"status_command: {json.dumps(shown)}", tail)
            site.write_text(f"{head}      spoke-b:\n        port{tail}")
            story.tell("rotate", "--host", "spoke-b", "--yes", code=13)
            assert 'keyStorePassword="***"' in story.told[-1].stderr
        yield story


def _hits(data: bytes, secrets: dict[str, bytes]) -> list[str]:
    forms = {
        name: (value, base64.b64encode(value).rstrip(b"=")[:-1], value.hex().encode())
        for name, value in secrets.items()
    }
    return [name for name, some in forms.items() if any(form in data for form in some)]


def test_no_argument_and_no_environment_of_any_process_held_a_secret(story: Story) -> None:
    assert story.watcher.rounds > 100
    everything = b"\n".join(story.watcher.shown.seen)
    assert b"app.engine.worker" in everything
    assert b"while IFS= read -r l" in everything
    assert _hits(everything, story.secrets) == []
    assert b"BEGIN PRIVATE KEY" not in everything


def test_no_output_held_a_secret(story: Story) -> None:
    for done in story.told:
        text = f"{done.args}{done.stdout}{done.stderr}".encode()
        assert _hits(text, story.secrets) == [], done.args
        assert b"PRIVATE KEY" not in text


def test_no_file_of_the_site_but_the_vault_holds_a_secret(story: Story) -> None:
    secrets = story.secrets
    files = [p for p in story.place.site.rglob("*") if p.is_file() and p.name != "vault"]
    names = {path.name for path in files}
    assert {"plan.json", "request.json", "worker.log", "journal.jsonl", "deployed.json"} <= names
    for path in (*files, story.place.dir / "plan.json", story.place.log):
        data = path.read_bytes()
        assert _hits(data, secrets) == [], path
        assert b"PRIVATE KEY" not in data, path
    assert _hits((story.place.site / "vault").read_bytes(), secrets) == []


def test_only_its_owner_reads_what_tlswright_remembers(story: Story) -> None:
    state = story.place.site / ".tlswright"
    for path in (state, *state.rglob("*"), story.place.site / "vault"):
        assert _mode(path) & 0o077 == 0, path


def test_no_file_with_a_secret_was_open_to_others_at_any_instant(story: Story) -> None:
    modes = story.modes
    assert not modes.lost
    targets = {path.name for path in modes.became.values()}
    assert {"activemq.xml", "hub.p12", "trust.p12"} <= targets, targets
    for path, mode in modes.seen:
        if path.parent.name == "old":
            continue  # kept with its owner and mode, behind folders that only root may enter
        if "var/lib/tlswright" in str(path):
            assert not mode & 0o077, (path, oct(mode))
        elif path.name.startswith(".tlswright.") or path.parent.name == "tls":
            assert not mode & 0o007 or _public(modes.became.get(path, path)), (path, oct(mode))
    assert story.watcher.open_folders == set()


def _watched(place: Place) -> list[Path]:
    roots = [place.root(host.name) for host in place.hosts()]
    parts = ("etc/activemq/instances-available/main", "var/lib")
    for root in roots:
        (root / "var/lib").mkdir(parents=True, exist_ok=True)
    return [root / part for root in roots for part in parts]


def _public(path: Path) -> bool:
    """Tell whether no secret is in it: a log configuration and a certificate may be for all.

    A link to what stood there before is as open as its user had it.
    """
    mine = path.name.endswith((".cert.pem", "trust.pem")) or path.name == "log4j.properties"
    return mine or path.name.endswith(".old")


def test_a_host_holds_its_own_passwords_and_no_others(story: Story) -> None:
    secrets = story.secrets
    for host in story.place.hosts():
        own = {f"password/{host.name}/activemq%2F{store}" for store in ("key", "trust")}
        allowed = own | {"connector"} | {k for k in secrets if k.startswith("option/")}
        for path in story.place.root(host.name).rglob("*"):
            if path.is_file() and not path.is_symlink():
                found = set(_hits(path.read_bytes(), secrets)) - allowed
                assert not found, (path, found)


def test_nothing_is_left_beside_targets_or_in_temporary_folders(story: Story) -> None:
    for host in story.place.hosts():
        root = story.place.root(host.name)
        assert not list((root / "etc").rglob(".tlswright.*"))
        assert not list((root / "tmp").glob("tlswright*"))
        assert not list((root / "var/lib/tlswright/runs").glob("*/in"))
        assert not list((root / "var/lib/tlswright/runs").glob("*/payload"))
    # Others on this machine may dial as well: theirs go away by themselves.
    until(lambda: not any(p.exists() for p in story.watcher.temporary), 60, "temporary folders")
