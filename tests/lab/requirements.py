"""Say in words why this machine cannot hold a lab, or nothing when it can."""

from __future__ import annotations

import os
import shutil
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
}
SEARCH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def missing() -> str:
    """Name the first thing that is lacking: system, rights, commands, overlay file system."""
    if sys.platform != "linux":
        return "a lab needs Linux"
    if os.geteuid() != 0:
        return "a lab needs root"
    lacking = [package for name, package in COMMANDS.items() if not shutil.which(name, path=SEARCH)]
    if lacking:
        return f"a lab needs the packages {' '.join(lacking)} (make lab-deps)"
    if "overlay" not in Path("/proc/filesystems").read_text() and not shutil.which("modprobe"):
        return "a lab needs the overlay file system"
    return ""
