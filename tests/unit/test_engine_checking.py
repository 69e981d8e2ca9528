"""One look at a host: what the wizard's step shows of it, and which names the product has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from app import kinds
from app.engine.checking import HostCheck, check_host
from app.errors import HostError, HostKeyError, LoginError, UnreachableError
from app.model import Host, Scalar
from app.observed import HostObservation, Output, Survey
from app.remote.base import Ack, Member, Transaction
from app.site.convert import alone
from app.site.draft import Draft, set_host, set_kind, set_option
from app.site.typed_hosts import add_hosts

NODE = {
    "rabbitmq-version": "version=3.10.8",
    "rabbitmq-erlang": "ssl=/usr/lib/erlang/lib/ssl-10.8.7/ebin\nfound=yes\notp=25.2.3",
    "rabbitmq-unit": "load=loaded",
    "rabbitmq-process": "pid=87\nproto=",
    "rabbitmq-names": "short=r1\nlong=r1.mq.test\nport=25672",
    "name": "r1.mq.test",
    "addresses": "10.0.0.1 ::1",
}


@dataclass
class Told:
    """A connection that answers every survey with the same, and remembers which was asked."""

    host: Host
    outputs: Mapping[str, str]
    asked: list[Survey] = field(default_factory=list)
    closed: int = 0

    def watch(self, tell: Callable[[str], None]) -> None:
        """Tell nothing."""

    def observe(self, survey: Survey) -> HostObservation:
        self.asked.append(survey)
        outputs = {key: Output(0, text) for key, text in self.outputs.items()}
        now = datetime(2026, 5, 4, tzinfo=UTC)
        return HostObservation(
            self.host.name, now, {}, outputs, {}, "root", "Debian 12", 0.0, 1 << 30
        )

    def run(self, command: str, *, stdin: bytes = b"", seconds: float = 30.0) -> Output:
        raise AssertionError(command)

    def begin(self, member: Member) -> Transaction:
        raise AssertionError(member)

    def finish(self, transaction: str, how: str) -> Ack:
        raise AssertionError(transaction)

    def close(self) -> None:
        self.closed += 1


@dataclass
class Lines:
    """Open that connection, or refuse it."""

    outputs: Mapping[str, str] = field(default_factory=lambda: NODE)
    error: HostError | None = None
    opened: list[Told] = field(default_factory=list)

    def connect(self, host: Host) -> Told:
        if self.error is not None:
            raise self.error
        self.opened.append(Told(host, self.outputs))
        return self.opened[-1]


def cluster(hosts: str = "r1=10.0.0.1 r2=10.0.0.2") -> Draft:
    return add_hosts(set_kind(Draft(site="q"), "rabbitmq", kinds), hosts, kinds)


def look(draft: Draft, outputs: Mapping[str, str] = NODE, host: str = "r1") -> HostCheck:
    lines = Lines(outputs)
    found = check_host(alone(draft, host), lines)
    assert [told.closed for told in lines.opened] == [1]
    return found


def test_a_node_is_ready_though_its_names_are_not_answered_yet() -> None:
    found = look(cluster())
    assert (found.state, found.text, found.names) == ("ok", "RabbitMQ 3.10.8", ("r1",))
    assert found.facts["node"] == "rabbit@r1"
    assert found.facts["transport"] == "plain"
    assert found.facts["names"] == "r1.mq.test 10.0.0.1"
    assert list(found.facts)[:3] == ["product", "node", "transport"]


def test_a_node_name_that_is_not_the_nodes_own_is_told_with_the_real_one() -> None:
    draft = set_option(cluster(), "node_name", "rabbit@elsewhere", "r1")
    found = look(draft)
    assert (found.state, found.names) == ("unfit", ("r1",))
    assert "the node calls itself rabbit@r1, not rabbit@elsewhere" in found.text
    assert look(set_host(cluster(), "r1", names=("wrong",))).state == "ok"


@pytest.mark.parametrize(
    ("options", "host", "port", "state"),
    [({}, "", 25672, "unfit"), ({"dist_port": 25999}, "", 25999, "ok"),
     ({"dist_port": 25999}, "r1", 25999, "ok"), ({"dist_port": 25999}, "r2", 25672, "unfit")],
)  # fmt: skip
def test_the_options_that_a_host_is_to_have_are_looked_with(
    options: dict[str, Scalar], host: str, port: int, state: str
) -> None:
    draft = cluster()
    for key, value in options.items():
        draft = set_option(draft, key, value, host)
    site = alone(draft, "r1")
    (node,) = kinds.load("rabbitmq").nodes(site, site.topologies[0])
    assert node.port == port
    outputs = {**NODE, "rabbitmq-names": "short=r1\nlong=r1\nport=25999"}
    assert look(draft, outputs).state == state


def test_a_host_without_the_product_says_so() -> None:
    found = look(cluster(), {})
    assert (found.state, found.names) == ("no-product", ())
    assert "no RabbitMQ server found" in found.text


def test_a_name_that_no_certificate_holds_is_not_offered() -> None:
    for name in ("a b", "$(id)", "x" * 300, "-"):
        names = f"short={name}\nlong={name}\nport=25672"
        assert look(cluster(), {**NODE, "rabbitmq-names": names}).names == ()


def test_a_host_that_a_person_brings_its_files_to_is_not_connected_to() -> None:
    site = alone(cluster(), "r1")
    site = replace(site, hosts={"r1": replace(site.hosts["r1"], reach="bundle")})
    lines = Lines()
    found = check_host(site, lines)
    assert (found.state, lines.opened) == ("by-hand", [])
    assert found.hint == "tlswright export bundle r1"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UnreachableError("no", host="r1"), "unreachable"),
        (LoginError("no", host="r1", step="sudo"), "sudo"),
        (LoginError("refused", host="r1", step="login"), "login"),
        (HostError("no", host="r1"), "failed"),
        (HostKeyError("new", host="r1", offered="", pinned=""), "new-key"),
    ],
)
def test_what_stands_in_the_way_is_named(error: HostError, state: str) -> None:
    assert check_host(alone(cluster(), "r1"), Lines(error=error)).state == state


def test_every_product_can_be_looked_at_with_one_host_alone() -> None:
    for name in kinds.names():
        draft = add_hosts(set_kind(Draft(site="s"), name, kinds), "a b c", kinds)
        for host in draft.host_names:
            assert check_host(alone(draft, host), Lines({})).state == "no-product"
