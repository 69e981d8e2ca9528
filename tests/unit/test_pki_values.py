from __future__ import annotations

import copy
import json
import pickle
import random
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import PkiError
from app.pki.expiry import due, health
from app.pki.facts import CertificateFacts, authority_subject, generation_of
from app.pki.names import san_entries
from app.pki.passwords import new_password
from app.pki.secret import Secret
from app.pki.spec import IssueSpec, mismatches
from tests.unit.issued import CLIENT, PEER, PINNED, authority, issued

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("spec", [PEER, CLIENT, PINNED])
def test_a_spec_survives_json(spec: IssueSpec) -> None:
    assert IssueSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert hash(spec) == hash(replace(spec))


@pytest.mark.parametrize("key", sorted(PEER.to_dict()))
def test_a_spec_with_a_missing_or_wrong_field_is_refused(key: str) -> None:
    whole = PEER.to_dict()
    for broken in ({k: v for k, v in whole.items() if k != key}, {**whole, key: None}):
        with pytest.raises(PkiError, match=key):
            IssueSpec.from_dict(broken)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "a" * 65},
        {"subject": ""},
        {"subject": "a\nb"},
        {"usage": "server"},
        {"key_type": "ed25519"},
        {"days": 0},
        {"generation": 0},
        {"sans": ()},
    ],
)
def test_a_spec_that_cannot_be_issued_cannot_be_made(change: dict[str, object]) -> None:
    with pytest.raises(PkiError):
        IssueSpec(**{**{f: getattr(PEER, f) for f in PEER.__slots__}, **change})


def test_every_mismatch_is_told_at_once() -> None:
    wanted = replace(PEER, subject="x", sans=san_entries(["x.example"]), days=90, generation=2)
    words = mismatches(PEER, wanted)
    assert len(words) == 3 + len(PEER.sans) + 1
    assert "generation is 1, wanted 2" in words
    assert "name x.example is missing" in words


def test_the_order_of_names_is_no_mismatch() -> None:
    assert mismatches(PEER, replace(PEER, sans=PEER.sans[::-1])) == ()


def test_facts_survive_json() -> None:
    for facts in (issued().facts(), issued(PINNED).facts(), authority().facts()):
        assert CertificateFacts.from_dict(json.loads(json.dumps(facts.to_dict()))) == facts


def test_facts_with_a_damaged_field_are_refused() -> None:
    whole = issued().facts().to_dict()
    for key in whole:
        with pytest.raises(PkiError):
            CertificateFacts.from_dict({**whole, key: 3.5})
    with pytest.raises(PkiError):
        CertificateFacts.from_dict({**whole, "not_after": "2026-01-01"})


def test_the_generation_is_read_back_from_the_name() -> None:
    assert generation_of("CN=" + authority_subject("Example", 12)) == 12
    assert generation_of("CN=hub.example.com") is None


def test_renewal_is_due_at_two_thirds_of_the_life() -> None:
    end = START + timedelta(days=90)
    assert not due(START, end, START + timedelta(days=60, seconds=-1))
    assert due(START, end, START + timedelta(days=60))


@pytest.mark.parametrize(
    ("left", "leaf", "root"),
    [
        (timedelta(days=366), "ok", "ok"),
        (timedelta(days=365), "ok", "warn"),
        (timedelta(days=182), "ok", "critical"),
        (timedelta(days=30), "warn", "critical"),
        (timedelta(days=7), "critical", "critical"),
        (timedelta(0), "critical", "critical"),
        (timedelta(seconds=-1), "expired", "expired"),
    ],
)
def test_health_follows_the_time_that_is_left(left: timedelta, leaf: str, root: str) -> None:
    assert health(START + left, START) == leaf
    assert health(START + left, START, authority=True) == root


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_password_survives_every_file_it_lands_in(source: random.Random) -> None:
    text = new_password(source).reveal()
    assert len(text) >= 24
    assert text.isascii()
    assert text.isalnum()
    assert text[0].isalpha()


def test_passwords_differ_and_short_ones_are_not_made() -> None:
    assert len({new_password() for _ in range(100)}) == 100
    with pytest.raises(ValueError, match="24"):
        new_password(length=23)


@dataclass(frozen=True)
class Holder:
    secret: Secret


def test_a_secret_shows_nowhere_by_accident() -> None:
    secret = Secret("hunter2hunter2")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>20}", "%s" % secret]  # noqa: UP031
    shown += [repr([secret]), repr(Holder(secret)), repr(asdict(Holder(secret)))]
    assert not any("hunter2" in text for text in shown)
    for dump in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError):
            dump(secret)
    assert copy.deepcopy(secret) is secret
    assert secret == Secret("hunter2hunter2") != Secret("other")
    assert hash(secret) == hash(Secret("hunter2hunter2"))
    assert secret.reveal() == "hunter2hunter2"
    assert not Secret("")


def test_plain_values_import_no_cryptography() -> None:
    modules = ["names", "spec", "facts", "expiry", "secret", "passwords", "passphrase", "aliases"]
    program = f"""
import importlib, sys
for name in {modules!r}: importlib.import_module("app.pki." + name)
print([name for name in ("cryptography", "jks", "keyring") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
