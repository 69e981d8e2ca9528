from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import PkiError
from app.pki.names import San, common_name, dns_name, name_warnings, san_entries

LABELS = st.from_regex(r"\A[A-Za-z]([A-Za-z0-9-]{0,20}[A-Za-z0-9])?\Z")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hub.Example.COM", "hub.example.com"),
        ("hub.example.com.", "hub.example.com"),
        ("hub", "hub"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER\u3002example", "xn--bcher-kva.example"),
        ("my_host.example.com", "my_host.example.com"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_a_name_takes_the_one_form_that_all_peers_compare(text: str, name: str) -> None:
    assert dns_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a..b",
        " hub",
        "hub example",
        "hub\n",
        "-hub",
        "hub-",
        "*.example.com",
        "*",
        "a*.example.com",
        "a" * 64,
        ".".join(["a" * 60] * 5),
        "10.0.0.1",
        "hub.1",
        "fe80::1",
        "hub:61617",
        "stra\u00dfe.example",
        "\u00fc" * 63,
        "hub\0",
        "ssl://hub",
    ],
)
def test_what_is_no_name_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(PkiError) as caught:
        dns_name(text)
    assert repr(text) in str(caught.value)


def test_a_wildcard_passes_only_where_it_is_asked_for() -> None:
    assert dns_name("*.Example.com", wildcard=True) == "*.example.com"
    with pytest.raises(PkiError):
        dns_name("*.com", wildcard=True)


def test_entries_keep_their_order_and_fold_duplicates() -> None:
    names = ["Hub.example.com", "10.0.0.1", "hub.example.com.", "[2001:DB8:0::1]", "2001:db8::1"]
    assert san_entries(names) == (
        San("dns", "hub.example.com"),
        San("ip", "10.0.0.1"),
        San("ip", "2001:db8::1"),
    )


@pytest.mark.parametrize("text", ["fe80::1%eth0", "10.0.0.0/8", "hub:22", "010.0.0.1", "1.2.3.256"])
def test_what_is_neither_name_nor_address_is_refused(text: str) -> None:
    with pytest.raises(PkiError):
        san_entries([text])


def test_an_underscore_is_warned_of() -> None:
    assert len(name_warnings(san_entries(["a_b.example", "ab.example"]))) == 1


def test_a_common_name_that_is_too_long_falls_back_to_the_host() -> None:
    assert common_name("hub.example.com") == "hub.example.com"
    assert common_name("hub." + "a" * 61) == "hub"


@settings(deadline=None)
@given(st.lists(LABELS, min_size=1, max_size=6))
def test_normalising_twice_changes_nothing(labels: list[str]) -> None:
    once = dns_name(".".join(labels))
    assert dns_name(once) == once == dns_name(once.upper() + ".")


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_valid_name_or_refused(text: str) -> None:
    try:
        name = dns_name(text)
    except PkiError:
        return
    assert name.isascii()
    assert name == name.lower()
    assert len(name) <= 253
    assert all(1 <= len(label) <= 63 for label in name.split("."))


@settings(deadline=None)
@given(st.one_of(st.ip_addresses(), LABELS))
def test_entries_survive_being_written_and_read(
    value: ipaddress.IPv4Address | ipaddress.IPv6Address | str,
) -> None:
    (san,) = san_entries([str(value)])
    assert San.parse(str(san)) == san
