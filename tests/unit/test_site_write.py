"""Saving a site changes what it must and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.errors import SiteError
from app.model import Host, Site
from app.site.fresh import new_text
from app.site.load import digest_of, load_site, parse_site
from app.site.scalars import resolve, scalar_text
from app.site.write import save_site, site_bytes
from tests.unit.site_samples import HOST_KEY, KINDS, SITE, sites

NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)
QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINK
)


def load(text: str) -> Site:
    return parse_site(text, "site.yaml", KINDS)


def rewritten(text: str, site: Site) -> str:
    return site_bytes(site, text.encode(), "site.yaml", KINDS).decode()


def with_host(site: Site, name: str, **changes: object) -> Site:
    host = replace(site.hosts[name], **changes)  # type: ignore[arg-type]
    return replace(site, hosts={**site.hosts, name: host})


def with_topology(site: Site, **changes: object) -> Site:
    topology = replace(site.topologies[0], **changes)  # type: ignore[arg-type]
    return replace(site, topologies=(topology, *site.topologies[1:]))


@QUICK
@given(sites())
def test_a_new_file_reads_back_as_the_site(site: Site) -> None:
    data = site_bytes(site, None, "site.yaml", KINDS)
    assert parse_site(data.decode(), site.path, KINDS) == site
    assert site_bytes(site, data, "site.yaml", KINDS) == data


@QUICK
@given(sites(), sites())
def test_one_site_can_be_rewritten_into_any_other(old: Site, new: Site) -> None:
    data = site_bytes(new, site_bytes(old, None, "site.yaml", KINDS), "site.yaml", KINDS)
    assert parse_site(data.decode(), new.path, KINDS) == new


@QUICK
@given(sites(), sites(), st.data())
def test_comments_outside_of_removed_entries_survive(
    old: Site, new: Site, data: st.DataObject
) -> None:
    names = list({**old.hosts, **new.hosts})
    hosts = {**old.hosts, **new.hosts}
    own = {**old.topologies[0].node_options, **new.topologies[0].node_options}
    new = replace(
        new, hosts={n: replace(hosts[n], address=f"h{i}.example") for i, n in enumerate(names)}
    )
    roles = {"hub": (names[0],), "spoke": tuple(names[1:])}
    new = with_topology(new, roles=roles, node_options=own)
    lines = site_bytes(old, None, "site.yaml", KINDS).decode().splitlines()
    for i in data.draw(st.sets(st.integers(0, len(lines)), max_size=8)):
        lines.insert(i, f"{' ' * data.draw(st.integers(0, 6))}# remark {i}")
    text = "\n".join(lines) + "\n"
    changed = rewritten(text, new)
    assert load(changed) == replace(new, path="site.yaml")
    # An item that goes takes its own lines with it, and no whole-line comment.
    assert [line for line in changed.splitlines() if "# remark" in line] == [
        line for line in lines if "# remark" in line
    ]


@given(st.text(max_size=30))
def test_a_scalar_reads_back_as_itself_in_any_yaml(text: str) -> None:
    from ruamel.yaml import YAML

    for version in ("1.1", "1.2"):
        yaml = YAML(typ="safe", pure=True)
        yaml.version = version
        assert yaml.load(f"k: {scalar_text(text)}\n") == {"k": text}
        assert yaml.load(f"k: [{scalar_text(text)}, 1]\n") == {"k": [text, 1]}


@pytest.mark.parametrize(
    "text", ["yes", "no", "12", "1e3", "0x1f", "2020-01-01", "1_000", "~", "null"]
)
def test_words_that_yaml_takes_for_something_else_are_quoted(text: str) -> None:
    assert scalar_text(text) == f'"{text}"'


@pytest.mark.parametrize(
    "text", ["198.18.7.11", "~/.ssh/id", "hub.example.net", "prod CA", HOST_KEY]
)
def test_plain_words_are_not_quoted(text: str) -> None:
    assert scalar_text(text) == text
    assert resolve(text) == text


def test_saving_what_was_read_keeps_every_byte() -> None:
    text = SITE.replace("  spoke-b:", "\n  # the last\n  spoke-b  :   # odd spaces")
    assert rewritten(text, load(text)) == text


def test_only_the_changed_value_differs() -> None:
    site = load(SITE)
    assert rewritten(SITE, with_host(site, "spoke-a", address="198.18.7.99")) == SITE.replace(
        "198.18.7.12", "198.18.7.99"
    )
    renamed = replace(site, authority=replace(site.authority, name='new "CA"'))
    assert rewritten(SITE, renamed) == SITE.replace('"prod CA"', '"new \\"CA\\""')


def test_explicit_defaults_stay_and_are_set_when_the_value_becomes_the_default() -> None:
    site = load(SITE)
    again = replace(site, authority=replace(site.authority, leaf_days=90))
    assert '{trust: ca, name: "prod CA", ca_days: 3650, leaf_days: 90}' in rewritten(SITE, again)
    back = with_topology(site, options={})
    assert rewritten(SITE, back) == SITE.replace("61700", "61617")


def test_a_new_host_and_a_removed_one_touch_their_own_lines_only() -> None:
    site = load(SITE.replace("  spoke-b:", "  # about b\n  spoke-b:"))
    hosts = {k: v for k, v in site.hosts.items() if k != "spoke-a"}
    hosts["spoke-c"] = Host("spoke-c", "198.18.7.14", names=("c.example", "10.1.1.1"))
    new = with_topology(
        replace(site, hosts=hosts),
        roles={"hub": ("hub",), "spoke": ("spoke-b", "spoke-c")},
        drawn=(),
    )
    text = rewritten(SITE.replace("  spoke-b:", "  # about b\n  spoke-b:"), new)
    assert text == SITE.replace("  spoke-a: {address: 198.18.7.12}\n", "  # about b\n").replace(
        "    privilege: sudo\n",
        "    privilege: sudo\n  spoke-c:\n    address: 198.18.7.14\n"
        "    names: [c.example, 10.1.1.1]\n",
    ).replace("[spoke-a, spoke-b]}", "[spoke-b, spoke-c]}").replace(
        "links: [[spoke-a, spoke-b]]", "links: []"
    )


def test_line_ends_and_byte_order_mark_stay() -> None:
    old = b"\xef\xbb\xbf" + SITE.replace("\n", "\r\n").encode()
    site = with_host(load(SITE), "hub", user="ops")
    assert site_bytes(site, old, "site.yaml", KINDS) == old.replace(b"user: root", b"user: ops")


def test_block_lists_keep_their_comments() -> None:
    text = SITE.replace(
        "    roles: {hub: [hub], spoke: [spoke-a, spoke-b]}\n",
        "    roles:\n      hub: [hub]\n      spoke:  # in order\n      # first\n"
        "      - spoke-a # a\n      # second\n      - spoke-b\n",
    )
    site = load(text)
    new = with_topology(site, roles={"hub": ("hub",), "spoke": ("spoke-b",)}, drawn=())
    assert rewritten(text, new) == text.replace("      - spoke-a # a\n", "").replace(
        "[[spoke-a, spoke-b]]", "[]"
    )


def test_an_empty_section_is_filled_below_its_comment() -> None:
    text = re.sub("authority: .*", "authority:  # ours\n  # trust: ca", SITE)
    site = load(text)
    new = replace(site, authority=replace(site.authority, trust="pinned", leaf_days=30))
    assert rewritten(text, new) == text.replace(
        "# ours\n", "# ours\n  trust: pinned\n  leaf_days: 30\n"
    )


def test_shared_values_are_not_changed_behind_the_users_back() -> None:
    text = SITE.replace("user: root", "user: &u root").replace("12}", "12, user: *u}")
    site = load(text)
    assert site.hosts["spoke-a"].user == "root"
    only_a = with_host(site, "spoke-a", user="ops")
    assert rewritten(text, only_a) == text.replace("*u", "ops")
    with pytest.raises(SiteError):
        rewritten(text, with_host(site, "hub", user="ops"))


def test_a_file_changed_by_someone_else_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    seen = digest_of(path)
    site = with_host(load_site(path, KINDS), "hub", user="ops")
    path.write_text(SITE + "# mine\n")
    with pytest.raises(SiteError, match="changed by someone else"):
        save_site(site, path, KINDS, seen=seen)
    assert path.read_text() == SITE + "# mine\n"
    path.unlink()
    with pytest.raises(SiteError, match="is gone"):
        save_site(site, path, KINDS, seen=seen)
    assert not path.exists()


def test_saving_keeps_the_mode_and_the_link_and_leaves_no_other_file(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    path = tmp_path / "site.yaml"
    path.symlink_to(real.name)
    seen = save_site(load(SITE), path, KINDS, seen="")
    assert real.stat().st_mode & 0o777 == 0o644
    real.chmod(0o640)
    again = save_site(with_host(load(SITE), "hub", user="ops"), path, KINDS, seen=seen)
    assert again == digest_of(path) != seen
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["real.yaml", "site.yaml"]


def test_a_broken_file_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("version: 1\nsite: [\n")
    with pytest.raises(SiteError):
        save_site(load(SITE), path, KINDS)
    assert path.read_text() == "version: 1\nsite: [\n"


def test_an_invalid_site_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    with pytest.raises(SiteError):
        save_site(with_host(load(SITE), "hub", port=0), path, KINDS)
    assert not path.exists()


def test_a_new_file_explains_itself() -> None:
    text = site_bytes(load(SITE), None, "site.yaml", KINDS).decode()
    assert "# trust: ca" in text
    assert "# duplex: true" in text
    assert isinstance(load(text).hosts, Mapping)
    assert all(len(line) <= 100 for line in text.splitlines())


def test_a_new_file_shows_what_one_host_may_have_of_its_own() -> None:
    site = parse_site(SITE.replace("nodes: {hub: {instance: first}}", ""), "site.yaml", KINDS)
    text = new_text(site, KINDS)
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("    # nodes:"))
    assert lines[at + 1] == "    #   hub: {instance: main}"
    shown = "\n".join([*lines[:at], "    nodes:", "      hub: {instance: second}"])
    assert parse_site(shown, "site.yaml", KINDS).topologies[0].node_options == {
        "hub": {"instance": "second"}
    }
    assert "# nodes:" not in new_text(parse_site(SITE, "site.yaml", KINDS), KINDS)
