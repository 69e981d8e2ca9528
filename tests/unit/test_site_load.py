"""Every problem of a site file is told with its line, column, key and remedy, all at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import kinds
from app.errors import SiteError, UsageError
from app.model import Host, Site
from app.site.load import load_site, parse_site
from app.site.parse import decode, parse_tree
from tests.unit.site_samples import HOST_KEY, KINDS, SITE


def load(text: str) -> Site:
    return parse_site(text, "site.yaml", KINDS)


def errors(text: str) -> list[SiteError]:
    with pytest.raises(SiteError) as caught:
        load(text)
    return [caught.value, *caught.value.others]


def at(text: str, part: str, offset: int = 0) -> str:
    """Give file:line:column of the first place of a part of a text."""
    index = text.index(part) + offset
    line = text.count("\n", 0, index) + 1
    return f"site.yaml:{line}:{index - text.rfind(chr(10), 0, index)}"


def test_a_site_reads_as_its_model() -> None:
    site = load(SITE)
    assert site.hosts["hub"] == Host("hub", "198.18.7.11", user="root", names=("hub.example.net",))
    assert site.hosts["spoke-b"].privilege == "sudo"
    topology = site.topologies[0]
    assert topology.roles == {"hub": ("hub",), "spoke": ("spoke-a", "spoke-b")}
    assert topology.drawn == (("spoke-a", "spoke-b"),)
    assert topology.options == {"port": 61700}
    assert topology.node_options == {"hub": {"instance": "first"}}
    assert (site.authority.name, site.authority.leaf_days) == ("prod CA", 397)


@pytest.mark.parametrize(
    ("old", "new", "place", "key", "words"),
    [
        ("port: 61700", "prot: 61700", "prot:", "topologies.0.options.prot", "Did you mean port?"),
        ("port: 61700", "port: 70000", "70000", "topologies.0.options.port", "from 1 to 65535"),
        ("port: 61700", 'port: "61700"', '"61700"', "topologies.0.options.port", "whole number"),
        ("port: 61700", "ttl: 10", "10}", "topologies.0.options.ttl", "from 1 to 9"),
        ("port: 61700", "store: JKZ", "JKZ", "topologies.0.options.store", "PKCS12, JKS"),
        ("port: 61700", "instance: x", "instance: x", "topologies.0.options.instance", "nodes:"),
        ("port: 61700", "login: x", "login", "topologies.0.options.login", "vault"),
        ("user: root", "usr: root", "usr", "hosts.hub.usr", "Did you mean user?"),
        ("user: root", "user: -x", "-x", "hosts.hub.user", "login name"),
        ("user: root", "port: x", "x, names", "hosts.hub.port", "whole number"),
        ("user: root", "port: 0", "0, names", "hosts.hub.port", "from 1 to 65535"),
        ("user: root", "password: hunter2", "password", "hosts.hub.password", "vault"),
        ("user: root", "sudo_passphrase: x", "sudo_p", "hosts.hub.sudo_passphrase", "vault"),
        ("user: root", "host_key: ssh-ed25519 AAAA", "ssh-ed", "hosts.hub.host_key", "public host"),
        ("user: root", "jump: hub", "hub, names", "hosts.hub.jump", "own jump host"),
        ("user: root", "root: srv", "srv", "hosts.hub.root", "absolute path"),
        ("user: root", "user: 12", "12, names", "hosts.hub.user", 'Put it in quotes: "12"'),
        ("privilege: sudo", "privilege: su", "su\n", "hosts.spoke-b.privilege", "root or sudo"),
        ("hub.example.net", "a_b..c", "a_b", "hosts.hub.names.0", "empty part"),
        ("names: [hub.example.net]", "names: hub", "hub}", "hosts.hub.names", "must be a list"),
        (
            "  spoke-b:",
            "  X-1: {address: x.example}\n  spoke-b:",
            "X-1",
            "hosts.X-1",
            "lower case: x-1",
        ),
        (
            "198.18.7.12",
            "198.18.7.11",
            "198.18.7.11}",
            "hosts.spoke-a.address",
            "same machine as hub",
        ),
        (
            "[spoke-a, spoke-b]}",
            "[spoke-a, spoke-b, spok-b]}",
            "spok-b",
            "topologies.0.roles.spoke.2",
            "spoke-b?",
        ),
        (
            "[spoke-a, spoke-b]}",
            "[spoke-a, spoke-b, hub]}",
            "hub]}",
            "topologies.0.roles.spoke.2",
            "hub too",
        ),
        ("spoke: [", "spok: [", "spok:", "topologies.0.roles.spok", "Did you mean spoke?"),
        (
            "[[spoke-a, spoke-b]]",
            "[[hub, hub]]",
            "[hub, hub]",
            "topologies.0.links.0",
            "dial itself",
        ),
        (
            "[[spoke-a, spoke-b]]",
            "[[hub, hup]]",
            "hup",
            "topologies.0.links.0.1",
            "Did you mean hub?",
        ),
        ("[[spoke-a, spoke-b]]", "[[hub]]", "[hub]]", "topologies.0.links.0", "two hosts"),
        (
            "{hub: {instance",
            "{hup: {instance",
            "hup",
            "topologies.0.nodes.hup",
            "Did you mean hub?",
        ),
        ("kind: courier", "kind: currier", "currier", "topologies.0.kind", "Did you mean courier?"),
        ("shape: hub-spoke", "shape: hub", "hub\n    roles", "topologies.0.shape", "hub-spoke?"),
        ("site: prod-mq", "site: a b", "a b", "site", "letters"),
        ("site: prod-mq\n", "", "version", "site", "is missing"),
        ("trust: ca", "trust: cert", "cert", "authority.trust", "ca or pinned"),
        ("ca_days: 3650", "ca_days: 30", "prod CA", "", "CA lives 30 days"),
        ("authority: {", "authority: {<<: {}, ", "<<", "authority.<<", "merge keys"),
        ("topologies:", "topology: []\ntopologies:", "topology:", "topology", "topologies?"),
        (
            "{hub: [hub], spoke: [spoke-a,",
            "{hub: [hub, spoke-a], spoke: [",
            "kind: courier",
            "topologies.0",
            "exactly one hub",
        ),
    ],
)
def test_one_mistake_is_one_error_at_its_place(
    old: str, new: str, place: str, key: str, words: str
) -> None:
    text = SITE.replace(old, new, 1)
    assert text != SITE
    (error, *others) = errors(text)
    assert not others
    assert words in f"{error.text} {error.hint}"
    if key:
        assert error.key == key
        expected = at(text, place)
        if key in ("site", "topologies.0"):
            assert error.where.startswith("site.yaml:")
        else:
            assert error.where == expected


def test_secrets_are_not_repeated_in_the_error() -> None:
    (error,) = errors(SITE.replace("user: root", "password: hunter2"))
    assert "hunter2" not in repr(error) + error.text + error.hint


def test_all_problems_come_together_in_the_order_of_the_file() -> None:
    text = (
        SITE.replace("user: root", "usr: root")
        .replace("61700", "0")
        .replace("a, spoke-b]]", "a, x]]")
    )
    text = text.replace("version: 1", "version: 1\nversion: 1")
    found = errors(text)
    assert [e.key for e in found] == [
        "version", "hosts.hub.usr", "topologies.0.links.0.1", "topologies.0.options.port",
    ]  # fmt: skip
    assert str(found[0]).startswith("site.yaml:2:1: the key 'version' is here twice")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("# only words\n", "is empty"),
        ("- a\n", "does not hold keys"),
        ("site: x\n", "'version' is missing"),
        ("version: 2\nfuture: [\n  1]\n", "newer than this tlswright"),
        ("version: 0\n", "no version 0"),
        ("version: one\n", "whole number"),
        ("version: 1\nsite: [\n", "not valid YAML"),
        ("version: 1\n\tsite: x\n", "not valid YAML"),
        ("version: 1\n---\nversion: 1\n", "more than one document"),
        ("%YAML 1.1\n---\nversion: 1\n", "directive"),
        ("version: !!python/object/apply:os.system [id]\n", "tag"),
        ("version: &a [*a]\n", "not defined before it"),
        ("version: 1\nsite: \x1b[0m\n", "U+001B"),
        ("? [a, b]\n: c\nversion: 1\n", "a key must be a word"),
    ],
)
def test_what_is_no_site_is_refused_with_its_place(text: str, words: str) -> None:
    found = errors(text)
    assert any(words in error.text for error in found)
    assert all(error.where.startswith("site.yaml:") for error in found)


HOSTILE = [
    "[" * 200_000,
    "{" * 200_000,
    "[\n" * 200_000,
    "- " * 200_000,
    "".join(f"{' ' * i}a:\n" for i in range(2000)),
    "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in ("ab", "bc", "cd", "de", "ef")
    ),
    "a: [" + "1," * 600_000 + "]\n",
    "x" * (3 * 1024 * 1024),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_ends_soon(text: str) -> None:
    with pytest.raises(SiteError):
        load(text)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=":-[]{}&*!|>'\"%@#?,\n \tab1~", max_size=60))
def test_any_text_gives_a_site_error_or_a_tree(text: str) -> None:
    try:
        parse_tree(text, "site.yaml")
    except SiteError as error:
        where = error.where
    else:
        where = "site.yaml"
    assert where.startswith("site.yaml")


def test_bytes_that_are_not_utf_8_are_named_by_line_and_column() -> None:
    with pytest.raises(SiteError) as caught:
        decode(b"version: 1\nsite: caf\xe9\n", "site.yaml")
    assert caught.value.where == "site.yaml:2:10"


def test_a_missing_file_names_init(tmp_path: Path) -> None:
    with pytest.raises(SiteError) as caught:
        load_site(tmp_path / "site.yaml", KINDS)
    assert "tlswright init" in caught.value.hint
    with pytest.raises(SiteError, match="cannot be read"):
        load_site(tmp_path, KINDS)


def test_options_that_equal_what_holds_without_them_are_left_out() -> None:
    text = SITE.replace("port: 61700", "port: 61617, ttl: 2").replace("instance: first", "ttl: 2")
    topology = load(text).topologies[0]
    assert topology.options == {"ttl": 2}
    assert topology.node_options == {}
    back = SITE.replace("port: 61700", "ttl: 2").replace("instance: first", "ttl: 1")
    assert load(back).topologies[0].node_options == {"hub": {"ttl": 1}}


def test_values_shared_by_anchors_are_read() -> None:
    text = SITE.replace("user: root", "user: &u root").replace("12}", "12, user: *u}")
    assert load(text).hosts["spoke-a"].user == "root"


def test_a_pinned_key_is_read_and_a_private_key_refused() -> None:
    text = SITE.replace("user: root", f"host_key: {HOST_KEY}")
    assert load(text).hosts["hub"].host_key == HOST_KEY
    (error,) = errors(SITE.replace("user: root", 'identity: "-----BEGIN KEY-----"'))
    assert "not the key itself" in error.text


def test_kinds_are_listed_without_importing_them() -> None:
    code = (
        "import sys; from app import kinds; assert 'activemq' in kinds.names(); "
        "assert not [m for m in sys.modules if m.startswith('app.kinds.')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        kinds.load("activmq")
    assert caught.value.hint == "Did you mean activemq?"


def test_the_site_imports_neither_cryptography_nor_ssh_nor_the_screen() -> None:
    code = (
        "import sys, tests.unit.site_samples, app.site.load, app.site.write, "
        "app.site.answers, app.site.draft_file, "
        "app.site.lock, app.site.places; "
        "app.site.load.parse_site(open(0).read(), 'site.yaml', tests.unit.site_samples.KINDS); "
        "print([m for m in ('cryptography', 'paramiko', 'textual', 'jks') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=SITE,
        text=True,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"
