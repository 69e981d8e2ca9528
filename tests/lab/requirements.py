"""Say in words why this machine cannot hold a lab, or nothing when it can."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

COMMANDS = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "nsenter": "util-linux",
    "activemq": "activemq",
    "java": "default-jre-headless",
    "sudo": "sudo",
    "perl": "perl",
}
MODULES = {"IO::Socket::SSL": "libio-socket-ssl-perl"}
SEARCH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def missing() -> str:
    """Name the first thing that is lacking: system, rights, commands, modules, overlay."""
    if sys.platform != "linux":
        return "a lab needs Linux"
    if os.geteuid() != 0:
        return "a lab needs root"
    lacking = [package for name, package in COMMANDS.items() if not shutil.which(name, path=SEARCH)]
    if "perl" not in lacking:
        lacking += [package for name, package in MODULES.items() if not _perl_has(name)]
    if lacking:
        return f"a lab needs the packages {' '.join(lacking)} (make lab-deps)"
    if "overlay" not in Path("/proc/filesystems").read_text() and not shutil.which("modprobe"):
        return "a lab needs the overlay file system"
    return ""


def _perl_has(module: str) -> bool:
    """Tell whether perl can load a module: MySQL-MMM needs one for TLS that it does not ask for."""
    words = ["perl", f"-M{module}", "-e", "1"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
