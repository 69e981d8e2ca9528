"""Every snippet of MMM is a script for any POSIX shell, and every program in it is Perl."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.kinds.base import Guard
from app.rendering import render_template
from tests.unit.judges import need
from tests.unit.mmm_local import SHELLS
from tests.unit.mmm_plans import KIND, World

TEMPLATES = Path(__file__).parents[2] / "templates/mmm"
GUARDS: tuple[Guard, ...] = ("", "set", "hold", "lift")
HOSTILE = "a'; touch /tmp/owned; 'b"


def scripts(world: World) -> list[str]:
    """Give every snippet that a site runs on its hosts."""
    site, topology = world.site, world.site.topologies[0]
    nodes = KIND.nodes(site, topology)
    layouts = {node.host: world.layout(node.host) for node in nodes}
    found = [text for node in nodes for _, text in KIND.survey(site, node).commands]
    for node in nodes:
        for guard in GUARDS:
            made = KIND.activation(site, node, layouts[node.host], guard=guard)
            found += [made.stop, made.start, made.check, made.logs]
    found += [proof.command for proof in KIND.proofs(site, topology, layouts)]
    return list(dict.fromkeys(filter(None, found)))


@pytest.mark.parametrize("shell", [*SHELLS, "sh"])
def test_shells_read_them(shell: str) -> None:
    need(shell)
    world = World()
    # A name that files of the host say, and that may be anything but blank.
    world.write("a1", "/etc/mysql-mmm/mmm_agent.conf", f"include mmm_common.conf\nthis {HOSTILE}\n")
    found = scripts(world)
    assert len(found) > 15
    for text in found:
        done = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), text


@pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.glob("*.pl.j2")))
def test_perl_reads_them(name: str) -> None:
    need("perl")
    text = render_template(f"mmm/{name}")
    # They stand between single quotes.
    assert "'" not in text
    done = subprocess.run(["perl", "-c", "-"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "- syntax OK\n")


def test_all_of_them_are_used() -> None:
    names = {path.name for path in TEMPLATES.iterdir() if path.suffix == ".j2"}
    sources = "".join(path.read_text() for path in TEMPLATES.iterdir())
    for path in Path(__file__).parents[2].glob("app/kinds/mmm/*.py"):
        sources += path.read_text()
    spoken = {name for name in names if f"mmm/{name}" in sources}
    made = {"check-agent", "check-monitor", "see-version", "see-unit", "see-port", "see-monitor"}
    made |= {"start", "stop", "logs", "guard", "check-guard"}
    assert names - spoken == {f"{name}.sh.j2" for name in made}
