"""Log in over a transport whose host key was judged: keys, then what the host asks, in order.

Every method that was tried and failed is named in the error.  Nothing here asks anybody: secrets
were given before the run, and a prompt without an answer ends the login with its words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import paramiko

from app.errors import LoginError, UnreachableError
from app.model import Host
from app.quoting import calm
from app.remote.agent import Agent, AgentKey, AgentProblem, open_agent
from app.remote.auth import Auth
from app.remote.base import Logins
from app.remote.candidates import Candidate, Candidates
from app.remote.config import Target
from app.remote.keys import KeyProblem, KeyRing, Signer
from app.remote.locked import wants_code

MOST_KEYS: Final = 5
"""sshd allows six attempts by default (MaxAuthTries); one is left for a password."""
_NOTHING: Final = "no method"
_STAGES: Final = 4
_SECONDS: Final = 60.0


@dataclass(slots=True)
class Attempt:
    """Hold one login as it goes on."""

    auth: Auth
    transport: Any
    host: Host
    target: Target
    logins: Logins
    ring: KeyRing
    agent_path: str
    now: float
    failures: list[str] = field(default_factory=list)
    keys_tried: int = 0
    more: bool = False
    """Whether the last method was taken, and another is wanted besides."""

    def run(self) -> str:
        """Authenticate and say by which method; raises LoginError, which names each failure."""
        try:
            self.auth.open(_SECONDS)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._gone(error) from error
        with ExitStack() as stack:
            keys = iter(self._keys(stack))
            nothing = (_NOTHING, lambda: self.auth.by_nothing(self._user))
            if self._asks_first() and self._try(*nothing):
                return "none"
            for _ in range(_STAGES):
                name = self._stage(keys)
                if name is not None:
                    return name
                if not self.more:
                    break
        raise self._refused()

    @property
    def _user(self) -> str:
        return self.target.user

    @property
    def _may_ask(self) -> bool:
        """Tell whether to find out what the host asks, though there may be no answer."""
        return bool(self.auth.allowed) and self.keys_tried < MOST_KEYS

    def _asks_first(self) -> bool:
        """Tell whether to ask what the host allows: a password is not to be tried in vain."""
        given = self.host.name in self.logins.passwords or self.host.name in self.logins.codes
        return given or "publickey" not in self.target.methods

    def _stage(self, keys: Iterator[Candidate]) -> str | None:
        """Go through the methods once; None when all failed, or when the host wants one more."""
        self.more = False
        for method in self.target.methods:
            if self.auth.allowed and method not in self.auth.allowed:
                continue
            for name, step in self._steps(method, keys):
                if self._try(name, step):
                    return name
                if self.more:
                    return None
        return None

    def _steps(
        self, method: str, keys: Iterator[Candidate]
    ) -> Iterator[tuple[str, Callable[[], Sequence[str]]]]:
        password = self.logins.passwords.get(self.host.name)
        if method == "publickey":
            yield from self._key_steps(keys)
        elif method == "password" and password is not None:
            text = password.reveal()
            yield "password", lambda: self.auth.by_password(self._user, text)
        elif method == "keyboard-interactive" and (password is not None or self._may_ask):
            yield "keyboard-interactive", self._interactive

    def _key_steps(
        self, keys: Iterator[Candidate]
    ) -> Iterator[tuple[str, Callable[[], Sequence[str]]]]:
        most = MOST_KEYS - (self.host.name in self.logins.passwords)
        for key in keys:
            if self.keys_tried >= most:
                self.failures.append("further keys: not tried, the host bears few attempts")
                return
            signer = key.signer or self._opened(key)
            if signer is None:
                continue
            self.keys_tried += 1
            yield key.name, lambda signer=signer: self.auth.by_key(self._user, signer)  # type: ignore[misc]
            if self.auth.allowed and "publickey" not in self.auth.allowed:
                return

    def _opened(self, key: Candidate) -> Signer | None:
        """Open a key file; an encrypted one is named only where the host would take it."""
        assert key.path is not None
        try:
            signer = self.ring.signer(key.path)
            return signer.certified(key.type, key.blob) if "-cert-" in key.type else signer
        except OSError as error:
            self.failures.append(f"key {key.path}: {calm(error.strerror or 'cannot be read', 100)}")
        except KeyProblem as error:
            text = str(error)
            if "passphrase" in text and key.blob:
                self.keys_tried += 1
                if not self._would_do(key):
                    text = "refused, and not opened"
            self.failures.append(f"key {key.path}: {text}")
        return None

    def _would_do(self, key: Candidate) -> bool:
        try:
            return self.auth.would_do(self._user, key.type, key.blob)
        except paramiko.AuthenticationException as error:
            self._still_there(error)
            return False
        except (paramiko.SSHException, OSError, EOFError) as error:
            self._still_there(error)
            return True

    def _keys(self, stack: ExitStack) -> Iterator[Candidate]:
        """Give the keys in order, with an agent where there is one."""
        if "publickey" not in self.target.methods:
            return
        agent: Agent | None = None
        held: tuple[AgentKey, ...] = ()
        try:
            if self.agent_path:
                agent = stack.enter_context(open_agent(self.agent_path))
                held = agent.keys()
        except AgentProblem as error:
            self.failures.append(f"agent: {calm(str(error), 200)}")
        yield from Candidates(self.target, self.ring, agent, held, self.now, self.failures)

    def _interactive(self) -> Sequence[str]:
        password = self.logins.passwords.get(self.host.name)
        unanswered: list[str] = []
        used = False

        def answer(prompts: list[tuple[str, bool]]) -> list[str] | None:
            nonlocal used
            found = []
            for text, _shown in prompts:
                code = self.logins.codes.get(self.host.name)
                if wants_code(text) or used:
                    given = code.take() if code is not None else None
                elif "new" in text.lower():
                    given = None
                else:
                    given, used = password, True
                if given is None:
                    unanswered.append(" ".join(calm(text, 80).replace(";", ",").split()))
                    return None
                found.append(given.reveal())
            return found

        try:
            return self.auth.by_answers(self._user, answer)
        except paramiko.AuthenticationException:
            if not unanswered:
                raise
            asked = f'the host asks "{unanswered[0]}", and no answer was given'
            raise paramiko.SSHException(asked) from None

    def _try(self, name: str, step: Callable[[], Sequence[str]]) -> bool:
        """Try one method; True when logged in.  A second factor that is left is remembered."""
        try:
            remaining = list(step())
        except AgentProblem as error:
            self.failures.append(f"{name}: {calm(str(error), 200)}")
            return False
        except paramiko.BadAuthenticationType as error:
            if name != _NOTHING:
                allowed = _methods(error.allowed_types)
                self.failures.append(f"{name}: not allowed here, {allowed} is")
            return False
        except paramiko.AuthenticationException as error:
            self._still_there(error)
            self.failures.append(f"{name}: refused")
            return False
        except (paramiko.SSHException, OSError, EOFError) as error:
            self._still_there(error)
            self.failures.append(f"{name}: {calm(str(error), 200) or type(error).__name__}")
            return False
        if remaining:
            self.more = True
            self.auth.allowed = tuple(remaining)
            self.failures.append(f"{name}: taken, but {_methods(remaining)} is needed too")
        return not remaining

    def _still_there(self, error: BaseException) -> None:
        if not self.transport.is_active():
            raise self._gone(error) from error

    def _gone(self, error: BaseException) -> UnreachableError:
        tried = f"; tried: {'; '.join(self.failures)}" if self.failures else ""
        text = calm(str(error), 200)
        return UnreachableError(
            f"the host ended the connection at the login: {text}{tried}",
            host=self.host.name,
            step="login",
            hint="too many keys tried (name one with `identity`), or the host limits logins",
        )

    def _refused(self) -> LoginError:
        asked = any("the host asks" in text for text in self.failures)
        if self.host.name not in self.logins.passwords and not asked:
            ways = {"password", "keyboard-interactive"} & set(self.target.methods)
            if not self.auth.allowed or ways & set(self.auth.allowed):
                self.failures.append("password: none given")
        allowed = set(self.auth.allowed) - set(self.target.methods)
        if allowed and not set(self.auth.allowed) & set(self.target.methods):
            wanted = _methods(sorted(allowed))
            self.failures.append(f"the host wants {wanted}, which is not done or not allowed here")
        self.failures += self.target.passed_over[:2]
        return LoginError(
            f"{self._user}@{self.target.address} was refused: {'; '.join(self.failures)}",
            host=self.host.name,
            step="login",
            hint="check the user, name a key with `identity`, or give a password before the run",
        )


def _methods(names: Sequence[str]) -> str:
    return calm("/".join(names), 100)
