"""The files of a host that runs MMM 2.x, and an edit that the rules have judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.edits.mmm.v2 import SocketWant, all_candidates, edit_socket, read_conf
from tests.unit import mmm_rules

WANTED = SocketWant("/t/cert.pem", "/t/key.pem", "/t/ca.pem")
VALUES = {
    "type": "ssl", "cert_file": "/t/cert.pem", "key_file": "/t/key.pem", "ca_file": "/t/ca.pem",
}  # fmt: skip
SECTION = """\
<socket>
    type        ssl
    cert_file   /t/cert.pem
    key_file    /t/key.pem
    ca_file     /t/ca.pem
</socket>
"""
ETC = "/etc/mysql-mmm/"
COMMON, AGENT, MON = (f"{ETC}mmm_{name}.conf" for name in ("common", "agent", "mon"))
COMMON_TEXT = """\
active_master_role      writer

<host default>
    cluster_interface       eth0
    agent_port              9990
    agent_password          sEcReT
</host>

<host db1>
    ip      192.0.2.1
    mode    master
    peer    db2
</host>

<host db2>
    ip      192.0.2.2
    mode    master
    peer    db1
    agent_port 9991
</host>

<role writer>
    hosts   db1, db2
    ips     192.0.2.10
    mode    exclusive
</role>
"""
AGENT_TEXT = "include mmm_common.conf\n\n# this host\nthis db1\n"
MON_TEXT = """\
include mmm_common.conf

<monitor>
    ip                  192.0.2.9
    pid_path            /run/mmm_mond.pid
    ping_ips            192.0.2.1,192.0.2.2

    # kill_host_bin     /usr/libexec/kill_host
</monitor>

debug 0
"""
STARTS = ("mmm_agent.conf", "mmm_mon.conf")


def host(texts: Mapping[str, str] = MappingProxyType({})) -> dict[str, bytes | None]:
    """Give a host's files: all that a survey asks for, present or not."""
    base = {COMMON: COMMON_TEXT, AGENT: AGENT_TEXT, MON: MON_TEXT} | dict(texts)
    return dict.fromkeys(all_candidates()) | {p: t.encode() for p, t in base.items()}


def alone(text: str) -> dict[str, bytes | None]:
    return dict.fromkeys(all_candidates()) | {AGENT: text.encode()}


def edited(
    files: dict[str, bytes | None], starts: tuple[str, ...] = ("mmm_agent.conf",)
) -> dict[str, str]:
    """Edit, let the rules judge, and give the files that changed."""
    result = edit_socket(files, starts, WANTED)
    after = files | dict(result.files)
    for start in starts:
        assert mmm_rules.two(after, start)["socket"] == VALUES
    assert edit_socket(after, starts, WANTED).files == {}
    return {path: data.decode() for path, data in result.files.items()}


def traps(files: dict[str, bytes | None], start: str = "mmm_agent.conf") -> list[str]:
    return [f"{t.id} {t.line} {t.weight}" for t in read_conf(files, start).traps]
