"""Whom a change of the CA waits for before the second wave, and which commands let it go on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from app.plan.deployed import DeployedNode
from app.plan.plan import CHANGE, Check
from app.plan.succession import Succession
from app.quoting import sh


def held_up(
    change: Succession, stray: Collection[str], by_hand: Mapping[str, DeployedNode | None]
) -> Iterator[Check]:
    """Give a check for each host that a person brings files to, and for each client.

    `stray` are the hosts that present something else than what was delivered to them.
    """
    for host in change.behind:
        if host in by_hand:
            yield _check(host, _of_host(host, by_hand[host], stray))
    for name in change.clients:
        export = f"tlswright export client {sh(name)}"
        yield _check(
            name,
            "this client may use a certificate of the old CA, and does not know the new one: once "
            f"both are trusted, `{export}` makes files that hold with both; "
            f"`{export} --delivered` when it has them, or `--forget` where it is no more",
        )


def _of_host(host: str, record: DeployedNode | None, stray: Collection[str]) -> str:
    export = f"tlswright export bundle {host}"
    forget = "or `--forget` to go on without it"
    if host in stray:
        return (
            "it presents another certificate than its last bundle holds: install that bundle; "
            f"`{export} --new` makes another, {forget}"
        )
    if record is not None and record.delivery == "exported" and record.trust:
        return f"its bundle is not delivered yet: `{export} --delivered` when it is, {forget}"
    return (
        f"once all others trust both, `{export}` makes its bundle; `{export} --delivered` when it "
        f"is installed, {forget}"
    )


def _check(who: str, text: str) -> Check:
    return Check(who, CHANGE, "warn", f"the change of the CA waits for it: {text}")
