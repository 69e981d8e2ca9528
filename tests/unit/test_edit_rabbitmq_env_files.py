"""Files with the traits of real ones: edited, then sourced by RabbitMQ's own scripts and by sh."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from app.edits.rabbitmq.env import EnvEdit, edit_env
from app.errors import EditError
from tests.unit.env_files import WANTED
from tests.unit.env_shells import SHELLS, source
from tests.unit.judges import REQUIRED
from tests.unit.test_edit_rabbitmq_env_hold import same_but_for_flags

DATA = Path(__file__).parent / "data" / "rabbitmq" / "env"
FILES = sorted(path for path in DATA.iterdir() if path.name != "guide-broken.conf")
SCRIPTS = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))
WHERE = "one:/etc/rabbitmq/rabbitmq-env.conf"
FILE = WANTED[0].server
SSL = WANTED[1].ssl_path
GONE = EnvEdit((), ())


def name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("wanted", [*WANTED, GONE])
@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_shell_makes_the_same_of_it_but_for_the_flags(
    tmp_path: Path, path: Path, wanted: EnvEdit
) -> None:
    data = path.read_bytes()
    if wanted == GONE and path.name == "readonly.conf":
        with pytest.raises(EditError, match="read-only and empty"):
            edit_env(data, wanted, WHERE)
        return
    after = edit_env(data, wanted, WHERE).data
    for shell in SHELLS:
        was, now = source(data, shell, tmp_path), source(after, shell, tmp_path)
        assert was is not None
        assert now is not None
        same_but_for_flags(was, now, wanted)
    assert edit_env(after, wanted, WHERE).data == after


@pytest.mark.parametrize("path", FILES, ids=name)
def test_lines_that_set_no_flags_stay_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    after = edit_env(data, WANTED[0], WHERE).data
    managed = (b"ERL_ARGS", b"-ssl_dist", b"-proto_dist", b"ssl", b'" # CLI')
    kept = [line for line in data.split(b"\n") if not any(word in line for word in managed)]
    rest = iter(line.rstrip(b'"\\ ') for line in after.split(b"\n"))
    assert all(line.rstrip(b'"\\ ') in rest for line in kept)  # in this order


GUIDE = f"""\
# NOTE: the following path is system dependent and will change between Erlang
# versions
ERL_SSL_PATH="{SSL}"

# -pa $ERL_SSL_PATH prepends the directory ERL_SSL_PATH points at to the code path
# -proto_dist inet_tls tells the runtime to encrypt inter-node communication
# -ssl_dist_optfile tells the runtime where to find its inter-node TLS configuration file
SERVER_ADDITIONAL_ERL_ARGS="-pa $ERL_SSL_PATH
-proto_dist inet_tls
-ssl_dist_optfile /etc/rabbitmq/inter_node_tls.config"

RABBITMQ_CTL_ERL_ARGS="-pa $ERL_SSL_PATH
-proto_dist inet_tls
-ssl_dist_optfile /etc/rabbitmq/inter_node_tls.config"
"""


def test_the_guides_strategy_two_needs_only_its_path_updated() -> None:
    data = (DATA / "guide-two.conf").read_bytes()
    assert edit_env(data, EnvEdit(FILE, FILE, SSL), WHERE).data.decode() == GUIDE


def test_the_guides_strategy_one_becomes_strategy_two_in_its_place() -> None:
    data = (DATA / "guide-one.conf").read_bytes()
    edited = edit_env(data, EnvEdit(FILE, FILE), WHERE)
    flags = " ".join(FILE)
    lines = edited.data.decode().splitlines()
    assert lines[-4:] == [
        f'SERVER_ADDITIONAL_ERL_ARGS="{flags}"',
        "",
        "# Same settings as above but for CLI tools",
        f'RABBITMQ_CTL_ERL_ARGS="{flags}"',
    ]
    assert lines[:5] == data.decode().splitlines()[:5]
    assert edited.notes == ("ERL_SSL_PATH (line 5) stays, but no TLS flag needs it",)


_ENV = r"""
set -ea
RABBITMQ_SCRIPTS_DIR=$2 RABBITMQ_CONF_ENV_FILE=$1
. "$2/rabbitmq-env" >/dev/null
set -f
printf '%s\n' $RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS == $RABBITMQ_CTL_ERL_ARGS
"""


@pytest.mark.parametrize("path", FILES, ids=name)
def test_rabbitmqs_own_script_sees_the_flags(tmp_path: Path, path: Path) -> None:
    if not SCRIPTS:
        assert os.environ.get(REQUIRED) != "1", "rabbitmq-server is not installed"
        pytest.skip("rabbitmq-server is not installed")
    file = tmp_path / "rabbitmq-env.conf"
    file.write_bytes(edit_env(path.read_bytes(), WANTED[1], WHERE).data)
    done = subprocess.run(
        ["/bin/sh", "-c", _ENV, "sh", str(file), str(SCRIPTS[-1])],
        env={"PATH": os.environ["PATH"], "HOME": "/root"},
        capture_output=True,
        check=True,
        timeout=20,
    )
    server, _, ctl = done.stdout.decode("utf-8", "replace").partition("\n==\n")
    flags = "\n".join(("-pa", SSL, *FILE))
    assert flags in server
    assert flags in ctl
