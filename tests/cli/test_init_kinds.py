"""`init` asks of each product what it has: roles, links, trust; nothing of it is one product's."""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from app import kinds
from app.cli.verbs.begin import flags_init
from app.cli.verbs.hosts import hosts_of
from app.errors import UsageError
from app.model import Trust
from app.site.catalogue import KindFacts, role_names
from app.site.convert import to_site
from app.site.draft import Draft, set_authority, set_kind, set_option
from app.site.load import load_site
from app.site.naming import with_first
from app.site.roles import host_words
from app.site.typed_hosts import add_hosts
from screens.same import init_words
from tests.cli.command import passphrase_file, tlswright
from tests.unit.site_samples import Cluster, Courier

NODES = ("--node", "r1=root@10.0.0.1", "--node", "r2=root@10.0.0.2:2222", "--node", "r3=10.0.0.3")
RABBIT = ("init", "--name", "q", "--kind", "rabbitmq")


def made(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return tlswright(*words, "--passphrase-file", passphrase_file(folder), cwd=folder)


def test_a_cluster_is_made_without_naming_its_only_role(tmp_path: Path) -> None:
    dialled = [word for n in (1, 2, 3) for word in ("--dials", f"r{n}=r{n},10.0.0.{n}")]
    options = ("--set", "versions=1.3", "--set", "r2.service=rabbitmq-b")
    done = made(tmp_path, *RABBIT, *NODES, *dialled, *options)
    assert done.returncode == 0, done.stderr
    site = load_site(tmp_path / "site.yaml")
    topology = site.topologies[0]
    assert (topology.kind, topology.shape) == ("rabbitmq", "cluster")
    assert topology.roles == {"node": ("r1", "r2", "r3")}
    assert site.hosts["r2"].port == 2222
    assert site.hosts["r1"].names == ("r1", "10.0.0.1")
    assert topology.options == {"versions": "1.3"}
    assert topology.node_options == {"r2": {"service": "rabbitmq-b"}}
    assert "# ca, the only one here\n" in (tmp_path / "site.yaml").read_text()
    assert "or pinned" not in (tmp_path / "site.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ("a site needs hosts", "Give --node NAME=[USER@]ADDRESS[:PORT] for each host")),
        (("--hub", "h=10.0.0.9"), ("rabbitmq has no role 'hub'", "Give --node NAME=")),
        (("--spoke", "h=10.0.0.9", *NODES), ("rabbitmq has no role 'spoke'", "Give --node NAME=")),
        (("--node", "nod:h=10.0.0.9"), ("rabbitmq has no role 'nod'", "Did you mean node?")),
        ((*NODES, "--link", "r1:r2"), ("links of rabbitmq are not drawn", "cluster")),
        ((*NODES, "--trust", "pinned"), ("rabbitmq cannot do with it", "Give ca.")),
        ((*NODES, "--node", "10.0.0.4"), ("does not name a host", "[ROLE:]NAME=")),
        ((*NODES, "--node", "r1=10.0.0.4"), ("r1 is given twice",)),
        ((*NODES, "--set", "folder=etc"), ("must be an absolute path",)),
        ((*NODES, "--set", "folder="), ("must be an absolute path",)),
        ((*NODES, "--set", "port=1"), ("'port' is no option", "dist_port")),
        (("--node", "r1=10.0.0.1"), ("at least two nodes",)),
        ((*NODES, "--dials", "r1=r1"), ("hosts.r1.names: short and long node names are mixed",)),
        ((*NODES, "--set", "verify_peer=false"), ("options.fail_if_no_peer_cert: ",)),
        ((*NODES, "--set", "r2.service=;"), ("nodes.r2.service: ';' is no name of a systemd",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_the_product_lacks_is_refused_in_its_words(
    tmp_path: Path, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    done = made(tmp_path, *RABBIT, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert not (tmp_path / "site.yaml").exists()
    assert not (tmp_path / "vault").exists()
    for part in said:
        assert part in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ("a site needs hosts", "Give --hub and --spoke")),
        (("--node", "h=10.0.0.9"), ("--node h=10.0.0.9: in which role?", "hub or spoke")),
        (("--hub", "10.0.0.9"), ("does not name a host", "Write NAME=")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_product_of_several_roles_has_them_named(
    tmp_path: Path, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    done = made(tmp_path, "init", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    for part in said:
        assert part in done.stderr


def drafts() -> list[Draft]:
    """Give a draft of every product, with something of everything that init takes."""
    found = []
    for name in kinds.names():
        hosts = "a=ops@10.0.0.1 b=b.local c=c.local:2222"
        draft = add_hosts(set_kind(Draft(site="s"), name, kinds), hosts, kinds)
        trust: Trust = kinds.load(name).trusts[-1]
        draft = set_authority(with_first(draft, "b", ("b.example",)), trust=trust, leaf_days=90)
        option = next(o for o in kinds.load(name).options if o.type == "path" or o.type == "port")
        value = "/srv/x" if option.type == "path" else 4711
        found.append(set_option(draft, option.key, value))
    return found


@pytest.mark.parametrize("draft", drafts(), ids=lambda draft: draft.kind)
def test_the_command_that_a_screen_shows_makes_the_very_site(draft: Draft, tmp_path: Path) -> None:
    done = made(tmp_path, *init_words(draft))
    assert done.returncode == 0, done.stderr
    named = replace(draft, authority=replace(draft.authority, name=draft.site))
    wanted = to_site(named, kinds, str(tmp_path / "site.yaml"))
    assert load_site(tmp_path / "site.yaml") == wanted


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    flags_init(parser)
    return parser.parse_args(words)


def test_every_role_of_every_product_can_be_said() -> None:
    for name in kinds.names():
        kind = kinds.load(name)
        for role in role_names(kind):
            words = host_words(role, "a=root@10.0.0.1")
            ((found, host),) = hosts_of(parsed(*words), kind)
            assert (found, host.name, host.user) == (role, "a", "root")


def test_a_role_whose_word_means_something_else_is_said_with_node() -> None:
    assert host_words("link", "a=b") == ("--node", "link:a=b")
    assert host_words("node", "a=b") == host_words("", "a=b") == ("--node", "a=b")


@pytest.mark.parametrize(
    ("kind", "words", "roles"),
    [
        (Cluster(), ("--node", "a=x", "--node", "node:b=y"), ["node", "node"]),
        (Courier(), ("--node", "spoke:a=x", "--hub", "b=y"), ["hub", "spoke"]),
        (Courier(roles=(("chief", ""), ("node", ""))), ("--node", "a=x", "--node", "chief:b=y"),
         ["chief", "node"]),
    ],
)  # fmt: skip
def test_hosts_come_in_the_order_of_the_roles(
    kind: KindFacts, words: tuple[str, ...], roles: list[str]
) -> None:
    assert [role for role, _ in hosts_of(parsed(*words), kind)] == roles


def test_a_role_of_another_product_is_not_taken_for_one_of_this() -> None:
    with pytest.raises(UsageError, match="flock has no role 'spoke'"):
        hosts_of(parsed("--spoke", "a=x"), Cluster())
