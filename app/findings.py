"""The result of one probe: what was tried, what came of it, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one probe's result.

    `subject` is a link (`spoke-a>hub`), a node or a host; `tried` names the probe; `evidence` is
    what was seen; `cause` and `remedy` explain a failure.  A `skip` says what was not checked and
    why, and is never shown as green.
    """

    subject: str
    tried: str
    verdict: Verdict
    evidence: str = ""
    cause: str = ""
    remedy: str = ""
    source: str = ""
    """Where the probe ran: a host's name, or `control`."""

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """Read a finding from plain data."""
        return cls(**{key: str(data.get(key, "")) for key in cls.__slots__})  # type: ignore[arg-type]


def worst(findings: tuple[Finding, ...]) -> Verdict:
    """Give the worst verdict of all; none at all is ok."""
    for verdict in ("fail", "warn"):
        if any(f.verdict == verdict for f in findings):
            return verdict
    return "ok"
