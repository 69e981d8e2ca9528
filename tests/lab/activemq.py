"""Work with Debian's stock ActiveMQ on lab hosts: start it, send and receive, prove a bridge.

Messages go to the broker's own plain port (openwire.py). Those of the package's command line client
cost a second of a core each, one process of Java; it is used where it is to judge, and with stores.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.lab import openwire
from tests.lab.host import LabHost
from tests.until import until

PORT = 61616
LOCAL = f"tcp://127.0.0.1:{PORT}"
INSTANCE = "main"
START_SECONDS = 60
CROSS_SECONDS = 45
SEND_SECONDS = 30
RECEIVED = "Received "

# log4j 1.2 is what Debian binds; without appenders the client would not print what it receives.
_LOGGING = """\
log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%m%n
"""
# Passwords come by standard input, as a user's would; the first argument is the time limit.
_CLIENT = """\
set -eu
umask 077
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/options"
printf %s "$LOGGING" >"$dir/log4j.properties"
limit=$1
shift
timeout "$limit" java -Xmx64m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \\
    -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote @"$dir/options" \\
    -Dlog4j.configuration=file:"$dir/log4j.properties" -Dactivemq.home=/usr/share/activemq \\
    -Dactivemq.base="$dir" -Dactivemq.conf="$dir" \\
    -jar /usr/share/activemq/bin/activemq.jar "$@"
"""


class MessageFailed(Exception):
    """The client could not connect, send or receive; the text is what it printed."""


@dataclass(frozen=True)
class Stores:
    """PKCS12 or JKS stores on the host for a client that speaks TLS; key may be left out."""

    trust: str
    trust_password: str
    key: str = ""
    key_password: str = ""

    def options(self) -> str:
        """Give them as Java system properties, one a line, for an options file."""
        pairs = [("trustStore", self.trust), ("trustStorePassword", self.trust_password)]
        if self.key:
            pairs += [("keyStore", self.key), ("keyStorePassword", self.key_password)]
        return "".join(f'"-Djavax.net.ssl.{name}={value}"\n' for name, value in pairs)


def start_all(hosts: Iterable[LabHost], instance: str = INSTANCE) -> None:
    """Enable the stock instance on all hosts at once and wait until each listens.

    restart, not start: Debian's unit is "active (exited)" since the boot without instances, and
    start of an active unit does nothing.
    """
    started = list(hosts)
    for host in started:
        link = f"/etc/activemq/instances-enabled/{instance}"
        host.run(["ln", "-sfn", f"/etc/activemq/instances-available/{instance}", link])
        host.run(["systemctl", "--no-block", "restart", "activemq"])
    for host in started:
        wait_for_port(host, PORT)
        wait_for_unit(host)


def wait_for_port(host: LabHost, port: int, seconds: float = START_SECONDS) -> None:
    """Wait until something on the host listens on a TCP port, on whatever address."""
    until(lambda: listens(host, port), seconds, f"port {port} on {host.name}")


def wait_for_unit(host: LabHost, seconds: float = START_SECONDS) -> None:
    """Wait until systemd is done with the start job, which the broker's port does not tell."""
    command = ["systemctl", "is-active", "activemq"]
    until(
        lambda: host.run(command, check=False).stdout.strip() == "active",
        seconds,
        f"the end of the start job on {host.name}",
    )


def listens(host: LabHost, port: int) -> bool:
    """Say whether a process of the host listens on a TCP port."""
    return bool(host.run(["ss", "-Hlnt", f"sport = :{port}"]).stdout.strip())


def broker_pid(host: LabHost, instance: str = INSTANCE) -> int | None:
    """Give the process number (inside the host) of a running broker, from its pid file."""
    text = host.run(f"cat /run/activemq/{shlex.quote(instance)}.pid", check=False).stdout.strip()
    if text and not host.run(["kill", "-0", text], check=False).returncode:
        return int(text)
    return None


def broker_log(host: LabHost, instance: str = INSTANCE) -> str:
    """Give the broker's log, or nothing: the stock package writes none."""
    path = host.path(f"/var/lib/activemq/{instance}/data/activemq.log")
    return path.read_text(errors="replace") if path.exists() else ""


def send(host: LabHost, queue: str, text: str) -> None:
    """Send one text message into a host's broker; raises MessageFailed."""
    with _session(host, SEND_SECONDS) as session:
        session.send(queue, text)


def receive(host: LabHost, queue: str, *, seconds: float = SEND_SECONDS) -> str:
    """Take one text message out of a host's broker; raises MessageFailed when none comes."""
    with _session(host, seconds) as session:
        return session.receive(queue)


@contextmanager
def _session(host: LabHost, seconds: float) -> Iterator[openwire.Client]:
    try:
        with host.dial(PORT, seconds) as connected:
            yield openwire.Client(connected)
    except (OSError, EOFError, openwire.Refused) as error:
        raise MessageFailed(f"{type(error).__name__}: {error}") from error


def java_send(
    host: LabHost, queue: str, text: str, *, url: str = LOCAL, stores: Stores | None = None
) -> None:
    """Send one text message by Java's client on the host; raises MessageFailed."""
    done = _client(host, "producer", queue, url, stores, SEND_SECONDS, ["--message", text])
    if done.returncode:
        raise MessageFailed(_reason(done))


def java_receive(host: LabHost, queue: str) -> str:
    """Receive one text message by Java's client on the host; raises MessageFailed."""
    done = _client(host, "consumer", queue, LOCAL, None, SEND_SECONDS, [])
    for line in done.stdout.splitlines():
        before, found, text = line.partition(RECEIVED)
        if found and before.startswith("consumer-"):
            return text
    raise MessageFailed(_reason(done))


def crosses(source: LabHost, target: LabHost, mark: str, seconds: float = CROSS_SECONDS) -> bool:
    """Say whether a message that is sent into source's broker comes out of target's.

    mark names the queue too, so use a new one each time: demand from an earlier try would linger.
    """
    queue = f"lab.{mark}"
    send(source, queue, mark)
    try:
        return receive(target, queue, seconds=seconds) == mark
    except MessageFailed:
        return False


def _client(
    host: LabHost,
    verb: str,
    queue: str,
    url: str,
    stores: Stores | None,
    seconds: int,
    more: list[str],
) -> subprocess.CompletedProcess[str]:
    words = [verb, "--brokerUrl", url, "--destination", f"queue://{queue}", "--messageCount", "1"]
    shell = ["/usr/bin/env", f"LOGGING={_LOGGING}", "/bin/sh", "-c", _CLIENT, "client"]
    options = stores.options() if stores else ""
    command = [*shell, str(seconds), *words, *more]
    return host.run(command, check=False, input=options, timeout=seconds + 30)


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stdout.splitlines() + done.stderr.splitlines() if line]
    causes = [line for line in lines if line.startswith(("ERROR", "Caused by"))]
    return "; ".join(causes or lines[-3:]) or f"nothing came (code {done.returncode})"
