"""Seed each mistake into a real connection: what the library says is explained by the right row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.verify.explain import explain
from tests.unit.judges import need
from tests.unit.mmm_certificates import CLIENT, SERVER, Pair
from tests.unit.mmm_dialogues import Makers
from tests.unit.mmm_processes import block

V12 = {"SSL_version": "TLSv12"}
Blocks = tuple[dict[str, str], dict[str, str]]

# What the listener and the sender are given; which row explains the words of each.
MISTAKES: dict[str, tuple[Callable[[Makers], Blocks], str, str]] = {
    "none": (lambda m: (m.good(), m.good()), "", ""),
    "sender of another CA": (
        lambda m: (m.good() | V12, block(m.pair(m.other), m.ca.file) | V12),
        "mmm-takes-untrusted", "mmm-dials-refused-ca",
    ),
    "sender without a certificate": (
        lambda m: (m.good() | V12, block(None, m.ca.file) | V12),
        "mmm-takes-none", "mmm-dials-refused-none",
    ),
    "sender without a certificate, 1.3": (
        lambda m: (m.good(), block(None, m.ca.file)), "mmm-takes-none", "",
    ),
    "sender expired": (
        lambda m: (m.good() | V12, m.good(expired=True) | V12),
        "mmm-takes-untrusted", "mmm-dials-refused-expired",
    ),
    "sender for servers": (
        lambda m: (m.good() | V12, m.good(usage=SERVER) | V12),
        "mmm-takes-untrusted", "mmm-dials-refused-usage",
    ),
    "listener of another CA": (
        lambda m: (block(m.pair(m.other), m.ca.file), m.good()),
        "mmm-takes-distrusted", "mmm-dials-untrusted",
    ),
    "sender without a CA": (
        lambda m: (m.good(), block(m.pair())), "mmm-takes-distrusted", "mmm-dials-untrusted",
    ),
    "listener expired": (
        lambda m: (m.good(expired=True), m.good()), "mmm-takes-expired", "mmm-dials-untrusted",
    ),
    "listener for clients": (
        lambda m: (m.good(usage=CLIENT), m.good()), "mmm-takes-usage", "mmm-dials-untrusted",
    ),
    "listener of another name": (
        lambda m: (m.good(cn="node1", sans=()), m.good()), "mmm-takes-name", "mmm-dials-name",
    ),
    "sender plain": (lambda m: (m.good(), {}), "mmm-takes-plain", ""),
    "listener plain": (lambda m: ({}, m.good()), "", "mmm-dials-plain"),
    "sender old": (
        lambda m: (m.good(), m.good() | {"SSL_version": "TLSv1"}),
        "mmm-takes-old", "mmm-dials-old",
    ),
    "sender older": (
        lambda m: (m.good(), m.good() | {"SSL_version": "SSLv3"}), "", "mmm-version-name",
    ),
    "sender's pair": (
        lambda m: (m.good(), block(Pair(m.pair().cert, m.pair().key), m.ca.file)),
        "", "mmm-pair-mismatch",
    ),
    "listener's pair": (
        lambda m: (block(Pair(m.pair().cert, m.pair().key), m.ca.file), {}),
        "mmm-pair-mismatch", "",
    ),
    "sender's key locked": (
        lambda m: (m.good(), m.good(password="locked")), "", "mmm-key-locked",
    ),
    "sender's key short": (lambda m: (m.good(), m.good(bits=1024)), "", "mmm-weak-key"),
    "sender's key away": (
        lambda m: (m.good(), block(Pair(m.pair().cert, m.folder / "none"), m.ca.file)),
        "", "mmm-file-missing",
    ),
    "blank behind the CA": (
        lambda m: (m.good(), m.good() | {"ca_file": f"{m.ca.file} "}), "", "mmm-value-trailing",
    ),
    "comment behind the CA": (
        lambda m: (m.good(), m.good() | {"ca_file": f"{m.ca.file} # ours"}),
        "", "mmm-value-trailing",
    ),
    "no certificate in the CA's file": (
        lambda m: (block(m.pair(), m.pair().key), {}), "mmm-ca-broken", "",
    ),
    "no certificate in the file": (
        lambda m: (block(Pair(Path("/etc/hostname"), m.pair().key), m.ca.file), {}),
        "mmm-certificate-broken", "",
    ),
    "no key in the file": (
        lambda m: (block(Pair(m.pair().cert, m.pair().cert), m.ca.file), {}), "mmm-key-broken", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_the_library_says_is_explained(tmp_path: Path, mistake: str) -> None:
    need("perl")
    make, listener, sender = MISTAKES[mistake]
    made = Makers.new(tmp_path)
    said = made.talk(*make(made))
    rows = [[found.id for found in explain(text.splitlines(), "mmm")] for text in said]
    assert rows == [[listener] if listener else [], [sender] if sender else []], said
