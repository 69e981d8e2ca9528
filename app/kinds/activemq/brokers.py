"""The brokers of a host that are not Debian's, put together from what was seen of each.

One broker may be seen three times: as a process, as a folder in one of the usual places, and as a
systemd unit that starts it.  What the process says counts more than what files say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.observed import HostObservation

KEY = "brokers"
"""The key of the survey's command, whose answer is read here."""
_VERSION = re.compile(r"activemq-(?:broker|core|all|client)-(\d[\w.-]*?)\.jar")
_UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]{1,200}\.service")
_PATH = re.compile(r"/[^\x00-\x1f\x7f\ufffd]{0,1000}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}\$?")
_NUMBER = re.compile(r"\d{1,10}")
_PATHS = ("home", "base", "conf", "data", "config")
_KINDS = ("process", "place", "unit")


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit; `active` and `sub` are its states, `exec` the program of ActiveMQ's."""

    name: str
    type: str = ""
    user: str = ""
    group: str = ""
    active: str = ""
    sub: str = ""
    exec: str = ""
    pid: str = ""
    loaded: bool = True


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker: where its files are, who runs it, what starts it.

    `home` has the program, `base` the instance, `conf` its configuration and `data` its store and
    log.  `config` is its XML file, `uri` what its process was given to name it (`xbean:…`).  `real`
    is its configuration folder without links.  `parts` are those jar files of its home that
    protocols need.  `pid` is empty when it does not run; `key_store` and `trust_store` are what its
    Java was given.  `by_user` tells that some user's own
    systemd runs it.
    """

    home: str
    base: str
    conf: str
    data: str
    config: str
    real: str
    pid: str = ""
    cwd: str = ""
    user: str = ""
    group: str = ""
    uri: str = ""
    java: str = ""
    version: str = ""
    script: str = ""
    parts: str = ""
    stored: bool = False
    by_user: bool = False
    key_store: str = ""
    trust_store: str = ""
    unit: Unit | None = None
    idle: str = ""
    """A unit that would start it, where it was started without."""


def read_brokers(seen: HostObservation) -> tuple[Broker, ...]:
    """Give the brokers of a host, those that run first.

    What is not of the expected form is left out: anyone on the host can name a process or a folder.
    """
    blocks = tuple(_blocks(seen.out(KEY)))
    units = read_units(seen)
    places = [rows for kind, _, rows in blocks if kind == "place" and _whole(rows)]
    alias = {rows.get("real", ""): rows["home"] for rows in reversed(places)}
    found, known = [], set()
    for kind, pid, rows in blocks:
        if kind == "process" and _whole(rows) and _NUMBER.fullmatch(pid):
            unit = _running(pid, rows, units)
            short = _shortened(rows, alias)
            broker = _broker(short if short["config"] in seen.files else rows, unit)
            idle = None if unit else _starting(rows, units)
            found.append(replace(broker, pid=pid, idle=idle.name if idle else ""))
            known.add(rows["realconf"])
    for rows in places:
        if rows["realconf"] not in known:
            found.append(_broker(rows, _starting(rows, units)))
            known.add(rows["realconf"])
    return tuple(found)


def asked_place(seen: HostObservation) -> str:
    """Give the real configuration folder of the place that the user asked for; empty for none."""
    places = [rows for kind, _, rows in _blocks(seen.out(KEY)) if kind == "place"]
    return places[0].get("realconf", "") if places else ""


def read_units(seen: HostObservation) -> dict[str, Unit]:
    """Give the units that were looked at, by name."""
    found = {}
    for kind, name, rows in _blocks(seen.out(KEY)):
        if kind != "unit" or not _UNIT.fullmatch(name):
            continue
        found[name] = Unit(
            name,
            type=rows.get("isType", ""),
            user=_account(rows.get("user", "")),
            group=_account(rows.get("group", "")),
            active=rows.get("isActiveState", ""),
            sub=rows.get("isSubState", ""),
            exec=rows.get("exec", ""),
            pid=rows.get("isMainPID", ""),
            loaded=rows.get("isLoadState", "loaded") == "loaded",
        )
    return found


def unit_name(text: str) -> str:
    """Give the full name of a unit as a user writes it: `activemq` or `activemq.service`."""
    return text if not text or text.endswith(".service") else f"{text}.service"


def _blocks(text: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Part the answer into (kind, name, rows); of a key that comes twice the first one counts."""
    kind, name, rows = "", "", dict[str, str]()
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key in _KINDS:
            if kind:
                yield kind, name, rows
            kind, name, rows = key, value, {}
        elif key not in ("text", "digest"):
            rows.setdefault(key, value)
    if kind:
        yield kind, name, rows


def _whole(rows: Mapping[str, str]) -> bool:
    """Tell whether every folder is known and fit to be named to a shell and to a person."""
    return all(_PATH.fullmatch(rows.get(key, "")) for key in (*_PATHS, "realconf"))


def _account(text: str) -> str:
    return text if _ACCOUNT.fullmatch(text) else ""


def _shortened(rows: Mapping[str, str], alias: Mapping[str, str]) -> dict[str, str]:
    """Say /opt/activemq where that is a link to the home: it outlives an update."""
    real = rows["home"]
    short = alias.get(real, real)
    found = dict(rows)
    for key in _PATHS:
        if f"{rows[key]}/".startswith(f"{real}/"):
            found[key] = short + rows[key].removeprefix(real)
    if f"{rows.get('script', '')}".startswith(f"{real}/"):
        found["script"] = short + rows["script"].removeprefix(real)
    return found


def _broker(rows: Mapping[str, str], unit: Unit | None) -> Broker:
    jar = _VERSION.fullmatch(rows.get("jar", ""))
    user, group = _account(rows.get("user", "")), _account(rows.get("group", ""))
    if not user and unit is not None:
        user, group = (unit.user, unit.group) if unit.user else ("root", "root")
    cgroup = rows.get("cgroup", "")
    return Broker(
        home=rows["home"],
        base=rows["base"],
        conf=rows["conf"],
        data=rows["data"],
        config=rows["config"],
        real=rows["realconf"],
        cwd=rows.get("cwd", ""),
        user=user or _account(rows.get("owner", "")) or "root",
        group=group or "root",
        uri=rows.get("uri", ""),
        java=rows.get("java", ""),
        version=jar[1] if jar else "",
        script=rows["script"] if _PATH.fullmatch(rows.get("script", "")) else "",
        parts=rows.get("parts", ""),
        stored=rows.get("stored") == "yes",
        by_user="/user@" in cgroup and cgroup.endswith(".service"),
        key_store=rows.get("keystore", ""),
        trust_store=rows.get("truststore", ""),
        unit=unit,
    )


def _running(pid: str, rows: Mapping[str, str], units: Mapping[str, Unit]) -> Unit | None:
    """Give the unit whose process it is; one that was started by hand may be in that of sshd."""
    cgroup = rows.get("cgroup", "")
    if "user.slice" in cgroup:
        return None
    unit = units.get(next((part for part in cgroup.split("/") if _UNIT.fullmatch(part)), ""))
    if unit is None or not (unit.exec or unit.pid in (pid, rows.get("parent"))):
        return None
    return unit


def _starting(rows: Mapping[str, str], units: Mapping[str, Unit]) -> Unit | None:
    """Give the unit that starts what lies in a home."""
    homes = tuple(f"{rows[key]}/" for key in ("home", "real", "base") if rows.get(key))
    return next((unit for unit in units.values() if unit.exec.startswith(homes)), None)
