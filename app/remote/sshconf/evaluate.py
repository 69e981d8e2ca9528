"""Find the values that apply to one host: Host and Match blocks in order, the first value wins.

After `match_cfg_line` and `process_config_line` in readconf.c and `main` in ssh.c.  A second pass
is made where `Match final` asks for it, as ssh does: there the patterns see the resolved name.
Whether a `Match` on something that is only known to ssh applies is left open; a value in such a
block that would count is an error, and never taken or left silently.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from app.remote.dial import FAMILIES
from app.remote.sshconf import words as split
from app.remote.sshconf.canonical import Look, canonical, look_up
from app.remote.sshconf.keywords import CHOICES, FLAGS, USED
from app.remote.sshconf.reading import Entry, jump_text
from app.remote.sshconf.settings import Asked, ConfigError, Settings
from app.remote.sshconf.tokens import Call, Here, TokenError

Active = bool | str
"""Whether lines apply; a text names the criterion that leaves it open."""
Run = Callable[[str], int]
"""Run a command of `Match exec` and give its exit code."""

_OPEN: Final = ("localnetwork", "version", "command", "sessiontype")


def evaluate(
    files: Iterable[tuple[Entry, ...]], asked: Asked, here: Here, run: Run, look: Look = look_up
) -> Settings:
    """Give the settings for a host; raises ConfigError.

    `look` asks the name service, where CanonicalizeHostname wants a full name.
    """
    parts = tuple(files)
    found = Settings(user=here.user)
    for key, value in (("user", asked.user), ("port", str(asked.port or ""))):
        if value:
            found.values[key] = [value]
    if asked.jump:
        try:
            split.hops(asked.jump)
        except ValueError as error:
            raise ConfigError(f"jump: {error}") from error
        _jump(found, asked.jump)
        found.values["proxycommand"] = ["none"]
    walk = _Walk(found, asked.name, here, run)
    for number, part in enumerate(parts):
        walk.file(part, True, number)
    found.host = canonical(found, _resolved(found, asked.name), look)
    if walk.wants_final or found.first("canonicalizehostname", "no") != "no":
        walk.final = True
        for number, part in enumerate(parts):
            walk.file(part, True, number)
    found.port = int(found.first("port", "22"))
    found.user = found.first("user") or here.user
    _refuse_itself(found)
    return found


@dataclass(slots=True)
class _Walk:
    """Go through the lines of the files once; in the final pass the resolved name is matched."""

    found: Settings
    name: str
    here: Here
    run: Run
    final: bool = False
    wants_final: bool = False
    number: int = 0
    seen: set[tuple[str, str, int]] = field(default_factory=set)

    def file(self, entries: tuple[Entry, ...], outer: Active, number: int) -> None:
        """Take a file's lines; `outer` says whether the place of its Include applies."""
        self.number = number
        active = outer
        for entry in entries:
            if entry.keyword == "host":
                active = _both(outer, self._host(entry))
            elif entry.keyword == "match":
                active = _both(outer, self._match(entry, outer))
            elif entry.keyword == "include":
                for part in entry.included:
                    self.file(part, active, number)
            elif entry.keyword in USED and active is not False:
                self._take(entry, active)

    def _host(self, entry: Entry) -> bool:
        name = self.found.host if self.final else self.name
        hit = False
        for pattern in entry.words:
            if split.matches(name, pattern.removeprefix("!")):
                if pattern.startswith("!"):
                    return False
                hit = True
        return hit

    def _match(self, entry: Entry, outer: Active) -> Active:
        result: Active = True
        rest = list(entry.words)
        if not rest:
            raise ConfigError(f"{entry.where}: Match needs a criterion")
        while rest:
            word = rest.pop(0)
            negated = word.startswith("!")
            name, equals, value = word.removeprefix("!").partition("=")
            name = name.lower()
            if name in ("all", "canonical", "final"):
                self.wants_final |= name == "final" and not negated
                hit: Active = name == "all" or self.final
            else:
                if not equals:
                    value = rest.pop(0) if rest else ""
                if not value:
                    raise ConfigError(f"{entry.where}: Match {name} needs a value")
                ready = result is not False and outer is not False
                hit = self._judge(name, value, entry, ready=ready)
            if negated and isinstance(hit, bool):
                hit = not hit
            result = _both(result, hit)
        return result

    def _judge(self, name: str, value: str, entry: Entry, *, ready: bool) -> Active:
        user = self.found.first("user") or self.here.user
        if name == "host":
            return split.listed(self._now().lower(), value.lower())
        if name == "originalhost":
            return split.listed(self.name.lower(), value.lower())
        if name == "user":
            return split.listed(user, value)
        if name == "localuser":
            return split.listed(self.here.user, value)
        if name == "tagged":
            return split.listed(self.found.first("tag"), value)
        if name == "exec":
            return ready and self._exec(value, entry)
        if name in _OPEN:
            return f"{entry.where}: whether `Match {name}` applies is not known here"
        raise ConfigError(f"{entry.where}: the criterion `Match {name}` is not known")

    def _now(self) -> str:
        """Give the name as it is resolved so far."""
        if self.final:
            return self.found.host
        return _named(self.found, self.name)

    def _exec(self, command: str, entry: Entry) -> bool:
        port = int(self.found.first("port", "22"))
        user = self.found.first("user") or self.here.user
        alias = self.found.first("hostkeyalias") or self._now()
        call = Call(self.here, self._now(), self.name, port, user, alias)
        try:
            return self.run(call.command(command)) == 0
        except (TokenError, OSError, TimeoutError) as error:
            raise ConfigError(f"{entry.where}: Match exec: {error}") from error

    def _take(self, entry: Entry, active: Active) -> None:
        """Set a value that is not set yet."""
        key, found = entry.keyword, self.found.values
        shape = USED[key]
        value = _value(entry)
        if shape == "many":
            fresh = (key, value, self.number) not in self.seen
        elif key == "proxyjump" and value.lower() != "none":
            fresh = "proxyjump" not in found and "proxycommand" not in found
        else:
            fresh = key not in found
        if not fresh or (shape == "time" and value == "none"):
            return
        if isinstance(active, str):
            raise ConfigError(f"{active}, and it sets {key} ({entry.where})")
        self.found.places.setdefault(key, entry.where)
        self.seen.add((key, value, self.number))
        if shape == "jump":
            _jump(self.found, value)
        elif shape == "words":
            found[key] = list(entry.words)
        else:
            found.setdefault(key, []).append(value)


def _value(entry: Entry) -> str:
    key = entry.keyword
    shape = USED[key]
    if shape == "command":
        return entry.text
    if shape == "jump":
        return jump_text(entry.text)
    if shape == "words":
        return " ".join(entry.words)
    value = entry.words[0]
    if shape == "flag":
        return FLAGS[value.lower()]
    return CHOICES[key][value.lower()] if shape == "choice" else value


def _jump(found: Settings, text: str) -> None:
    """Set the jump hosts; they keep out a command that comes later, `none` does not."""
    if text.lower() == "none":
        found.values["proxyjump"] = ["none"]
    else:
        found.values["proxyjump"] = [text]
        found.values["proxycommand"] = ["none"]


def _both(one: Active, other: Active) -> Active:
    """Join two judgements: no wins over what is open, which wins over yes."""
    if one is False or other is False:
        return False
    return one if isinstance(one, str) else other


def _named(found: Settings, name: str) -> str:
    """Give the name that HostName makes of the one that was asked for."""

    def one(token: re.Match[str]) -> str:
        if token[1] not in ("h", "%"):
            raise ConfigError(f"{found.places['hostname']}: HostName takes no token but %h")
        return name if token[1] == "h" else "%"

    return re.sub(r"%(.?)", one, found.first("hostname")) or name


def _resolved(found: Settings, name: str) -> str:
    """Give the name to dial: in lower case, an address as it is usually written."""
    text, family = _named(found, name), FAMILIES[found.first("addressfamily", "any")]
    try:
        info = socket.getaddrinfo(
            text, None, family, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
        return str(socket.getnameinfo(info[0][4], socket.NI_NUMERICHOST)[0])
    except (OSError, UnicodeError):
        return text if re.search(r"[:%]|^[0-9.]*$", text) else text.lower()


def _refuse_itself(found: Settings) -> None:
    """Refuse a host that is to be reached through itself, as a pattern `*` may say it."""
    jump = found.first("proxyjump", "none")
    if jump == "none":
        return
    last = split.hops(jump)[-1]
    mine = (found.host, found.port, found.user)
    if (last.host, last.port or 22, last.user or found.user) == mine:
        place = found.places.get("proxyjump")
        text = f"{found.host} is to be reached through itself (ProxyJump {jump})"
        raise ConfigError(f"{place}: {text}" if place else text)
