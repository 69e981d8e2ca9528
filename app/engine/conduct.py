"""Conduct a run from its request to its result: prepare, compare, carry out, verify."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.engine import opening
from app.engine.adopted_files import load_adopted
from app.engine.asking import nodes_of, settle_requests
from app.engine.ca_back import ca_as_before
from app.engine.control import StopFlag
from app.engine.gather import Gathered, gather, refuse_errors
from app.engine.given import load_clients
from app.engine.journal import Journal, utc_now
from app.engine.keyring import Keyring, with_root
from app.engine.prepare import Prepared, prepare
from app.engine.proving import Prover
from app.engine.record import read_json, save_deployed, write_json
from app.engine.request import Answers, Request
from app.engine.requests import load_requests
from app.engine.rollback import take_back
from app.engine.run import Result, Runner
from app.engine.served import served
from app.engine.settling import dead_runs, settle
from app.engine.takeable import refuse_cut_off
from app.engine.taking_back import judged
from app.engine.waiting import settle_keys
from app.errors import Exit, PreflightError, UsageError
from app.kinds.base import Kind
from app.model import Site
from app.plan import by_hand
from app.plan.deployed import Deployed, resolve
from app.plan.given import in_use
from app.plan.plan import CHANGE, WAITING, Plan
from app.plan.saved import check_saved
from app.plan.words import idle_words, step_holds
from app.site.load import load_site
from app.site.places import Places


def conduct(
    places: Places,
    run: str,
    request: Request,
    answers: Answers,
    journal: Journal,
    stop: StopFlag,
    *,
    owner: str,
) -> Result:
    """Do what is asked; raises TlswrightError for what a user can cause or meet."""
    site = load_site(places.site)
    kinds = opening.kinds_of(site)
    hosts = [
        n.host for t in site.topologies for n in kinds[t.kind].nodes(site, t)
        if not site.hosts[n.host].by_hand
    ]  # fmt: skip
    data = {"hosts": list(dict.fromkeys(hosts)), "pid": os.getpid(), "owner": owner}
    journal.emit("run-started", request.verb, data=data)
    deployed = opening.deployed_of(places)
    vault = opening.open_vault(places, answers.passphrase, deployed, write=True)
    if vault is None:
        if answers.passphrase is None:
            raise UsageError(
                "a passphrase for the new vault is needed",
                hint="Give --passphrase-file FILE, or run `tlswright init` first.",
            )
        vault = opening.create_vault(places, answers.passphrase)
    with vault:
        keyring = Keyring(site, vault)
        root = keyring.ensure_authority(utc_now())
        if root is not None:
            deployed = with_root(deployed, root)
        save_deployed(places.deployed, deployed)
        connector = opening.connector(answers.logins, site.hosts)
        journal.hide(keyring.kept())
        if request.verb == "rollback":
            return _rollback(places, run, request, site, journal, stop, keyring, owner, answers)
        prepared = prepare(
            site, kinds, connector, vault, deployed, request.intent,
            now=utc_now(), served=served, say=_say(journal),
            settle=lambda g: _settle(places, site, kinds, g, journal, stop),
            requests=load_requests(places.requests), clients=load_clients(places.clients),
            adopted=load_adopted(places, site, kinds),
        )  # fmt: skip
        journal.hide(prepared.keyring.kept())
        try:
            result = _apply(places, run, request, prepared, journal, stop, owner)
        finally:
            prepared.close()
        settle_keys(places, vault, nodes_of(site, kinds))
        if site.authority.source == "outside":
            settle_requests(places, vault, nodes_of(site, kinds))
        return result


def _apply(
    places: Places,
    run: str,
    request: Request,
    prepared: Prepared,
    journal: Journal,
    stop: StopFlag,
    owner: str,
) -> Result:
    _remember(places, run, prepared.deployed)
    plan = prepared.plan
    if plan.problems:
        raise PreflightError("the checks before the run refuse it", problems=plan.problems)
    if request.plan:
        saved = read_json(places.base / request.plan)
        if saved is None:
            raise UsageError(f"there is no plan file {request.plan}")
        check_saved(saved, plan.to_dict())
    journal.emit("planned", data=_planned(plan))
    for check in plan.checks:
        if check.name in (by_hand.NAME, WAITING, CHANGE) and check.verdict == "warn":
            journal.emit("log", check.text, host=check.host)
    write_json(places.run(run) / "plan.json", plan.to_dict())
    for host in prepared.gathered.observed:
        if any(host in step.hosts for step in plan.steps):
            journal.emit("step", host=host, state="waiting")
        else:
            journal.emit("step", "nothing to do", host=host, state="unchanged")
    if not plan.steps and any(check.verdict == "warn" for check in plan.waiting):
        return _waits(plan)
    if not plan.steps and plan.held_up:
        return replace(_goes_on(plan), exit=Exit.PREFLIGHT)
    if plan.empty or not plan.steps:
        return Result(f"nothing to do: {idle_words(plan)}", Exit.OK)
    runner = _runner(places, run, owner, prepared, journal, stop)
    result = runner.carry_out(plan)
    if result.exit is not Exit.OK:
        return result
    findings = runner.verify()
    if any(f.verdict == "fail" for f in findings):
        back = f"tlswright rollback {run}"
        return Result(
            "done, but not every link is proven", Exit.FINDINGS, ("tlswright verify", back)
        )
    if plan.held_up:
        return _goes_on(plan)
    return Result("done: every change is in place and every link is proven", Exit.OK)


def _goes_on(plan: Plan) -> Result:
    """Say whom the second wave of a change of the CA waits for."""
    names = ", ".join(check.host for check in plan.held_up)
    return Result(
        f"done so far; the change of the CA goes on when these have what they need: {names} "
        "(`tlswright plan` says what that is)",
        Exit.OK,
        ("tlswright plan", "tlswright apply"),
    )


def _waits(plan: Plan) -> Result:
    """Say that there is nothing to do but to wait for an outside CA."""
    names = ", ".join(dict.fromkeys(check.host for check in plan.waiting))
    return Result(
        f"nothing can be done before more certificates have come back: {names}",
        Exit.PREFLIGHT,
        ("tlswright csr", "tlswright take FILE"),
    )


def _runner(
    places: Places, run: str, owner: str, prepared: Prepared, journal: Journal, stop: StopFlag
) -> Runner:
    prover = Prover(
        prepared.site, prepared.kinds, prepared.gathered, prepared.keyring, prepared.deployed,
        prepared.plan, utc_now,
    )  # fmt: skip
    return Runner(
        run, owner, journal, utc_now, stop, prepared.gathered, prepared.keyring,
        prepared.deployed, lambda d: save_deployed(places.deployed, d), prover,
    )  # fmt: skip


def _rollback(
    places: Places,
    run: str,
    request: Request,
    site: Site,
    journal: Journal,
    stop: StopFlag,
    keyring: Keyring,
    owner: str,
    answers: Answers,
) -> Result:
    target = places.run(request.target)
    kinds = opening.kinds_of(site)
    judged(places, site, kinds, request.target, opening.deployed_of(places))
    connector = opening.connector(answers.logins, site.hosts)
    gathered: Gathered = gather(site, kinds, connector, _say(journal))
    try:
        refuse_errors(gathered.errors)
        gathered = _settle(places, site, kinds, gathered, journal, stop)
        deployed = resolve(opening.deployed_of(places), gathered.observed)
        _remember(places, run, deployed)
        asked = judged(places, site, kinds, request.target, deployed)
        clients = in_use(load_clients(places.clients), utc_now())
        refuse_cut_off(asked.parts, asked.before, deployed, clients)
        plan = Plan(site, ())
        prover = Prover(site, kinds, gathered, keyring, deployed, plan, utc_now)
        prepared = Prepared(site, kinds, gathered, keyring, deployed, plan)
        runner = _runner(places, run, owner, prepared, journal, stop)
        result = take_back(runner, prover, asked, site, kinds)
        if result.exit is not Exit.OK or not runner.deployed.nodes:
            return result
        result = ca_as_before(places, target, site, runner.deployed, result)
        runner.prover = Prover(site, kinds, gathered, keyring, runner.deployed, plan, utc_now)
        return _proven(runner, result)
    finally:
        gathered.close()


def _settle(
    places: Places,
    site: Site,
    kinds: Mapping[str, Kind],
    gathered: Gathered,
    journal: Journal,
    stop: StopFlag,
) -> Gathered:
    dead = dead_runs(places)
    return settle(site, kinds, gathered, _say(journal), lambda: bool(stop.asked), dead)


def _proven(runner: Runner, result: Result) -> Result:
    """Probe every link that stands after a rollback, which is only as good as they are."""
    if not any(finding.verdict == "fail" for finding in runner.verify()):
        return result
    text = f"{result.text}, but not every link is proven"
    return Result(text, Exit.FINDINGS, ("tlswright verify",))


def _remember(places: Places, run: str, deployed: Deployed) -> None:
    """Write what the hosts hold before the run: for a rollback of it, and as the record."""
    write_json(places.run(run) / "before.json", deployed.to_dict())
    save_deployed(places.deployed, deployed)


def _say(journal: Journal) -> Any:
    def say(host: str, state: str, text: str) -> None:
        journal.emit("step", text, host=host, state=state)

    return say


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "plan": plan.id,
        "steps": [
            {
                "id": step.id,
                "hosts": list(step.hosts),
                "changes": {m.node.host: len(m.changes) for m in step.members},
                "outage": step.outage_seconds,
                "phase": step.phase,
                "holds": step_holds(step),
            }
            for step in plan.steps
        ],
    }
