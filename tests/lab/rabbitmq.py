"""Work with Debian's RabbitMQ on lab hosts: form a cluster, publish, count, watch the wire."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pika
from pika.exceptions import AMQPError

from tests.lab.host import LabHost
from tests.until import until

USER, WORD = "tester", "not-a-secret"
PORT, DIST = 5672, 25672
START_SECONDS = 120
PACE = 0.1
"""Seconds between two messages of the traffic: each is written three times, and read."""
QUORUM = {"x-queue-type": "quorum"}
QUEUES = ("quorum", "mirrored")
PAIR = ("mirrored",)
"""The queues of two nodes that restart one by one: a quorum of two has none to spare."""


def ctl(host: LabHost, *words: str, check: bool = True) -> str:
    """Run rabbitmqctl on a host and give what it prints."""
    done = host.run(["rabbitmqctl", "-q", *words], check=check, timeout=180)
    return done.stdout.strip()


def start(hosts: Sequence[LabHost]) -> None:
    """Start the node of every host at once and wait until each is up."""
    for host in hosts:
        host.run(["systemctl", "--no-block", "start", "rabbitmq-server"])
    for host in hosts:
        until(partial(up, host), START_SECONDS, f"the node of {host.name}")


def restart(host: LabHost) -> None:
    """Restart one node and wait until it is up."""
    host.run("systemctl reset-failed rabbitmq-server; systemctl stop rabbitmq-server", check=False)
    start([host])


def up(host: LabHost) -> bool:
    """Tell whether systemd knows the node as started."""
    command = ["systemctl", "is-active", "rabbitmq-server"]
    return host.run(command, check=False).stdout.strip() == "active"


def cluster(
    hosts: Sequence[LabHost], queues: Sequence[str] = QUEUES, *, long_names: bool = False
) -> None:
    """Make one cluster of stock nodes, with a user and 50 messages in each queue.

    Nodes find each other and their user at their first start, since each call of a CLI tool takes
    a second of a core.
    """
    domain = ".lab.test" if long_names else ""
    if long_names:
        for host in hosts:
            host.run(f"hostname {host.name}.lab.test; echo {host.name}.lab.test >/etc/hostname")
            host.run("echo USE_LONGNAME=true >>/etc/rabbitmq/rabbitmq-env.conf")
    first, *others = hosts
    _form([first], f"load_definitions = {FORMING}.json\n")
    found = f"cluster_formation.classic_config.nodes.1 = rabbit@{first.name}{domain}\n"
    _form(others, found)
    with channel(first) as open_:
        open_.confirm_delivery()
        for queue in queues:
            arguments = QUORUM if queue == "quorum" else None
            open_.queue_declare(queue, durable=True, arguments=arguments)
            for number in range(50):
                publish(open_, queue, f"{queue} {number}")


FORMING = "/var/tmp/forming"
_DEFINITIONS = {
    "vhosts": [{"name": "/"}],
    "users": [
        {"name": USER, "password": WORD, "tags": "",
         "hashing_algorithm": "rabbit_password_hashing_sha256"},
    ],
    "permissions": [
        {"user": USER, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
    ],
    "policies": [
        {"vhost": "/", "name": "mirrored", "pattern": "^mirrored", "apply-to": "all",
         "priority": 0, "definition": {"ha-mode": "all"}},
    ],
}  # fmt: skip


def _form(hosts: Sequence[LabHost], settings: str) -> None:
    """Start nodes for the first time with settings that /etc never holds."""
    variable = "RABBITMQ_CONFIG_FILE"
    for host in hosts:
        host.path(f"{FORMING}.conf").write_text(settings)
        host.path(f"{FORMING}.json").write_text(json.dumps(_DEFINITIONS))
        host.run(["systemctl", "set-environment", f"{variable}={FORMING}.conf"])
    start(hosts)
    for host in hosts:
        host.run(["systemctl", "unset-environment", variable])


@contextmanager
def channel(host: LabHost) -> Iterator[Any]:
    """Open a channel to a host's node over plain AMQP."""
    login = pika.PlainCredentials(USER, WORD)
    where = pika.ConnectionParameters(
        host.address, PORT, credentials=login, socket_timeout=5, blocked_connection_timeout=10
    )
    with closing(pika.BlockingConnection(where)) as connection:
        yield connection.channel()


def greets_over_tls(host: LabHost, given: Path, *, certificate: bool) -> bool:
    """Tell whether a client gets a connection over TLS, with an exported credential or without."""
    context = ssl.create_default_context(cafile=str(given / "ca.pem"))
    if certificate:
        context.load_cert_chain(given / "client.cert.pem", given / "client.key.pem")
    where = pika.ConnectionParameters(
        host.address, 5671, credentials=pika.PlainCredentials(USER, WORD),
        ssl_options=pika.SSLOptions(context, f"{host.name}.lab.test"), socket_timeout=5,
    )  # fmt: skip
    try:
        with closing(pika.BlockingConnection(where)) as connection:
            return bool(connection.is_open)
    except (AMQPError, OSError):
        return False


def publish(channel: Any, queue: str, text: str) -> None:
    """Publish one persistent message, which the broker must confirm."""
    properties = pika.BasicProperties(delivery_mode=2)
    channel.basic_publish("", queue, text.encode(), properties, mandatory=True)


def messages(host: LabHost, queue: str) -> list[str]:
    """Give the texts that wait in a queue, and leave them there: in another order, it may be."""
    found: list[str] = []
    with channel(host) as open_:
        while True:
            method, _, body = open_.basic_get(queue)
            if method is None:
                return found
            found.append(body.decode())


def kept(hosts: Sequence[LabHost], queues: Sequence[str] = QUEUES) -> bool:
    """Tell whether the queues hold all that cluster() put there, once each, from every node.

    What one look took comes back to its queue a moment after the look.
    """
    wanted = {name: sorted(f"{name} {n}" for n in range(50)) for name in queues}

    def holds(host: LabHost) -> bool:
        return {name: sorted(messages(host, name)) for name in wanted} == wanted

    for host in hosts:
        until(partial(holds, host), 30, f"every message, seen from {host.name}")
    return True


def behind(host: LabHost) -> list[str]:
    """Name the queues of a cluster that lack an online member."""
    rows = json.loads(ctl(host, "list_queues", "name", "type", "members", "online",
                          "--formatter", "json"))  # fmt: skip
    return [
        row["name"] for row in rows
        if row["type"] == "quorum" and set(row["members"]) != set(row["online"])
    ]  # fmt: skip


_JOINED = (
    'io:format("~p~n", [[{lists:last(string:split(atom_to_list(N), "@")), '
    "length(rpc:call(N, rabbit_mnesia, cluster_nodes, [running])), "
    "[element(4, proplists:get_value(address, I)) || "
    "{P, I} <- element(2, rpc:call(N, net_kernel, nodes_info, [])), "
    "lists:member(P, rpc:call(N, erlang, nodes, []))]} || N <- lists:sort([node() | nodes()])]])."
)


def all_over(transport: str, hosts: Sequence[LabHost]) -> bool:
    """Tell whether each node sees every other run, and speaks to it over this transport alone.

    One call asks the first for what each knows, since each call takes seconds of a core.
    """
    said = "".join(ctl(hosts[0], "eval", _JOINED).rpartition("]")[0].split())
    links = f"[{','.join([transport] * (len(hosts) - 1))}]"
    names = sorted(host.run(["hostname"]).stdout.strip() for host in hosts)
    wanted = ",".join(f'{{"{name}",{len(hosts)},{links}}}' for name in names)
    assert said == f"[{wanted}", said
    return True


def life(host: LabHost) -> str:
    """Give number and start of the node's process: another value after any restart."""
    pid = host.run(["systemctl", "show", "-p", "MainPID", "--value", "rabbitmq-server"])
    text = host.run(f"cat /proc/{pid.stdout.strip()}/stat").stdout
    return f"{text.split()[0]} {text.rpartition(')')[2].split()[19]}"


@dataclass
class Traffic:
    """Publish to whatever node answers until told to stop; remembers what was confirmed."""

    hosts: Sequence[LabHost]
    confirmed: list[int] = field(default_factory=list)
    refused: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Traffic:
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._thread.start()
        until(lambda: len(self.confirmed) > 5, 30, "the first confirmed messages")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join(60)

    def lost(self) -> set[int]:
        """Give the confirmed messages that no longer wait in the queue."""
        return set(self.confirmed) - {int(text) for text in messages(self.hosts[0], "traffic")}

    def _publish(self) -> None:
        number, turn = 0, 0
        while not self._over.is_set():
            try:
                with channel(self.hosts[turn % len(self.hosts)]) as open_:
                    open_.confirm_delivery()
                    open_.queue_declare("traffic", durable=True, arguments=QUORUM)
                    while not self._over.is_set():
                        number += 1
                        publish(open_, "traffic", str(number))
                        self.confirmed.append(number)
                        self._over.wait(PACE)
            except (AMQPError, OSError):
                self.refused += 1
                turn += 1
                self._over.wait(0.3)


@contextmanager
def captured(host: LabHost, port: int = DIST) -> Iterator[Callable[[], bytes]]:
    """Capture what crosses a host's cable on a port; gives a function that returns the bytes."""
    path = "/root/capture.pcap"
    what = f"'tcp port {port} or tcp portrange 6000-6500'"
    words = f"exec tcpdump --immediate-mode -Z root -q -U -s 0 -i eth0 -w {path} {what}"
    pid = host.run(f"({words}) >/dev/null 2>&1 & echo $!").stdout.strip()
    until(lambda: host.path(path).exists() and host.path(path).stat().st_size >= 24, 20, "tcpdump")

    def read() -> bytes:
        until(lambda: host.path(path).stat().st_size > 5000, 30, "packets on the cable")
        return host.path(path).read_bytes()

    try:
        yield read
    finally:
        host.run(["kill", pid], check=False)
