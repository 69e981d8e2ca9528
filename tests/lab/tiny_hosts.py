"""Put the small service in the place of ActiveMQ's JVM on lab hosts, and ask it who it is.

Everything else of the broker stays Debian's: script, unit, user, configuration.  It starts in a
tenth of a second, so that a fault costs what the fault costs.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.lab import activemq, footprint, tls
from tests.lab.host import LabHost
from tests.lab.overlay import BROKER
from tests.until import until

HERE = Path(__file__).parent
DEMO = HERE.parents[1] / "app/demo"
PROGRAM, LIBRARY, SETTINGS = "/usr/bin/activemq", "/usr/lib/tiny/app", "/etc/tiny.conf"
CONFIG = "/etc/activemq/instances-available/main/activemq.xml"
PLAIN, TLS = 61616, 61617
KEPT = ("/etc/activemq", footprint.STATE)


def install(hosts: Iterable[LabHost]) -> None:
    """Put the program and what it imports on hosts, and start it."""
    every = list(hosts)
    for host in every:
        host.path(f"{LIBRARY}/demo").mkdir(parents=True)
        for part in DEMO.glob("*.py"):
            shutil.copy(part, host.path(f"{LIBRARY}/demo"))
        program = host.path(PROGRAM)
        program.unlink()
        shutil.copy(HERE / "tiny/broker.py", program)
        program.chmod(0o755)
        # Debian's script sleeps for five seconds after a start, for a JVM's sake.
        options = host.path(str(BROKER))
        options.write_text(options.read_text().replace("STARTTIME=5", "STARTTIME=0"))
    activemq.start_all(every)


def behave(host: LabHost, **settings: object) -> None:
    """Let the service of a host misbehave from its next start on, with new files only."""
    now = hashlib.sha256(host.path(CONFIG).read_bytes()).hexdigest()
    rows = {**settings, "UNLESS": now}
    host.path(SETTINGS).write_text("".join(f"{key}={value}\n" for key, value in rows.items()))


def behave_now(host: LabHost, **settings: object) -> None:
    """Let the service of a host misbehave at once: it starts anew."""
    host.path(SETTINGS).write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
    restart(host)


def restart(host: LabHost) -> None:
    """Kill the service, start it, and wait until it answers."""
    host.run("kill -9 $(cat /run/activemq/main.pid); rm -f /run/activemq/main.pid", check=False)
    host.run(["systemctl", "restart", "activemq"])
    until(lambda: shown(host), 60, f"the service of {host.name}")


def shown(host: LabHost) -> str:
    """Give the SHA-256 of the certificate that the service presents, `plain` where it has no TLS
    port but greets in plain text, and empty where it does not answer."""
    try:
        return footprint.presented(host, TLS)
    except OSError:
        pass
    try:
        return "" if tls.plain_refused(host.address, PLAIN) else "plain"
    except OSError:
        return ""
