"""The wizard's draft: pure changes, the site's own rules, and one declaration of each question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import SiteError, UsageError
from app.model import Site
from app.site import draft as d
from app.site.answers import get, parse, put, show
from app.site.convert import from_site, problems, to_site
from app.site.draft import STEPS, Draft, DraftHost
from app.site.draft_file import load_draft, save_draft
from app.site.fields import field, fields
from app.site.load import parse_site
from app.site.naming import dialled_first, with_first
from app.site.typed_hosts import add_hosts, read_hosts
from tests.unit.site_samples import KINDS, SITE, sites

QUICK = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def begun(hosts: str = "hub=root@198.18.7.11 spk-[08-10].example.net") -> Draft:
    return add_hosts(d.set_kind(Draft(site="prod"), "courier", KINDS), hosts, KINDS)


def test_typed_hosts_become_hub_and_spokes() -> None:
    draft = begun()
    assert [(h.name, h.role) for h in draft.hosts] == [
        ("hub", "hub"),
        ("spk-08.example.net", "spoke"),
        ("spk-09.example.net", "spoke"),
        ("spk-10.example.net", "spoke"),
    ]
    assert draft.hosts[0] == DraftHost("hub", "198.18.7.11", user="root", role="hub")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("hub", DraftHost("hub", "hub")),
        ("ops@Hub.Example:2222", DraftHost("hub.example", "Hub.Example", 2222, "ops")),
        ("10.0.0.1", DraftHost("10.0.0.1", "10.0.0.1")),
        ("v6=[2001:db8::1]:2222", DraftHost("v6", "2001:db8::1", 2222)),
        ("v6=2001:db8::1", DraftHost("v6", "2001:db8::1")),
        ("::1", DraftHost("ip6-0000-0000-0000-0000-0000-0000-0000-0001", "::1")),
    ],
)
def test_a_typed_host_is_read(text: str, host: DraftHost) -> None:
    assert read_hosts(text).hosts == (host,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:99999", "its port must be from 1 to 65535"),
        ("a@b@c", "is not a host"),
        ("a_-", "its name must be"),
        ("ok=a..b", "empty part"),
        ("x[5-1]", "must go up"),
        ("x[1-999999]", "must go up"),
        ("x[1-4000]y[1-4000]", "more than 5000"),
        ("-oProxyCommand=x", "name"),
        ("a=h1, a=h2", "named twice"),
    ],
)
def test_a_word_that_is_no_host_is_told_and_adds_nothing(text: str, words: str) -> None:
    assert any(words in problem for problem in read_hosts(f"good {text}").problems)
    with pytest.raises(UsageError):
        add_hosts(begun(), f"good {text}", KINDS)


def test_pasted_lines_with_comments_are_read_and_known_hosts_passed_over() -> None:
    draft = begun("hub\n# old ones\n spoke-a ; spoke-b,\n\n")
    assert add_hosts(draft, "hub spoke-b spoke-c  # again", KINDS).host_names == (
        "hub", "spoke-a", "spoke-b", "spoke-c",
    )  # fmt: skip
    with pytest.raises(UsageError, match="already"):
        add_hosts(draft, "hub=elsewhere", KINDS)


@given(st.text(alphabet="ab1.-[]:@=,; \n#_%", max_size=40))
def test_any_typed_text_gives_hosts_or_words(text: str) -> None:
    for host in read_hosts(text).hosts:
        draft = Draft(kind="flock", shape="cluster", site="s", hosts=(replace(host, role="node"),))
        assert problems(draft, None, KINDS) == ()


def test_changing_the_kind_and_back_keeps_every_answer() -> None:
    draft = d.link(begun(), "spk-08.example.net", "spk-09.example.net")
    draft = d.set_option(draft, "port", 61700)
    draft = d.set_option(draft, "instance", "x", "hub")
    draft = d.set_role(draft, "spk-10.example.net", "hub", KINDS)
    other = d.set_kind(draft, "flock", KINDS)
    assert {h.role for h in other.hosts} == {"node"}
    assert (other.options, other.drawn, other.shape) == ({}, (), "cluster")
    back = d.set_kind(other, "courier", KINDS)
    assert replace(back, shelved={}) == draft
    fewer = d.set_kind(d.remove(other, ["hub"]), "courier", KINDS)
    assert fewer.node_options == {}
    assert fewer.drawn == draft.drawn


def test_removing_and_renaming_follow_into_links_and_options() -> None:
    draft = d.link(begun("hub a b"), "a", "b")
    draft = d.set_option(draft, "instance", "x", "a")
    renamed = d.set_host(draft, "a", name="c")
    assert renamed.drawn == (("c", "b"),)
    assert renamed.node_options == {"c": {"instance": "x"}}
    assert d.remove(renamed, ["c"]).drawn == ()
    assert d.remove(renamed, ["c"]).node_options == {}
    with pytest.raises(UsageError, match="already"):
        d.set_host(draft, "a", name="b")
    with pytest.raises(UsageError) as caught:
        d.remove(draft, ["hup"])
    assert caught.value.hint == "Did you mean hub?"
    assert d.move(draft, "b", -1).host_names == ("hub", "b", "a")
    assert d.unlink(draft, "a", "b").drawn == ()
    with pytest.raises(UsageError, match="itself"):
        d.link(draft, "a", "a")


def test_an_empty_draft_says_what_each_step_needs() -> None:
    found = problems(Draft(), None, KINDS)
    assert [(p.step, p.field) for p in found] == [
        ("topology", "kind"), ("topology", "site"), ("hosts", "hosts"),
    ]  # fmt: skip
    assert all(p.example for p in found)


@pytest.mark.parametrize(
    ("change", "step", "key", "host"),
    [
        (lambda x: d.set_host(x, "hub", port=0), "hosts", "port", "hub"),
        (lambda x: d.set_host(x, "hub", names=("a..b",)), "names", "names", "hub"),
        (lambda x: d.set_host(x, "hub", privilege="su"), "hosts", "privilege", "hub"),
        (lambda x: d.set_authority(x, leaf_days=9999), "trust", "leaf_days", ""),
        (lambda x: d.set_option(x, "ttl", 77), "options", "ttl", ""),
        (lambda x: d.set_option(x, "instance", 5, "hub"), "options", "instance", "hub"),
        (lambda x: replace(x, shape="star"), "topology", "shape", ""),
        (lambda x: d.set_role(x, "hub", "spoke", KINDS), "hosts", "hosts", ""),
    ],
)
def test_a_wrong_answer_is_told_at_its_step_and_field(
    change: object, step: str, key: str, host: str
) -> None:
    assert callable(change)
    (found,) = problems(change(begun()), None, KINDS)
    assert (found.step, found.field, found.host) == (step, key, host)
    assert [p for s in STEPS if s != step for p in problems(change(begun()), s, KINDS)] == []
    with pytest.raises(SiteError):
        to_site(change(begun()), KINDS)


@QUICK
@given(sites())
def test_a_site_becomes_a_draft_and_the_same_site_again(site: Site) -> None:
    assert to_site(from_site(site), KINDS) == site


def test_a_site_of_several_topologies_is_left_to_its_file() -> None:
    site = parse_site(SITE, "site.yaml", KINDS)
    with pytest.raises(SiteError, match="one topology"):
        from_site(replace(site, topologies=site.topologies * 2))


@QUICK
@given(sites(), st.text(max_size=20), st.sampled_from(STEPS))
def test_a_draft_reads_back_as_it_was_left(site: Site, words: str, step: d.Step) -> None:
    import tempfile

    draft = replace(d.set_kind(from_site(site, seen="abc"), "flock", KINDS), site=words, step=step)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "draft.yaml"
        save_draft(draft, path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert load_draft(path) == draft


def test_an_empty_draft_reads_back_and_a_missing_one_is_none(tmp_path: Path) -> None:
    assert load_draft(tmp_path / "draft.yaml") is None
    save_draft(Draft(), tmp_path / "draft.yaml")
    assert load_draft(tmp_path / "draft.yaml") == Draft()


@pytest.mark.parametrize(
    "text", ["{", "[]", "version: 1\n", "version: 9\n", "a: !!python/x y", "\x00"]
)
def test_a_damaged_draft_is_told_with_its_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text(text)
    with pytest.raises(SiteError) as caught:
        load_draft(path)
    assert "Delete it" in caught.value.hint


def test_every_question_has_words_and_an_own_flag() -> None:
    asked = fields(begun(), KINDS)
    assert all(f.label and f.help for f in asked)
    flags = [f.flag for f in asked if f.flag]
    assert len(flags) == len(set(flags))
    assert {"--kind", "--host", "--trust", "--leaf-days", "--port"} <= set(flags)
    assert {f.step for f in asked} == set(STEPS)
    assert "login" not in {f.key for f in asked}


def test_no_option_takes_the_flag_of_something_else() -> None:
    from app import kinds

    asked = fields(d.set_kind(Draft(), "activemq", kinds), kinds)
    flags = [f.flag for f in asked if f.flag]
    assert len(flags) == len(set(flags))
    assert not {"--plain", "--user", "--json"} & set(flags)


def test_questions_that_do_not_apply_are_not_asked() -> None:
    pinned = d.set_authority(begun(), trust="pinned")
    assert not {"name", "ca_days"} & {f.key for f in fields(pinned, KINDS, "trust")}
    cluster = d.set_kind(begun(), "flock", KINDS)
    assert not {"role", "links", "shape"} & {f.key for f in fields(cluster, KINDS)}


@QUICK
@given(sites())
def test_every_answer_shown_can_be_typed_again(site: Site) -> None:
    draft = from_site(site)
    for one in fields(draft, KINDS):
        if one.key == "hosts":
            continue
        for host in draft.host_names if one.scope in ("host", "node") else ("",):
            value = get(draft, one, KINDS, host)
            if value == "" or value != (value.strip() if isinstance(value, str) else value):
                continue
            assert parse(one, show(one, value)) == value
            assert to_site(put(draft, one, value, KINDS, host), KINDS) == site


def test_hosts_shown_can_be_typed_again() -> None:
    draft = begun("hub=root@198.18.7.11:2222 v6=[2001:db8::1] a.example")
    one = field(draft, KINDS, "hosts")
    text = show(one, get(draft, one, KINDS))
    assert text == "hub=root@198.18.7.11:2222, v6=[2001:db8::1], a.example"
    assert put(d.set_kind(Draft(site="prod"), "courier", KINDS), one, text, KINDS) == draft


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("duplex", "No", False),
        ("ttl", "3", 3),
        ("store", "2", "JKS"),
        ("leaf_days", "", 397),
        ("links", "hub>a, a>b", (("hub", "a"), ("a", "b"))),
        ("names", "a.example ::1", ("a.example", "::1")),
    ],
)
def test_typed_answers_are_read(key: str, text: str, value: object) -> None:
    assert parse(field(begun("hub a b"), KINDS, key), text) == value


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("duplex", "maybe", "true or false"),
        ("ttl", "x", "whole number"),
        ("ttl", "99", "from 1 to 9"),
        ("store", "7", "PKCS12, JKS"),
        ("leaf_days", "0", "(--leaf-days)"),
        ("site", "", "needs an answer"),
        ("links", "a-b", "is not a link"),
        ("names", "a..b", "empty part"),
        ("hosts", "a@@", "is not a host"),
    ],
)
def test_a_typed_mistake_is_told_in_words(key: str, text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(field(begun("hub a b"), KINDS, key), text)
    assert words in caught.value.text


def test_an_option_equal_to_its_default_is_not_kept() -> None:
    draft = begun()
    port = field(draft, KINDS, "port", "option")
    changed = put(draft, port, 61700, KINDS)
    assert changed.options == {"port": 61700}
    assert put(changed, port, 61617, KINDS).options == {}
    assert get(changed, port, KINDS) == 61700


def test_trust_that_a_kind_cannot_live_with_is_put_aside_and_comes_back() -> None:
    draft = d.set_authority(begun(), trust="pinned")
    other = d.set_kind(draft, "flock", KINDS)
    assert other.authority.trust == "ca"
    assert "trust" not in {f.key for f in fields(other, KINDS)}
    assert problems(other, None, KINDS) == ()
    assert d.set_kind(other, "courier", KINDS).authority.trust == "pinned"


def test_trust_that_stands_against_the_kind_is_told_where_it_can_be_changed() -> None:
    wrong = d.set_authority(d.set_kind(begun(), "flock", KINDS), trust="pinned")
    (found,) = problems(wrong, None, KINDS)
    assert (found.step, found.field) == ("trust", "trust")
    assert "flock cannot do with pinned" in found.text
    asked = field(wrong, KINDS, "trust")
    assert [word for word, _ in asked.choices] == ["ca"]


def test_links_are_asked_for_only_where_they_can_be_drawn() -> None:
    assert "links" in {f.key for f in fields(begun(), KINDS)}
    cluster = d.set_kind(begun(), "flock", KINDS)
    assert "links" not in {f.key for f in fields(cluster, KINDS)}
    (found,) = problems(d.link(cluster, "hub", "spk-08.example.net"), None, KINDS)
    assert (found.step, found.field) == ("hosts", "links")
    assert "are not drawn" in found.text


def test_hosts_are_shown_in_the_words_of_the_kind() -> None:
    assert field(begun(), KINDS, "hosts").example == "root@hub, spoke-[01-03].example.net"
    cluster = replace(d.set_kind(begun(), "flock", KINDS), hosts=())
    example = field(cluster, KINDS, "hosts").example
    assert example == "root@node-1, node-[2-3].example.net"
    (found,) = problems(cluster, None, KINDS)
    assert found.example == example
    assert read_hosts(example).problems == ()


def test_the_first_name_is_the_kinds_and_is_put_before_the_others() -> None:
    cluster = d.set_kind(begun("a=198.18.7.11"), "flock", KINDS)
    assert dialled_first(cluster, KINDS) == {"a": "198.18.7.11"}
    assert dialled_first(Draft(), KINDS) == {}
    named = with_first(cluster, "a", ("r1",))
    assert named.host("a").names == ("r1", "198.18.7.11")
    assert with_first(named, "a", ("r1",)) == named
    assert dialled_first(named, KINDS) == {"a": "r1"}
    assert field(cluster, KINDS, "names").lead == "The name of the flock comes first."


def test_a_path_that_has_a_default_cannot_be_empty() -> None:
    cluster = d.set_kind(begun(), "flock", KINDS)
    folder = field(cluster, KINDS, "folder")
    assert folder.problem("") == folder.problem("etc/flock") == "must be an absolute path"
    assert folder.problem("/srv/flock") == ""
    assert parse(folder, "") == "/etc/flock"


def test_what_a_kind_finds_wrong_is_told_where_it_was_answered() -> None:
    from app import kinds

    draft = add_hosts(d.set_kind(Draft(site="q"), "rabbitmq", kinds), "r1=10.0.0.1 r2", kinds)
    (mixed,) = problems(draft, None, kinds)
    assert (mixed.step, mixed.field, mixed.host) == ("names", "names", "r1")
    draft = d.set_option(with_first(draft, "r1", ("r1",)), "verify_peer", False)
    (clash,) = problems(draft, None, kinds)
    assert (clash.step, clash.field) == ("options", "fail_if_no_peer_cert")
    own = d.set_option(d.set_option(draft, "verify_peer", None), "service", "a b", "r2")
    (unit,) = problems(own, None, kinds)
    assert (unit.step, unit.field, unit.host) == ("options", "service", "r2")
    (few,) = problems(d.remove(draft, ["r2"]), "hosts", kinds)
    assert "at least two nodes" in few.text
