"""The zip files that are handed over: judged by Python's own reader and by pyzipper."""

from __future__ import annotations

import io
import itertools
import stat
import struct
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import pytest
import pyzipper
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UsageError
from app.export.aes import check_password
from app.export.archive import Entry, write_zip
from app.pki.secret import Secret

WHEN = datetime(2026, 5, 4, 12, 34, 56, tzinfo=UTC)
WORD = "five words are long enough"
ENTRIES = (
    Entry("hub/README.txt", b"first\r\n", 0o644),
    Entry("hub/files/node.key", b"-----BEGIN PRIVATE KEY-----", 0o600),
    Entry("hub/install.sh", b"#!/bin/sh\n", 0o700),
    Entry("hub/empty", b""),
)


def opened(data: bytes, word: str) -> dict[str, bytes]:
    with pyzipper.AESZipFile(io.BytesIO(data)) as archive:
        archive.setpassword(word.encode())
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_plain_zip_holds_names_order_modes_time_and_bytes() -> None:
    with zipfile.ZipFile(io.BytesIO(write_zip(ENTRIES, WHEN))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [entry.name for entry in ENTRIES]
        for entry, info in zip(ENTRIES, archive.infolist(), strict=True):
            assert archive.read(info) == entry.data
            assert info.external_attr >> 16 == stat.S_IFREG | entry.mode
            assert info.date_time == (2026, 5, 4, 12, 34, 56)


def test_equal_entries_give_equal_bytes_in_any_time_zone() -> None:
    local = WHEN.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert write_zip(ENTRIES, WHEN) == write_zip(ENTRIES, local)


@given(st.lists(st.binary(max_size=600), max_size=5), st.text("abc XYZ%!\"'$", min_size=12))
def test_an_encrypted_zip_opens_with_its_password_and_shows_no_byte(
    contents: list[bytes], word: str
) -> None:
    entries = [Entry(f"f{number}", data) for number, data in enumerate(contents)]
    data = write_zip(entries, WHEN, Secret(word))
    assert opened(data, word) == {entry.name: entry.data for entry in entries}
    # The archive's own frame holds runs of zeros too.
    assert not [c for c in contents if len(set(c)) > 8 and c in data]


def test_another_password_opens_nothing_and_a_changed_byte_is_noticed() -> None:
    data = write_zip(ENTRIES, WHEN, Secret(WORD))
    with pytest.raises(RuntimeError, match="password"):
        opened(data, "five words are long enough?")
    at = data.index(b"hub/README.txt") + 46
    broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    with pytest.raises(pyzipper.BadZipFile):
        opened(broken, WORD)


def test_every_entry_has_a_salt_of_its_own_and_no_checksum_of_its_text() -> None:
    salts = itertools.count(1)
    data = write_zip(ENTRIES, WHEN, Secret(WORD), lambda size: next(salts).to_bytes(size, "big"))
    assert next(salts) == len(ENTRIES) + 1
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert [info.CRC for info in archive.infolist()] == [0] * len(ENTRIES)
        assert {info.compress_type for info in archive.infolist()} == {99}
        assert all(info.flag_bits & 1 for info in archive.infolist())
        extra = archive.infolist()[0].extra
    assert struct.unpack("<HHH2sBH", extra) == (0x9901, 7, 2, b"AE", 3, 0)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("elevenchars", "11 characters"),
        ("ein Kännchen Kaffee", "ASCII"),
        ("twelve\tchars", "ASCII"),
    ],
)
def test_a_password_that_is_weak_or_read_differently_is_refused(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        check_password(Secret(word))
    assert word not in str(raised.value) + raised.value.hint
    check_password(Secret(WORD))
