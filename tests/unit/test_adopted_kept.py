"""What is kept of adopted stores: aliases, the file of it, trust in every phase, keys that fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.adopting import Found, FoundStore
from app.engine.clients import export
from app.engine.given import change_clients
from app.engine.keyring import Keyring
from app.engine.opening import kinds_of
from app.engine.record import save_deployed
from app.engine.retaining import keep, kept_keys, let_go
from app.engine.waiting import own_keys, settle_keys, waiting_keys
from app.errors import GivenError, TlswrightError, UsageError
from app.kinds import load
from app.model import Node, Site
from app.pki import stores
from app.pki.aliases import check_aliases
from app.pki.authority import Authority, create_root, issue, self_sign
from app.pki.credential import Credential
from app.pki.keeping import store_authority
from app.pki.names import san_entries
from app.pki.pem import pem_cert
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.plan.adopted import (
    MOST_KEPT,
    KeptCertificate,
    alias_of,
    kept_text,
    read_kept,
    with_kept,
)
from app.plan.deployed import Deployed, DeployedNode
from app.plan.phases import NodeState, Phase
from app.plan.specs import spec_of
from app.site.places import Places
from app.site.write import save_site
from tests.unit.issued import NOW, PEER, PINNED, issued
from tests.unit.plan_world import site_of

WORD, STORE = Secret("correct horse battery"), Secret("changeit again")
HUB = "hub.amq.test"


def signed_by_itself(name: str) -> Credential:
    """Make a certificate that signs itself."""
    return self_sign(replace(PINNED, subject=name, sans=san_entries((name,))), NOW)


def kept(alias: str, name: str = "old") -> KeptCertificate:
    """Keep a certificate under an alias."""
    return KeptCertificate(alias, pem_cert(signed_by_itself(name).cert_der).decode())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=140), min_size=1, max_size=12))
def test_any_aliases_become_such_as_every_store_takes(names: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        taken.append(alias_of(name, taken))
    assert check_aliases(taken) == tuple(taken)


def test_the_file_is_read_as_it_was_written_and_a_person_may_take_a_block_out() -> None:
    both = (kept("old-a"), kept("old-b", "b"))
    text = kept_text("hub", both)
    assert read_kept(text.encode(), "hub.pem") == both
    first, second = text.index("# alias: old-a"), text.index("# alias: old-b")
    assert read_kept((text[:first] + text[second:]).encode(), "hub.pem") == both[1:]
    assert read_kept(b"# nothing is left\n", "hub.pem") == ()
    with pytest.raises(UsageError, match="cut off") as caught:
        read_kept(text[:-40].encode(), "hub.pem")
    assert caught.value.where == "hub.pem"
    with pytest.raises(UsageError, match="something else than certificates"):
        read_kept(text.replace("CERTIFICATE", "PRIVATE KEY").encode(), "hub.pem")


def test_in_every_phase_it_is_trusted_beside_what_the_site_wants_and_takes_no_alias_of_it() -> None:
    node = Node("hub", "activemq", "hub", (HUB,), 61617)
    old, same = kept("ca-g1"), kept("ca-g2", "same")
    known = {"ca:1": "f1", "leaf:hub:current": same.sha256}
    for trust in (
        (("ca-g1", "ca:1"),),
        (("ca-g1", "ca:1"), ("kept-ca-g1", "ca:1"), ("hub", "leaf:hub:current")),
    ):
        phase = Phase("deploy", {"hub": NodeState("next", trust)})
        found = with_kept(phase, (node,), {"activemq/hub": (old, same)}, lambda r: known.get(r, r))
        added = found.nodes["hub"].trust[len(trust) :]
        assert found.nodes["hub"].trust[: len(trust)] == trust
        assert dict(added)[added[0][0]] == f"kept:{old.sha256}"
        assert [ref for _, ref in added].count(f"kept:{same.sha256}") == (len(trust) == 1)
        assert not {alias for alias, _ in added} & {alias for alias, _ in trust}
        assert not any(alias.startswith("ca-g") for alias, _ in added)


class Desk:
    """A site directory, and stores that its hub is said to use."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.site, self.places = site, Places(folder)
        save_site(site, self.places.site)
        self.places.prepare()
        Vault.create(self.places.vault, WORD, log2_n=10).close()
        self.hub = load("activemq").nodes(site, site.topologies[0])[0]

    def found(self, role: str, data: bytes) -> Found:
        """Give a store of the hub's."""
        one = FoundStore(
            self.hub, "key" if role == "key" else "trust", "x.ks", "/c/activemq.xml:4", "/c/x.ks",
            data=data, passwords=(STORE,),
        )  # fmt: skip
        return Found((one,)).open()

    def key(self, *credentials: Credential, alias: str = "") -> None:
        """Keep the key of a store that holds these."""
        data = stores.key_store(credentials[0], "JKS", STORE, "first")
        if len(credentials) > 1:
            import jks

            from app.pki.keys import private_der

            entries = [
                jks.PrivateKeyEntry.new(f"key-{n}", [c.cert_der], private_der(c.key), "pkcs8")
                for n, c in enumerate(credentials)
            ]
            data = bytes(jks.KeyStore.new("jks", entries).saves(STORE.reveal()))
        keep(self.places, self.site, WORD, self.found("key", data), NOW, keys=("hub",), alias=alias)

    def refusal(self, *credentials: Credential, alias: str = "") -> str:
        """Say why a key is not kept; nothing is kept then."""
        with pytest.raises(TlswrightError) as caught:
            self.key(*credentials, alias=alias)
        assert kept_keys(self.places, self.site, WORD) == frozenset()
        problems = getattr(caught.value, "problems", ())
        return " / ".join((str(caught.value), *problems, caught.value.hint))


def with_ca(desk: Desk) -> Authority:
    """Give the site a CA whose key is in the vault."""
    root = create_root("T", 1, "ec-p256", 3650, NOW)
    with Vault.open(desk.places.vault, WORD, write=True) as vault:
        store_authority(vault, root)
        vault.save()
    return root


def test_a_key_is_kept_where_its_chain_ends_in_the_ca_of_the_site(tmp_path: Path) -> None:
    desk = Desk(tmp_path, site_of(("a",)))
    own = signed_by_itself(HUB)
    assert "CA is not here yet" in desk.refusal(own)
    root = with_ca(desk)
    said = desk.refusal(own)
    assert "this key and certificate cannot be kept" in said
    assert "Leave it out" in said
    other = issue(root, replace(PEER, issuer="T", sans=san_entries(("else.amq.test",))), NOW)
    assert f"it lacks the name {HUB}" in desk.refusal(other)
    fits = issue(root, replace(PEER, issuer="T", sans=san_entries((HUB, "hub"))), NOW)
    desk.key(fits)
    assert kept_keys(desk.places, desk.site, WORD) == {"hub"}
    kinds = kinds_of(desk.site)
    nodes = kinds["activemq"].nodes(desk.site, desk.site.topologies[0])
    with Vault.open(desk.places.vault, WORD, write=True) as vault:
        keyring = Keyring(desk.site, vault)
        keyring.hold(waiting_keys(vault, nodes, Deployed()))
        (judged,) = own_keys(desk.site, keyring, nodes, Deployed(), NOW).values()
        assert (judged.facts, judged.faults) == (fits.facts(), ())
        spec = spec_of(desk.site, desk.hub, None)
        assert keyring.issue("hub", spec, NOW).certificate == fits.certificate
        # Once the record says that the host has it, the vault forgets it.
        record = DeployedNode("activemq", "hub", spec, fits.facts())
        save_deployed(desk.places.deployed, Deployed().with_nodes(record))
        settle_keys(desk.places, vault, nodes)
        assert waiting_keys(vault, nodes, Deployed()) == {}


def test_under_pinned_trust_any_key_that_fits_is_kept_and_let_go_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, site_of(("a",), trust="pinned"))
    own, other = signed_by_itself(HUB), issued(PEER)
    assert "holds 2 keys / There is key-0, key-1: --alias" in desk.refusal(own, other)
    assert "has no key 'nobody'" in desk.refusal(own, other, alias="nobody")
    desk.key(own, other, alias="key-0")
    assert kept_keys(desk.places, desk.site, WORD) == {"hub"}
    assert let_go(desk.places, desk.site, WORD, trust=(), keys=("hub", "a")) == ("hub",)
    assert kept_keys(desk.places, desk.site, WORD) == frozenset()


def test_trust_in_everybody_is_not_kept_and_a_locked_store_names_the_flag(tmp_path: Path) -> None:
    desk = Desk(tmp_path, site_of(("a",)))
    ders = [signed_by_itself(f"ca-{n}").cert_der for n in range(MOST_KEPT + 1)]
    data = stores.trust_store({f"ca-{n}": one for n, one in enumerate(ders)}, "JKS", STORE)
    with pytest.raises(UsageError, match=f"trusts {MOST_KEPT + 1} certificates"):
        keep(desk.places, desk.site, None, desk.found("trust", data), NOW, trust=("hub",))
    locked = stores.trust_store({"a": ders[0]}, "PKCS12", Secret("another one"))
    with pytest.raises(GivenError) as caught:
        keep(desk.places, desk.site, None, desk.found("trust", locked), NOW, trust=("hub",))
    assert "--store-password-file" in caught.value.hint
    with pytest.raises(UsageError, match="names no trust store"):
        keep(desk.places, desk.site, None, desk.found("key", locked), NOW, trust=("hub",))
    assert not desk.places.adopted.exists()


def test_what_cannot_be_written_or_taken_away_is_told_and_no_trace(tmp_path: Path) -> None:
    desk = Desk(tmp_path, site_of(("a",)))
    file = desk.places.adopted / "activemq/hub.pem"
    file.mkdir(parents=True)
    for act in (
        lambda: let_go(desk.places, desk.site, WORD, trust=("hub",), keys=()),
        lambda: keep(desk.places, desk.site, None, desk.found("trust", trusting()), NOW,
                     trust=("hub",)),
    ):  # fmt: skip
        with pytest.raises(UsageError) as caught:
            act()
        assert caught.value.where == str(file)


def test_a_client_gets_no_key_where_that_cannot_be_recorded(tmp_path: Path) -> None:
    desk = Desk(tmp_path, site_of(("a",)))
    with_ca(desk)
    desk.places.clients.write_text('{"version": 1, "clients": [{}]}')
    out = tmp_path / "out"
    with pytest.raises(TlswrightError, match="is damaged") as caught:
        export(desk.places, desk.site, "app", WORD, out, NOW)
    assert "waits for no client" in caught.value.hint
    assert not out.exists()
    desk.places.clients.write_text("no JSON")
    with pytest.raises(TlswrightError, match="cannot be read") as caught:
        export(desk.places, desk.site, "app", WORD, out, NOW)
    assert "waits for no client" in caught.value.hint
    desk.places.clients.unlink()
    desk.places.clients.with_suffix(".lock").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        change_clients(desk.places, lambda clients: clients)
    desk.places.clients.with_suffix(".lock").rmdir()
    assert export(desk.places, desk.site, "app", WORD, out, NOW)


def trusting() -> bytes:
    """Give a trust store of one certificate."""
    return stores.trust_store({"a": signed_by_itself("a").cert_der}, "JKS", STORE)
