"""Short-lived Erlang nodes with TLS distribution, an epmd and a cookie of their own; no RabbitMQ.

Every process is ended by its own handle.  As root, nodes and probes run as the user rabbitmq where
there is one, so that files can be unreadable.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.kinds.rabbitmq.explanations_probe import probe
from app.quoting import erl_string
from tests.until import until

PLUGINS = Path("/usr/lib/rabbitmq/lib")
# RabbitMQ's own way to write lines; the node tells that it is up when it can be dialled.
START = """
  case code:load_file(rabbit_logger_text_fmt) of
    {module, Formatter} -> logger:update_handler_config(default, formatter, {Formatter, #{}});
    _ -> ok
  end, io:format("UP~n").
"""
TLS = ("-proto_dist", "inet_tls", "-ssl_dist_optfile")


def account() -> str:
    """Name the user that nodes run as."""
    try:
        return pwd.getpwnam("rabbitmq").pw_name if os.geteuid() == 0 else _me()
    except KeyError:
        return _me()


def _me() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


@dataclass
class Options:
    """Say what a section of the option file holds; None leaves an option out.

    Erlang's own default is TLS 1.2 alone.
    """

    ca: str | None = "ca.pem"
    cert: str | None = "good.pem"
    key: str | None = "good.key"
    more: str = "{versions, ['tlsv1.3', 'tlsv1.2']}"

    def section(self, name: str, folder: Path) -> str:
        """Write the section as an Erlang term."""
        files = (("cacertfile", self.ca), ("certfile", self.cert), ("keyfile", self.key))
        terms = [f"{{{k}, {erl_string(str(folder / v))}}}" for k, v in files if v is not None]
        terms += ["{verify, verify_peer}", *([self.more] if self.more else [])]
        if name == "server":
            terms.append("{fail_if_no_peer_cert, true}")
        return f"{{{name}, [{', '.join(terms)}]}}"


@dataclass
class Node:
    """Hold a running node and read its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    _read: int = 0

    def lines(self) -> list[str]:
        """Give all that it has logged."""
        return self.log.read_text("utf-8", "replace").splitlines()

    def fresh(self) -> list[str]:
        """Give what it has logged since `mark`."""
        return self.lines()[self._read :]

    def mark(self) -> None:
        """Let `fresh` begin here."""
        self._read = len(self.lines())


@dataclass
class Erlang:
    """Hold the folder, the epmd and the nodes of one test."""

    folder: Path
    port: int
    user: str = field(default_factory=account)
    nodes: list[Node] = field(default_factory=list)

    @property
    def other(self) -> str | None:
        """Give the user that processes change to, None where they stay ours."""
        return None if self.user == _me() else self.user

    def environ(self, home: str = "home") -> dict[str, str]:
        """Give the environment of every process here."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / home),
            "ERL_EPMD_PORT": str(self.port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_BYTES": "0",
            # Twice and more what a busy machine needs for a handshake; 7 s are the default.
            "ERL_FLAGS": "-kernel net_setuptime 20",
            "LC_ALL": "C.UTF-8",
        }

    def write(self, name: str, data: bytes | str, mode: int = 0o644) -> Path:
        """Write a file that the nodes' user may read, unless the mode says otherwise."""
        path = self.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        path.chmod(mode)
        if name.endswith(".erlang.cookie"):
            shutil.chown(path, self.user)
        return path

    def cookie(self, home: str, text: str) -> None:
        """Make a home with a cookie."""
        folder = self.folder / home
        folder.mkdir(mode=0o755)
        shutil.chown(folder, self.user)
        self.write(f"{home}/.erlang.cookie", text, 0o400)

    def optfile(self, name: str, server: Options, client: Options) -> tuple[str, ...]:
        """Write an option file and give the arguments that name it."""
        both = (server.section("server", self.folder), client.section("client", self.folder))
        return (*TLS, str(self.write(f"{name}.config", f"[{both[0]},\n {both[1]}].\n")))

    def start(self, name: str, arguments: tuple[str, ...], *, dies: bool = False) -> Node:
        """Start a node and wait until it is up, or until it has died."""
        log = self.folder / f"{name}.log"
        plugins = next(PLUGINS.glob("*/plugins/rabbitmq_prelaunch-*/ebin"), Path("/nonexistent"))
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["erl", "+S", "1:1", "-noinput", "-hidden", "-start_epmd", "false",
                 "-pa", str(plugins), "-sname", f"{name}@localhost", *arguments, "-eval", START],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environ(),
                cwd=self.folder, user=self.other, group=self.other,
                extra_groups=() if self.other else None,
            )  # fmt: skip
        node = Node(f"{name}@localhost", process, log)
        self.nodes.append(node)
        until(
            lambda: process.poll() is not None or (not dies and "UP" in node.lines()), 20,
            f"{name} to {'die' if dies else 'start'}",
        )  # fmt: skip
        assert dies or process.poll() is None, node.lines()
        node.mark()
        return node

    def dial(
        self, peer: str, arguments: tuple[str, ...], home: str = "home", **environment: str
    ) -> list[str]:
        """Run the probe as an operator's shell would, and give its lines."""
        script = probe(
            peer, "probe@localhost", arguments, user=self.user, home=str(self.folder / home)
        )
        done = subprocess.run(
            ["/bin/sh"], input=script, capture_output=True, text=True,
            env={**self.environ(home), **environment}, timeout=120, check=True,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout.splitlines()

    def run(self, words: list[str], **environment: str) -> list[str]:
        """Run a command as the nodes' user and give all that it says."""
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={**self.environ(), **environment}, cwd=self.folder, timeout=200,
            check=False, user=self.other, group=self.other,
            extra_groups=() if self.other else None,
        )  # fmt: skip
        return done.stdout.splitlines()


@contextmanager
def erlang() -> Iterator[Erlang]:
    """Give a folder and an epmd of its own, and end everything behind the block."""
    # Not below pytest's folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="tlswright-erlang-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        lab = Erlang(folder, port)
        lab.cookie("home", "ACOOKIE")
        daemon = subprocess.Popen(
            ["epmd", "-port", str(port), "-address", "127.0.0.1"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=lab.environ(),
        )  # fmt: skip
        try:
            until(lambda: _listens(port), 10, "epmd")
            yield lab
        finally:
            for process in (*(node.process for node in lab.nodes), daemon):
                process.terminate()
            for process in (*(node.process for node in lab.nodes), daemon):
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
