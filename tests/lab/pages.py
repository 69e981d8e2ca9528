"""Bring a bundle to a host and follow its page of steps, as a person would."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from tests.lab.host import LabHost
from tests.lab.site import Site

_COMMAND = re.compile(r"    (\S.*)")


def carried(site: Site, host: LabHost, folder: str, *words: str) -> None:
    """Make a bundle and unpack it on the host, as whoever carries it would.

    `folder` is /root/NAME/HOST-KIND, where NAME is any.
    """
    name = folder.split("/")[2]
    path = site.directory.parent / f"{name}.zip"
    site.run("export", "bundle", host.name, "--out", str(path), *words, expect=0)
    assert path.stat().st_mode & 0o777 == 0o600
    host.path(f"/root/{name}.zip").write_bytes(path.read_bytes())
    host.ssh(f"umask 077 && unzip -q /root/{name}.zip -d /root/{name}")


def commands(page: str, section: str) -> list[str]:
    """Give the indented lines of a section, whose heading is underlined with hyphens."""
    lines = page.splitlines()
    heads = [i for i in range(1, len(lines)) if re.fullmatch("-{3,}", lines[i])]
    starts = {lines[i - 1].strip(): i + 1 for i in heads}
    first = starts[section]
    last = min((i - 1 for i in heads if i > first), default=len(lines))
    found = (_COMMAND.fullmatch(line) for line in lines[first:last])
    return [one[1] for one in found if one]


def follow(
    site: Site, host: LabHost, folder: str, section: str, only: Sequence[str] = ()
) -> list[str]:
    """Type each command of a section of a host's page; gives what was printed, in order.

    Those of tlswright are typed at the control machine, with a yes where it would ask.  `only`
    names the first words of the commands to type.
    """
    page = host.path(f"{folder}/README.txt").read_text()
    said: list[str] = []
    for command in commands(page, section):
        if only and not command.startswith(tuple(only)):
            continue
        if command.startswith("tlswright "):
            words = shlex.split(command)[1:]
            yes = ["--yes"] if words[0] == "apply" else []
            said.append(site.run(*words, *yes, expect=0).stdout)
        else:
            said.append(host.ssh(f"cd {folder} && {command}", timeout=300).stdout)
    return said
