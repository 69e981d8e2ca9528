"""What is wanted of a node's client listeners, whichever file says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.errors import EditError

VERSIONS = ("tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3")
# What the ssl application prefers to the files (OTP 25): it would serve another certificate.
INLINE = ("cert", "key", "cacerts")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PLAIN_PORT = 5672

_UP_TO_12 = frozenset(VERSIONS[:3])
# Options that ssl:listen refuses unless one of these versions is on (OTP 25): no error when the
# node starts, and no connection ever.
_NEEDS = (
    dict.fromkeys(("beast_mitigation", "padding_check"), frozenset(VERSIONS[:1]))
    | dict.fromkeys(
        (
            "secure_renegotiate",
            "client_renegotiation",
            "reuse_session",
            "reuse_sessions",
            "psk_identity",
            "srp_identity",
            "user_lookup_fun",
            "next_protocols_advertised",
        ),
        _UP_TO_12,
    )
    | dict.fromkeys(
        (
            "session_tickets",
            "early_data",
            "anti_replay",
            "cookie",
            "key_update_at",
            "supported_groups",
        ),
        frozenset(VERSIONS[3:]),
    )
)


@dataclass(frozen=True, slots=True)
class ListenerEdit:
    """Say how clients are to reach the node over TLS.

    `close_plain` closes the plain AMQP listeners; `management_port` 0 leaves the management plugin
    as it is.  Without `verify_peer` nobody is asked for a certificate.
    """

    port: int
    cacertfile: str
    certfile: str
    keyfile: str
    verify_peer: bool = True
    fail_if_no_peer_cert: bool = True
    depth: int = 2
    versions: tuple[str, ...] = ("tlsv1.3", "tlsv1.2")
    close_plain: bool = False
    management_port: int = 0

    def files(self) -> tuple[tuple[str, str], ...]:
        """Give the options that name files."""
        return (
            ("cacertfile", self.cacertfile),
            ("certfile", self.certfile),
            ("keyfile", self.keyfile),
        )

    def words(self) -> tuple[tuple[str, str], ...]:
        """Give the options that both forms of the configuration write as a bare word."""
        asked = self.verify_peer and self.fail_if_no_peer_cert
        return (
            ("verify", "verify_peer" if self.verify_peer else "verify_none"),
            ("fail_if_no_peer_cert", "true" if asked else "false"),
            ("depth", str(self.depth)),
        )


@dataclass(frozen=True, slots=True)
class ListenerView:
    """Hold one listener: `address` "" is everywhere, `port` 0 unknown, `line` 0 a default.

    `key` is what the file calls it, `plugin` whose it is: `amqp` for the clients of the node.
    """

    plugin: str
    tls: bool
    key: str
    address: str
    port: int
    line: int


@dataclass(frozen=True, slots=True)
class EditedConf:
    """Hold the new file and what the user should know, line by line."""

    data: bytes
    notes: tuple[str, ...] = ()


def check_wish(wanted: ListenerEdit) -> None:
    """Raise EditError for a wish that no node could run with."""
    ports = [wanted.port, *([wanted.management_port] if wanted.management_port else [])]
    for port in ports:
        if not 1 <= port <= 65535:
            raise EditError(f"{port} is no port", hint="choose one from 1 to 65535")
    if len(set(ports)) < len(ports):
        raise EditError(
            f"port {wanted.port} is wanted for clients and for management",
            hint="give each its own",
        )
    if not 0 <= wanted.depth <= 255:
        raise EditError(f"depth {wanted.depth} is not from 0 to 255")
    unknown = [version for version in wanted.versions if version not in VERSIONS]
    if unknown or not wanted.versions:
        what = f"{unknown[0]!r} is no version of TLS" if unknown else "no version of TLS is wanted"
        raise EditError(what, hint=f"choose from {', '.join(VERSIONS)}")
    places = sorted(VERSIONS.index(version) for version in wanted.versions)
    if places != list(range(places[0], places[-1] + 1)):
        raise EditError(
            "the versions of TLS leave one out between them, and Erlang refuses that",
            hint=f"add {next(v for v in VERSIONS[places[0] :] if v not in wanted.versions)}",
        )
    for name, path in wanted.files():
        if not path:
            raise EditError(f"{name} has no path")


def refused_by(option: str, wanted: ListenerEdit) -> bool:
    """Tell whether an option, left as it is, would make every handshake fail."""
    return option in _NEEDS and not _NEEDS[option] & set(wanted.versions)


def check_ports(listeners: Iterable[ListenerView], wanted: ListenerEdit, where: str) -> None:
    """Raise EditError for a wanted port that another listener of the file holds."""
    wishes = [(wanted.port, "amqp"), (wanted.management_port, "management")]
    for one in listeners:
        goes = one.plugin == "amqp" and not one.tls and wanted.close_plain
        for port, mine in wishes:
            if goes or not port or one.port != port or (one.plugin == mine and one.tls):
                continue
            sort = "TLS" if one.tls else "plain"
            raise EditError(
                f"port {port} is held by the {sort} listener of {one.plugin} ({one.key})"
                + ("" if one.line else ", which is on unless the file says no"),
                hint="choose another port" + ("" if one.tls else ", or close that one"),
                where=f"{where}:{one.line}" if one.line else where,
                line=one.line,
            )
