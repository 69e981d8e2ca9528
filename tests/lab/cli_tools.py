"""RabbitMQ's CLI tools for lab hosts: the real ones, less the commands that nothing here calls.

Every call of one loads every command that it has, to see which there are: 164 modules, inflated one
by one and compiled anew.  What is left out here is no code that a test runs.
"""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache
from pathlib import Path

TOOLS = "usr/lib/rabbitmq/lib/rabbitmq_server-*/escript/rabbitmq*"
CALLED = frozenset((
    "CheckIfNodeIsMirrorSyncCritical", "CheckIfNodeIsQuorumCritical", "CheckVirtualHosts",
    "ClusterStatus", "Drain", "Eval", "Help", "ListQueues", "Listeners", "Ping", "Revive", "Status",
    "Stop", "Version",
))  # fmt: skip
_COMMAND = r"Elixir\.RabbitMQ\.CLI\.\w+\.Commands\.(\w+?)(?:Command)?"


def lighten(top: Path, upper: Path) -> None:
    """Write the tools of `top` into the upper layer of an overlay, as one file with its names."""
    first: Path | None = None
    for tool in sorted(top.glob(TOOLS)):
        mine = upper / tool.relative_to(top)
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.parent.chmod(0o755)
        if first is None:
            mine.write_bytes(_less(tool))
            mine.chmod(0o755)
            first = mine
        else:
            mine.hardlink_to(first)


@cache
def _less(tool: Path) -> bytes:
    """Give a tool, a script before an archive, without commands and without compression."""
    data = tool.read_bytes()
    start = data.index(b"PK\x03\x04")
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data[start:])) as old, zipfile.ZipFile(made, "w") as new:
        for one in old.infolist():
            found = re.fullmatch(rf"{_COMMAND}\.beam", one.filename)
            if found is None or found[1] in CALLED:
                new.writestr(one.filename, _named(old.read(one)) if _lists(one) else old.read(one))
    return data[:start] + made.getvalue()


def _lists(one: zipfile.ZipInfo) -> bool:
    return one.filename == "rabbitmqctl.app"


def _named(application: bytes) -> bytes:
    """Take the same commands from the list of the application's modules."""

    def kept(found: re.Match[str]) -> str:
        return found[0] if found[1] in CALLED else ""

    return re.sub(rf"'{_COMMAND}',\s*", kept, application.decode()).encode()
