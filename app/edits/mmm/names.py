"""The names of MMM's configuration files."""

from __future__ import annotations

import posixpath
import re

_CLUSTER = re.compile(r"mmm_(?:agent|mon|tools|common)_(.+)\.conf")


def cluster_of(path: str) -> str:
    """Give the cluster that a file such as mmm_mon_CLUSTER.conf is for, or nothing."""
    found = _CLUSTER.fullmatch(posixpath.basename(path))
    return found[1] if found and found[1] != "log" else ""


def start_file(role: str, cluster: str = "") -> str:
    """Give the name of the file that a daemon starts from: `agent`, `mon` or `tools`."""
    return f"mmm_{role}_{cluster}.conf" if cluster else f"mmm_{role}.conf"
