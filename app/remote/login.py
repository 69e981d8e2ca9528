"""Log in over a transport whose host key was judged: keys, agent, password, in a fixed order.

Every method that was tried and failed is named in the error.  Nothing here asks anybody: secrets
were given before the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import paramiko

from app.errors import LoginError, UnreachableError
from app.model import Host
from app.quoting import calm
from app.remote.base import Logins
from app.remote.config import Target

DEFAULT_KEYS: Final = ("id_ed25519", "id_ecdsa", "id_rsa")
MOST_KEYS: Final = 5
"""sshd allows six attempts by default (MaxAuthTries); one is left for a password."""


@dataclass(slots=True)
class _Attempt:
    """Hold one login as it goes on."""

    transport: Any
    target: Target
    host: Host
    failures: list[str] = field(default_factory=list)
    remaining: Sequence[str] = ()


def log_in(
    transport: Any, host: Host, target: Target, logins: Logins, home: Path, use_agent: bool
) -> str:
    """Authenticate and say by which method; raises LoginError, which names each failure."""
    attempt = _Attempt(transport, target, host)
    password = logins.passwords.get(host.name)
    for number, (name, key) in enumerate(_keys(attempt, logins, home, use_agent)):
        if number >= MOST_KEYS:
            attempt.failures.append("further keys: not tried, the host bears few attempts")
            break
        if _try(attempt, name, lambda key=key: transport.auth_publickey(target.user, key)):  # type: ignore[misc]
            return name
        if attempt.remaining:
            break
    if password is not None:
        for name, step in _password_steps(attempt, password.reveal()):
            if _try(attempt, name, step):
                return name
    elif not attempt.failures or attempt.remaining:
        attempt.failures.append("password: none given")
    raise LoginError(
        f"{target.user}@{target.address} was refused: {'; '.join(attempt.failures)}",
        host=host.name,
        step="login",
        hint="check the user, name a key with `identity`, or give a password before the run",
    )


def _try(attempt: _Attempt, name: str, step: Callable[[], Sequence[str]]) -> bool:
    """Try one method; True when logged in.  A second factor that is left is remembered."""
    try:
        attempt.remaining = list(step())
    except paramiko.BadAuthenticationType as error:
        attempt.failures.append(f"{name}: not allowed here, {_methods(error.allowed_types)} is")
        return False
    except paramiko.AuthenticationException as error:
        _still_there(attempt, error)
        attempt.failures.append(f"{name}: refused")
        return False
    except (paramiko.SSHException, OSError, EOFError) as error:
        _still_there(attempt, error)
        attempt.failures.append(f"{name}: {calm(str(error), 200) or type(error).__name__}")
        return False
    if attempt.remaining:
        attempt.failures.append(f"{name}: taken, but {_methods(attempt.remaining)} is needed too")
    return not attempt.remaining


def _methods(names: Sequence[str]) -> str:
    return calm("/".join(names), 100)


def _still_there(attempt: _Attempt, error: BaseException) -> None:
    if not attempt.transport.is_active():
        raise UnreachableError(
            f"the host ended the connection at the login: {calm(str(error), 200)}",
            host=attempt.host.name,
            step="login",
            hint="too many keys tried (name one with `identity`), or the host limits logins",
        ) from error


def _password_steps(
    attempt: _Attempt, password: str
) -> Iterator[tuple[str, Callable[[], Sequence[str]]]]:
    transport, user = attempt.transport, attempt.target.user

    def answer(_title: str, _text: str, prompts: list[tuple[str, bool]]) -> list[str]:
        return ["" if echo else password for _, echo in prompts]

    if not attempt.remaining or "password" in attempt.remaining:
        yield "password", lambda: transport.auth_password(user, password, fallback=False)
    if not attempt.remaining or "keyboard-interactive" in attempt.remaining:
        yield "keyboard-interactive", lambda: transport.auth_interactive(user, answer)


def _keys(
    attempt: _Attempt, logins: Logins, home: Path, use_agent: bool
) -> Iterator[tuple[str, Any]]:
    """Give (name, key) pairs: named files first, then the agent, then the default files."""
    named = attempt.target.identities
    for path in named:
        yield from _file(attempt, path, logins, named=True)
    if use_agent:
        yield from _agent(attempt, named)
    if not attempt.target.identities_only:
        for name in DEFAULT_KEYS:
            path = home / ".ssh" / name
            if path not in named:
                yield from _file(attempt, path, logins, named=False)


def _file(
    attempt: _Attempt, path: Path, logins: Logins, *, named: bool
) -> Iterator[tuple[str, Any]]:
    name = f"key {path}"
    secret = logins.keys.get(str(path))
    try:
        word = secret.reveal().encode() if secret is not None else None
        yield name, _read(path, word)
    except FileNotFoundError:
        if named:
            attempt.failures.append(f"{name}: no such file")
    except OSError as error:
        attempt.failures.append(f"{name}: {error.strerror or 'cannot be read'}")
    except (paramiko.PasswordRequiredException, TypeError):
        attempt.failures.append(f"{name}: needs its passphrase")
    except (paramiko.SSHException, paramiko.UnknownKeyType, ValueError):
        text = "wrong passphrase, or no private key" if word else "no private key we can read"
        attempt.failures.append(f"{name}: {text}")


def _read(path: Path, word: bytes | None) -> Any:
    """Read a key file; a passphrase that it does not need does no harm."""
    try:
        return paramiko.PKey.from_path(path, word)
    except TypeError:
        if word is None:
            raise
        return paramiko.PKey.from_path(path, None)


def _agent(attempt: _Attempt, named: Sequence[Path]) -> Iterator[tuple[str, Any]]:
    wanted = [blob for path in named for blob in _public(path)]
    try:
        agent = paramiko.Agent()
    except (paramiko.SSHException, OSError) as error:
        attempt.failures.append(f"agent: {calm(str(error), 100)}")
        return
    try:
        for key in agent.get_keys():
            if not attempt.target.identities_only or key.get_base64() in wanted:
                comment = calm(str(getattr(key, "comment", "")), 60) or key.get_name()
                yield f"agent key {comment}", key
    finally:
        agent.close()


def _public(path: Path) -> list[str]:
    try:
        return Path(f"{path}.pub").read_text("utf-8", "replace").split()[1:2]
    except OSError:
        return []
