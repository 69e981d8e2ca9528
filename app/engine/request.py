"""What a run is asked to do, and the secrets it needs, as they reach its process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.pki.secret import Secret
from app.plan.make import Intent
from app.remote.base import Logins, OneTime


@dataclass(frozen=True, slots=True)
class Answers:
    """Hold what was asked for before the run: the vault's passphrase and the logins."""

    passphrase: Secret | None = field(default=None, repr=False)
    logins: Logins = field(default_factory=Logins, repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """Say what a run does: `apply`, `rotate` or `rollback`; `target` is the run to take back.

    `plan` is the path of a saved plan that the run must not differ from, empty for none.
    """

    verb: str
    plan: str = ""
    intent: Intent = field(default_factory=Intent)
    target: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the request as plain data; it holds no secret."""
        return {
            "verb": self.verb,
            "plan": self.plan,
            "rotate": sorted(self.intent.rotate),
            "target": self.target,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Request:
        """Read a request."""
        return cls(
            str(data["verb"]), str(data["plan"]),
            Intent(frozenset(map(str, data["rotate"]))), str(data["target"]),
        )  # fmt: skip


def pack(request: Request, answers: Answers) -> bytes:
    """Give request and secrets as the bytes for the run's standard input: an inherited pipe."""
    logins = answers.logins
    return json.dumps(
        {
            "request": request.to_dict(),
            "passphrase": answers.passphrase.reveal() if answers.passphrase else None,
            "passwords": {k: v.reveal() for k, v in logins.passwords.items()},
            "sudo": {k: v.reveal() for k, v in logins.sudo.items()},
            "keys": {k: v.reveal() for k, v in logins.keys.items()},
            "codes": {k: v.reveal() for k, c in logins.codes.items() if (v := c.take())},
        }
    ).encode()


def unpack(data: bytes) -> tuple[Request, Answers]:
    """Read what `pack` wrote."""
    found = json.loads(data)
    passphrase = found["passphrase"]
    passwords, sudo, keys = (
        {key: Secret(text) for key, text in found[kind].items()}
        for kind in ("passwords", "sudo", "keys")
    )
    codes = {key: OneTime(Secret(text)) for key, text in found["codes"].items()}
    logins = Logins(passwords, sudo, keys, codes)
    answers = Answers(Secret(passphrase) if passphrase is not None else None, logins)
    return Request.from_dict(found["request"]), answers
