"""What is wanted of rabbitmq-env.conf, what an edit gives back, and what the file says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnvEdit:
    """Flags of `erl` for nodes and for CLI tools, one word each; empty ones are taken away.

    With `ssl_path`, ERL_SSL_PATH is set to it and `-pa $ERL_SSL_PATH` comes first in both; without
    one, the ERL_SSL_PATH that was added by an edit is taken away, and a user's own stays.
    """

    server: tuple[str, ...]
    ctl: tuple[str, ...]
    ssl_path: str = ""

    def words(self, server: bool) -> tuple[str, ...]:
        """Give the words that `erl` is to see."""
        flags = self.server if server else self.ctl
        return ("-pa", self.ssl_path, *flags) if flags and self.ssl_path else flags

    def snippet(self) -> str:
        """Write the wanted lines as they would stand in a new file."""
        path = "-pa $ERL_SSL_PATH " if self.ssl_path else ""
        lines = [f"ERL_SSL_PATH={self.ssl_path}\n"] if self.ssl_path else []
        for name, flags in (
            ("SERVER_ADDITIONAL_ERL_ARGS", self.server),
            ("CTL_ERL_ARGS", self.ctl),
        ):
            lines += [f'{name}="{path}{" ".join(flags)}"\n'] if flags else []
        return "".join(lines)


@dataclass(frozen=True, slots=True)
class Edited:
    """The new file, and what the user should know, one sentence each."""

    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvView:
    """What rabbitmq-env.conf says, as RabbitMQ takes it (`RABBITMQ_X` before `X`).

    Nothing is run: pieces that only a running shell knows stand as they are written
    (`$(hostname)`), and what is set under a condition or elsewhere is empty.  `unknown` names
    both, by the plain name (`NODENAME`), and `doubts` says in a sentence each why.

    `server` and `ctl` are all arguments of `erl` that the file gives to nodes and CLI tools;
    `server_name` and `ctl_name` are the variables that count (empty where none is set) and
    `server_line` and `ctl_line` where they are set.  `dist_options` are the words behind
    `-ssl_dist_opt`.  `own_tls` tells that nodes have TLS flags, whoever wrote them.
    """

    server: tuple[str, ...] = ()
    ctl: tuple[str, ...] = ()
    node_name: str = ""
    long_names: bool = False
    config_file: str = ""
    advanced_file: str = ""
    ssl_path: str = ""
    proto_dist: str = ""
    optfile: str = ""
    dist_options: tuple[str, ...] = ()
    ctl_proto_dist: str = ""
    ctl_optfile: str = ""
    ctl_dist_options: tuple[str, ...] = ()
    own_tls: bool = False
    server_name: str = ""
    ctl_name: str = ""
    server_line: int = 0
    ctl_line: int = 0
    unknown: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
