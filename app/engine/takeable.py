"""Judge whether a run can be taken back, before anything is touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from app.engine.together import Past
from app.engine.undo import HeldPart
from app.errors import StalePlanError, UsageError
from app.observed import ABSENT
from app.plan.deployed import Deployed
from app.plan.given import Clients
from app.plan.succession import anchors
from app.quoting import sh_words
from app.remote.base import Remote

State = Callable[[str, str], str]
"""Give what stands on a host at a path: a digest or `absent`."""

KEPT = 30
"""How many transactions a host keeps the old bytes of: KEPT in remote/state.sh."""

_MEMORY = r"""
memory="$ROOT/var/lib/tlswright"
cat "$memory/seq" 2>/dev/null || echo 0
for id in "$@"; do
  [ -f "$memory/runs/$id/table" ] && [ -d "$memory/runs/$id/old" ] || continue
  echo "$id" $(cat "$memory/runs/$id/seq" 2>/dev/null)
done
"""


def refuse_removed(parts: tuple[HeldPart, ...], hosts: Collection[str]) -> None:
    """Refuse a run that changed a host which the site no longer has, or no longer reaches."""
    for part in parts:
        if part.files and part.host not in hosts:
            raise UsageError(
                f"the run changed {part.host}, which site.yaml no longer has in a topology, or "
                "no longer reaches over SSH",
                hint="Put the host back into site.yaml as it was, then take the run back.",
            )


def refuse_changed(
    parts: tuple[HeldPart, ...], state: State, later: Callable[[], Mapping[tuple[str, str], str]]
) -> None:
    """Refuse a file that stands in none of the states that the run knows.

    `later` gives the newest later run that changed a file, by (host, path).
    """
    known: dict[tuple[str, str], set[str]] = {}
    for part in parts:
        for path, states in part.files.items():
            known.setdefault((part.host, path), set()).update(states)
    for (host, path), allowed in known.items():
        if state(host, path) in allowed:
            continue
        newer = later().get((host, path), "")
        if newer:
            raise StalePlanError(
                f"{host}:{path} was changed since that run, by the run {newer}",
                hint=f"Take the newer run back first: tlswright rollback {newer}",
            )
        raise StalePlanError(
            f"{host}:{path} was changed since that run",
            hint="Taking the run back would lose that change. Put the file back as the run "
            "left it, or undo by hand.",
        )


def refuse_left_alone(
    parts: tuple[HeldPart, ...], before: Deployed, now: Deployed, pasts: Sequence[Past], run: str
) -> None:
    """Refuse to take a group back to before TLS, and leave one that joined it later alone with it.

    `before` is the record from before the run, `pasts` are the runs of the site.
    """
    steps = Counter(part.step for part in parts)
    kinds = {
        part.node.partition("/")[0] for part in parts
        if steps[part.step] > 1 and part.node in now.nodes and part.node not in before.nodes
    }  # fmt: skip
    restored = {part.node for part in parts}
    for key, record in now.nodes.items():
        if record.kind not in kinds or key in before.nodes or key in restored or record.delivery:
            continue
        later = (p.run for p in pasts if p.run > run and any(q.node == key for q in p.parts))
        joined = next(later, "")
        if joined:
            raise StalePlanError(
                f"{record.host} would be left alone with TLS: the run {joined} brought it to the "
                "others, which go back to before they had it",
                hint=f"Take that run back first: tlswright rollback {joined}",
            )


def refuse_cut_off(
    parts: tuple[HeldPart, ...], before: Deployed, now: Deployed, clients: Clients
) -> None:
    """Refuse to take back a CA that clients, or hosts by hand, have certificates of by now.

    `before` is the record from before the run; `clients` are those whose certificates hold.
    """
    resolve = anchors(now)
    back = [old for part in parts if (old := before.nodes.get(part.node)) and old.facts]
    users = [(f"client {one.client}", one.generation) for one in clients]
    users += [
        (record.host, record.spec.generation)
        for record in now.nodes.values()
        if record.delivery and record.spec is not None
    ]
    for who, generation in users:
        wanted = resolve(f"ca:{generation}")
        for old in back:
            runs = now.nodes.get(old.key)
            if runs is None or wanted not in runs.trust.values():
                continue  # it is refused as it is
            if old.spec and not old.spec.self_signed and wanted not in old.trust.values():
                raise StalePlanError(
                    f"{old.host} would refuse {who}, whose certificate is of the newer CA",
                    hint="`tlswright export client NAME --forget`, or `export bundle HOST "
                    "--forget`, where nothing of it is in use.",
                )


def later_changes(pasts: Sequence[Past], run: str) -> Mapping[tuple[str, str], str]:
    """Say which of the runs behind `run` was the last to change each file."""
    found: dict[tuple[str, str], str] = {}
    for past in pasts:
        if past.run > run:
            found.update({(part.host, p): past.run for part in past.parts for p in part.files})
    return found


def still_to_undo(parts: tuple[HeldPart, ...], state: State) -> tuple[HeldPart, ...]:
    """Leave out what is back already: a host undid it by itself, or a rollback was cut off."""
    now: dict[tuple[str, str], str] = {}
    kept: list[HeldPart] = []
    for part in reversed(parts):
        differs = {path: pair for path, pair in part.files.items() if pair[0] != pair[1]}
        stands = {p: now.get((part.host, p)) or state(part.host, p) for p in differs}
        if differs and all(stands[path] == before for path, (before, _) in differs.items()):
            continue
        kept.append(part)
        now.update({(part.host, path): before for path, (before, _) in part.files.items()})
    return tuple(reversed(kept))


def refuse_forgotten(parts: tuple[HeldPart, ...], remotes: Mapping[str, Remote]) -> None:
    """Refuse a run whose old bytes a host no longer keeps, or would drop on the way back."""
    for host in dict.fromkeys(part.host for part in parts):
        own = [part for part in reversed(parts) if part.host == host and part.files]
        wanted = {p.transaction: n for n, p in enumerate(own) if _restores(p)}
        if not wanted:
            continue
        newest, ages = _memory(remotes[host], tuple(wanted))
        for transaction, commits in wanted.items():
            age = ages.get(transaction)
            if age is None or newest + commits - age >= KEPT:
                raise StalePlanError(
                    f"{host} no longer keeps the files from before that run",
                    hint=f"A host keeps those of its last {KEPT} changes. Take newer runs back "
                    "first where that helps, or change site.yaml and apply.",
                )


def _restores(part: HeldPart) -> bool:
    return any(before != ABSENT for before, _ in part.files.values())


def _memory(remote: Remote, transactions: tuple[str, ...]) -> tuple[int, dict[str, int]]:
    """Ask a host for the number of its newest change, and for those of some transactions."""
    answer = remote.run(f"set -- {sh_words(*transactions)}\n{_MEMORY}")
    first, *rows = [line.split() for line in answer.out.splitlines() if line.strip()] or [["0"]]
    newest = int(first[0]) if first[0].isdigit() else 0
    ages: dict[str, int] = {}
    for row in rows:
        ages[row[0]] = int(row[1]) if len(row) > 1 and row[1].isdigit() else newest
    return newest, ages
