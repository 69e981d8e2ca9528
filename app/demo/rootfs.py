"""Lay out the folder that is a demo host's file system, as Debian's activemq package would."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.demo.broker import ALIVE, LIB, LOG_FILE, PID_FILE, VERSION
from app.quoting import sh

STOCK = Path(__file__).with_name("stock")
AVAILABLE = "etc/activemq/instances-available/main"
ENABLED = "etc/activemq/instances-enabled/main"
INIT = "etc/init.d/activemq"
LIBRARIES = ("activemq-stomp", "activemq-mqtt", "mqtt-client")
"""What protocols need; AMQP's are missing, as in the package."""
OS_RELEASE = 'PRETTY_NAME="Demo host (a folder on this machine)"\nNAME="Demo"\nID=demo\n'


def lay_out(root: Path, plain_port: int) -> None:
    """Make what is missing under `root`; what is there already is left as it is.

    The broker listens on `plain_port` of loopback, in the clear, until somebody edits its
    configuration.
    """
    for path in (AVAILABLE, "etc/init.d", "usr/bin", "usr/share/activemq/bin", LIB, "tmp"):
        (root / path).mkdir(parents=True, exist_ok=True)
    for path in (LOG_FILE, PID_FILE):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
    stock = (STOCK / "activemq.xml").read_text().replace("@PORT@", str(plain_port))
    _new(root / AVAILABLE / "activemq.xml", stock)
    _new(root / AVAILABLE / "log4j2.properties", (STOCK / "log4j2.properties").read_text())
    _new(root / "etc/os-release", OS_RELEASE)
    _new(root / "usr/share/activemq/version", f"{VERSION}\n")
    _new(root / "usr/share/activemq/bin/activemq.jar", "")
    for name in LIBRARIES:
        _new(root / LIB / f"{name}.jar", "")
    _new(root / "usr/bin/activemq", "#!/bin/sh\nexit 0\n", 0o755)
    enabled = root / ENABLED
    enabled.parent.mkdir(parents=True, exist_ok=True)
    if not enabled.is_symlink():
        enabled.symlink_to("../instances-available/main")
    if not (root / ALIVE).exists():
        os.mkfifo(root / ALIVE, 0o600)
    _write_init(root)


def _write_init(root: Path) -> None:
    """Write the init script anew: the folder and the interpreter may have moved."""
    text = (STOCK / "init.sh").read_text()
    text = text.replace("@ROOT@", sh(str(root))).replace("@PYTHON@", sh(sys.executable))
    script = root / INIT
    script.write_text(text)
    script.chmod(0o755)


def _new(path: Path, text: str, mode: int = 0o644) -> None:
    if not path.exists():
        path.write_text(text)
        path.chmod(mode)
