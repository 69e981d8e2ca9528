"""Hosts that a person brings their files to, as site.yaml says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.errors import SiteError
from app.site.convert import from_site, to_site
from app.site.fresh import new_text
from app.site.load import parse_site
from app.site.plain import to_plain
from tests.unit.site_samples import KINDS, SITE

BY_HAND = SITE.replace(
    "spoke-a: {address: 198.18.7.12}",
    "spoke-a: {address: 198.18.7.12, reach: bundle, system: windows}",
)


def errors(text: str) -> list[str]:
    with pytest.raises(SiteError) as raised:
        parse_site(text, "site.yaml", KINDS)
    return [str(one) for one in (raised.value, *raised.value.others)]


def test_hosts_are_reached_over_ssh_and_run_linux_unless_it_is_said() -> None:
    site = parse_site(BY_HAND, "site.yaml", KINDS)
    found = {name: (host.reach, host.system, host.by_hand) for name, host in site.hosts.items()}
    assert found["spoke-a"] == ("bundle", "windows", True)
    assert found["hub"] == found["spoke-b"] == ("ssh", "linux", False)


def test_it_survives_the_wizard_and_a_new_file() -> None:
    site = parse_site(BY_HAND, "site.yaml", KINDS)
    assert to_site(from_site(site), KINDS) == site
    assert to_plain(site, KINDS)["hosts"]["spoke-a"] == {
        "address": "198.18.7.12", "reach": "bundle", "system": "windows",
    }  # fmt: skip
    assert parse_site(new_text(site, KINDS), "site.yaml", KINDS) == site


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("reach: bundle", "reach: bundel", "must be ssh or bundle"),
        ("system: windows", "system: win", "must be linux or windows"),
        ("reach: bundle, ", "", "windows is not reached over SSH"),
        ("trust: ca", "trust: pinned", "bundle needs trust by a CA"),
    ],
)
def test_what_does_not_go_together_is_told_with_its_place(old: str, new: str, said: str) -> None:
    found = errors(BY_HAND.replace(old, new))
    assert any(said in one and "site.yaml:" in one for one in found), found


def test_a_draft_is_judged_by_the_same_rules() -> None:
    draft = from_site(parse_site(BY_HAND, "site.yaml", KINDS))
    hosts = tuple(replace(host, reach="ssh") for host in draft.hosts)
    with pytest.raises(SiteError, match="windows is not reached over SSH"):
        to_site(replace(draft, hosts=hosts), KINDS)
