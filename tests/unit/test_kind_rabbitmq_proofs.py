"""RabbitMQ's own proofs, judged: a dial that has no TLS, and what the node that answers says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.kinds.rabbitmq.proofs import judge_cli, judge_cluster, judge_link, judge_plain
from app.observed import Output
from app.pki.authority import create_root, issue
from app.pki.names import san_entries
from app.pki.pem import pem_cert, pem_chain, pem_key
from tests.unit.erlang_nodes import Erlang, Options, erlang
from tests.unit.judges import need
from tests.unit.verify_servers import NOW, SPEC

HUB, SPOKE = "rabbit@hub", "rabbit@spoke"
OF_SPOKE = Output(
    0,
    "[{node,rabbit@spoke},{link,rabbit@hub,tls},{link,'rabbit@far.lab',tcp},\n"
    " {runs,rabbit@hub},{runs,rabbit@spoke}]\nanswered\n",
    "",
)
OF_HUB = Output(
    0, "Error: unable to connect\n[{node,rabbit@hub},{link,rabbit@spoke,tls},{runs,rabbit@hub}]", ""
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Erlang]:
    need("erl")
    need("epmd")
    with erlang() as nodes:
        root = create_root("Example", 1, "ec-p256", 30, NOW)
        spec = replace(SPEC, subject="localhost", sans=san_entries(["localhost"]))
        credential = issue(root, spec, NOW)
        nodes.write("ca.pem", pem_cert(root.cert_der))
        nodes.write("good.pem", pem_chain(credential))
        nodes.write("good.key", pem_key(credential))
        yield nodes


def test_a_dial_without_tls_is_refused_by_tls_and_by_nothing_else(lab: Erlang) -> None:
    def refused(peer: str) -> tuple[bool, str]:
        return judge_plain(Output(0, "\n".join(lab.dial(peer, ())), ""))

    both = lab.start("both", lab.optfile("both", Options(), Options()))
    assert refused(both.name) == (True, "one that knows only the cookie is refused")
    plain = lab.start("plain", ())
    assert refused(plain.name) == (False, "a dial without TLS was let in too")
    lab.cookie("stranger", "ANOTHER")
    stranger = lab.dial(plain.name, (), home="stranger")
    assert not judge_plain(Output(0, "\n".join(stranger), ""))[0]
    assert not refused("nobody@localhost")[0]
    assert not refused("nobody@nowhere.invalid")[0]


def test_the_link_is_judged_from_whichever_end_answered() -> None:
    assert judge_link(HUB, SPOKE, OF_SPOKE) == (True, f"connected to {SPOKE} over TLS")
    assert judge_link(HUB, SPOKE, OF_HUB) == (True, f"connected to {SPOKE} over TLS")
    far = judge_link("rabbit@far.lab", SPOKE, OF_SPOKE)
    assert far == (False, f"connected to {SPOKE} without TLS")
    assert judge_link("rabbit@new", SPOKE, OF_SPOKE) == (False, f"not connected to {SPOKE}")


def test_a_dial_that_failed_is_said_though_the_own_node_answers() -> None:
    assert judge_cli(OF_SPOKE)[0]
    dialled, why = judge_cli(OF_HUB)
    assert not dialled
    assert "unable to connect" in why
    assert judge_cluster((HUB, SPOKE), OF_SPOKE)[0]
    assert not judge_cluster((HUB, SPOKE), OF_HUB)[0]
