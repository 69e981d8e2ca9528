"""Which broker of a host is meant, and what is known of it: Debian's instances, or upstream's.

The options `instance`, `home`, `base` and `conf` decide; without them the only one there is, or
the only one that runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.edits.activemq import BrokerView, SslView, meant, read_broker
from app.edits.mask import mask
from app.errors import EditError
from app.kinds.activemq import debian, upstream
from app.kinds.activemq.brokers import KEY, Broker, asked_place, read_brokers, unit_name
from app.kinds.activemq.clients import PROTOCOLS, lacks
from app.kinds.activemq.jvm import DEFAULTS, NAMES, JvmStore, Role, jvm_stores
from app.kinds.activemq.paths import store_path
from app.kinds.resources import Layout
from app.model import Node
from app.observed import HostObservation, Survey
from app.quoting import calm, sh
from app.rendering import render_template

PORTS = ("port", *(f"{protocol}_port" for protocol in PROTOCOLS))
PLACES = ("home", "base", "conf")
TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - compared, never written to
OWN = ("start_command", "status_command")


def survey(node: Node, ports: Mapping[str, int]) -> Survey:
    """Give what to read on a host, with who holds each port, by the option that says which."""
    asked = {key: sh(str(node.options[key]).rstrip("/")) for key in PLACES}
    unit = sh(unit_name(str(node.options["service"])))
    commands = [(KEY, render_template("activemq/see-brokers.sh.j2", unit=unit, **asked))]
    for key, port in ports.items():
        commands.append((key, render_template("activemq/port.sh.j2", port=port)))
    return debian.SURVEY.merged(Survey(commands=tuple(commands), leads=(KEY,)))


def find_layout(node: Node, seen: HostObservation) -> Layout:
    """Say which broker was found, who runs it, and what stands in the way."""
    found = _choose(node, seen)
    if isinstance(found, str):
        return Layout({}, problems=(found,))
    chosen, others = found
    if isinstance(chosen, debian.Instance):
        facts = debian.facts(chosen, len(debian.enabled(seen)), seen)
        return _layout(node, facts, _place(chosen), seen, others)
    broker, problem = upstream.named_unit(node, chosen, seen)
    if problem:
        return Layout({}, problems=(problem,))
    return _layout(
        node,
        upstream.facts(node, broker, seen),
        _place(broker),
        seen,
        others + upstream.warnings(broker),
        upstream.problems(node, broker),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Say where the broker that is meant has its file, and what its Java is told.

    `known` are its system properties, `cwd` its working directory, empty where it is not known;
    `settings` are the files that its start script reads, `running` the stores that its process was
    given.
    """

    config: str
    known: Mapping[str, str]
    cwd: str
    settings: tuple[str, ...]
    running: Mapping[Role, str]


def place_of(node: Node, seen: HostObservation) -> Place | None:
    """Say where the broker that is meant is; None where none can be told."""
    found = _choose(node, seen)
    return None if isinstance(found, str) else _place(found[0])


def _place(one: debian.Instance | Broker) -> Place:
    if isinstance(one, debian.Instance):
        return Place(one.config, one.known, "", (one.options, DEFAULTS), {})
    known = upstream.known_of(one)
    return Place(one.config, known, one.cwd, upstream.settings_of(one), upstream.stores_of(one))


def of_java(place: Place, ssl: SslView | None, seen: HostObservation) -> Mapping[Role, JvmStore]:
    """Give the stores that the broker's Java is told of, as far as its file leaves them to it.

    An sslContext of its own has no key but the one that it names.
    """
    files = [(path, seen.file(path).data) for path in place.settings]
    found = jvm_stores(files, place.known, place.running)
    return {role: one for role, one in found.items() if ssl is None or role == "trust"}


def _choose(
    node: Node, seen: HostObservation
) -> tuple[debian.Instance | Broker, tuple[str, ...]] | str:
    """Give the broker that is meant, with what is to be said of others, or say why none is."""
    instances, wanted = debian.enabled(seen), str(node.options["instance"])
    if any(node.options[key] for key in PLACES):
        return _asked(node, seen)
    brokers = () if wanted else tuple(one for one in read_brokers(seen) if not _anybodys(one))
    service = unit_name(str(node.options["service"]))
    if mine := [one for one in brokers if service and service in (_unit(one), one.idle)]:
        instances, brokers = {}, tuple(mine)
    if not brokers:
        problem = _debian_problem(seen, instances, wanted)
        return problem or (instances[wanted or next(iter(instances))], ())
    pool: list[debian.Instance | Broker] = [*instances.values(), *brokers]
    if len(pool) == 1:
        return pool[0], ()
    alive = [one for one in pool if _alive(one, seen)]
    if len(alive) != 1:
        names = ", ".join(_label(one) for one in pool)
        which = "run" if len(alive) > 1 else "were found, and none runs"
        return f"several brokers {which} ({names}): set option instance, home or base for this host"
    others = ", ".join(_label(one) for one in pool if one is not alive[0])
    return alive[0], (f"there is also {others}, which does not run: it is left alone",)


def _asked(node: Node, seen: HostObservation) -> tuple[Broker, tuple[str, ...]] | str:
    place = asked_place(seen)
    found = next((one for one in read_brokers(seen) if place and one.real == place), None)
    if found is not None:
        return found, ()
    said = ", ".join(f"{key} {node.options[key]}" for key in PLACES if node.options[key])
    return f"no broker's configuration was found there ({calm(said, 300)})"


def _debian_problem(
    seen: HostObservation, instances: dict[str, debian.Instance], wanted: str
) -> str:
    if not instances and not debian.installed(seen):
        return (
            "no ActiveMQ found: neither Debian's package, nor a broker that runs, nor one in /opt, "
            "/usr/local, /srv or /home: set option home for this host"
        )
    if not instances:
        link = f"link one from {debian.AVAILABLE} into {debian.ENABLED}"
        return f"no ActiveMQ instance is enabled: {link}"
    if wanted and wanted not in instances:
        return f"the instance {wanted} is not enabled; there is {', '.join(instances)}"
    if not wanted and len(instances) > 1:
        return f"several instances are enabled ({', '.join(instances)}): set option instance"
    return ""


def _anybodys(one: Broker) -> bool:
    """Tell whether anybody on the host can have put it there: such a one has to be asked for."""
    return any(f"{path}/".startswith(TEMPORARY) for path in (one.home, one.base, one.conf))


def _unit(one: Broker) -> str:
    return one.unit.name if one.unit else ""


def _alive(one: debian.Instance | Broker, seen: HostObservation) -> bool:
    if isinstance(one, Broker):
        return bool(one.pid)
    return debian.running(one.name, seen) == "yes"


def _label(one: debian.Instance | Broker) -> str:
    if isinstance(one, debian.Instance):
        return f"Debian's instance {one.name}"
    return calm(one.base, 200)


def _layout(
    node: Node,
    facts: dict[str, str],
    place: Place,
    seen: HostObservation,
    warnings: tuple[str, ...],
    problems: tuple[str, ...] = (),
) -> Layout:
    """Read the broker's file, and put together what is known of it."""
    file = seen.file(facts["config"])
    if file.data is None:
        return Layout({}, problems=(f"{facts['config']} is missing or cannot be read",))
    try:
        view = read_broker(file.data, facts["config"])
    except EditError as error:
        return Layout({}, problems=(f"{error} ({error.hint})" if error.hint else str(error),))
    if any(node.options[key] for key in OWN):
        facts["running"] = ""
    facts["broker_name"] = calm(view.broker_name or "", 200) or "localhost"
    facts["stores"] = _stores(view, facts, place, seen)
    name = node.host if facts["broker_name"] == "localhost" else facts["broker_name"]
    if meant(name) is None:
        # Only the broker knows what its placeholder stands for; it differs from host to host.
        name = f"{name} on {node.host}"
    taken = (_port_taken(node, key, facts, seen) for key in PORTS)
    home = facts.get("home") or facts["data"].removesuffix("/data")
    lacking = lacks(node, facts["parts"], f"{home}/lib")
    return Layout(
        facts,
        warnings=(*warnings, *_warnings(node, view, facts, seen)),
        problems=(*problems, *filter(None, taken), *lacking),
        unique={"broker name": name},
        stale="it does not run" if facts["running"] == "no" else "",
    )


def _stores(view: BrokerView, facts: dict[str, str], place: Place, seen: HostObservation) -> str:
    """Say which key and trust store the broker uses now, and where they lie."""
    ours = f"{facts['folder']}/tls/"
    java = of_java(place, view.ssl, seen)
    found = []
    for role, name in NAMES.items():
        value = view.ssl.get(name) if view.ssl else None
        if not value:
            found += [f"{name} {mask(java[role].value)} of Java"] if role in java else []
            continue
        path = store_path(value, place.known, place.cwd, lambda one: seen.file(one).type == "file")
        if path is None:
            found.append(f"{name} {mask(value)}")
        elif not path.startswith(ours):
            found.append(f"{name} {path}")
    return calm("; ".join(found), 500)


def _port_taken(node: Node, key: str, facts: dict[str, str], seen: HostObservation) -> str:
    """Say who else holds a port that the broker is to have; empty when nobody does."""
    what, _, who = seen.out(key).partition(" ")
    port, remedy = node.options[key], f"end it, or set option {key} for this host"
    if what == "instance" and who != facts["instance"]:
        return f"port {port} is held by the instance {calm(who, 60)}: {remedy}"
    mine = facts.get("pid") and who.endswith(f"process {facts['pid']}")
    if what == "other" and not mine:
        return f"port {port} is held by {calm(who, 100) or 'another program'}: {remedy}"
    return ""


def _warnings(
    node: Node, view: BrokerView, facts: dict[str, str], seen: HostObservation
) -> tuple[str, ...]:
    store = str(node.options["store_format"])
    found = list(upstream.version_notes(facts["version"], facts["java"], store))
    if facts["java"] == "not found" or (not seen.tools.get("java") and seen.tools):
        found.append("no java in the path of the login")
    stock = facts["broker_name"] == "localhost"
    if facts["stores"]:
        found.append(
            f"it uses other stores now ({facts['stores']}): new ones are made beside them; "
            "`tlswright adopt` shows what they hold, and keeps of it what is still needed"
        )
    if stock and facts["stored"]:
        found.append(
            "the broker is renamed from localhost and has run before: durable subscribers that "
            "other brokers hold on it under the old name do not follow"
        )
    if stock and view.store_follows_name and view.persistent:
        found.append(
            "its message store lies in a folder named after the broker: messages that wait "
            "there stay behind when the broker is renamed"
        )
    return tuple(found)
