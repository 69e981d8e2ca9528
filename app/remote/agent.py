"""Ask an ssh-agent for its keys and its signatures.  Protocol: draft-ietf-sshm-ssh-agent.

An own client, since paramiko asks the agent to sign RSA certificates with the plain key, which
the agent does not know (paramiko #2437), and finds no other agent than that of the environment.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from app.quoting import calm

_SECONDS: Final = 60.0
"""How long a signature may take: somebody may have to confirm it, or touch a token."""
_LIMIT: Final = 1024 * 1024
_LIST, _KEYS, _SIGN, _SIGNED = 11, 12, 13, 14
_FLAGS: Final = {"rsa-sha2-256": 2, "rsa-sha2-512": 4}


class AgentProblem(OSError):
    """Say why the agent gave no answer."""


@dataclass(frozen=True, slots=True)
class AgentKey:
    """Hold a key or a certificate that an agent has, and what the agent calls it."""

    type: str
    blob: bytes
    comment: str


class Agent:
    """Hold an open connection to an agent."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def keys(self) -> tuple[AgentKey, ...]:
        """List the keys and certificates; raises AgentProblem."""
        kind, body = self._ask(bytes([_LIST]))
        if kind != _KEYS or len(body) < 4:
            raise AgentProblem("the agent does not list its keys")
        found, place = [], 4
        for _ in range(int.from_bytes(body[:4], "big")):
            blob, place = _string(body, place)
            comment, place = _string(body, place)
            name, _ = _string(blob, 0)
            words = calm(comment.decode("utf-8", "replace"), 60)
            found.append(AgentKey(name.decode("utf-8", "replace"), blob, words))
        return tuple(found)

    def sign(self, blob: bytes, data: bytes, algorithm: str) -> bytes:
        """Have data signed by the key or certificate of this blob; raises AgentProblem."""
        flags = _FLAGS.get(algorithm.split("-cert-")[0], 0)
        words = _packed(blob) + _packed(data) + flags.to_bytes(4, "big")
        kind, body = self._ask(bytes([_SIGN]) + words)
        if kind != _SIGNED:
            raise AgentProblem("the agent will not sign with it (locked, or not confirmed?)")
        return _string(body, 0)[0]

    def _ask(self, message: bytes) -> tuple[int, bytes]:
        try:
            self._sock.sendall(_packed(message))
            size = int.from_bytes(self._read(4), "big")
            if not 0 < size <= _LIMIT:
                raise AgentProblem("the agent's answer makes no sense")
            answer = self._read(size)
        except TimeoutError as error:
            raise AgentProblem(f"the agent does not answer in {_SECONDS:.0f} seconds") from error
        except OSError as error:
            raise AgentProblem(f"the agent is gone ({error.strerror or error})") from error
        return answer[0], answer[1:]

    def _read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            data = self._sock.recv(size - len(found))
            if not data:
                raise AgentProblem("it hung up")
            found += data
        return bytes(found)


@contextmanager
def open_agent(path: str) -> Iterator[Agent]:
    """Connect to the agent whose socket is at `path`; raises AgentProblem."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(_SECONDS)
        try:
            sock.connect(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise AgentProblem(f"no agent answers at {path}: {reason}") from error
        yield Agent(sock)
    finally:
        with suppress(OSError):
            sock.close()


def _packed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _string(data: bytes, place: int) -> tuple[bytes, int]:
    start = place + 4
    end = start + int.from_bytes(data[place:start], "big")
    if start > len(data) or end > len(data):
        raise AgentProblem("the agent's answer is cut off")
    return data[start:end], end
