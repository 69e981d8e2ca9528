"""What findings say about results, without a connection."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.findings import Finding
from app.model import Link
from app.pki.facts import CertificateFacts
from app.pki.names import San, san_entries
from app.verify import rows
from app.verify.matrix import positive, refusal
from app.verify.result import TlsResult
from app.verify.rows import Expected
from app.verify.served import name_matches
from tests.unit import verify_servers as lab

LINK = Link("spoke-a", "hub", lab.NAME, 61617)
ACCEPTED = TlsResult(
    "accepted", "handshake done", protocol="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", verified=True
)
FACTS = lab.made().facts()
EXPECTED = Expected(FACTS.sha256, FACTS.issuer, 1)


def judged(
    result: TlsResult = ACCEPTED,
    facts: CertificateFacts | None = FACTS,
    expected: Expected = EXPECTED,
    later: timedelta = timedelta(0),
) -> dict[str, Finding]:
    found = positive(LINK, result, facts, expected, lab.NOW + later)
    return {finding.tried: finding for finding in found}


def test_what_is_right_is_green_and_says_what_was_seen() -> None:
    found = judged()
    assert tuple(found) == rows.POSITIVE
    assert {f.verdict for f in found.values()} == {"ok"}
    assert {f.subject for f in found.values()} == {"spoke-a>hub"}
    assert FACTS.serial_hex in found[rows.ISSUER].evidence
    assert "generation 1" in found[rows.ISSUER].evidence
    assert "TLSv1.3" in found[rows.PROTOCOL].evidence


def test_an_older_certificate_than_the_deployed_one_is_a_stale_process() -> None:
    found = judged(expected=replace(EXPECTED, sha256="0" * 64))[rows.ISSUER]
    assert found.verdict == "fail"
    assert "not restarted" in found.cause


@pytest.mark.parametrize(
    "expected",
    [Expected(issuer="CN=Other CA g1"), Expected(generation=2)],
    ids=["issuer", "generation"],
)
def test_another_issuer_or_generation_fails(expected: Expected) -> None:
    assert judged(expected=expected)[rows.ISSUER].verdict == "fail"


def test_a_name_that_the_certificate_lacks_fails_with_both_said() -> None:
    found = judged(facts=lab.made(lab.OTHER_NAME).facts())[rows.NAME]
    assert found.verdict == "fail"
    assert lab.NAME in found.evidence
    assert "b.example.com" in found.evidence


@pytest.mark.parametrize(
    ("days", "verdict"), [(0, "ok"), (70, "warn"), (88, "warn"), (91, "fail"), (-2, "fail")]
)
def test_the_end_of_a_life_is_foreseen(days: int, verdict: str) -> None:
    assert judged(later=timedelta(days=days))[rows.EXPIRY].verdict == verdict


def test_an_expired_pinned_certificate_is_a_warning_since_java_accepts_it() -> None:
    expired = Expected(FACTS.sha256, pinned=True)
    found = judged(expected=expired, later=timedelta(days=91))[rows.EXPIRY]
    assert found.verdict == "warn"
    assert "Java" in found.cause


@pytest.mark.parametrize(
    "result",
    [
        TlsResult("refused", "sent the alert unknown_ca", alert="unknown_ca"),
        TlsResult("refused", "sent the alert protocol_version", alert="protocol_version"),
        TlsResult("refused", "closed the connection during the handshake"),
        TlsResult("refused", "closed the connection after the handshake", cipher="x"),
        TlsResult("unreachable", "no TCP connection"),
        TlsResult("not-tls", "the answer is not TLS"),
        TlsResult("unproven", "the key store is not there"),
        *(
            TlsResult("untrusted", "its certificate was refused", reason=reason)
            for reason in (
                "certificate has expired",
                "certificate is not yet valid",
                "hostname mismatch",
                "Hostname mismatch, certificate is not valid for 'x'.",
                "it is not the pinned certificate",
                "unable to get local issuer certificate",
            )
        ),
    ],
    ids=lambda result: f"{result.outcome} {result.alert or result.reason}",
)
def test_each_failure_has_a_cause_and_a_remedy(result: TlsResult) -> None:
    found = judged(result, None)
    assert tuple(found) == (rows.HANDSHAKE,)
    failed = found[rows.HANDSHAKE]
    assert failed.verdict == "fail"
    assert failed.evidence == result.detail
    assert failed.cause
    assert failed.remedy
    assert "{" not in failed.cause + failed.remedy


def test_what_could_not_be_tried_is_never_green() -> None:
    found = judged(TlsResult("unproven", "openssl is not installed on the host"), None)
    assert found[rows.HANDSHAKE].verdict == "skip"


@pytest.mark.parametrize("tried", rows.NEGATIVE)
def test_a_wrong_dial_must_be_refused(tried: str) -> None:
    refused, accepted = TlsResult("refused", "sent an alert"), TlsResult("accepted", "it spoke")
    assert refusal(LINK, tried, refused, conclusive=True).verdict == "ok"
    failed = refusal(LINK, tried, accepted, conclusive=True)
    assert failed.verdict == "fail"
    assert failed.cause
    assert failed.remedy
    assert refusal(LINK, tried, refused, conclusive=False).verdict == "skip"
    away = TlsResult("unreachable", "no TCP connection")
    assert refusal(LINK, tried, away, conclusive=True).verdict == "skip"


@pytest.mark.parametrize(
    ("name", "sans", "matches"),
    [
        ("hub.example.com", ["hub.example.com"], True),
        ("HUB.example.com.", ["hub.example.com"], True),
        ("hub.example.com", ["example.com"], False),
        ("hub.example.com", [], False),
        ("192.0.2.7", ["192.0.2.7"], True),
        ("2001:DB8:0::7", ["2001:db8::7"], True),
        ("192.0.2.8", ["192.0.2.7"], False),
    ],
)
def test_names_match_as_the_standard_says(name: str, sans: list[str], matches: bool) -> None:
    assert name_matches(name, san_entries(sans)) is matches


def test_a_wildcard_stands_for_one_label() -> None:
    wild = (San("dns", "*.example.com"),)
    assert name_matches("hub.example.com", wild)
    assert not name_matches("a.hub.example.com", wild)
    assert not name_matches("example.com", wild)
    assert not name_matches("hub.com", (San("dns", "*.com"),))
    assert not name_matches("192.0.2.7", (San("dns", "192.0.2.7"),))
