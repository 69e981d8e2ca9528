"""Judge logins and requests of one SSH connection to a demo host."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
from paramiko.common import MSG_CHANNEL_SUCCESS

from app.demo.forward import Forward
from app.demo.process import Execution
from app.pki.secret import Secret

_PASSWORD = paramiko.InteractiveQuery("", "", ("Password: ", False))


@dataclass(frozen=True, slots=True)
class Accept:
    """Say who may log in.

    `keys` are public keys as `type base64`.  With `interactive` the password is asked through
    keyboard-interactive, not as a password; with `both` a key is the first step and the password
    the second.  `codes` are asked for after the password, each good once; with codes and no
    password they are all that is asked for.  An empty `user` accepts every name.
    """

    keys: tuple[str, ...] = ()
    password: Secret | None = None
    interactive: bool = False
    both: bool = False
    user: str = ""
    codes: list[str] | None = None


class ReplyingTransport(paramiko.Transport):  # type: ignore[misc]
    """Tell when the reply to a channel request has left.

    paramiko sends the reply after the server's callback has returned; a command that is quick could
    be over and its channel closed before the client has heard that the command was accepted.
    """

    on_reply: Callable[[int], None] | None = None

    def _send_user_message(self, data: Any) -> None:
        super()._send_user_message(data)
        raw = data.asbytes()
        if raw[0] == MSG_CHANNEL_SUCCESS and self.on_reply is not None:
            self.on_reply(int.from_bytes(raw[1:5], "big"))


class Session(paramiko.ServerInterface):  # type: ignore[misc]
    """Answer paramiko's questions for one connection."""

    def __init__(self, accept: Accept, folder: Path, environment: Mapping[str, str]) -> None:
        self._accept = accept
        self._folder = folder
        self._environment = environment
        self.over = False
        self._passed_key = False
        self._coded = False
        self._lock = threading.Lock()
        self._all: list[Execution] = []
        self._answered: dict[int, Execution] = {}
        self._forwards: dict[int, Forward] = {}

    def on_reply(self, channel: int) -> None:
        """Let a command speak now that the client knows that it was accepted."""
        with self._lock:
            execution = self._answered.pop(channel, None)
        if execution is not None:
            execution.replied.set()

    def executions(self) -> tuple[Execution, ...]:
        """Give the commands that still run, also those whose client has gone."""
        with self._lock:
            self._all = [execution for execution in self._all if not execution.join(0)]
            return tuple(self._all)

    def forward(self, channel: int) -> Forward | None:
        """Give what a channel of this number of ours was opened for, if it forwards."""
        return self._forwards.pop(channel, None)

    def get_allowed_auths(self, username: str) -> str:
        """Name the methods that may still succeed."""
        asked = "keyboard-interactive" if self._accept.interactive else "password"
        if self._accept.both:
            return asked if self._passed_key else "publickey"
        given = self._password is not None or self._accept.codes is not None
        methods = [m for m, on in (("publickey", self._accept.keys), (asked, given)) if on]
        return ",".join(methods) or "publickey"

    @property
    def _password(self) -> Secret | None:
        return self._accept.password

    def check_auth_none(self, username: str) -> int:
        """Refuse a login without any proof."""
        return paramiko.AUTH_FAILED  # type: ignore[no-any-return]

    def check_auth_publickey(self, username: str, key: Any) -> int:
        """Accept the keys that were given."""
        offered = f"{key.get_name()} {key.get_base64()}"
        if not self._known(username) or offered not in self._accept.keys:
            return paramiko.AUTH_FAILED  # type: ignore[no-any-return]
        if self._accept.both:
            self._passed_key = True
            return paramiko.AUTH_PARTIALLY_SUCCESSFUL  # type: ignore[no-any-return]
        return paramiko.AUTH_SUCCESSFUL  # type: ignore[no-any-return]

    def check_auth_password(self, username: str, password: str) -> int:
        """Accept the password, where passwords are asked for."""
        if self._accept.interactive:
            return paramiko.AUTH_FAILED  # type: ignore[no-any-return]
        return self._judge(username, password)

    def check_auth_interactive(self, username: str, submethods: str) -> Any:
        """Ask for the password."""
        if not self._accept.interactive or not self._known(username):
            return paramiko.AUTH_FAILED
        if self._accept.both and not self._passed_key:
            return paramiko.AUTH_FAILED
        self._coded = False
        return self._code() if self._password is None else _PASSWORD

    def check_auth_interactive_response(self, responses: list[str]) -> Any:
        """Judge the answer to the one question, and ask for a code after the password."""
        answer = responses[0] if len(responses) == 1 else ""
        codes = self._accept.codes
        if self._coded and codes is not None:
            good = answer in codes
            codes[:] = [code for code in codes if code != answer]
            return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED
        right = self._judge(self._accept.user, answer) == paramiko.AUTH_SUCCESSFUL
        if right and codes is not None:
            return self._code()
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def _code(self) -> Any:
        if self._accept.codes is None:
            return paramiko.AUTH_FAILED
        self._coded = True
        return paramiko.InteractiveQuery("", "", ("Verification code: ", False))

    def _judge(self, username: str, password: str) -> int:
        if self._password is None or not self._known(username):
            return paramiko.AUTH_FAILED  # type: ignore[no-any-return]
        if self._accept.both and not self._passed_key:
            return paramiko.AUTH_FAILED  # type: ignore[no-any-return]
        same = hmac.compare_digest(password.encode(), self._password.reveal().encode())
        return paramiko.AUTH_SUCCESSFUL if same else paramiko.AUTH_FAILED  # type: ignore[no-any-return]

    def _known(self, username: str) -> bool:
        return not self._accept.user or username == self._accept.user

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Open sessions only; forwarded connections have their own question."""
        if kind == "session":
            return paramiko.OPEN_SUCCEEDED  # type: ignore[no-any-return]
        return paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED  # type: ignore[no-any-return]

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        """Connect to a loopback address for the client, as a jump host does."""
        forward = Forward.connect(destination)
        if forward is None:
            return paramiko.OPEN_FAILED_CONNECT_FAILED  # type: ignore[no-any-return]
        self._forwards[chanid] = forward
        return paramiko.OPEN_SUCCEEDED  # type: ignore[no-any-return]

    def check_channel_exec_request(self, channel: Any, command: bytes) -> bool:
        """Run the command."""
        try:
            execution = Execution(channel, command, self._folder, self._environment)
        except (OSError, ValueError):
            return False
        with self._lock:
            self._all.append(execution)
            self._answered[channel.remote_chanid] = execution
        execution.start()
        return True
