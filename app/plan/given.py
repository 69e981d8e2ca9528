"""What clients were given, as recorded: nobody can ask them which certificate they use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

VERSION = 1


@dataclass(frozen=True, slots=True)
class Given:
    """Record one certificate that a client was given: of which generation of the CA, to its end.

    `time` is when, ISO 8601 in UTC.
    """

    client: str
    generation: int
    not_after: datetime
    time: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain data."""
        return {**asdict(self), "not_after": self.not_after.isoformat()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Given:
        """Read a record from plain data; raises KeyError or ValueError."""
        end = datetime.fromisoformat(str(data["not_after"]))
        if end.tzinfo is None:
            raise ValueError("a time without its zone")
        return cls(
            str(data["client"]), int(data["generation"]), end, str(data.get("time", ""))
        )  # fmt: skip


Clients = tuple[Given, ...]
"""What may be in use somewhere, in the order in which it was given."""


def with_given(clients: Clients, new: Given) -> Clients:
    """Add what a client was given; what it had of another generation may still be in use."""
    same = (new.client, new.generation)
    return (*(one for one in clients if (one.client, one.generation) != same), new)


def with_newest(clients: Clients, name: str) -> Clients:
    """Let a client use its newest certificate alone."""
    own = [one for one in clients if one.client == name]
    return tuple(one for one in clients if one.client != name or one is own[-1])


def without(clients: Clients, name: str) -> Clients:
    """Forget a client: it is cut off once nothing trusts the CA of its certificate."""
    return tuple(one for one in clients if one.client != name)


def in_use(clients: Iterable[Given], now: datetime) -> Clients:
    """Leave out what has ended."""
    return tuple(one for one in clients if one.not_after > now)
