"""Whole links: servers, stores and a shell of this machine, and the findings about them."""

from __future__ import annotations

import itertools
import shutil
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import UnreachableError
from app.findings import Finding
from app.kinds.base import Proof
from app.model import Host, Link
from app.observed import Output
from app.pki.reading import facts_of
from app.pki.secret import Secret
from app.pki.stores import key_store, trust_store
from app.remote.base import Remote
from app.verify import rows
from app.verify.blame import about
from app.verify.checks import ClientCheck, LinkCheck, Probes
from app.verify.links import verify_link, verify_site
from app.verify.plain import probe_plain
from app.verify.probe import probe_tls
from app.verify.remote_probe import HostStore, RemoteDial
from app.verify.result import Identity, TlsResult, TrustAnchors
from app.verify.rows import Expected
from tests.unit import verify_servers as lab

ALL = (*rows.POSITIVE, *rows.NEGATIVE)
SHELL = lab.ShellHost(Host("spoke-a", "127.0.0.1"))
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not installed"
)


def quick(
    address: str,
    port: int,
    *,
    name: str,
    trust: TrustAnchors | None,
    identity: Identity | None = None,
    hello: bytes = b"",
    newest: str = "",
) -> TlsResult:
    return probe_tls(
        address, port, name=name, trust=trust, identity=identity, hello=hello, newest=newest,
        quiet=0.3,
    )  # fmt: skip


def stranger() -> Identity:
    return lab.identity(lab.made(replace(lab.SPEC, issuer="Stranger")))


def probes(
    remote: Remote | None = None,
    own: Identity | None = None,
    logs: Callable[[str], tuple[str, ...]] = lambda host: (),
) -> Probes:
    ticks = itertools.count()
    return Probes(
        now=lambda: lab.NOW,
        facts=facts_of,
        remote=lambda host: remote,
        own=lambda check: own,
        foreign=lambda check: stranger(),
        token=lambda: "t0ken",
        logs=logs,
        tls=quick,
        plain=lambda address, port: probe_plain(address, port, quiet=0.3),
        clock=lambda: float(next(ticks)),
        pause=lambda seconds: None,
    )


def check(port: int, **changes: object) -> LinkCheck:
    link = Link("spoke-a", "hub", "localhost", port)
    facts = lab.made().facts()
    whole = LinkCheck(
        link, "activemq", "127.0.0.1", lab.trust(), Expected(facts.sha256, facts.issuer, 1)
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def stores(folder: Path, port: int) -> RemoteDial:
    password = Secret("Abcdef123456")
    (folder / "key").write_bytes(key_store(lab.made(), "PKCS12", password, "spoke-a"))
    trusted = trust_store({"ca": lab.root().cert_der}, "PKCS12", password)
    (folder / "trust").write_bytes(trusted)
    key, trust = (HostStore(str(folder / n), "PKCS12", password) for n in ("key", "trust"))
    return RemoteDial("localhost", port, key, trust, quiet=1)


def verdicts(found: list[Finding]) -> dict[str, str]:
    return {finding.tried: finding.verdict for finding in found}


def test_a_right_link_is_green_from_here() -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        found = list(verify_link(check(port), (), probes(own=lab.identity(lab.made()))))
    assert verdicts(found) == dict.fromkeys(ALL, "ok")
    assert "probe certificate from here: its host cannot be asked" in found[0].evidence
    assert {finding.source for finding in found} == {"control"}


@needs_openssl
def test_a_right_link_is_green_from_its_own_host(tmp_path: Path) -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        asked = check(port, dial=stores(tmp_path, port))
        found = list(verify_link(asked, (), probes(SHELL)))
    assert verdicts(found) == dict.fromkeys(ALL, "ok")
    assert found[0].source == "spoke-a"


@needs_openssl
def test_a_store_that_does_not_open_fails_and_is_not_hidden_by_a_probe_from_here(
    tmp_path: Path,
) -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        dial = stores(tmp_path, port)
        locked = replace(dial, key=replace(dial.key, password=Secret("another-one")))
        own = lab.identity(lab.made())
        found = list(verify_link(check(port, dial=locked), (), probes(SHELL, own)))
    assert found[0].verdict == "fail"
    assert "password" in found[0].evidence


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_asks_nobody_is_found_out(version: ssl.TLSVersion) -> None:
    with lab.tls_server(lab.made(), version=version) as port:
        found = list(verify_link(check(port), (), probes(own=lab.identity(lab.made()))))
    seen = verdicts(found)
    assert (seen[rows.NO_CERTIFICATE], seen[rows.FOREIGN]) == ("fail", "fail")
    assert "needClientAuth=true" in next(f for f in found if f.tried == rows.NO_CERTIFICATE).remedy


def test_a_server_that_refuses_everybody_gets_no_green_for_it() -> None:
    log = (
        "ERROR | Could not accept connection from tcp://10.9.9.9:1: Empty client certificate chain",
        "ERROR | Could not accept connection from tcp://127.0.0.1:9: PKIX path building failed: x",
    )
    others = lab.trust(lab.named("Other").cert_der)
    with lab.tls_server(lab.made(), clients=others) as port:
        given = probes(own=lab.identity(lab.made()), logs=lambda host: log)
        found = list(verify_link(check(port, seen_as=("127.0.0.1",)), (), given))
    seen = verdicts(found)
    assert seen[rows.HANDSHAKE] == "fail"
    assert (seen[rows.NO_CERTIFICATE], seen[rows.FOREIGN]) == ("skip", "skip")
    assert seen[rows.PLAIN] == "ok"
    assert "authority that this broker does not trust" in found[0].cause
    assert "acceptor's log" in found[0].evidence


def test_a_pinned_server_is_judged_from_here_but_not_its_judgement() -> None:
    served = lab.made(lab.PINNED)
    held = lab.trust(served.cert_der, pinned=True)
    expected = Expected(served.facts().sha256, pinned=True)
    with lab.tls_server(served, clients=held) as port:
        found = list(verify_link(check(port, trust=held, expected=expected), (), probes()))
    seen = verdicts(found)
    assert seen.pop(rows.HANDSHAKE) == "skip"
    assert set(seen.values()) == {"ok"}
    assert len(seen) == len(ALL) - 1


def test_a_dead_server_fails_once_and_the_rest_is_not_checked() -> None:
    with lab.tcp_server(lambda peer: None) as port:
        pass
    found = verdicts(list(verify_link(check(port), (), probes(own=stranger()))))
    assert found.pop(rows.HANDSHAKE) == "fail"
    assert set(found.values()) == {"skip"}


def proof(link: Link, command: str, seconds: int = 5) -> Proof:
    def judge(output: Output) -> tuple[bool, str]:
        return output.out.strip() == "up", f"the host says {output.out.strip() or 'nothing'}"

    return Proof(link, "spoke-a", "bridge", command, judge, seconds)


def test_a_proof_is_repeated_until_it_holds(tmp_path: Path) -> None:
    count = tmp_path / "count"
    command = f"echo x >>{count}; [ $(wc -l <{count}) -lt 3 ] || echo up"
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        asked = check(port)
        given = probes(SHELL, lab.identity(lab.made()))
        found = list(verify_link(asked, [proof(asked.link, command, 60)], given))
    bridge = next(finding for finding in found if finding.tried == "bridge")
    assert (bridge.verdict, bridge.evidence) == ("ok", "the host says up")
    assert len(count.read_text().splitlines()) == 3


def test_a_proof_that_never_holds_fails_with_the_cause_from_the_log() -> None:
    log = (
        "WARN | Could not start network bridge between: vm://spoke-a and: ssl://hub:61617 due to: "
        "No subject alternative DNS name matching hub found."
    )
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        asked = check(port)
        given = probes(SHELL, lab.identity(lab.made()), lambda host: (log,))
        found = list(verify_link(asked, [proof(asked.link, "echo down")], given))
    bridge = next(finding for finding in found if finding.tried == "bridge")
    assert bridge.verdict == "fail"
    assert "waited 5 s" in bridge.evidence
    assert "does not hold the name" in bridge.cause


def test_a_proof_that_cannot_hold_any_more_is_not_waited_for() -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        asked = check(port)
        given = probes(SHELL, lab.identity(lab.made()))
        dead = replace(proof(asked.link, "echo gone; exit 3", 3600), useless=3)
        found = list(verify_link(asked, [dead], given))
    bridge = next(finding for finding in found if finding.tried == "bridge")
    assert (bridge.verdict, bridge.evidence) == ("fail", "the host says gone")


def test_a_demo_says_what_it_cannot_prove() -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        asked = check(port)
        found = verify_link(
            asked,
            [proof(asked.link, "echo up")],
            probes(SHELL, lab.identity(lab.made())),
            unprovable=lambda link: "not checked in demo: no broker behind",
        )
        bridge = next(finding for finding in found if finding.tried == "bridge")
    assert (bridge.verdict, bridge.evidence) == ("skip", "not checked in demo: no broker behind")


class Lost(lab.ShellHost):
    """Be a host whose connection is gone."""

    def run(self, command: str, *, stdin: bytes = b"", seconds: float = 30.0) -> Output:
        raise UnreachableError("the connection was lost", host="spoke-a")


def test_a_lost_host_is_a_finding_and_not_an_error() -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        asked = check(
            port, dial=RemoteDial("localhost", port, HostStore("/k", "PEM"), trust_pem="x")
        )
        lost = probes(Lost(Host("spoke-a", "127.0.0.1")), lab.identity(lab.made()))
        found = list(verify_link(asked, [proof(asked.link, "echo up")], lost))
    assert "the connection was lost" in found[0].evidence
    assert verdicts(found)["bridge"] == "skip"


def test_many_links_are_proved_at_once_each_in_order() -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        base = check(port)
        checks = [
            replace(base, link=replace(base.link, initiator=f"spoke-{number}"))
            for number in range(12)
        ]
        found = list(verify_site(checks, (), probes(own=lab.identity(lab.made())), workers=4))
    for one in checks:
        rows_of = [finding.tried for finding in found if finding.subject == one.link.id]
        assert rows_of == list(ALL)


def test_closing_the_generator_ends_the_work() -> None:
    with lab.tls_server(lab.made(), clients=lab.trust()) as port:
        base = check(port)
        work = verify_site([base] * 50, (), probes(own=lab.identity(lab.made())), workers=2)
        assert next(work).verdict == "ok"
        work.close()  # type: ignore[attr-defined]
        assert list(work) == []


def test_no_links_give_no_findings() -> None:
    assert list(verify_site((), (), probes())) == []


def test_a_bug_in_a_probe_is_not_swallowed() -> None:
    def broken_own(check: LinkCheck | ClientCheck) -> Identity | None:
        raise ZeroDivisionError

    broken = replace(probes(), own=broken_own)
    with pytest.raises(ZeroDivisionError):
        list(verify_site([check(1)], (), broken))


def test_complaints_about_others_are_left_out() -> None:
    lines = [
        "Could not accept connection from tcp://10.0.0.1:40: x",
        "Could not accept connection from tcp://10.0.0.2:40: x",
        "Could not accept connection from tcp://[2001:db8:0:0:0:0:0:1]:40: x",
        "something else",
    ]
    assert about(lines, ("10.0.0.1",)) == (lines[0], lines[3])
    assert about(lines, ("2001:db8::1",)) == (lines[2], lines[3])
