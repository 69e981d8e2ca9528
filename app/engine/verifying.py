"""Verify a site on request: connect, probe every link, change nothing."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine import opening
from app.engine.gather import gather
from app.engine.journal import utc_now
from app.engine.keyring import Keyring
from app.engine.proving import Prover
from app.engine.request import Answers
from app.errors import UsageError
from app.findings import Finding
from app.model import Site
from app.plan.deployed import resolve
from app.plan.plan import Plan
from app.site.places import Places


def verify(places: Places, site: Site, answers: Answers) -> Iterator[Finding]:
    """Probe every link and give the findings as they come; a host that cannot be asked is one."""
    deployed = opening.deployed_of(places)
    if not deployed.nodes:
        raise UsageError("nothing was deployed yet", hint="`tlswright apply` deploys.")
    kinds = opening.kinds_of(site)
    vault = opening.open_vault(places, answers.passphrase, deployed, write=False)
    if vault is None:
        raise UsageError("this site has no vault yet", hint="`tlswright apply` makes it.")
    with vault:
        gathered = gather(site, kinds, opening.connector(answers.logins, site.hosts), _quiet)
        try:
            for host, error in sorted(gathered.errors.items()):
                yield Finding(host, "host reached", "fail", error.text, remedy=error.hint)
            deployed = resolve(deployed, gathered.observed)
            keyring = Keyring(site, vault)
            prover = Prover(site, kinds, gathered, keyring, deployed, Plan(site, ()), utc_now)
            yield from prover.everything()
        finally:
            gathered.close()


def _quiet(host: str, state: str, text: str) -> None:
    """Say nothing: findings are what counts."""
