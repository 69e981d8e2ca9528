"""Write the ready-made site of the demo: a hub, two spokes, and how to reach them."""

from __future__ import annotations

import getpass
import json

from app.demo.place import DemoHost, Place
from app.demo.rootfs import INIT

HEAD = """\
# The demo's site: three hosts that are folders on this machine, reached over SSH on loopback.
# It is an ordinary site; `root` is the folder that stands for each host's file system.
version: 1
site: demo
authority:
  trust: ca
  name: Demo
hosts:
"""
COMMANDS = tuple((f"{verb}_command", f'"$ROOT/{INIT}" {verb}') for verb in
                 ("stop", "start", "status"))  # fmt: skip


def site_text(place: Place, hosts: tuple[DemoHost, ...], keys: dict[str, str]) -> str:
    """Return site.yaml; `keys` are the public host keys by host name.

    Every scalar is written as JSON, which is YAML too, so that no path can be misread.
    """
    rows = [HEAD]
    for host in hosts:
        rows.append(f"  {host.name}:\n")
        rows += [f"    {key}: {json.dumps(value)}\n" for key, value in _host(place, host, keys)]
    hub, *spokes = (host.name for host in hosts)
    rows.append("topologies:\n  - kind: activemq\n    shape: hub-spoke\n    roles:\n")
    rows.append(f"      hub: {json.dumps([hub])}\n      spoke: {json.dumps(spokes)}\n")
    rows.append("    nodes:\n")
    for host in hosts:
        rows.append(f"      {host.name}:\n        port: {host.tls}\n")
        rows += [f"        {key}: {json.dumps(value)}\n" for key, value in COMMANDS]
    return "".join(rows)


def _host(place: Place, host: DemoHost, keys: dict[str, str]) -> tuple[tuple[str, object], ...]:
    return (
        ("address", "127.0.0.1"),
        ("port", host.ssh),
        ("user", getpass.getuser()),
        ("identity", str(place.client_key)),
        ("names", ["127.0.0.1", f"{host.name}.demo.test"]),
        ("host_key", keys[host.name]),
        ("root", str(place.root(host.name))),
    )
