"""Get as far as an SSH connection whose key is to be judged: dial, negotiate, say why not."""

from __future__ import annotations

import logging
import socket
from contextlib import suppress
from typing import Any, Final

import paramiko

from app.errors import HostError, UnreachableError
from app.model import Host
from app.quoting import bracketed, calm
from app.remote.algorithms import choose
from app.remote.config import Target
from app.remote.dial import dial
from app.remote.host_key import Judge
from app.remote.line import Line
from app.remote.proxy import ProxySocket, open_proxy

_CIPHERS: Final = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")
_LOG: Final = "tlswright.ssh"
_PROHIBITED: Final = 1
FAR_SECONDS = 0.1
"""From this round trip on a line is taken for a slow one, where compression is worth its time."""

logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False


class Busy(Exception):
    """The host dropped us before it said a word: it limits connections, and may take us soon.

    `long` says that it punishes the address that we come from for a while (PerSourcePenalties).
    """

    def __init__(self, reason: UnreachableError, *, long: bool = False) -> None:
        super().__init__(reason.text)
        self.reason = reason
        self.long = long


def open_socket(
    host: Host, target: Target, through: tuple[str, Any] | None, seconds: float, shell: str
) -> Any:
    """Connect: directly, by a command, or through the transport of a jump host of that name.

    Raises UnreachableError.
    """
    place = f"{bracketed(target.address)}:{target.port}"
    if not 0 < target.port < 65536:
        raise _unreachable(
            host, f"{place}: there is no such port",
            "check the port in the site, in its jump host, or in ~/.ssh/config",
        )  # fmt: skip
    try:
        if target.command:
            return open_proxy(target.command, shell, seconds)
        if through is None:
            return dial(
                target.address, target.port, seconds, family=target.family, bind=target.bind
            )
        return through[1].open_channel(
            "direct-tcpip", (target.address, target.port), ("127.0.0.1", 0), timeout=seconds
        )
    except (socket.gaierror, UnicodeError) as error:
        raise _unreachable(
            host, f"the name {target.address} has no address",
            "check the address in the site, or the resolver of this machine",
        ) from error  # fmt: skip
    except TimeoutError as error:
        raise _unreachable(host, f"{place} does not answer",
                           "is the host up, and is a firewall in between?") from error  # fmt: skip
    except paramiko.ChannelException as error:
        assert through is not None
        raise _not_forwarded(host, place, through[0], error) from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        text = getattr(error, "strerror", "") or str(error) or "refused"
        raise _unreachable(host, f"cannot connect to {place}: {calm(text, 200)}",
                           "is sshd running there, on this port?") from error  # fmt: skip


def greet(sock: Any, judge: Judge, seconds: float, patience: float) -> Line:
    """Negotiate, asking first for the type of host key that we know; raises UnreachableError, Busy.

    `patience` is how long a login may take in seconds: somebody may have to touch a token.
    """
    host, target = judge.host, judge.target
    line: Line | None = None
    try:
        line = Line(sock, _chosen(target, "hostkeyalgorithms", judge.types(Line.spoken), host))
        line.set_log_channel(_LOG)
        line.banner_timeout = line.handshake_timeout = seconds
        line.auth_timeout = patience
        _negotiable(line, target, host)
        if target.compression or getattr(sock, "round_trip", 0.0) > FAR_SECONDS:
            line.use_compression(True)
        line.start_client(timeout=seconds)
        if line.get_remote_server_key() is None:
            raise paramiko.SSHException("no host key")
        return line
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise _silent(line, sock, judge, error) from error
    except HostError:
        hang_up(line, sock)
        raise


def hang_up(*lines: Any) -> None:
    """Close connections, whatever state they are in: one that never began does not close itself."""
    for line in filter(None, lines):
        with suppress(OSError, EOFError, paramiko.SSHException, HostError):
            line.close()


def _negotiable(line: Line, target: Target, host: Host) -> None:
    """Order the algorithms, the quick ones first, and leave out what the user does not want."""
    options = line.get_security_options()
    quick = tuple(c for c in _CIPHERS if c in options.ciphers)
    options.ciphers = _chosen(target, "ciphers", quick, host, tuple(options.ciphers))
    options.digests = _chosen(target, "macs", tuple(options.digests), host)
    options.kex = _chosen(target, "kexalgorithms", tuple(options.kex), host)
    signed = tuple(line._preferred_pubkeys)
    line._preferred_pubkeys = _chosen(target, "pubkeyacceptedalgorithms", signed, host)


def _chosen(
    target: Target, key: str, usual: tuple[str, ...], host: Host, spoken: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Apply the user's list of algorithms; raises UnreachableError where none is left."""
    found = choose(dict(target.algorithms).get(key, ""), usual, spoken)
    if not found:
        raise _unreachable(
            host, f"the ssh configuration allows no {key} that is spoken here",
            f"spoken here: {', '.join(dict.fromkeys([*usual, *spoken]))}",
        )  # fmt: skip
    return found


def _silent(line: Line | None, sock: Any, judge: Judge, error: Exception) -> Exception:
    """Say why there was no conversation, with what the other side or the command said."""
    greeting = line.greeting if line is not None else ""
    text = calm(str(error) or type(error).__name__, 200)
    hint = "the host may limit connections (MaxStartups, PerSourcePenalties): try later"
    if isinstance(error, paramiko.IncompatiblePeer):
        hint = "the host is too old, or its algorithms (or ours, in ~/.ssh/config) are restricted"
    place = f"{bracketed(judge.target.address)}:{judge.target.port}"
    told = (
        f'{place} says "{greeting}"' if greeting else f"{place} does not talk SSH with us: {text}"
    )
    hang_up(line, sock)
    if isinstance(sock, ProxySocket):
        said, code = sock.said, sock.ended
        end = "" if code is None else f" and ended with {code}"
        hint = "ProxyCommand in ~/.ssh/config; try it in a shell"
        told = f"the command that leads to {place} said nothing of SSH{end}"
        told += f': "{said}"' if said else ""
    reason = _unreachable(judge.host, told, hint)
    if isinstance(sock, ProxySocket):
        return reason
    if greeting or "banner" in text or isinstance(error, (EOFError, ConnectionError)):
        return Busy(reason, long="not allowed at this time" in greeting.lower())
    return reason


def _not_forwarded(
    host: Host, place: str, jump: str, error: paramiko.ChannelException
) -> UnreachableError:
    if error.code == _PROHIBITED:
        return _unreachable(
            host, f"the jump host {jump} does not forward connections to {place}",
            "allow it there: AllowTcpForwarding, PermitOpen in sshd_config, or the key's options",
        )  # fmt: skip
    return _unreachable(
        host, f"the jump host {jump} cannot connect to {place}: {calm(str(error.text), 200)}",
        "is the host up, and is it reachable from the jump host by that address?",
    )  # fmt: skip


def _unreachable(host: Host, text: str, hint: str) -> UnreachableError:
    return UnreachableError(text, host=host.name, step="connect", hint=hint)
