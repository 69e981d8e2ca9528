"""Diffs show what changes and no secret."""

from __future__ import annotations

import pytest

from app.edits.diff import masked_diff
from app.edits.mask import mask


def test_a_changed_password_shows_as_a_changed_line() -> None:
    before = b'<a>\n<b keyStorePassword="one"/>\n</a>\n'
    assert masked_diff(before, before.replace(b"one", b"two"), "f.xml") == (
        "--- f.xml\n+++ f.xml\n@@ -1,3 +1,3 @@\n <a>\n"
        '-<b keyStorePassword="***"/>\n+<b keyStorePassword="***"/>\n </a>\n'
    )


def test_a_new_file_and_a_missing_last_line_end_are_shown() -> None:
    assert masked_diff(None, b"a=1\nb=2", "f") == (
        "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a=1\n+b=2\n\\ No newline at end of file\n"
    )
    assert masked_diff(b"a\n", None, "f") == "--- f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"


def test_equal_files_differ_in_nothing_and_binaries_in_one_sentence() -> None:
    assert masked_diff(b"a", b"a", "f") == ""
    assert masked_diff(b"\0a", b"\0b", "f").endswith("Binary files differ\n")
    assert "Only the encoding" in masked_diff(b"a\n", b"\xef\xbb\xbfa\n", "f")


@pytest.mark.parametrize(
    "text",
    [
        '<a password="S3cr3t"/>',
        "<a\n keyStorePassword = 'S3cr3t'/>",
        '<property name="my.password" value="S3cr3t"/>',
        '<property value="S3cr3t" name="password"/>',
        '<property name="password"><value>S3cr3t</value></property>',
        "<password>S3cr3t</password>",
        '<!-- <b trustStorePassword="S3cr3t"/> -->',
        '<a uri="ssl://h:1?jms.password=S3cr3t&amp;x=1"/>',
        '<a uri="ssl://user:S3cr3t@h:1"/>',
        "plugin.psk_password = S3cr3t with S3cr3t words",
        "  agent_password   S3cr3t",
        "#ssl.Password: S3cr3t",
        'export PASSPHRASE="S3cr3t"',
        'OPTS="$OPTS -Djavax.net.ssl.keyStorePassword=S3cr3t -Dx=y"',
        "-----BEGIN PRIVATE KEY-----\nS3cr3t\nS3cr3t\n-----END PRIVATE KEY-----",
        "db: postgres://app:S3cr3t@host/db",
    ],
)
def test_what_bears_a_secret_name_is_masked(text: str) -> None:
    masked = mask(text)
    assert "S3cr3t" not in masked
    assert "***" in masked
    assert masked.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    ['<a secureRandom="x" keyStore="file:/k"/>', "name = value\npass through\n", "a://b:1/c@d"],
)
def test_other_text_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("text", ["<" + "a" * 300_000, "password" * 20_000, "://a:" * 50_000])
def test_endless_words_do_not_keep_it_busy(text: str) -> None:
    assert mask(text) == text


def test_given_secrets_are_masked_however_they_are_written() -> None:
    secret = "a&b<c>\"d'ü€"
    forms = "a&amp;b&lt;c&gt;&quot;d'ü&#8364; a%26b%3Cc%3E%22d%27%C3%BC%E2%82%AC"
    assert mask(f"<x y='{forms}'/>", [secret]) == "<x y='*** ***'/>"


def test_a_short_secret_is_masked_as_a_word_only() -> None:
    assert mask("user abc, abcd", ["abc"]) == "user ***, abcd"
