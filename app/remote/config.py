"""Say where a host is dialled and how to log in: the site, then the user's ssh configuration.

What the site says itself wins, as flags do with ssh.  The files are read and judged as OpenSSH's
client does (`ssh -G` prints the same); what cannot be done here is an error that names it.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from app.errors import UnreachableError
from app.model import Host
from app.remote.known_command import KnownCommand
from app.remote.sshconf import words as split
from app.remote.sshconf.evaluate import evaluate
from app.remote.sshconf.reading import Entry, Reading, stamp
from app.remote.sshconf.settings import Asked, ConfigError, Settings
from app.remote.sshconf.tokens import Call, Here, TokenError, tilde

SYSTEM: Final = Path("/etc/ssh/ssh_config")
DEFAULT_KEYS: Final = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")
_USER_KNOWN: Final = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_GLOBAL_KNOWN: Final = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
_EXEC_SECONDS: Final = 30.0
_ALGORITHMS: Final = (
    "casignaturealgorithms", "ciphers", "hostkeyalgorithms", "kexalgorithms", "macs",
    "pubkeyacceptedalgorithms",
)  # fmt: skip
_METHODS: Final = {
    "publickey": "pubkeyauthentication",
    "keyboard-interactive": "kbdinteractiveauthentication",
    "password": "passwordauthentication",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Say where to dial and how to log in, after the configuration was asked.

    `jump` holds hops with commas between, the nearest first; `command` is a filled-in ProxyCommand.
    `named` says that the identities were chosen, and are not ssh's usual files.  `known` are the
    files with known hosts where the configuration names some.  `agent` is the path of an agent's
    socket, empty for that of the environment, `none` for no agent.  `methods` are the ways to log
    in that are allowed, in order.  `algorithms` are (keyword, value) as written.
    """

    address: str
    port: int
    user: str
    identities: tuple[Path, ...] = ()
    identities_only: bool = False
    jump: str = ""
    named: bool = True
    certificates: tuple[Path, ...] = ()
    command: str = ""
    known: tuple[Path, ...] | None = None
    known_command: KnownCommand | None = None
    alias: str = ""
    revoked: tuple[Path, ...] = ()
    hash_known: bool = False
    agent: str = ""
    family: str = "any"
    bind: str = ""
    seconds: float | None = None
    methods: tuple[str, ...] = ("publickey", "keyboard-interactive", "password")
    algorithms: tuple[tuple[str, str], ...] = ()
    compression: bool = False
    passed_over: tuple[str, ...] = ()
    """What the configuration asks for that may have let ssh in, and is not done here."""

    @property
    def known_name(self) -> str:
        """Give the name under which known_hosts lists the host's key."""
        if self.alias:
            return self.alias
        plain = self.address.lower()
        return plain if self.port == 22 else f"[{plain}]:{self.port}"


def run_quietly(command: str, shell: str) -> int:
    """Run a command as ssh runs that of `Match exec`, and give its exit code."""
    try:
        return subprocess.run(
            [shell, "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=_EXEC_SECONDS, check=False,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"it took longer than {_EXEC_SECONDS:.0f} seconds") from error


@dataclass(frozen=True, slots=True)
class SshConfig:
    """Hold the user's files and the machine's, and who asks."""

    files: tuple[tuple[Entry, ...], ...] = ()
    here: Here = field(default_factory=lambda: Here(Path("/root")))
    stamps: tuple[tuple[Path, int], ...] = ()
    _found: dict[Asked, Settings] = field(default_factory=dict, compare=False, hash=False)

    @classmethod
    def load(
        cls, path: Path, home: Path, *, system: Path | None = None, check: bool = False,
        here: Here | None = None,
    ) -> SshConfig:  # fmt: skip
        """Read a file, that of the machine, and what they include; a missing one is empty.

        With `check`, a file that others may change is refused.  Raises UsageError with the place.
        """
        stamps: dict[Path, int] = {}
        mine = Reading(home, home / ".ssh", of_user=True, stamps=stamps).file(path, check=check)
        files = [mine]
        if system is not None:
            reading = Reading(home, system.parent, of_user=False, stamps=stamps)
            files.append(reading.file(system, check=False))
        return cls(tuple(files), here or Here(home), tuple(stamps.items()))

    @classmethod
    def of_user(cls, home: Path) -> SshConfig:
        """Read what ssh reads for this user."""
        return cls.load(home / ".ssh" / "config", home, system=SYSTEM, check=True)

    @property
    def fresh(self) -> bool:
        """Tell whether the files are as they were when they were read."""
        return all(stamp(path) == seen for path, seen in self.stamps)

    def names(self) -> tuple[str, ...]:
        """Give the names that stand in the files without a pattern."""
        found = [word for file in self.files for word in _host_words(file)]
        return tuple(dict.fromkeys(word for word in found if not set(word) & set("*?!")))

    def settings(self, asked: Asked) -> Settings:
        """Give what applies to a host; raises ConfigError.  Commands are run once for each."""
        if asked not in self._found:
            shell = self.here.shell
            self._found[asked] = evaluate(
                self.files, asked, self.here, lambda command: run_quietly(command, shell)
            )
        return self._found[asked]


def _host_words(file: tuple[Entry, ...]) -> list[str]:
    found: list[str] = []
    for entry in file:
        if entry.keyword == "host":
            found += entry.words
        for part in entry.included:
            found += _host_words(part)
    return found


def list_config_hosts(path: Path) -> tuple[str, ...]:
    """Give the host names of an ssh configuration, for picking from."""
    return SshConfig.load(path, path.parent.parent).names()


def resolve(host: Host, config: SshConfig | None, login: str = "") -> Target:
    """Join a host with the user's configuration; what the site says itself wins.

    `login` is the local user's name, asked of the system where it is empty.  Raises
    UnreachableError where the configuration gives no answer, or asks for what is not done here.
    """
    conf = config or SshConfig()
    if login:
        conf = replace(conf, here=replace(conf.here, user=login))
    asked = Asked(host.address, 0 if host.port == 22 else host.port, host.user, host.jump)
    try:
        found = conf.settings(asked)
        _refuse(found)
        return _target(host, found, conf)
    except (ConfigError, TokenError) as error:
        raise UnreachableError(
            str(error), host=host.name, step="ssh config",
            hint=f"compare with `ssh -G {host.address}`; what site.yaml says itself comes first",
        ) from error  # fmt: skip


def _target(host: Host, found: Settings, conf: SshConfig) -> Target:
    alias = found.first("hostkeyalias").lower()
    jump = found.first("proxyjump", "none")
    jump = "" if jump == "none" else jump
    call = Call(conf.here, found.host, host.address, found.port, found.user, alias, jump)
    user = call.fill(found.user)
    call = replace(call, user=user)
    written = [host.identity] if host.identity else found.all("identityfile")
    identities = [call.path(text) for text in written if text.lower() != "none"]
    if not written:
        identities = [conf.here.home / ".ssh" / name for name in DEFAULT_KEYS]
    proxy = found.first("proxycommand", "none")
    timeout = found.first("connecttimeout", "none")
    return Target(
        found.host,
        found.port,
        user,
        tuple(identities),
        bool(host.identity) or found.yes("identitiesonly"),
        jump,
        named=bool(written),
        certificates=tuple(call.path(text) for text in found.all("certificatefile")),
        command="" if proxy.lower() == "none" else call.command(proxy),
        known=_known(found, call),
        known_command=_known_command(found, call),
        alias=alias,
        revoked=tuple(
            call.path(text) for text in found.all("revokedhostkeys") if text.lower() != "none"
        ),
        hash_known=found.yes("hashknownhosts"),
        agent=_agent(found, call),
        family=found.first("addressfamily", "any"),
        bind=found.first("bindaddress"),
        seconds=None if timeout == "none" else float(split.seconds(timeout) or 0) or None,
        methods=_methods(found),
        algorithms=tuple((k, found.first(k)) for k in _ALGORITHMS if found.first(k)),
        compression=found.yes("compression"),
        passed_over=tuple(_passed_over(found)),
    )


def _refuse(found: Settings) -> None:
    """Refuse what would lead elsewhere than ssh goes, or in another way."""
    told = found.first("refuseconnection")
    if told:
        raise ConfigError(f"{found.places['refuseconnection']}: RefuseConnection: {told}")
    for key, name in (("bindinterface", "BindInterface"), ("proxyusefdpass", "ProxyUseFdpass")):
        if found.first(key, "no").lower() not in ("no", "none"):
            raise ConfigError(f"{found.places[key]}: {name} is not done here")


def _passed_over(found: Settings) -> list[str]:
    told = []
    if found.first("pkcs11provider", "none").lower() != "none":
        told.append("PKCS11Provider is not used here: add the token to an agent (ssh-add -s)")
    if found.yes("hostbasedauthentication"):
        told.append("HostbasedAuthentication is not done here")
    return told


def _known(found: Settings, call: Call) -> tuple[Path, ...] | None:
    mine, shared = found.all("userknownhostsfile"), found.all("globalknownhostsfile")
    if not mine and not shared:
        return None
    paths = [call.path(text) for text in mine or _USER_KNOWN if text.lower() != "none"]
    paths += [Path(text) for text in shared or _GLOBAL_KNOWN if text.lower() != "none"]
    return tuple(paths)


def _known_command(found: Settings, call: Call) -> KnownCommand | None:
    text = found.first("knownhostscommand", "none")
    if text.lower() == "none":
        return None
    words = split.words(text)
    if not words or not words[0].startswith("/"):
        place = found.places["knownhostscommand"]
        raise ConfigError(f"{place}: KnownHostsCommand needs a program's absolute path")
    command = KnownCommand(words, call)
    command.words_for("", None)  # so that a token which nobody knows is told with the file
    return command


def _agent(found: Settings, call: Call) -> str:
    text = found.first("identityagent")
    if text.lower() == "none":
        return "none"
    if not text or text == "SSH_AUTH_SOCK":
        return ""
    if re.fullmatch(r"\$\w+", text):
        return call.fill(f"${{{text[1:]}}}")
    return call.fill(tilde(text, call.here.home))


def _methods(found: Settings) -> tuple[str, ...]:
    asked = found.first("preferredauthentications", "publickey,keyboard-interactive,password")
    return tuple(
        name
        for name in dict.fromkeys(asked.split(","))
        if name in _METHODS and found.yes(_METHODS[name], default=True)
    )
