"""`--plain`: the same questions line by line, for screen readers, serial lines and dumb terminals.

`<` goes back a question, `?` explains one, Enter takes the default.  Everything is written to
standard output in words; nothing is drawn over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.cli import plain_adopt, plain_back, plain_outside
from app.cli.plain_outside import MENU as OUTSIDE
from app.cli.plain_outside import is_outside
from app.cli.plain_steps import Asker, Back, Leave, ask_fields
from app.errors import Exit, GivenError, TlswrightError, UsageError, VaultError

if TYPE_CHECKING:
    from datetime import datetime

    from app.cli.context import Context
    from app.engine.front import Front
    from app.engine.request import Answers
    from app.model import Site
    from app.pki.importing import Candidate
    from app.pki.secret import Secret
    from app.plan.make import Intent
    from app.plan.plan import Plan
    from app.site.draft import Draft

MENU = (
    ("a", "plan and apply"),
    ("s", "status: every certificate"),
    ("v", "verify: prove every link"),
    ("r", "rotate: new certificates for those that are due"),
    ("n", "a new CA, in three waves over all hosts; or go on with it"),
    ("b", "roll back the last run"),
    ("h", "runs of the past"),
    ("k", "stores that the hosts use already: what is kept of them"),
    ("w", "the wizard: change the site"),
    ("q", "quit"),
)


def run_plain(context: Context) -> int:
    """Ask the wizard's questions, or what to do with a site that exists; gives the exit code."""
    asker = Asker(context.terminal)
    try:
        if context.places.site.exists():
            return int(_Desk(context, asker).menu())
        desk = _Desk(context, asker)
        desk.wizard()
        return int(desk.apply("apply"))
    except Leave:
        context.terminal.print("Your answers are kept. `tlswright` goes on from here.")
        return int(Exit.OK)


def _wizard(context: Context, asker: Asker) -> tuple[dict[str, Secret], Candidate | None]:
    """Ask every question and write the site; gives what the vault is to keep.

    That is the secrets, and a CA that was made elsewhere where one is named.
    """
    from app.cli.screens import edges_of, first_draft
    from app.site.catalogue import installed
    from app.site.convert import problems, to_site

    site = context.site() if context.places.site.exists() else None
    edges, draft = edges_of(context), first_draft(context, site)
    while True:
        draft = ask_fields(asker, draft, installed(), edges.save_draft)
        wrong = problems(draft, None, installed())
        for one in wrong:
            asker.say(f"!! {one.text}" + (f"  (such as {one.example})" if one.example else ""))
        if wrong:
            continue
        try:
            candidate = _candidate(context, asker, draft)
            break
        except GivenError as error:
            context.terminal.complain(error)
    edges.save_site(to_site(draft, installed()))
    edges.drop_draft()
    asker.say(f"Wrote {context.places.site}.")
    return _secrets(context, asker, draft), candidate


def _candidate(context: Context, asker: Asker, draft: Draft) -> Candidate | None:
    """Read the CA that the draft names and show it; None where none is named."""
    from app.cli.verbs.ca import candidate_of, lines_of
    from app.site.convert import as_site

    site = as_site(draft)
    if site.authority.source != "imported" or not draft.ca_file:
        return None
    found = candidate_of(context, site, draft.ca_file, draft.ca_key)
    for line in lines_of(found):
        asker.say(line)
    found.authority(site.name, 1)
    return found


def _secrets(context: Context, asker: Asker, draft: Draft) -> dict[str, Secret]:
    from app.site.catalogue import installed
    from app.site.fields import secret_fields

    found: dict[str, Secret] = {}
    for one in secret_fields(draft, installed()):
        asker.say(one.help)
        while one.key not in found and asker.yes(f"Give a {one.label.lower()}"):
            try:
                found[one.key] = context.other_secret(None, one.label, "a terminal")
            except UsageError as error:
                asker.say(f"!! {error}")
    return found


@dataclass(slots=True)
class _Desk:
    """Do what is asked with a site that exists."""

    context: Context
    asker: Asker
    secrets: dict[str, Secret] = field(default_factory=dict)
    known: Answers | None = None
    candidate: Candidate | None = None

    def wizard(self) -> None:
        """Ask every question, and write the site."""
        secrets, candidate = _wizard(self.context, self.asker)
        self.secrets.update(secrets)
        self.candidate = candidate or self.candidate

    def menu(self) -> Exit:
        """Ask what to do until the user leaves."""
        from app.cli.verbs import runs

        context = self.context
        live = context.front().live_run()
        if live:
            self.asker.say(f"Run {live} is going on.")
            self.follow(live)
        acts: dict[str, Callable[[], object]] = {
            "a": lambda: self.apply("apply"),
            "s": lambda: self._status(),
            "v": lambda: self._verify(),
            "r": lambda: self.apply("rotate"),
            "n": self._new_ca,
            "b": lambda: self._rollback(),
            "h": lambda: runs.runs(context),
            "k": lambda: plain_adopt.adopt(context, self.asker, self.answers()),
            "w": self.wizard,
        }
        while True:
            outside = is_outside(context)
            if outside:
                acts |= self._outside()
            for key, words in (*MENU[:-1], *(OUTSIDE if outside else ()), MENU[-1]):
                self.asker.say(f"  {key}  {words}")
            choice = self.asker.line(f"{context.site().name}: what next", "q")
            if choice == "q":
                return Exit.OK
            try:
                acts.get(choice, lambda: self.asker.say("One of the letters above."))()
            except TlswrightError as error:
                if isinstance(error, VaultError):
                    self.known = None  # perhaps the passphrase: it is asked for again
                context.terminal.complain(error)
            except Back:
                continue

    def _outside(self) -> dict[str, Callable[[], object]]:
        """Give what is done with an outside CA."""
        context, ask = self.context, self.asker.line
        folder = str(context.directory / "requests")
        return {
            "c": lambda: plain_outside.write(context, self.answers()),
            "t": lambda: plain_outside.take(context, self.answers(), ask("File or folder", folder)),
            "o": lambda: plain_outside.anchor(context, self.answers(), ask("File", "")),
        }

    def answers(self) -> Answers:
        """Ask for the passphrase once; a vault that is made now is asked for it twice."""
        if self.known is None:
            fresh = not self.context.places.vault.exists()
            self.known = self.context.answers(confirm=fresh)
            self._import()
            if fresh and self.known.passphrase is not None:
                front, site = self.context.front(), self.context.site()
                facts = front.create_vault(site, self.known.passphrase)
                if facts is not None:
                    self.asker.say(f"CA {facts.common_name}, SHA-256 {facts.sha256}")
        if self.known.passphrase is not None:
            self._import()
            self._keep(self.known.passphrase)
        return self.known

    def _import(self) -> None:
        """Put a CA that was read into the vault, and let site.yaml say so."""
        passphrase = self.known.passphrase if self.known is not None else None
        if self.candidate is not None and passphrase is not None:
            self.context.front().import_ca(self.context.site(), passphrase, self.candidate)
            self.candidate = None

    def _keep(self, passphrase: Secret) -> None:
        for key in tuple(self.secrets):
            self.context.front().keep_secret(passphrase, key, self.secrets[key])
            del self.secrets[key]
            self.asker.say(f"The vault keeps {key}.")

    def _new_ca(self) -> Exit:
        from app.cli.verbs.runs import next_ca
        from app.plan.make import Intent

        with next_ca(self.context):
            return self._carry_out("rotate", Intent())

    def apply(self, verb: str) -> Exit:
        """Show the plan, ask, start the run and follow it."""
        from app.plan.make import Intent

        front = self.context.front()
        intent = self._due(front, self.context.site()) if verb == "rotate" else Intent()
        if intent is None:
            self.asker.say("No certificate is due.")
            return Exit.OK
        return self._carry_out(verb, intent)

    def _carry_out(self, verb: str, intent: Intent) -> Exit:
        from app.cli.verbs.show import show_plan

        context, front = self.context, self.context.front()
        self.asker.say("Reading the hosts; nothing is changed.")

        def read(answers: Answers) -> tuple[Answers, Plan]:
            return answers, front.make_plan(context.site(), answers, intent)

        self.known, plan = context.asking(read, self.answers())
        show_plan(context.terminal, plan, diffs=self.asker.yes("Show the diff of each file"))
        if plan.problems:
            return Exit.PREFLIGHT
        if plan.empty:
            return Exit.OK
        if not self.asker.yes(f"{verb.capitalize()} this plan now"):
            self.asker.say("Nothing has been changed.")
            return Exit.CHANGES
        answers = context.for_a_run(self.known)
        run = front.start(verb, answers, plan=front.save_plan(plan), intent=intent)
        return self.follow(run)

    def follow(self, run: str) -> Exit:
        """Write a run's events as lines until it has ended; Ctrl+C leaves it to itself."""
        from app.cli.verbs.show import show_end, show_event
        from app.events import RunView, fold

        view = RunView(run=run)
        self.asker.say(f"Run {run}. It goes on when you leave: Ctrl+C, then `tlswright attach`.")
        for event in self.context.front().follow(run):
            if event is not None:
                view = fold([event], view)
                show_event(self.context.terminal, event)
        show_end(self.context.terminal, view)
        return Exit(view.exit if view.exit is not None else Exit.MIXED)

    def _rollback(self) -> None:
        from app.plan.make import Intent

        front = self.context.front()
        back = plain_back.offered(self.context, self.asker.say)
        if self.asker.yes(f"Take back run {back.words}: every host as it was before it"):
            from app.cli.verbs.runs import reached

            answers = self.context.asking(lambda a: reached(self.context, front, a), self.answers())
            answers = self.context.for_a_run(answers)
            self.follow(front.start("rollback", answers, plan=None, intent=Intent(), run=back.run))

    def _status(self) -> None:
        from app.cli.verbs.show import show_status
        from app.engine.journal import utc_now

        show_status(self.context.terminal, self.context.front().status(self._site(), utc_now()))

    def _verify(self) -> None:
        from app.cli.verbs.show import show_findings

        front, site = self.context.front(), self._site()
        found = self.context.asking(lambda a: tuple(front.verify(site, a)), self.answers())
        show_findings(self.context.terminal, found)

    def _site(self) -> Site:
        return self.context.site()

    def _due(self, front: Front, site: Site) -> Intent | None:
        from app.engine.journal import utc_now
        from app.plan.make import Intent

        names = frozenset(_due_names(front, site, utc_now()))
        return Intent(names) if names else None


def _due_names(front: Front, site: Site, now: datetime) -> Iterator[str]:
    for row in front.status(site, now):
        if row.due and row.role not in ("authority", "intermediate"):
            yield row.subject
