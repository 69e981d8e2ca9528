"""Log in to every host once, to find out what is missing before a run that cannot ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app.engine import opening
from app.engine.gather import PARALLEL
from app.engine.request import Answers
from app.model import Site


def reach(site: Site, answers: Answers) -> None:
    """Connect to each host of a topology and hang up; raises the first host's error."""
    connector = opening.connector(answers.logins, site.hosts)
    members = dict.fromkeys(host for topology in site.topologies for host in topology.hosts)
    names = [name for name in members if not site.hosts[name].by_hand]
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        for remote in pool.map(lambda name: connector.connect(site.hosts[name]), names):
            remote.close()
