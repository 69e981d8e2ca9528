"""Reach hosts over SSH with paramiko's Transport: the one implementation of Connector.

One connection per host and run.  The host key is judged and the login made in the same connection,
since hosts punish connections that never log in.  paramiko's SSHClient is not used: it may ask on
the terminal, and reads known_hosts in quadratic time.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

import paramiko

from app.account import home as home_of_user
from app.account import user_name
from app.errors import HostError, RemoteError, UnreachableError
from app.model import Host
from app.observed import HostObservation, Output, Survey
from app.quoting import calm, sh
from app.remote.answer import read_answer
from app.remote.base import Ack, Logins, Member
from app.remote.config import SshConfig, Target, parse_jump, resolve
from app.remote.dial import dial
from app.remote.known_hosts import HostKey, KnownHosts, expected, judge
from app.remote.login import log_in
from app.remote.loginshell import refusal
from app.remote.observe import survey_script
from app.remote.pace import quiet
from app.remote.payload import begin_call, check_id, finish_call, pack
from app.remote.process import LOST, Process, start
from app.remote.shipping import PATH, SHELL, Rights, answer_mark, command_line, frame, script
from app.remote.sudo import choose_rights
from app.remote.transaction import HostTransaction, read_ack

_CIPHERS: Final = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")
_LOG: Final = "tlswright.ssh"
_PAUSES: Final = (0.5, 2.0, 5.0)
_JUMPS_AT_ONCE: Final = 8

logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False


class ParamikoConnector:
    """Open connections; every secret was asked for before the run.

    `on_log` gets (host name, one calm line).  `owner` names us in locks on hosts.
    """

    def __init__(
        self,
        logins: Logins,
        known: KnownHosts,
        config: SshConfig | None = None,
        on_log: Callable[[str, str], None] = lambda host, text: None,
        *,
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
        self._config = config
        self._on_log = on_log
        self._home = home or home_of_user()
        self._owner = owner or f"{user_name()}@{socket.gethostname()}"
        self._use_agent = use_agent
        self._seconds = connect_seconds
        self._shell = shell
        self._clock = clock
        self._pause = pause
        self._jumping = threading.BoundedSemaphore(_JUMPS_AT_ONCE)

    def connect(self, host: Host) -> SshRemote:
        """Connect and authenticate; raises UnreachableError, HostKeyError or LoginError."""
        target = resolve(host, self._config)
        if not target.jump:
            opened = [self._transport(host, target, None)]
        else:
            with self._jumping:
                opened = self._through(host, target)
        word = self._logins.sudo.get(host.name)
        cautions: list[str] = []
        try:
            rights = choose_rights(opened[0], host, word, cautions.append)
        except BaseException:
            _close_all(opened)
            raise
        prefix = b""
        if word is not None and rights == "sudo-password":
            prefix = f"{word.reveal()}\n".encode()
        return SshRemote(
            host, opened, rights, prefix, owner=self._owner, shell=self._shell, clock=self._clock,
            cautions=tuple(cautions),
        )  # fmt: skip

    def _through(self, host: Host, target: Target) -> list[Any]:
        """Log in on the jump host, and from there by its own connection on the host itself."""
        hop = parse_jump(target.jump)
        first = self._transport(hop, resolve(hop, self._config), None)
        try:
            return [self._transport(host, target, first), first]
        except BaseException:
            first.close()
            raise

    def _transport(self, host: Host, target: Target, jump: Any) -> Any:
        for pause in (*_PAUSES, None):
            try:
                return self._once(host, target, jump)
            except _Busy as busy:
                if pause is None:
                    raise busy.reason from busy
                self._on_log(host.name, f"{busy.reason.text}; trying again in {pause} s")
                self._pause(pause)
        raise AssertionError

    def _once(self, host: Host, target: Target, jump: Any) -> Any:
        sock = _socket(host, target, jump, self._seconds)
        transport = _greet(sock, host, target, self._known, self._seconds)
        try:
            offered = transport.get_remote_server_key()
            key = HostKey(offered.get_name(), offered.get_base64())
            judge(host, self._known, target.address, target.port, key)
            method = log_in(transport, host, target, self._logins, self._home, self._use_agent)
        except BaseException:
            _close_all([transport])
            raise
        transport.set_keepalive(10)
        self._on_log(host.name, f"logged in as {target.user} by {method}")
        return transport


class SshRemote:
    """Hold one open connection to one host; the engine's Remote."""

    def __init__(
        self,
        host: Host,
        transports: list[Any],
        rights: Rights,
        prefix: bytes,
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
        self._prefix = prefix
        self._owner = owner
        self._shell = shell
        self._clock = clock

    def watch(self, tell: Callable[[str], None]) -> None:
        """Let long transfers be told from now on, in a few words now and then."""
        self._tell = tell

    def observe(self, survey: Survey) -> HostObservation:
        """Answer a survey in one round trip; raises RemoteError or UnreachableError."""
        text = survey_script(survey, self.host.root)
        framed = frame(text)
        process = self._start(framed)
        seconds = 60.0 + survey.command_seconds * (1 + len(survey.commands))
        try:
            before = self._clock()
            process.send(self._prefix + framed, 60.0)
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
            out, err, done = process.collect(self._prefix + framed + stdin, seconds)
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
        opening = self._prefix + framed + payload.data
        return HostTransaction(self._start(framed), member, opening)

    def finish(self, transaction: str, how: Literal["recover", "forget"]) -> Ack:
        """Resolve a transaction that a lost run left on the host, by its own journal."""
        check_id(transaction, self.host.name)
        call = finish_call(transaction, self.host.root, how, self._owner)
        framed = frame(script("transaction") + call)
        process = self._start(framed)
        try:
            process.send(self._prefix + framed, 60.0)
            return read_ack(process, "commit" if how == "forget" else "rollback", 900.0)
        finally:
            process.close()

    def close(self) -> None:
        """Close the connection."""
        _close_all(self._transports)

    def _start(self, framed: bytes) -> Process:
        command = command_line(self._rights, self._shell)
        return start(
            self._transports[0], command, self.host.name, mark=answer_mark(framed), tell=self._tell
        )

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


class _Busy(Exception):
    """The host dropped us before it said a word: it limits connections, and may take us soon."""

    def __init__(self, reason: UnreachableError) -> None:
        super().__init__(reason.text)
        self.reason = reason


def _socket(host: Host, target: Target, jump: Any, seconds: float) -> Any:
    place = f"{target.address}:{target.port}"
    if not 0 < target.port < 65536:
        raise UnreachableError(
            f"{place}: there is no such port", host=host.name, step="connect",
            hint="check the port in the site, in its jump host, or in ~/.ssh/config",
        )  # fmt: skip
    try:
        if jump is None:
            return dial(target.address, target.port, seconds)
        return jump.open_channel(
            "direct-tcpip", (target.address, target.port), ("127.0.0.1", 0), timeout=seconds
        )
    except (socket.gaierror, UnicodeError) as error:
        raise UnreachableError(
            f"the name {target.address} has no address", host=host.name, step="connect",
            hint="check the address in the site, or the resolver of this machine",
        ) from error  # fmt: skip
    except TimeoutError as error:
        raise UnreachableError(
            f"{place} does not answer", host=host.name, step="connect",
            hint="is the host up, and is a firewall in between?",
        ) from error  # fmt: skip
    except (OSError, EOFError, paramiko.SSHException) as error:
        text = getattr(error, "strerror", "") or str(error) or "refused"
        raise UnreachableError(
            f"cannot connect to {place}: {calm(text, 200)}", host=host.name, step="connect",
            hint="is sshd running there, on this port?",
        ) from error  # fmt: skip


def _greet(sock: Any, host: Host, target: Target, known: KnownHosts, seconds: float) -> Any:
    """Negotiate, asking first for the type of host key that we know."""
    transport = paramiko.Transport(sock)
    transport.set_log_channel(_LOG)
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = seconds
    options = transport.get_security_options()
    options.ciphers = [c for c in _CIPHERS if c in options.ciphers]
    options.key_types = _key_types(
        list(options.key_types), expected(host, known, target.address, target.port)
    )
    try:
        transport.start_client(timeout=seconds)
        if transport.get_remote_server_key() is None:
            raise paramiko.SSHException("no host key")
    except (paramiko.SSHException, OSError, EOFError) as error:
        _close_all([transport])
        text = calm(str(error) or type(error).__name__, 200)
        reason = UnreachableError(
            f"{target.address}:{target.port} does not talk SSH with us: {text}",
            host=host.name,
            step="connect",
            hint="the host may limit connections (MaxStartups, PerSourcePenalties): try later",
        )
        if "banner" in text or isinstance(error, (EOFError, ConnectionError)):
            raise _Busy(reason) from error
        raise reason from error
    return transport


def _key_types(offered: list[str], right: tuple[HostKey, ...]) -> list[str]:
    """Put the types that we know first, so that a known host does not look changed."""
    wanted = {t for key in right for t in _algorithms(key.type)}
    return sorted(offered, key=lambda name: name not in wanted)


def _algorithms(key_type: str) -> tuple[str, ...]:
    return ("rsa-sha2-512", "rsa-sha2-256") if key_type == "ssh-rsa" else (key_type,)


def _close_all(transports: list[Any]) -> None:
    for transport in transports:
        with suppress(OSError, EOFError, paramiko.SSHException, HostError):
            transport.close()


def _text(data: bytes) -> str:
    return calm(data.decode("utf-8", "replace"), 16 * 1024 * 1024)
