"""The script in a bundle for Linux: run over folders that stand for a host, in several shells."""

from __future__ import annotations

import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.export.bundle import entries
from app.kinds.bundle import bundle_of
from app.kinds.resources import FileResource, LiteralWant
from tests.unit.by_hand_site import CLUSTER, NOW, ByHand, files

_KNOWN = (("sh",), ("bash", "--posix"), ("busybox", "sh"), ("ksh",), ("zsh", "--emulate", "sh"))
SHELLS = [shell for shell in _KNOWN if shutil.which(shell[0])]
ETC = "etc/rabbitmq"
ENV = f"{ETC}/rabbitmq-env.conf"
STOCK = b"# mine\nNODENAME=rabbit@r2\nexport FOO='a b'"


@dataclass
class Host:
    """A folder that stands for a host, with a bundle beside it."""

    folder: Path
    shell: tuple[str, ...] = ("sh",)
    bundle: str = "first"
    options: str = ""
    site: ByHand = field(init=False)

    def __post_init__(self) -> None:
        self.site = ByHand(self.folder, CLUSTER + self.options)
        self.put(ENV, STOCK, 0o644)
        self.unpack("first")

    @property
    def root(self) -> Path:
        """The host's own files."""
        return self.folder / "root"

    def put(self, path: str, data: bytes, mode: int = 0o640) -> None:
        """Write a file of the host's."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(mode)

    def unpack(self, name: str, *, new: bool = False) -> dict[str, bytes]:
        """Make a bundle and lay its files out."""
        found = files(self.site.export("r2", NOW, new=new))
        for path, data in found.items():
            place = self.folder / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        self.bundle = name
        return found

    def run(self, *words: str, code: int = 0, path: str = "") -> str:
        """Run the script of the bundle; gives what it said.  `path` goes before the usual one."""
        done = subprocess.run(
            [*self.shell, str(self.folder / self.bundle / "install.sh"), *words],
            env={"PATH": f"{path}/usr/sbin:/usr/bin:/sbin:/bin", "ROOT": str(self.root)},
            capture_output=True, text=True, timeout=60, umask=0, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def stands(self) -> dict[str, tuple[bytes, int]]:
        """Give bytes and mode of every file of the host but what the script remembers."""
        return {
            str(path.relative_to(self.root)): (
                path.read_bytes(), stat.S_IMODE(path.stat().st_mode),
            )
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and "tlswright" not in path.parts
        }  # fmt: skip


@pytest.fixture(params=SHELLS, ids=" ".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(tmp_path, request.param)


def test_every_file_comes_to_its_place_with_its_mode_and_goes_back(host: Host) -> None:
    before = host.stands()
    said = host.run("check")
    assert host.stands() == before
    assert not (host.root / "var").exists()
    assert f"new      /{ETC}/tls/node.key" in said
    host.run()
    after = host.stands()
    found = {p.removeprefix("files/"): d for p, d in host.unpack("again").items() if "files/" in p}
    assert {p: after[p] for p in found} == {p: (data, 0o640) for p, data in found.items()}
    flags = "-proto_dist inet_tls -ssl_dist_optfile /etc/rabbitmq/inter_node_tls.config"
    assert after[ENV] == (
        f'SERVER_ADDITIONAL_ERL_ARGS="{flags}"\nCTL_ERL_ARGS="{flags}"\n'.encode() + STOCK, 0o644,
    )  # fmt: skip
    assert stat.S_IMODE((host.root / ETC / "tls").stat().st_mode) == 0o750
    kept = [path for path in after if ".before-" in path]
    assert [after[path] for path in kept] == [(STOCK, 0o644)]
    assert stat.S_IMODE((host.root / "var/lib/tlswright").stat().st_mode) == 0o700
    host.run("undo")
    assert host.stands() == before
    assert not (host.root / ETC / "tls").exists()


def test_a_second_time_nothing_changes_and_undo_still_knows_the_way(host: Host) -> None:
    before = host.stands()
    host.run()
    once = {p: (host.root / p).stat().st_mtime_ns for p in host.stands()}
    assert "as it is" in host.run()
    assert {p: (host.root / p).stat().st_mtime_ns for p in host.stands()} == once
    host.run("undo")
    assert host.stands() == before


def test_a_later_bundle_replaces_the_earlier_ones_files_and_each_goes_back(host: Host) -> None:
    stock = host.stands()
    host.run()
    first = host.stands()
    host.unpack("second", new=True)
    host.run()
    second = host.stands()
    key = f"{ETC}/tls/node.key"
    assert second[key] != first[key]
    assert second[ENV] == first[ENV]
    host.run("undo")
    assert host.stands() == first
    host.bundle = "first"
    host.run("undo")
    assert host.stands() == stock


def test_what_somebody_else_wrote_is_left_alone_until_it_is_said_twice(host: Host) -> None:
    host.put(f"{ETC}/tls/node.key", b"theirs", 0o600)
    before = host.stands()
    for words in (("check",), ()):
        said = host.run(*words, code=1)
        assert f"/{ETC}/tls/node.key was written or changed by somebody else" in said
        assert host.stands() == before
    host.run("replace")
    assert host.stands()[f"{ETC}/tls/node.key"][0] != b"theirs"
    host.run("undo")
    assert host.stands() == before


def test_what_was_changed_since_is_not_taken_back(host: Host) -> None:
    host.run()
    host.put(ENV, b"# changed by somebody\n", 0o644)
    before = host.stands()
    assert f"/{ENV} was changed since" in host.run("undo", code=1)
    assert host.stands() == before


@pytest.mark.parametrize(
    "line",
    [
        b'SERVER_ADDITIONAL_ERL_ARGS="+S 2"',
        b"  export RABBITMQ_CTL_ERL_ARGS='-hidden'",
        b"if true; then\n  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=x\nfi",
    ],
)
def test_a_variable_that_is_set_already_is_left_to_its_owner(host: Host, line: bytes) -> None:
    host.put(ENV, STOCK + b"\n" + line + b"\n", 0o644)
    before = host.stands()
    said = host.run(code=1)
    assert f"/{ENV} sets already" in said
    assert "ERL_ARGS" in said
    assert "sh install.sh without" in said
    assert host.stands() == before
    host.run("without")
    after = host.stands()
    assert after[ENV] == before[ENV]
    assert f"{ETC}/tls/node.key" in after
    host.run("undo")
    assert host.stands() == before


def test_a_comment_is_no_setting(host: Host) -> None:
    host.put(ENV, b"#SERVER_ADDITIONAL_ERL_ARGS=+S\n", 0o600)
    host.run()
    data, mode = host.stands()[ENV]
    assert data.startswith(b"SERVER_ADDITIONAL_ERL_ARGS=")
    assert data.endswith(b"#SERVER_ADDITIONAL_ERL_ARGS=+S\n")
    assert mode == 0o600


def test_a_host_without_an_environment_file_gets_one(host: Host) -> None:
    (host.root / ENV).unlink()
    host.run()
    assert host.stands()[ENV][1] == 0o640
    host.run("undo")
    assert host.stands() == {}


def test_a_file_that_was_changed_on_the_way_stops_it(host: Host) -> None:
    path = host.folder / "first/files/etc/rabbitmq/tls/node.pem"
    path.write_bytes(path.read_bytes() + b"\n")
    before = host.stands()
    said = host.run(code=1)
    assert "files/etc/rabbitmq/tls/node.pem: FAILED" in said
    assert "unpack the bundle again" in said
    assert host.stands() == before


def test_links_and_folders_in_the_way_are_not_followed(host: Host) -> None:
    outside = host.folder / "outside"
    outside.write_bytes(b"precious")
    (host.root / ETC / "tls").mkdir()
    (host.root / ETC / "tls/node.key").symlink_to(outside)
    assert "is a symbolic link" in host.run("replace", code=1)
    (host.root / ETC / "tls/node.key").unlink()
    (host.root / ETC / "tls/node.key").mkdir()
    assert "is no file" in host.run("replace", code=1)
    assert outside.read_bytes() == b"precious"


def test_a_file_is_closed_before_its_first_byte(host: Host) -> None:
    """Look through the eyes of the `cat` that writes it, under a umask that forbids nothing."""
    if host.shell[0] == "busybox":
        pytest.skip("its cat is built in, so that no other can look")
    log, eyes = host.folder / "log", host.folder / "bin"
    eyes.mkdir()
    (eyes / "cat").write_text(
        f'#!/bin/sh\nstat -L -c "%a %F" /proc/self/fd/3 3>&1 >>{log}\nexec /bin/cat "$@"\n'
    )
    (eyes / "cat").chmod(0o755)
    host.run(path=f"{eyes}:")
    seen = log.read_text().splitlines()
    assert sorted(seen) == ["600 regular empty file", *["640 regular empty file"] * 4]


def test_a_file_with_the_right_bytes_and_a_loose_mode_is_closed(host: Host) -> None:
    host.run()
    key = host.root / ETC / "tls/node.key"
    key.chmod(0o644)
    host.run()
    assert stat.S_IMODE(key.stat().st_mode) == 0o640


def test_old_files_are_deleted_on_request_and_undo_is_over(host: Host) -> None:
    host.run()
    after = host.stands()
    host.run("forget")
    left = {p: v for p, v in after.items() if ".before-" not in p}
    assert host.stands() == left
    host.run("undo")
    assert host.stands() == left


def test_a_kind_without_a_page_of_its_own_gets_one_that_serves(tmp_path: Path) -> None:
    want = LiteralWant(b"data")
    file = FileResource("r2", "r2", "/etc/x y/f'ile", "root", "daemon", 0o644, want, "a file")
    facts = ByHand(tmp_path).export("r2").facts
    said = {"site": "s", "host": "r2", "product": "Product"}
    made = bundle_of((file,), facts, said)
    assert [piece.name for piece in made.pieces] == ["files/etc/x y/f'ile"]
    assert "4. Restart Product, as you are used to." in made.page
    assert facts.sha256 in made.page
    folder = tmp_path / "unpacked"
    for entry in entries("b", made, {made.pieces[0].name: b"data"}):
        place = folder / entry.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(entry.data)
    subprocess.run(
        ["sh", "install.sh"], cwd=folder / "b", check=True, capture_output=True,
        env={"PATH": "/usr/bin:/bin", "ROOT": str(tmp_path / "root")},
    )  # fmt: skip
    placed = tmp_path / "root/etc/x y/f'ile"
    assert placed.read_bytes() == b"data"
    assert stat.S_IMODE(placed.stat().st_mode) == 0o644


def test_an_unknown_word_does_nothing(host: Host) -> None:
    before = host.stands()
    assert "type check, install" in host.run("remove", code=1)
    assert host.stands() == before


def test_a_place_that_cannot_be_written_leaves_nothing_half_done(host: Host) -> None:
    host.put(f"{ETC}/tls", b"a file where the folder would be", 0o644)
    before = host.stands()
    host.run(code=1)
    assert host.stands() == before


CONF = f"{ETC}/rabbitmq.conf"
CLOSING = "    options: {listener_port: 5671, plain: close}\n"


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
@pytest.mark.parametrize("there", [None, b"# mine\nheartbeat = 30\n"])
def test_the_plain_listener_is_closed_by_a_word_of_its_own_and_undone_with_the_rest(
    tmp_path: Path, shell: tuple[str, ...], there: bytes | None
) -> None:
    host = Host(tmp_path, shell, options=CLOSING)
    if there is not None:
        host.put(CONF, there)
    stock = host.stands()
    host.run()
    opened = (host.root / CONF).read_bytes()
    assert b"listeners.ssl.default = 5671" in opened
    assert b"listeners.tcp" not in opened
    assert "lines/close/rabbitmq.conf go to the top" in host.run("close")
    assert (host.root / CONF).read_bytes() == b"listeners.tcp = none\n" + opened
    assert "as it is /etc/rabbitmq/rabbitmq.conf" in host.run("close")
    assert "as it is /etc/rabbitmq/rabbitmq.conf" in host.run("check")
    said = host.run("undo")
    assert host.stands() == stock
    assert said.count("rabbitmq.conf\n") == 1


def test_a_plain_listener_of_the_host_s_own_is_named_and_nothing_closed(tmp_path: Path) -> None:
    host = Host(tmp_path, options=CLOSING)
    host.put(CONF, b"listeners.tcp.default = 5672\n")
    host.run()
    before = host.stands()
    said = host.run("close", code=1)
    assert "listeners.tcp.default = 5672" in said
    assert "take those lines out" in said
    assert host.stands() == before


def test_a_bundle_that_closes_nothing_does_not_know_the_word(tmp_path: Path) -> None:
    host = Host(tmp_path)
    before = host.stands()
    assert "type check, install, replace, without, undo or forget" in host.run("close", code=1)
    assert host.stands() == before
