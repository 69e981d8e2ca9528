"""A proof that does not hold is asked why, by the Erlang of the host that dials; no RabbitMQ."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app import kinds
from app.findings import Finding
from app.kinds.base import Proof
from app.kinds.rabbitmq.proofs import judge_cli, judge_cluster
from app.kinds.resources import Layout
from app.model import AuthoritySpec, Host, Link, Site, Topology
from app.observed import Output
from app.pki.authority import create_root, issue
from app.pki.names import san_entries
from app.pki.pem import pem_cert, pem_chain, pem_key
from app.pki.reading import facts_of
from app.quoting import sh
from app.verify.blame import blame
from app.verify.checks import LinkCheck, Probes
from app.verify.proofs import prove, prove_why
from app.verify.result import TrustAnchors
from app.verify.whys import MOST
from tests.unit.erlang_nodes import Erlang, Node, Options, erlang
from tests.unit.judges import need
from tests.unit.verify_servers import NOW, SPEC, ShellHost, identity, made
from tests.until import until

LINK = Link("r1", "r2", "r2", 25672)


@dataclass
class ErlangHost(ShellHost):
    """Be a host whose Erlang knows the nodes of a test, with their cookie."""

    lab: Erlang | None = None

    def run(self, command: str, *, stdin: bytes = b"", seconds: float = 30.0) -> Output:
        assert self.lab is not None
        script = command.replace("/var/lib/rabbitmq", str(self.lab.folder / "home"))
        done = subprocess.run(
            ["sh", "-c", script], capture_output=True, text=True, timeout=seconds,
            env=self.lab.environ(), check=False,
        )  # fmt: skip
        return Output(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def lab() -> Iterator[Erlang]:
    need("erl")
    need("epmd")
    with erlang() as nodes:
        root = create_root("Example", 1, "ec-p256", 30, NOW)
        spec = replace(SPEC, subject="localhost", sans=san_entries(["localhost"]))
        nodes.write("ca.pem", pem_cert(root.cert_der))
        for name, one in (("good", spec), ("other", replace(spec, sans=san_entries(["other"])))):
            credential = issue(root, one, NOW)
            nodes.write(f"{name}.pem", pem_chain(credential))
            nodes.write(f"{name}.key", pem_key(credential))
        yield nodes


def probes(host: ShellHost, *logs: str) -> Probes:
    ticks = itertools.count()
    return Probes(
        now=lambda: NOW, facts=facts_of, remote=lambda name: host,
        own=lambda check: None, foreign=lambda check: identity(made()),
        token=lambda: "t0ken", logs=lambda name: logs if name == "r2" else (),
        clock=lambda: float(next(ticks)), pause=lambda seconds: None,
    )  # fmt: skip


def dialled(lab: Erlang, peer: Node, caller: Options, *logs: str) -> tuple[Finding, bool]:
    """Let r1, whose option file is `caller`, fail to prove its link to r2, which is this node."""
    lab.optfile("inter_node_tls", Options(), caller)
    hosts = {name: Host(name, "127.0.0.1", names=(name,)) for name in ("r1", "r2")}
    topology = Topology(
        "rabbitmq", "cluster", {"node": ("r1", "r2")}, (), {},
        node_options={"r1": {"node_name": "r1@localhost"}, "r2": {"node_name": peer.name}},
    )  # fmt: skip
    site = Site("t", AuthoritySpec("ca", "Example"), hosts, (topology,))
    facts = {
        "node": "r1@localhost", "folder": str(lab.folder), "user": lab.user, "ssl": "",
        "ssl_found": "yes",
    }  # fmt: skip
    layouts = {name: Layout(facts) for name in hosts}
    found = kinds.load("rabbitmq").proofs(site, topology, layouts)
    one = next(p for p in found if p.host == "r1" and p.title == "CLI tools reach the node")
    # There is no RabbitMQ behind this Erlang, and so no CLI.
    failing = replace(one, command="echo no answer", seconds=1)
    given = probes(ErlangHost(hosts["r1"], lab=lab), *logs)
    finding, known = prove_why(failing, "rabbitmq", given, lambda: False)
    check = LinkCheck(failing.link, "rabbitmq", "127.0.0.1", TrustAnchors(""))
    return (finding if known else blame(finding, check, given)), known


def test_the_caller_s_own_missing_key_is_named(lab: Erlang) -> None:
    good = lab.start("r2", lab.optfile("r2", Options(), Options()))
    finding, known = dialled(lab, good, Options(key="nope.key"), "[error] something else")
    assert known
    assert finding.verdict == "fail"
    assert "nope.key" in finding.evidence
    assert "is not there" in finding.cause
    assert finding.remedy


def test_a_name_that_the_dialled_certificate_lacks_is_named(lab: Erlang) -> None:
    other = lab.start("named", lab.optfile("named", Options(cert="other.pem", key="other.key"),
                                           Options()))  # fmt: skip
    finding, known = dialled(lab, other, Options())
    assert known
    assert "name" in finding.cause


def test_where_the_other_end_hung_up_its_log_says_why(lab: Erlang) -> None:
    node = lab.start("keyless", lab.optfile("keyless", Options(key="gone.key"), Options()))
    finding, known = dialled(lab, node, Options())
    assert not known
    assert "hung up before the handshake" in finding.cause
    until(lambda: "gone.key" in "".join(node.fresh()), 10, "the node's log")
    finding, known = dialled(lab, node, Options(), *node.fresh())
    assert not known
    assert "gone.key" in finding.evidence
    assert "hung up" not in finding.cause


def counted(path: Path, number: int = 0) -> str:
    return f": {number}; echo x >>{sh(str(path))}; echo 'CAUSE setup_timer_timeout'"


def proof(command: str, why: str) -> Proof:
    return Proof(
        LINK, "r1", "CLI", command, lambda output: ("yes" in output.out, "no answer"), 1, why
    )


def test_only_what_fails_is_asked_once_and_a_few_times_at_most(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    given = probes(ShellHost(Host("r1", "127.0.0.1")))

    def prove(command: str, number: int = 0) -> Finding:
        one = proof(command, counted(asked, number))
        return prove_why(one, "rabbitmq", given, lambda: False)[0]

    assert prove("echo yes").verdict == "ok"
    assert not asked.exists()
    first, second = prove("echo no"), prove("echo no, never")
    assert first.cause == second.cause != ""
    assert asked.read_text() == "x\n"
    for number in range(1, MOST + 2):
        last = prove("echo no", number)
    assert asked.read_text() == "x\n" * MOST
    assert (last.verdict, last.cause) == ("fail", "")


def test_what_one_proof_has_waited_the_next_does_not_wait_again(tmp_path: Path) -> None:
    tried = tmp_path / "tried"
    given = probes(ShellHost(Host("r1", "127.0.0.1")))
    slow = replace(proof(f"echo x >>{sh(str(tried))}; echo no", ""), seconds=20)
    assert prove(slow, given, lambda: False).verdict == "fail"
    before = len(tried.read_text())
    assert before > 4
    assert prove(slow, given, lambda: False, since=given.clock() - 20).verdict == "fail"
    assert len(tried.read_text()) == before + 2


def test_an_answer_that_nobody_knows_changes_nothing(tmp_path: Path) -> None:
    given = probes(ShellHost(Host("r1", "127.0.0.1")))
    plain, _ = prove_why(proof("echo no", ""), "rabbitmq", given, lambda: False)
    for why in ("echo RESULT pong", "exit 1"):
        found = prove_why(proof("echo no", why), "rabbitmq", given, lambda: False)
        assert found == (plain, False)


def test_of_a_cli_tool_s_long_advice_the_error_itself_is_told() -> None:
    said = (
        "Error: unable to perform an operation on node 'rabbit@r1'. Please see diagnostics "
        "information and suggestions below.\n\nMost common reasons for this are:\n\n"
        " * Target node is unreachable\n\nCurrent node details:\n * Erlang cookie hash: QdWuR9==\n"
    )
    holds, evidence = judge_cluster(("rabbit@r1",), Output(69, said))
    assert not holds
    assert evidence.startswith("Error: unable to perform")
    assert "cookie" not in evidence
    assert judge_cli(Output(0, "Error:\nFailed to connect to rabbit@r1 in 15000 ms\nmore"))[1] == (
        "Error: Failed to connect to rabbit@r1 in 15000 ms"
    )
    assert judge_cli(Output(0, "one\ntwo"))[1] == "one two"
