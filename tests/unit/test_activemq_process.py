"""A broker of upstream's is started, judged and stopped by its process; or by the user's commands.

The snippets are those that a host would run, over a folder that stands for its file system, with a
start script that begins a real process with the arguments of a broker.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app import kinds
from app.kinds.activemq.activation import activation
from app.kinds.resources import Activation
from app.site.load import parse_site
from tests.unit.test_activemq_layouts import SITE, look, unpack

KIND = kinds.load("activemq")
SCRIPT = """#!/bin/sh
[ "$1" = start ] || exit 9
home=$(cd "$(dirname "$0")/.." && pwd -P)
echo "$*" >>"$home/data/started"
{python} -c 'import time; time.sleep(60)' -Dactivemq.home="$home/" -Dactivemq.conf="$home//conf" \\
  -jar "$home/bin/activemq.jar" "$@" >/dev/null 2>&1 &
"""


def made(root: Path, **options: str) -> Activation:
    """Give the commands for the broker that is found below a root."""
    site = parse_site(SITE.replace("OPTIONS", str(options) if options else "{}"), "site.yaml")
    layout, _ = look(root, **options)
    assert layout.problems == ()
    return activation(KIND.nodes(site, site.topologies[0])[0], layout, listens=False)


def run(snippet: str, root: Path) -> tuple[int, str]:
    """Run a snippet as a host would, from a folder that is nobody's."""
    done = subprocess.run(
        ["sh", "-c", snippet], env={**os.environ, "ROOT": str(root)}, cwd="/", text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host with upstream's archive, whose script starts something that lives a minute."""
    unpack(tmp_path, "/opt/activemq")
    script = tmp_path / "opt/activemq/bin/activemq"
    script.write_text(SCRIPT.replace("{python}", sys.executable))
    script.chmod(0o755)
    return tmp_path


def test_a_broker_is_started_judged_and_stopped_by_its_process(root: Path) -> None:
    broker = made(root)
    code, said = run(broker.check, root)
    assert (code, "process is gone" in said) == (3, True)
    log = root / "opt/activemq/data/activemq.log"
    log.write_text("INFO | fine\nCaused by: java.io.IOException: keystore password was incorrect\n")
    assert "keystore password was incorrect" in run(broker.check, root)[1]
    assert run(broker.start, root) == (0, "")
    try:
        code, said = run(broker.check, root)
        assert (code, "listens on no port yet" in said) == (1, True)
        assert look(root)[0].facts["running"] == "yes"
    finally:
        assert run(broker.stop, root) == (0, "")
    assert run(broker.check, root)[0] == 3
    assert (root / "opt/activemq/data/started").read_text() == "start\n"
    assert run(broker.stop, root) == (0, "")


def test_another_broker_of_the_host_is_left_alone(root: Path) -> None:
    first = made(root)
    other = unpack(root, "/srv/other")
    (other / "bin/activemq").write_text((root / "opt/activemq/bin/activemq").read_text())
    second = made(root, home="/srv/other")
    assert run(first.start, root)[0] == run(second.start, root)[0] == 0
    try:
        assert run(first.stop, root) == (0, "")
        assert run(first.check, root)[0] == 3
        assert run(second.check, root)[0] == 1
    finally:
        assert run(second.stop, root) == (0, "")
        run(first.stop, root)
    assert run(second.check, root)[0] == 3


def test_the_users_own_commands_are_run_as_they_were_written(root: Path) -> None:
    """Quotes, expansions and line breaks are the user's; nothing of the host gets into them."""
    start = 'printf \'%s\\n\' "$(echo it\\\'s up)" \\\n  >"$ROOT/said"'
    status = '[ -e "$ROOT/said" ] || { echo "not yet"; exit 3; }'
    site = parse_site(SITE.replace("OPTIONS", "{}"), "site.yaml")
    node = KIND.nodes(site, site.topologies[0])[0]
    options = {"start_command": start, "stop_command": 'rm "$ROOT/said"', "status_command": status}
    node = replace(node, options={**node.options, **options})
    own = activation(node, look(root)[0], listens=True)
    assert (own.start, own.stop) == (start, options["stop_command"])
    assert own.own == tuple((key, options[key]) for key in
                            ("stop_command", "start_command", "status_command"))  # fmt: skip
    assert run(own.check, root) == (3, "not yet\n")
    assert run(own.start, root) == (0, "")
    assert (root / "said").read_text() == "it's up\n"
    assert run(own.check, root) == (0, "")
    assert run(own.stop, root) == (0, "")
    assert run(own.check, root)[0] == 3


def test_a_broker_that_only_the_user_can_start_is_taken_with_his_commands(tmp_path: Path) -> None:
    home = unpack(tmp_path, "/data/mq")
    (home / "bin/activemq").unlink()
    options = {"conf": "/data/mq/conf"}
    assert "neither a unit nor" in look(tmp_path, **options)[0].problems[0]
    layout, _ = look(tmp_path, **options, start_command="mq up", stop_command="mq down")
    assert layout.problems == ()
    assert layout.facts["product"].endswith("started by a command of your own")
