"""What a RabbitMQ node looks like on a host, and how it is read.

What runs counts, not what is written: the transport comes from the command line of the running
Erlang virtual machine, the node's name and port from epmd, the members from the node itself.
Sources: rabbitmq-server's rabbitmq-env, rabbitmq-defaults and unit file (3.10.8, Debian 12).
"""

from __future__ import annotations

import json
import re

from app.edits.rabbitmq.env import EnvView, read_env
from app.errors import EditError
from app.kinds.rabbitmq.topology import host_part
from app.kinds.resources import Layout
from app.model import Node
from app.observed import HostObservation, Survey
from app.quoting import calm, sh
from app.rendering import render_template

ENV = "rabbitmq-env.conf"
OPTFILE = "inter_node_tls.config"
CONFIGS = ("rabbitmq.conf", "conf.d/*.conf", "advanced.config", "rabbitmq.config")
_PAIRS = {"node.key": "node.pem", "client.key": "client.pem", "combined.pem": "combined.pem"}
_PUBLIC = ("ca.pem", "node.pem", "client.pem")
_OVERRIDES = ("SERVER_ADDITIONAL_ERL_ARGS", "CONF_ENV_FILE")
_TLS = "inet_tls"
_STRANGE = re.compile(r"[^A-Za-z0-9_./+-]")


def survey(node: Node) -> Survey:
    """Give what to read on a node's host: files, the unit, what runs, and the cluster it is in."""
    folder = str(node.options["folder"])
    values = {
        "unit": sh(str(node.options["service"])), "folder": sh(folder), "port": node.port,
        "node": sh(str(node.options["node_name"])),
    }  # fmt: skip
    names = ("account", "version", "erlang", "unit", "process", "names", "cluster", "port", "pairs")
    public = tuple(f"tls/{name}" for name in _PUBLIC)
    return Survey(
        digests=tuple(f"{folder}/tls/{name}" for name in _PAIRS),
        texts=tuple(f"{folder}/{name}" for name in (ENV, OPTFILE, *CONFIGS, *public)),
        commands=tuple(
            (f"rabbitmq-{name}", render_template(f"rabbitmq/see-{name}.sh.j2", **values))
            for name in names
        ),
        command_seconds=20,
        needs=("awk", "hostname", "ss"),
    )


def find_layout(node: Node, seen: HostObservation) -> Layout:
    """Say what was found of RabbitMQ on a host, and what stands in the way."""
    folder = str(node.options["folder"])
    account = seen.pairs("rabbitmq-account")
    version, erlang = seen.pairs("rabbitmq-version"), seen.pairs("rabbitmq-erlang")
    if not version.get("version"):
        return Layout({}, problems=("no RabbitMQ server found on this host",))
    if not erlang.get("ssl"):
        return Layout({}, problems=(
            "Erlang's ssl application is missing: install erlang-ssl (Debian) or the whole of "
            "Erlang/OTP", ))  # fmt: skip
    path = f"{folder}/{ENV}"
    file = seen.file(path)
    try:
        env = read_env(file.data or b"", path)
    except EditError as error:
        return Layout({}, problems=(f"{error} ({error.hint})" if error.hint else str(error),))
    process, unit = seen.pairs("rabbitmq-process"), seen.pairs("rabbitmq-unit")
    facts = {
        "product": f"RabbitMQ {calm(version['version'], 40)}",
        "node": str(node.options["node_name"]),
        "transport": _transport(process, ours=seen.file(f"{folder}/tls/ca.pem").type == "file"),
        "running": "yes" if process.get("pid") else "no",
        "erlang": f"Erlang/OTP {calm(erlang.get('otp', '?'), 20)}",
        "folder": folder,
        "owner": "root",
        "group": calm(account.get("group", ""), 40) or "rabbitmq",
        "user": calm(account.get("user", ""), 40) or "rabbitmq",
        "ssl": calm(erlang.get("ssl", ""), 300),
        "ssl_found": calm(erlang.get("found", ""), 10),
    }
    problems = (
        *_name_problems(node, env, seen), *_unit_problems(unit), *_paths(facts),
        *_cookie_problem(seen),
    )  # fmt: skip
    old = _old_path(path, facts, env)
    return Layout(
        facts,
        warnings=(*filter(None, (old,)), *_warnings(facts, unit, seen)),
        problems=problems or _port_problem(node, seen),
        unique={"node name": facts["node"]},
        company={"node name": _cluster(seen).get("members", ())},
        parts_from=_parts_from(facts, seen),
        names=_dialled(env, seen),
        stale=_stale(facts, env) or old,
        certificates=_certificates(folder, seen),
        faults=_faults(folder, seen),
    )


def _certificates(folder: str, seen: HostObservation) -> dict[str, bytes]:
    """Give the certificate of each file that holds one of the node's."""
    paths = (f"{folder}/tls/{name}" for name in _PAIRS.values())
    found = {path: seen.file(path).data or b"" for path in paths}
    _, begin, rest = seen.out("rabbitmq-pairs").partition("-----BEGIN CERTIFICATE-----")
    found[f"{folder}/tls/combined.pem"] = f"{begin}{rest}\n".encode()
    return {path: data for path, data in found.items() if seen.file(path).type == "file"}


def _faults(folder: str, seen: HostObservation) -> dict[str, str]:
    """Say of both files of a pair that key and certificate do not belong together."""
    said, found = seen.pairs("rabbitmq-pairs"), dict[str, str]()
    for key, certificate in _PAIRS.items():
        if said.get(key) == "no":
            words = "the key does not belong to the certificate"
            found[f"{folder}/tls/{key}"] = f"{words} in {certificate}"
            found[f"{folder}/tls/{certificate}"] = f"{words}: it is not the one in {key}"
    return found


def _parts_from(facts: dict[str, str], seen: HostObservation) -> dict[str, tuple[str, ...]]:
    """Name the members that run without TLS as this node does: the change must take all along."""
    if facts["transport"] != "plain":
        return {}
    others = (name for name in _cluster(seen).get("running", ()) if name != facts["node"])
    return {"node name": tuple(others)}


def _transport(process: dict[str, str], *, ours: bool) -> str:
    """Say what the node runs with now: `tls`, `plain`, `down`, or `tls of others`.

    Two sets of certificates that do not know each other part a cluster as plain and TLS do.
    """
    if not process.get("pid"):
        return "down"
    if process.get("proto", "") != _TLS:
        return "plain"
    return "tls" if ours else "tls of others"


def _stale(facts: dict[str, str], env: EnvView) -> str:
    """Say why the node must start again though its files are right; empty when it need not."""
    if facts["transport"] == "down":
        return "it does not run"
    if env.proto_dist == _TLS and facts["transport"] == "plain":
        return "it still runs without TLS, though its files say otherwise"
    return ""


def _old_path(path: str, facts: dict[str, str], env: EnvView) -> str:
    """Say that an upgrade of Erlang has left ERL_SSL_PATH behind."""
    used = env.ssl_path in (*env.server, *env.ctl)
    if not used or not facts["ssl"] or env.ssl_path == facts["ssl"]:
        return ""
    return (
        f"ERL_SSL_PATH in {path} went stale: it names {calm(env.ssl_path, 200)}, and this Erlang "
        f"has its ssl in {facts['ssl']}: the next start would fail; tlswright apply mends it"
    )


def _name_problems(node: Node, env: EnvView, seen: HostObservation) -> tuple[str, ...]:
    """Compare the name that we put into certificates with the one that the node has."""
    wanted = str(node.options["node_name"])
    found = _real_name(env, seen)
    if not found or found == wanted:
        return ()
    host = host_part(found)
    return (
        f"the node calls itself {calm(found, 200)}, not {wanted}: give the host the name "
        f"{calm(host, 200)} first in site.yaml (names: [{calm(host, 200)}, …]), since that is "
        "what Erlang dials",
    )  # fmt: skip


def _dialled(env: EnvView, seen: HostObservation) -> tuple[str, ...]:
    """Give the name that Erlang on other hosts dials, where it is known."""
    host = host_part(_real_name(env, seen))
    return (calm(host, 200),) if host else ()


def _real_name(env: EnvView, seen: HostObservation) -> str:
    """Give the name that the node calls itself; empty where only a shell could tell."""
    if "NODENAME" in env.unknown or "USE_LONGNAME" in env.unknown:
        return ""
    names = seen.pairs("rabbitmq-names")
    short, long = names.get("short", ""), names.get("long", "")
    host = long if env.long_names else short
    written = env.node_name or "rabbit"
    return written if "@" in written else f"{written}@{host}" if host else ""


def _unit_problems(unit: dict[str, str]) -> tuple[str, ...]:
    if unit.get("load", "") not in ("loaded", ""):
        return ("there is no such systemd unit: set option service for this host",)
    found = [name for name in _OVERRIDES if f"RABBITMQ_{name}=" in unit.get("environment", "")]
    return tuple(
        f"the unit's environment sets RABBITMQ_{name}, which overrides {ENV}: the node would "
        "start without TLS and say nothing. Take it out of the unit (systemctl edit) first"
        for name in found
    )


def _paths(facts: dict[str, str]) -> tuple[str, ...]:
    if _STRANGE.search(facts["folder"]):
        return (f"{facts['folder']}: RabbitMQ's scripts expand paths unquoted, so they may hold "
                "only letters, digits and . _ + - /",)  # fmt: skip
    return ()


def _cookie_problem(seen: HostObservation) -> tuple[str, ...]:
    """Refuse a node that would come up as a stranger: it keeps its cookie only while it runs."""
    if seen.out("rabbitmq-cluster") != '{"cookie": "refused"}':
        return ()
    return (
        "the running node refuses the Erlang cookie that its CLI tools read: it runs with another "
        "than the one in /var/lib/rabbitmq/.erlang.cookie (and /root/.erlang.cookie), and would "
        "come up outside of its cluster. Put back the cookie that the other nodes have first",
    )


def _port_problem(node: Node, seen: HostObservation) -> tuple[str, ...]:
    real = seen.pairs("rabbitmq-names").get("port", "")
    if real.isdigit() and int(real) != node.port:
        return (f"the node listens for its peers on port {real}, not {node.port}: set option "
                "dist_port",)  # fmt: skip
    return ()


def _warnings(
    facts: dict[str, str], unit: dict[str, str], seen: HostObservation
) -> tuple[str, ...]:
    cluster, found = _cluster(seen), []
    if facts["transport"] == "down":
        found.append("the node does not run: its cluster cannot be asked for its members")
    if cluster.get("partitions"):
        found.append("the cluster is partitioned: heal it first, a restart can lose messages")
    missing = sorted(set(cluster.get("members", ())) - set(cluster.get("running", ())))
    if cluster and missing:
        found.append(f"members that do not run: {', '.join(missing)}")
    if seen.pairs("rabbitmq-port").get("stream"):
        found.append("stream replication (ports 6000 to 6500) takes its TLS from the same options")
    return tuple(found)


def _cluster(seen: HostObservation) -> dict[str, tuple[str, ...]]:
    """Read what the node says of its cluster; empty when it could not be asked."""
    try:
        said = json.loads(seen.out("rabbitmq-cluster") or "{}")
        if not isinstance(said, dict) or not said:
            return {}
        return {
            "members": _names(said.get("disk_nodes", [])) + _names(said.get("ram_nodes", [])),
            "running": _names(said.get("running_nodes", [])),
            "partitions": _names(list(said.get("partitions") or {})),
        }
    except (ValueError, TypeError, RecursionError):
        return {}


def _names(values: object) -> tuple[str, ...]:
    return tuple(calm(str(v), 300) for v in values) if isinstance(values, list) else ()
