"""What a run's process is told over its pipe: every secret once, one-time codes one time."""

from __future__ import annotations

from app.engine.request import Answers, Request, pack, unpack
from app.pki.secret import Secret
from app.remote.base import Logins, OneTime


def test_secrets_arrive_and_a_code_goes_to_one_process_only() -> None:
    logins = Logins(
        {"h": Secret("pass")}, {"h": Secret("sudo")}, {"/k": Secret("key")},
        {"gate": OneTime(Secret("123456")), "used": OneTime(Secret(""))},
    )  # fmt: skip
    answers = Answers(Secret("vault"), logins)
    request, found = unpack(pack(Request("apply"), answers))
    assert request == Request("apply")
    assert (found.logins.passwords, found.logins.sudo) == (logins.passwords, logins.sudo)
    assert found.logins.keys == logins.keys
    assert found.passphrase == Secret("vault")
    assert set(found.logins.codes) == {"gate"}
    assert found.logins.codes["gate"].take() == Secret("123456")
    assert found.logins.codes["gate"].take() is None
    assert b"123456" not in pack(Request("apply"), answers)
    assert "123456" not in repr(answers)
