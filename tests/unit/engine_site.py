"""The site of the demo's embedded hosts, run as the command line does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from app.demo.place import Place
from app.engine.front import Front
from app.engine.journal import alive
from app.engine.request import Answers
from app.events import Event, RunView, fold
from app.pki.secret import Secret
from app.plan.make import Intent
from tests import warm
from tests.until import until

CONFIG = "etc/activemq/instances-available/main/activemq.xml"


class Site:
    """Do what the command line does, on the site of embedded hosts."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.front = Front(place.site, warm.spawn)
        self.answers = Answers(Secret(place.passphrase.read_text().strip()))

    def start(self, verb: str = "apply", run: str = "", *rotate: str) -> str:
        intent = Intent(frozenset(rotate))
        return self.front.start(verb, self.answers, plan=None, intent=intent, run=run)

    def follow(self, run: str) -> Iterator[Event]:
        for event in self.front.follow(run, seconds=0.02):
            if event is not None:
                yield event

    def end(self, run: str) -> RunView:
        return fold(self.follow(run))

    def apply(self) -> RunView:
        return self.end(self.start())

    def journal(self, run: str) -> Path:
        return self.place.site / ".tlswright/runs" / run / "journal.jsonl"

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Give the content and mode of every configuration file on every host."""
        return {
            f"{host.name}:{path.relative_to(self.place.root(host.name))}": (
                path.read_bytes(),
                path.stat().st_mode,
            )
            for host in self.place.hosts()
            for path in self.place.root(host.name).glob("etc/activemq/**/*")
            if path.is_file()
        }

    def kill_at(self, run: str, kind: str, number: int) -> None:
        """Kill the process of a run at the nth event of a kind."""
        seen = 0
        for event in self.follow(run):
            if event.kind == "run-started":
                pid = int(event.data["pid"])
            if event.kind == kind:
                seen += 1
            if seen == number:
                os.kill(pid, signal.SIGKILL)
                until(lambda: not alive(self.journal(run)), 20, "the run to be dead")
                return
        raise AssertionError(f"the run ended before its {kind} number {number}")
