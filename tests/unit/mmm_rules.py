"""How MMM reads its files, written down a second time, byte by byte, to judge what edits make.

`one` is grammar 1.x (the SSL branch), `two` grammar 2.x (2.2.3).  Nothing here is shared with
app.edits: lines are taken apart by hand, not by the editors' expressions.
"""

from __future__ import annotations

from typing import Any

BLANK = b" \t\n\r\f\v"
Table = dict[str, Any]
DIRS = ("/etc", "/etc/mmm", "/etc/mysql-mmm")
TOP = {"this", "debug", "active_master_role", "max_kill_retries"}
LISTS = {"hosts", "ips", "ping_ips"}
NAMED = {"host", "role", "check", "copy_method"}
MEANT_FOR_A_SECTION = {
    "type", "cert_file", "key_file", "ca_file", "socket_type", "verify_mode", "ip", "mode",
    "peer", "agent_port", "hosts", "ips", "ping_ips", "include", *NAMED, "monitor", "socket",
}  # fmt: skip
SOCKET = {"type", "cert_file", "key_file", "ca_file"}


class Refused(Exception):
    """MMM does not start: file and line, 0 where it names none.

    `fork` says that a fork of 2.2.3 may know the name that stops it.
    """

    def __init__(self, file: str, line: int, *, fork: bool = False) -> None:
        super().__init__(f"{file}:{line}")
        self.place = (file, line)
        self.fork = fork


def words(line: bytes) -> list[bytes]:
    found, word = [], b""
    for at in range(len(line)):
        one = line[at : at + 1]
        if one not in BLANK:
            word += one
        elif word:
            found.append(word)
            word = b""
    return [*found, word] if word else found


def cut(line: bytes) -> tuple[bytes, bytes] | None:
    """Give the first word and all behind the blanks after it; None where no blank follows."""
    rest = line.lstrip(BLANK)
    size = len(words(rest)[0]) if words(rest) else 0
    behind = rest[size:]
    return (rest[:size], behind.lstrip(BLANK)) if size and behind else None


def rows(data: bytes) -> list[bytes]:
    pieces = data.split(b"\n")
    return pieces if pieces[-1] else pieces[:-1]


def skipped(line: bytes) -> bool:
    rest = line.lstrip(BLANK)
    return not rest or rest.startswith(b"#")


def show(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def one(data: bytes) -> Table:
    """Read grammar 1.x: name -> value, or class -> object -> option -> value."""
    config: Table = {}
    kind = name = ""
    for number, line in enumerate(rows(data), 1):
        if skipped(line):
            continue
        if line[:1] not in BLANK:
            found = words(line)
            if len(found) == 1 and len(found[0]) > 1:
                found = [found[0][:-1], found[0][-1:]]
            if len(found) != 2:
                raise Refused("", number)
            kind, name = show(found[0]), show(found[1])
            if isinstance(config.get(kind), dict):
                config[kind][name] = {}
            else:
                config[kind] = name
            continue
        pair = cut(line)
        if pair is None:
            raise Refused("", number)
        if not isinstance(config.get(kind), dict):
            config[kind] = {name: {}}
        config[kind][name][show(pair[0])] = show(pair[1])
    return config


def one_tls(config: Table) -> dict[str, str] | None:
    """Give the options of TLS; None where MMM 1.x speaks plain text."""
    kind = config.get("socket_type")
    return kind.get("ssl") if isinstance(kind, dict) else None


def find(files: dict[str, bytes | None], name: str) -> str | None:
    full = name if name.endswith(".conf") else name + ".conf"
    for folder in DIRS:
        path = f"{folder}/{full}".replace("//", "/")
        if files.get(path) is not None:
            return path
    return None


def two(files: dict[str, bytes | None], start: str) -> Table:
    """Read grammar 2.x: variables, unique sections, and named ones as dicts of dicts."""
    config: Table = {}
    path = find(files, start)
    if path is None:
        raise Refused(start, 0)
    _read(files, path, config)
    kind = config.get("socket", {}).get("type", "plain")
    if kind not in ("plain", "ssl"):
        raise Refused("", 0)
    template = config.get("host", {}).pop("default", {})
    for host in config.get("host", {}).values():
        for name, value in template.items():
            host.setdefault(name, value)
    return config


def _read(files: dict[str, bytes | None], path: str, config: Table) -> None:
    inner, section = config, ""
    for number, line in enumerate(rows(files[path] or b""), 1):
        if skipped(line):
            continue
        stop = Refused(path, number)
        tag = _tag(line)
        if tag is not None and tag[0] == "end":
            if not section:
                return
            inner, section = config, ""
        elif words(line)[0] == b"include" and len(words(line)) == 2:
            found = find(files, show(words(line)[1]))
            if section or found is None:
                raise stop
            _read(files, found, config)
        elif tag is not None:
            form, kind, name = tag
            right = bool(name) if kind in NAMED else kind in ("monitor", "socket") and not name
            stop.fork = not section and kind not in (*NAMED, "monitor", "socket")
            if section or not right:
                raise stop
            body = config.setdefault(kind, {})
            body = body.setdefault(name, {}) if name else body
            if form == "open":
                inner, section = body, kind
        else:
            _set(line, inner, section, stop)


def _set(line: bytes, inner: Table, section: str, stop: Refused) -> None:
    pair = cut(line)
    if pair is None:
        raise stop
    name, value = show(pair[0]), show(pair[1].rstrip(BLANK))
    if name.startswith("<") or (section == "socket" and name not in SOCKET):
        raise stop
    if not section and name not in TOP:
        stop.fork = name not in MEANT_FOR_A_SECTION
        raise stop
    inner[name] = _list(value) if name in LISTS else value


def _list(value: str) -> tuple[str, ...]:
    found = [word.strip() for word in value.split(",")]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _tag(line: bytes) -> tuple[str, str, str] | None:
    """Give form (open, empty, end), type and name of a tag that stands alone on its line."""
    text = show(line).strip(" \t\r\f\v")
    if not (text.startswith("<") and text.endswith(">")):
        return None
    text, form = text[1:-1], "open"
    if text.startswith("/"):
        text, form = text[1:], "end"
    elif text.endswith("/"):
        text, form = text[:-1], "empty"
    parts = text.split()
    plain = all(c.isascii() and (c.isalnum() or c == "_") for c in "".join(parts[:1]))
    rest = all(c.isascii() and (c.isalnum() or c in "_-") for c in "".join(parts[1:]))
    if not parts or not plain or not rest or len(parts) > (1 if form == "end" else 2):
        return None
    return form, parts[0], parts[1] if len(parts) == 2 else ""
