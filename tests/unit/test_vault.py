from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import LockedError, PkiError, VaultError
from app.pki import keeping
from app.pki.authority import issue
from app.pki.passwords import new_password
from app.pki.secret import Secret
from app.pki.vault import Vault
from app.pki.vault_format import Cost, Payload, derive, parse, seal, unseal
from tests.unit.issued import NOW, PEER, authority

RIGHT, WRONG = Secret("five words are quite enough"), Secret("five words are not enough")
CHEAP = 10


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a vault with one item."""
    path = tmp_path / "vault"
    with Vault.create(path, RIGHT, log2_n=CHEAP) as vault:
        vault.put("a", b"one")
        vault.save()
    return path


def test_what_was_saved_is_there_when_opened_again(path: Path) -> None:
    with Vault.open(path, RIGHT) as vault:
        vault.put("b", bytes(range(256)))
        vault.delete("a")
        vault.delete("never there")
        vault.save()
        assert vault.get("a") is None
    again = Vault.open(path, RIGHT)
    assert again.keys() == ("b",)
    assert again.get("b") == bytes(range(256))


def test_what_was_not_saved_is_not_there(path: Path) -> None:
    with Vault.open(path, RIGHT) as vault:
        vault.put("b", b"two")
    assert Vault.open(path, RIGHT).keys() == ("a",)


def test_only_the_owner_can_read_what_is_written_and_nothing_is_left_beside(path: Path) -> None:
    old = os.umask(0)
    try:
        with Vault.open(path, RIGHT) as vault:
            vault.save()
    finally:
        os.umask(old)
    assert {p.name: p.stat().st_mode & 0o777 for p in path.parent.iterdir()} == {
        "vault": 0o600,
        "vault.lock": 0o600,
    }


def test_neither_items_nor_keys_nor_the_passphrase_show(path: Path) -> None:
    with Vault.open(path, RIGHT) as vault:
        vault.put("password/hub/key", b"hunter2hunter2")
        vault.save()
        shown = repr(vault) + repr(vault.check())
    data = path.read_bytes()
    for text in (b"hunter2", b"password/hub", b'items"', RIGHT.reveal().encode()):
        assert text not in data
        assert text.decode() not in shown


def test_a_new_vault_costs_what_the_facts_ask_for(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault", RIGHT) as vault:
        assert vault.check().scrypt_log2_n == 17


def test_the_wrong_passphrase_is_told_from_damage(path: Path) -> None:
    with pytest.raises(VaultError, match="passphrase does not open") as caught:
        Vault.open(path, WRONG)
    assert WRONG.reveal() not in str(caught.value) + caught.value.hint
    assert Vault.open(path, RIGHT).get("a") == b"one"


def test_composed_and_decomposed_letters_are_one_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    Vault.create(path, Secret("caf\u00e9 au lait"), log2_n=CHEAP).close()
    assert Vault.open(path, Secret("cafe\u0301 au lait")).keys() == ()


def test_every_truncation_is_refused_and_named(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(VaultError, match="truncated" if length else "empty") as caught:
            Vault.open(path, RIGHT)
        assert caught.value.hint


def test_every_flipped_bit_is_refused_before_the_passphrase_is_blamed(path: Path) -> None:
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in (1, 128):
            broken = bytearray(whole)
            broken[place] ^= bit
            with pytest.raises(VaultError, match=r"damaged|truncated|not a vault|version"):
                parse(bytes(broken), "vault")


def test_bytes_after_the_end_are_damage(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(VaultError, match="damaged"):
        Vault.open(path, RIGHT)


def test_a_header_with_a_valid_checksum_is_still_authenticated() -> None:
    cost = Cost.new(CHEAP)
    key = derive(RIGHT, cost)
    sealed = parse(seal(Payload(1, {"a": b"one"}), key, cost), "vault")
    changed = sealed.header[:11] + b"\x07" + sealed.header[12:]
    with pytest.raises(VaultError, match="passphrase"):
        unseal(type(sealed)(sealed.cost, changed, sealed.nonce, sealed.body), key, "vault")


def test_an_unbearable_cost_is_not_paid() -> None:
    for cost in (Cost(40, 8, 1, bytes(16)), Cost(22, 8, 1, bytes(16)), Cost(17, 8, 200, bytes(16))):
        data = seal(Payload(1, {}), bytes(32), cost)
        with pytest.raises(VaultError, match="damaged"):
            parse(data, "vault")


def test_a_newer_version_and_another_file_are_told(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:8] + b"\0\x02" + whole[10:])
    with pytest.raises(VaultError, match="format version 2") as caught:
        Vault.open(path, RIGHT)
    assert "Update" in caught.value.hint
    path.write_bytes(b"-----BEGIN CERTIFICATE-----\n" * 20)
    with pytest.raises(VaultError, match="not a vault"):
        Vault.open(path, RIGHT)


def test_a_missing_vault_leaves_no_lock_behind(tmp_path: Path) -> None:
    for write in (False, True):
        with pytest.raises(VaultError, match="no vault"):
            Vault.open(tmp_path / "vault", RIGHT, write=write)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_vault_that_others_reach_is_refused_with_the_remedy(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(VaultError, match=f"{mode:04o}") as caught:
        Vault.open(path, RIGHT)
    assert caught.value.hint == f"chmod 600 {path}"


def test_links_and_special_files_are_refused(path: Path) -> None:
    link, fifo = path.with_name("link"), path.with_name("fifo")
    link.symlink_to(path)
    os.mkfifo(fifo, 0o600)
    for wrong, words in ((link, "symbolic link"), (fifo, "regular"), (path.parent, "regular")):
        with pytest.raises(VaultError, match=words):
            Vault.open(wrong, RIGHT)


def test_a_vault_is_never_made_over_a_file(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(VaultError, match="already"):
        Vault.create(path, WRONG, log2_n=CHEAP)
    assert path.read_bytes() == before
    with Vault.open(path, RIGHT, write=True):
        pass


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="empty"):
        Vault.create(tmp_path / "vault", Secret(""), log2_n=CHEAP)


def test_a_second_writer_is_refused_and_a_reader_is_not(path: Path) -> None:
    with Vault.open(path, RIGHT, write=True):
        with pytest.raises(LockedError, match=f"process {os.getpid()} on .+ since 20"):
            Vault.open(path, RIGHT, write=True)
        reader = Vault.open(path, RIGHT)
        assert reader.get("a") == b"one"
        with pytest.raises(LockedError):
            reader.put("a", b"two")
        assert reader.get("a") == b"one"


def test_what_another_saved_in_between_is_not_overwritten(path: Path) -> None:
    late = Vault.open(path, RIGHT)
    with Vault.open(path, RIGHT) as other:
        other.put("b", b"theirs")
        other.save()
    with pytest.raises(VaultError, match="another process has saved"):
        late.put("b", b"mine")
    with pytest.raises(VaultError, match="another process has saved"):
        late.save()
    with Vault.open(path, RIGHT, write=True) as again:
        assert again.get("b") == b"theirs"


def test_a_file_that_was_swapped_under_the_lock_is_not_overwritten(path: Path) -> None:
    old = path.read_bytes()
    with Vault.open(path, RIGHT, write=True) as vault:
        vault.put("b", b"two")
        vault.save()
        path.write_bytes(old)
        with pytest.raises(VaultError, match="another process has saved"):
            vault.save()
    assert path.read_bytes() == old


def test_a_changed_passphrase_shuts_the_old_one_out(path: Path) -> None:
    with Vault.open(path, RIGHT) as vault:
        vault.change_passphrase(WRONG)
        vault.put("b", b"two")
        vault.save()
    with pytest.raises(VaultError, match="passphrase"):
        Vault.open(path, RIGHT)
    again = Vault.open(path, WRONG)
    assert again.keys() == ("a", "b")
    assert again.check().scrypt_log2_n == 17


def test_a_backup_opens_by_itself_and_overwrites_nothing(path: Path) -> None:
    copy = path.with_name("copy")
    with Vault.open(path, RIGHT) as vault:
        vault.backup(copy)
        with pytest.raises(VaultError, match="overwrite"):
            vault.backup(copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert Vault.open(copy, RIGHT).get("a") == b"one"


def test_a_check_reads_the_file_and_not_the_memory(path: Path) -> None:
    vault = Vault.open(path, RIGHT)
    report = vault.check()
    assert (report.entries, report.generation, report.size) == (1, 2, path.stat().st_size)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(VaultError, match="truncated"):
        vault.check()


def test_an_authority_is_kept_and_signs_again(path: Path) -> None:
    with Vault.open(path, RIGHT) as vault:
        for generation in (1, 2):
            keeping.store_authority(vault, authority(generation=generation))
        vault.save()
    again = Vault.open(path, RIGHT)
    assert keeping.authority_generations(again, "Example") == (1, 2)
    assert keeping.authority_generations(again, "Exam") == ()
    kept = keeping.load_authority(again, "Example", 1)
    assert kept.facts() == authority().facts()
    assert issue(kept, PEER, NOW).satisfies(PEER) == ()


def test_a_generation_is_never_replaced_by_another_key(path: Path) -> None:
    with Vault.open(path, RIGHT) as vault:
        keeping.store_authority(vault, authority())
        keeping.store_authority(vault, authority())
        with pytest.raises(PkiError, match="already holds"):
            keeping.store_authority(vault, authority("rsa-3072"))
        keeping.forget_authority(vault, "Example", 1)
        with pytest.raises(PkiError, match="does not hold"):
            keeping.load_authority(vault, "Example", 1)


def test_a_damaged_authority_is_told_without_its_key(path: Path) -> None:
    with Vault.open(path, RIGHT) as vault:
        for data in (b"", b"{}", b'{"key": "AAAA", "certificate": "AAAA"}', b"[]", b'{"key": 1}'):
            vault.put("authority/Example/g1", data)
            with pytest.raises(PkiError) as caught:
                keeping.load_authority(vault, "Example", 1)
            assert "AAAA" not in str(caught.value)


def test_a_store_password_is_made_once_for_each_host_and_store(path: Path) -> None:
    with Vault.open(path, RIGHT) as vault:
        made = keeping.password_for(vault, "hub", "key")
        assert keeping.password_for(vault, "hub", "key") == made
        assert keeping.password_for(vault, "hub", "trust") != made
        keeping.store_password(vault, "a/b", "c", new_password())
        assert keeping.password(vault, "a", "b/c") is None
        keeping.forget_password(vault, "hub", "key")
        assert keeping.password(vault, "hub", "key") is None


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.text(), st.binary(max_size=200), max_size=5), st.integers(0, 2**40))
def test_any_items_survive_the_seal(items: dict[str, bytes], generation: int) -> None:
    cost, key = Cost(CHEAP, 8, 1, bytes(16)), bytes(32)
    payload = Payload(generation, items)
    assert unseal(parse(seal(payload, key, cost), "vault"), key, "vault") == payload
