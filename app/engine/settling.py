"""Let hosts come to rest before they are compared: a run that died may have left them at work.

A host undoes by itself when its run dies, which takes as long as a restart; where it lost power as
well, its own journal says what is to be resolved.  Both come before any plan: what is read in the
midst of it is neither the old state nor the new.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from app.engine.gather import BUSY, Gathered, Say, observe_again
from app.engine.journal import alive
from app.errors import Exit, RemoteError
from app.kinds.base import Kind
from app.model import Site
from app.quoting import calm, sh
from app.remote.base import Remote
from app.site.places import Places

WAIT_SECONDS = 600.0
"""Longer than a host goes on by itself without its control side."""

_END = r"""
state="$ROOT/var/lib/tlswright"
IFS=$(printf '\t') read -r pid mark time id owner <"$state/lock" || exit 0
[ "$id" = "$wanted" ] || exit 0
kill -HUP "$pid" 2>/dev/null || exit 0
# One that still waits for the rest of its payload hears nothing: nothing was changed yet.
fell() {
  for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
    fell "$child"
    kill -TERM "$child" 2>/dev/null
  done
}
grep -q ' staged$' "$state/runs/$id/journal" 2>/dev/null || fell "$pid"
"""
"""Tell the transaction `$wanted` that nobody listens any more."""


def settle(
    site: Site,
    kinds: Mapping[str, Kind],
    gathered: Gathered,
    say: Say,
    stopped: Callable[[], bool],
    dead: Callable[[str], bool],
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Gathered:
    """Wait for transactions that still live, then resolve those that a lost run left; look again.

    A transaction of a run that is `dead`, which the host may not have noticed, is told to end.
    Raises RemoteError where a host is still at work after ten minutes, or the user stops waiting.
    """
    until, told = clock() + WAIT_SECONDS, set[str]()
    while busy := _busy(gathered):
        for host, text in busy.items():
            if host not in told:
                say(host, "observing", f"waiting for the end of {text}")
                tell_to_end(gathered.remotes[host], text.partition(",")[0], dead)
        told |= set(busy)
        if stopped() or clock() > until:
            host, text = next(iter(busy.items()))
            error = RemoteError(
                f"still at work for {text}", host=host, step="observe",
                hint="Another machine may run tlswright on this host; try again when it has ended.",
            )  # fmt: skip
            if stopped():
                error.exit_code = Exit.CANCELLED
            raise error
        pause(1.0)
        gathered = observe_again(site, kinds, gathered, tuple(busy))
    return _resolved(site, kinds, gathered, say)


def dead_runs(places: Places) -> Callable[[str], bool]:
    """Give a function that tells whether a transaction is of a run of this site that is dead."""

    def dead(transaction: str) -> bool:
        run = transaction.rpartition("-")[0]
        known = places.runs.is_dir() and run in {folder.name for folder in places.runs.iterdir()}
        return known and not alive(places.journal(run))

    return dead


def tell_to_end(remote: Remote, transaction: str, dead: Callable[[str], bool]) -> None:
    """Let a host undo what a dead run of ours began, without waiting for what never comes."""
    if dead(transaction):
        remote.run(f"wanted={sh(transaction)}\n{_END}")


def _resolved(site: Site, kinds: Mapping[str, Kind], gathered: Gathered, say: Say) -> Gathered:
    left = {host: seen.unfinished for host, seen in gathered.observed.items() if seen.unfinished}

    def recover(host: str) -> None:
        for transaction in left[host]:
            ack = gathered.remotes[host].finish(transaction, "recover")
            text = f"resolved {transaction}, which an earlier run left behind: {ack.state}"
            say(host, "observing", f"{text} {ack.text}".strip())

    # All at once: a member of a cluster comes up again only when the others do.
    with ThreadPoolExecutor(max_workers=max(1, len(left))) as pool:
        list(pool.map(recover, left))
    return observe_again(site, kinds, gathered, tuple(left)) if left else gathered


def _busy(gathered: Gathered) -> dict[str, str]:
    """Give the hosts on which a transaction lives, with whose it is."""
    said = {host: seen.out(BUSY) for host, seen in gathered.observed.items()}
    return {host: calm(text, 200) for host, text in said.items() if text}
