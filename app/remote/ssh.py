"""Reach hosts over SSH with paramiko's Transport: the one implementation of Connector.

One connection per host and run, and one to each jump host for all hosts behind it.  The host key
is judged and the login made in the same connection, since hosts punish connections that never log
in.  paramiko's SSHClient is not used: it may ask on the terminal, and reads known_hosts in
quadratic time.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

from app.account import home as home_of_user
from app.account import user_name
from app.errors import HostError, HostKeyError, LoginError, RemoteError, UnreachableError
from app.model import Host
from app.observed import HostObservation, Output, Survey
from app.quoting import calm, sh
from app.remote.answer import read_answer
from app.remote.auth import Auth
from app.remote.base import Ack, Logins, Member
from app.remote.config import SshConfig, Target
from app.remote.greeting import Busy, greet, hang_up, open_socket
from app.remote.host_key import Judge
from app.remote.jumps import JumpHosts, Lease
from app.remote.keys import KeyRing
from app.remote.known_hosts import HostKey, KnownHosts
from app.remote.login import Attempt
from app.remote.loginshell import refusal
from app.remote.observe import survey_script
from app.remote.pace import quiet
from app.remote.payload import begin_call, check_id, finish_call, pack
from app.remote.process import LOST, Process, start
from app.remote.route import Leg, route
from app.remote.shipping import PATH, SHELL, UP, Rights, answer_mark, command_line, frame, script
from app.remote.sshconf.tokens import Here
from app.remote.sudo import choose_rights
from app.remote.transaction import HostTransaction, read_ack

_PAUSES: Final = (0.5, 2.0, 5.0)
_LONG_PAUSES: Final = (5.0, 15.0, 30.0)
"""For a host that punishes our address: what is not let in counts there too."""
_SUDO_SECONDS: Final = 60.0
_LOGIN_SECONDS: Final = 60.0


class ParamikoConnector:
    """Open connections; every secret was asked for before the run.

    `on_log` gets (host name, one calm line).  `owner` names us in locks on hosts.  `sites` are the
    hosts of the site, which may be jump hosts; `jumps` holds connections that are shared.
    """

    def __init__(
        self,
        logins: Logins,
        known: KnownHosts,
        config: SshConfig | None = None,
        on_log: Callable[[str, str], None] = lambda host, text: None,
        *,
        sites: Mapping[str, Host] | None = None,
        jumps: JumpHosts | None = None,
        home: Path | None = None,
        owner: str = "",
        use_agent: bool = True,
        connect_seconds: float = 15.0,
        shell: str = SHELL,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._logins = logins
        self._known = known
        self._home = home or home_of_user()
        self._config = config or SshConfig(here=Here(self._home))
        self._on_log = on_log
        self._sites = sites or {}
        self._jumps = jumps or JumpHosts()
        self._owner = owner or f"{user_name()}@{socket.gethostname()}"
        self._use_agent = use_agent
        self._seconds = connect_seconds
        self._shell = shell
        self._clock = clock
        self._pause = pause
        self._ring = KeyRing(logins.keys)
        self._lock = threading.Lock()
        self._files: dict[tuple[Path, ...], KnownHosts] = {}
        self._failed: dict[tuple[Leg, ...], HostError] = {}

    def connect(self, host: Host) -> SshRemote:
        """Connect and authenticate; raises UnreachableError, HostKeyError or LoginError."""
        *way, last = route(host, self._config, self._sites)
        lease = self._through(tuple(way)) if way else None
        through = (way[-1].host.name, lease.transport) if lease else None
        try:
            line = self._transport(last, through)
        except BaseException:
            if lease is not None:
                lease.close()
            raise
        lines = [line] if lease is None else [line, lease]
        word = self._logins.sudo.get(host.name)
        cautions: list[str] = []
        try:
            rights = choose_rights(line, host, word, cautions.append)
        except BaseException:
            hang_up(*lines)
            raise
        secret = b""
        if word is not None and rights == "sudo-password":
            secret = f"{word.reveal()}\n".encode()
        return SshRemote(
            host, lines, rights, secret, owner=self._owner, shell=self._shell, clock=self._clock,
            cautions=tuple(cautions),
        )  # fmt: skip

    def _through(self, way: tuple[Leg, ...]) -> Lease:
        """Share the connection to a jump host; what failed once is not tried for every host."""
        with self._lock:
            failed = self._failed.get(way)
        if failed is not None:
            raise failed

        def open_(leg: Leg, before: Any) -> Any:
            place = way.index(leg)
            return self._transport(leg, (way[place - 1].host.name, before) if place else None)

        try:
            return self._jumps.through(way, open_)
        except HostError as error:
            with self._lock:
                self._failed[way] = error
            raise

    def _transport(self, leg: Leg, through: tuple[str, Any] | None) -> Any:
        spread = 0.8 + zlib.crc32(leg.host.name.encode()) / 2**32 * 0.4
        for number in range(len(_PAUSES) + 1):
            try:
                return self._once(leg, through)
            except Busy as busy:
                if number == len(_PAUSES):
                    raise busy.reason from busy
                pause = (_LONG_PAUSES if busy.long else _PAUSES)[number] * spread
                self._on_log(leg.host.name, f"{busy.reason.text}; trying again in {pause:.1f} s")
                self._pause(pause)
        raise AssertionError

    def _once(self, leg: Leg, through: tuple[str, Any] | None) -> Any:
        host, target = leg.host, leg.target
        seconds = target.seconds or self._seconds
        judge = Judge(host, target, self._known_for(target))
        ordered = judge.told()
        sock = open_socket(host, target, through, seconds, self._config.here.shell)
        line = greet(sock, ordered, seconds, _LOGIN_SECONDS)
        try:
            self._judge(judge, line)
            agent = self._agent(target)
            attempt = Attempt(
                Auth(line), line, host, target, self._logins, self._ring, agent, self._clock()
            )
            method = attempt.run()
        except BaseException:
            hang_up(line)
            raise
        line.set_keepalive(10)
        self._on_log(host.name, f"logged in as {target.user} by {method}")
        return line

    def _judge(self, judge: Judge, line: Any) -> None:
        offered = line.get_remote_server_key()
        blob = offered.public_blob
        name, data = (blob.key_type, blob.key_blob) if blob else (offered.get_name(), b"")
        try:
            key = HostKey(name, offered.get_base64())
            judge.told(key).judge(key, data, self._clock())
        except HostKeyError as error:
            files = judge.target.known
            default = (self._home / ".ssh" / "known_hosts",)
            error.known_name = judge.target.known_name
            error.known_file = str(next(iter(default if files is None else files), ""))
            error.hashed = judge.target.hash_known
            raise

    def _known_for(self, target: Target) -> KnownHosts:
        """Give the known hosts of a target, each set of files read once."""
        if target.known is None:
            return self._known
        with self._lock:
            if target.known not in self._files:
                self._files[target.known] = KnownHosts.load(*target.known)
            return self._files[target.known]

    def _agent(self, target: Target) -> str:
        """Give the path of the agent's socket; empty where none is to be asked."""
        if not self._use_agent or target.agent == "none":
            return ""
        return target.agent or os.environ.get("SSH_AUTH_SOCK", "")


class SshRemote:
    """Hold one open connection to one host; the engine's Remote."""

    def __init__(
        self,
        host: Host,
        transports: list[Any],
        rights: Rights,
        secret: bytes,
        *,
        owner: str,
        shell: str,
        clock: Callable[[], float],
        cautions: tuple[str, ...] = (),
    ) -> None:
        self.host = host
        self._cautions = cautions
        self._tell: Callable[[str], None] = quiet
        self._transports = transports
        self._rights = rights
        self._secret = secret
        self._owner = owner
        self._shell = shell
        self._clock = clock

    def watch(self, tell: Callable[[str], None]) -> None:
        """Let what the next call moves be told, in a few words now and then, if it takes long."""
        self._tell = tell

    def observe(self, survey: Survey) -> HostObservation:
        """Answer a survey in one round trip; raises RemoteError or UnreachableError."""
        text = survey_script(survey, self.host.root)
        framed = frame(text)
        process = self._start(framed)
        seconds = 60.0 + survey.command_seconds * (1 + len(survey.commands))
        try:
            before = self._clock()
            process.send(framed, 60.0)
            process.end_input()
            answer = process.lines(seconds)
            first = next(answer, None)
            self._judge(process, "observe")
            middle = (before + self._clock()) / 2
            lines = answer if first is None else chain((first,), answer)
            when = datetime.fromtimestamp(middle, UTC)
            seen = read_answer(lines, survey, self.host.name, when, middle)
        except TimeoutError as error:
            raise RemoteError(
                f"no answer within {seconds:.0f} seconds", host=self.host.name, step="observe"
            ) from error
        finally:
            process.close()
        return replace(seen, cautions=self._cautions)

    def run(self, command: str, *, stdin: bytes = b"", seconds: float = 30.0) -> Output:
        """Run a POSIX-sh snippet with the host's privilege; `$ROOT` is the host's root prefix.

        The snippet is sent on standard input, before `stdin`.  A snippet that takes too long gives
        code 124.  Raises UnreachableError when the connection is lost.
        """
        setting = f'LC_ALL=C PATH="$PATH:{PATH}" ROOT={sh(self.host.root)}'
        text = f"{setting}; export LC_ALL PATH ROOT; cd /\n{command}\n"
        framed = frame(text)
        process = self._start(framed)
        try:
            out, err, done = process.collect(framed + stdin, seconds)
            code = process.code() if done else 124
        finally:
            process.close()
        if code == -1 and not self._transports[0].is_active():
            raise UnreachableError(LOST, host=self.host.name, step="run")
        if done:
            self._judge(process, "run")
        late = "" if done else f"took longer than {seconds:g} seconds\n"
        return Output(code, _text(out), late + _text(err))

    def begin(self, member: Member) -> HostTransaction:
        """Start the host transaction; the first word must be `stage`."""
        payload = pack(member, self.host.name)
        framed = frame(script("transaction") + begin_call(member, self.host.root, payload))
        return HostTransaction(self._start(framed), member, framed + payload.data)

    def finish(self, transaction: str, how: Literal["recover", "forget"]) -> Ack:
        """Resolve a transaction that a lost run left on the host, by its own journal."""
        check_id(transaction, self.host.name)
        call = finish_call(transaction, self.host.root, how, self._owner)
        framed = frame(script("transaction") + call)
        process = self._start(framed)
        try:
            process.send(framed, 60.0)
            return read_ack(process, "commit" if how == "forget" else "rollback", 900.0)
        finally:
            process.close()

    def close(self) -> None:
        """Close the connection."""
        hang_up(*self._transports)

    def _start(self, framed: bytes) -> Process:
        command = command_line(self._rights, self._shell)
        tell, self._tell = self._tell, quiet
        process = start(
            self._transports[0], command, self.host.name, mark=answer_mark(framed), tell=tell
        )
        if self._secret and not process.enter(self._secret, UP, _SUDO_SECONDS):
            process.close()
            raise LoginError(
                f"sudo let us in before, and now does not: {process.said() or 'it says nothing'}",
                host=self.host.name, step="sudo",
            )  # fmt: skip
        return process

    def _judge(self, process: Process, step: str) -> None:
        """Raise in words what kept the host from running our script, if it did not."""
        if process.begun:
            return
        if not self._transports[0].is_active():
            raise UnreachableError(LOST, host=self.host.name, step=step)
        if error := refusal(self._transports[0], self.host, process):
            raise error
        said = process.said()
        raise RemoteError(
            f"the host did not run our script{f': {said}' if said else ''}",
            host=self.host.name, step=step,
        )  # fmt: skip


def _text(data: bytes) -> str:
    return calm(data.decode("utf-8", "replace"), 16 * 1024 * 1024)
