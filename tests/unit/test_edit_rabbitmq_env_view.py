"""What rabbitmq-env.conf says, read without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.edits.rabbitmq.env import EnvView, read_env

DATA = Path(__file__).parent / "data" / "rabbitmq" / "env"
WHERE = "one:/etc/rabbitmq/rabbitmq-env.conf"


def read(text: str) -> EnvView:
    return read_env(text.encode(), WHERE)


def test_an_empty_file_says_nothing() -> None:
    assert read("") == EnvView()


def test_the_guides_files_are_read() -> None:
    two = read_env((DATA / "guide-two.conf").read_bytes(), WHERE)
    flags = ("-proto_dist", "inet_tls", "-ssl_dist_optfile", "/etc/rabbitmq/inter_node_tls.config")
    path = "/usr/lib64/erlang/lib/ssl-9.4/ebin"
    assert two == EnvView(
        server=("-pa", path, *flags),
        ctl=("-pa", path, *flags),
        ssl_path=path,
        proto_dist="inet_tls",
        optfile="/etc/rabbitmq/inter_node_tls.config",
        ctl_proto_dist="inet_tls",
        ctl_optfile="/etc/rabbitmq/inter_node_tls.config",
        own_tls=True,
        server_name="SERVER_ADDITIONAL_ERL_ARGS",
        ctl_name="RABBITMQ_CTL_ERL_ARGS",
        server_line=8,
        ctl_line=12,
    )
    one = read_env((DATA / "guide-one.conf").read_bytes(), WHERE)
    assert one.optfile == ""
    assert (
        one.dist_options
        == one.ctl_dist_options
        == (
            *("server_certfile", "/path/to/combined_keys.pem", "server_password", "password"),
            *("server_secure_renegotiate", "true", "client_secure_renegotiate", "true"),
        )
    )


@pytest.mark.parametrize(
    ("text", "name", "long"),
    [
        ("NODENAME=rabbit@one\n", "rabbit@one", False),
        ("NODENAME=a\nRABBITMQ_NODENAME=b\n", "b", False),
        ("RABBITMQ_NODENAME=b\nNODENAME=a\n", "b", False),
        ("RABBITMQ_NODENAME=\nNODENAME=a\n", "a", False),
        ("NODENAME=a\nNODENAME='b c'\n", "b c", False),
        ("export NODENAME=a; USE_LONGNAME=true\n", "a", True),
        ("H=one.example.test\nNODENAME=rabbit@$H\nUSE_LONGNAME=\" Yes\"\n",
         "rabbit@one.example.test", True),
        ("NODENAME=gr\u00fc\u00df\nUSE_LONGNAME=1 # really\n", "gr\u00fc\u00df", True),
        ("USE_LONGNAME=on\n", "", False),
        ("USE_LONGNAME=true\nRABBITMQ_USE_LONGNAME=false\n", "", False),
        ("#NODENAME=a\n", "", False),
        ("NODENAME=a\nunset NODENAME\n", "", False),
        ("NODENAME=${X:-a}\nY=; NODENAME=${Y:-b}\n", "b", False),
    ],
)  # fmt: skip
def test_the_name_is_read_as_rabbitmq_takes_it(text: str, name: str, long: bool) -> None:
    view = read(text)
    assert (view.node_name, view.long_names, view.unknown) == (name, long, ())


@pytest.mark.parametrize(
    ("text", "name", "doubt"),
    [
        ("\nNODENAME=rabbit@$(hostname)\n", "rabbit@$(hostname)",
         "line 2: only a running shell knows what $(hostname) brings into NODENAME"),
        ("NODENAME=rabbit@$HOSTNAME\n", "rabbit@$HOSTNAME",
         "line 1: only a running shell knows what $HOSTNAME brings into NODENAME"),
        ("A=1\n[ $A ] && NODENAME=b\n", "", "line 2: NODENAME is set only under a condition"),
        ("NODENAME=a\n. /etc/x\n", "",
         "line 2: RABBITMQ_NODENAME may be set by the file that is read here"),
        ("NODENAME=a\r\n", "",
         "line 1: a carriage return (a line end of Windows) is part of the value: "
         "sh would hand it on"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_said(text: str, name: str, doubt: str) -> None:
    view = read(text)
    assert view.node_name == name
    assert "NODENAME" in view.unknown
    assert doubt in view.doubts


def test_files_and_arguments_are_read() -> None:
    view = read(
        "CONFIG_FILE=/srv/rabbitmq\nRABBITMQ_ADVANCED_CONFIG_FILE=/srv/advanced.config\n"
        "SERVER_ADDITIONAL_ERL_ARGS='+S 4 -proto_dist inet6_tcp'\nCTL_ERL_ARGS=\"-hidden $MORE\"\n"
    )
    assert view.config_file == "/srv/rabbitmq"
    assert view.advanced_file == "/srv/advanced.config"
    assert view.server == ("+S", "4", "-proto_dist", "inet6_tcp")
    assert (view.proto_dist, view.own_tls) == ("inet6_tcp", False)
    assert view.ctl == ("-hidden", "$MORE")
    assert view.unknown == ("CTL_ERL_ARGS",)


def test_flags_whose_value_comes_from_outside_are_shown_but_not_believed() -> None:
    view = read('SERVER_ADDITIONAL_ERL_ARGS="-proto_dist $P"\n')
    assert view.server == ("-proto_dist", "$P")
    assert view.proto_dist == ""
    assert view.unknown == ("SERVER_ADDITIONAL_ERL_ARGS",)


def test_nothing_is_ever_run(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    read(f"NODENAME=$(touch {trap})\ntouch {trap}\nA=`touch {trap}`\n>{trap}\n")
    assert not trap.exists()
