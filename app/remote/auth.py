"""Ask a host for a login, one request at a time, and hear what it allows.

paramiko's own handler asks for the service before every request, drops the list of methods with
every plain refusal, cannot ask whether a key would do, and lets a key that does not sign end the
connection, since it signs in the thread that reads it.  Protocol: RFC 4252, RFC 4256.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import paramiko
from paramiko.auth_handler import AuthHandler
from paramiko.common import (
    MSG_SERVICE_ACCEPT,
    MSG_USERAUTH_BANNER,
    MSG_USERAUTH_FAILURE,
    MSG_USERAUTH_INFO_REQUEST,
    MSG_USERAUTH_SUCCESS,
    cMSG_SERVICE_REQUEST,
    cMSG_USERAUTH_INFO_RESPONSE,
    cMSG_USERAUTH_REQUEST,
)

from app.remote.keys import Signer

Answer = Callable[[list[tuple[str, bool]]], list[str] | None]
"""Answer the prompts of one round: (text, whether it is shown) to one text each, or to nothing."""

_SERVICE: Final = "ssh-connection"
_PROMPTS: Final = 16


class Auth(AuthHandler):  # type: ignore[misc]
    """Hold the login of one connection; `allowed` is what the host would take next."""

    def __init__(self, transport: Any) -> None:
        super().__init__(transport)
        self.allowed: tuple[str, ...] = ()
        self._answer: Answer | None = None
        self._would_do = False
        self._ready = threading.Event()
        transport._handler_table[MSG_SERVICE_ACCEPT] = lambda message: self._ready.set()
        transport.auth_handler = self

    def open(self, seconds: float) -> None:
        """Ask for the login service; raises SSHException where none answers."""
        message = paramiko.Message()
        message.add_byte(cMSG_SERVICE_REQUEST)
        message.add_string("ssh-userauth")
        self.transport._send_message(message)
        end = time.monotonic() + seconds
        while not self._ready.wait(0.1):
            if not self.transport.is_active():
                raise self.transport.get_exception() or EOFError("it hung up")
            if time.monotonic() > end:
                raise paramiko.SSHException(f"no answer within {seconds:.0f} seconds")

    def by_nothing(self, user: str) -> list[str]:
        """Try to log in with nothing; what the host allows is known afterwards."""
        return self._request(user, "none", lambda message: None)

    def by_key(self, user: str, signer: Signer) -> list[str]:
        """Log in with a key; gives the methods that are needed besides."""
        return self._request(user, "publickey", self._signed(user, signer))

    def would_do(self, user: str, type_: str, blob: bytes) -> bool:
        """Ask whether the host would take a key, before anybody unlocks it."""
        algorithm = self._finalize_pubkey_algorithm(type_)

        def fill(message: Any) -> None:
            message.add_boolean(False)
            message.add_string(algorithm)
            message.add_string(blob)

        self._would_do = False
        try:
            self._request(user, "publickey", fill)
        except paramiko.AuthenticationException:
            if not self._would_do:
                raise
        return self._would_do

    def by_password(self, user: str, password: str) -> list[str]:
        """Log in with a password; gives the methods that are needed besides."""

        def fill(message: Any) -> None:
            message.add_boolean(False)
            message.add_string(password)

        return self._request(user, "password", fill)

    def by_answers(self, user: str, answer: Answer) -> list[str]:
        """Answer what the host asks; gives the methods that are needed besides.

        Where there is no answer none is sent, which the host does not count as a wrong one; the
        connection is of no use for another method then.
        """
        self._answer = answer

        def fill(message: Any) -> None:
            message.add_string("")
            message.add_string("")

        return self._request(user, "keyboard-interactive", fill)

    def _signed(self, user: str, signer: Signer) -> Callable[[Any], None]:
        algorithm = self._finalize_pubkey_algorithm(signer.type)
        blob = self._get_session_blob(signer, _SERVICE, user, algorithm)
        proof = signer.sign(blob, algorithm)

        def fill(message: Any) -> None:
            message.add_boolean(True)
            message.add_string(algorithm)
            message.add_string(signer.blob)
            message.add_string(proof)

        return fill

    def _request(self, user: str, method: str, fill: Callable[[Any], None]) -> list[str]:
        self.auth_method = method
        self.username = user
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_REQUEST)
        for word in (user, _SERVICE, method):
            message.add_string(word)
        fill(message)
        event = self.auth_event = threading.Event()
        self.transport._send_message(message)
        return list(self.wait_for_response(event))

    @property
    def _client_handler_table(self) -> dict[int, Callable[[Any], None]]:
        return {
            MSG_USERAUTH_SUCCESS: self._parse_userauth_success,
            MSG_USERAUTH_FAILURE: self._refused,
            MSG_USERAUTH_BANNER: self._parse_userauth_banner,
            MSG_USERAUTH_INFO_REQUEST: self._asked,
        }

    def _refused(self, message: Any) -> None:
        self.allowed = tuple(message.get_list())
        message.rewind()
        self._parse_userauth_failure(message)

    def _asked(self, message: Any) -> None:
        """Take message 60: of a key it says that it would do, else it asks."""
        if self.auth_method == "publickey":
            self._would_do = True
            if self.auth_event is not None:
                self.auth_event.set()
            return
        for _ in range(3):  # a title, an instruction, a language
            message.get_binary()
        count = message.get_int()
        if count > _PROMPTS:
            raise paramiko.SSHException("the host asks too much at once")
        prompts = [(_text(message.get_binary()), message.get_boolean()) for _ in range(count)]
        answers = self._answer(prompts) if self._answer is not None else None
        if answers is None:
            if self.auth_event is not None:
                self.auth_event.set()
            return
        reply = paramiko.Message()
        reply.add_byte(cMSG_USERAUTH_INFO_RESPONSE)
        reply.add_int(len(answers))
        for answer in answers:
            reply.add_string(answer)
        self.transport._send_message(reply)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
