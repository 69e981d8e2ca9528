"""MMM 1.x: each trap of the grammar, each decision of the editor, each refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.edits.mmm.v1 import SslWant, edit_conf, read_conf
from app.errors import EditError
from tests.unit import mmm_rules

WANTED = SslWant("/t/cert.pem", "/t/key.pem", "/t/ca.pem")
BLOCK = (
    "socket_type ssl\n    cert_file /t/cert.pem\n    key_file /t/key.pem\n    ca_file /t/ca.pem\n"
)
TYPICAL = """\
#
# Monitor
#

debug no

# Ports of MMM's own links
bind_port 9988
agent_port 9989
monitor_ip 127.0.0.1

host db1
    ip 192.0.2.1
    port 3306
    user rep_monitor
    password sEcReT
    mode master
    peer db2

host db2
    ip 192.0.2.2
    mode master
    peer db1

# Roles
role reader
    mode balanced
    servers db1, db2
    ip 192.0.2.11, 192.0.2.12
"""


def edited(text: str, wanted: SslWant = WANTED) -> str:
    result = edit_conf(text.encode(), wanted, "f").data
    found = mmm_rules.one_tls(mmm_rules.one(result))
    assert found is not None
    assert {name: found[name] for name, _ in wanted.pairs()} == dict(wanted.pairs())
    assert edit_conf(result, wanted, "f").data == result
    return result.decode()


def notes(text: str, wanted: SslWant = WANTED) -> tuple[str, ...]:
    return edit_conf(text.encode(), wanted, "f").notes


def traps(text: str) -> list[tuple[str, int, str]]:
    return [(one.id, one.line, one.weight) for one in read_conf(text.encode(), "f").traps]


def test_a_file_shows_its_settings_objects_and_links() -> None:
    seen = read_conf(TYPICAL.encode(), "db1:/opt/mmm/etc/mmm_mon.conf")
    assert (seen.setting("bind_port"), seen.setting("agent_port")) == ("9988", "9989")
    assert seen.settings["agent_port"].number == 9989
    assert seen.setting("monitor_ip") == "127.0.0.1"
    assert seen.setting("this") == ""
    assert [(one.name, one.line, one.text("ip")) for one in seen.of("host")] == [
        ("db1", 12, "192.0.2.1"),
        ("db2", 20, "192.0.2.2"),
    ]
    assert seen.of("host")[0].options["peer"].place == "db1:/opt/mmm/etc/mmm_mon.conf:18"
    assert seen.of("role")[0].text("ip") == "192.0.2.11, 192.0.2.12"
    assert (seen.socket.tls, seen.traps) == (False, ())
    assert "sEcReT" not in repr(seen)


def test_a_block_opens_behind_the_ports_and_looks_like_its_neighbours() -> None:
    result = edit_conf(TYPICAL.encode(), WANTED, "f")
    at = TYPICAL.index("\nhost db1")
    assert result.data.decode() == TYPICAL[:at] + "\n" + BLOCK + TYPICAL[at:]
    assert result.notes == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", BLOCK),
        ("# nothing", "# nothing\n\n" + BLOCK.rstrip("\n")),
        ("log a\n\tfile /x\n", "log a\n\tfile /x\n\n" + BLOCK.replace("    ", "\t")),
        ("bind_port 1\n# x\nthis a\n", f"bind_port 1\n\n{BLOCK}\n# x\nthis a\n"),
        ("bind_port 1\n  odd x\n\n  odder x\n", "bind_port 1\n  odd x\n\n  odder x\n\n"
         + BLOCK.replace("    ", "  ")),
        ("socket_type plain\nthis a\n", BLOCK + "this a\n"),
        ("socket_type ssl\nthis a\n", BLOCK + "this a\n"),
        ("socket_type\tno\r\n", BLOCK.replace("_type ssl", "_type\tssl\r")),
        ("socket_typeX\n", BLOCK),
    ],
)  # fmt: skip
def test_a_new_block_stands_where_nothing_else_can_take_its_options(
    before: str, after: str
) -> None:
    assert edited(before) == after


def test_options_are_set_where_they_stand_and_those_of_others_stay() -> None:
    before = (
        "socket_type ssl\n"
        "    # ours\n"
        "    cert_file   /old/c\n"
        "    ca_file     /old/a   \t\n"
        "    cipher_list HIGH  \n"
        "\n"
        "this db1\n"
    )
    assert edited(before) == (
        "socket_type ssl\n"
        "    # ours\n"
        "    cert_file   /t/cert.pem\n"
        "    ca_file     /t/ca.pem\n"
        "    cipher_list HIGH  \n"
        "    key_file    /t/key.pem\n"
        "\n"
        "this db1\n"
    )
    assert "f:5: cipher_list stays" in notes(before)


def test_blanks_behind_our_values_go_even_where_the_value_is_right() -> None:
    before = BLOCK.replace("cert.pem", "cert.pem \t").replace("key.pem\n", "key.pem\r\n")
    assert edited(before) == BLOCK
    said = notes(before)
    assert said[0] == "f:2: blanks behind the value of cert_file are taken out"
    assert said[1] == "f:3: blanks behind the value of key_file are taken out"


def test_lines_of_ours_end_as_mmm_needs_it_in_a_file_of_another_system() -> None:
    before = TYPICAL.replace("\n", "\r\n")
    after = edited(before)
    assert after.replace("\r\n", "\n") == edited(TYPICAL)
    assert "socket_type ssl\r\n    cert_file /t/cert.pem\n" in after
    assert all(line in after.splitlines(keepends=True) for line in before.splitlines(keepends=True))


def test_options_at_column_0_are_indented_and_it_is_said() -> None:
    before = "socket_type ssl\ncert_file /a\n# key\nkey_file /b\nverify_mode 0\n\nthis a\n"
    assert edited(before) == (
        "socket_type ssl\n    cert_file /t/cert.pem\n# key\n    key_file /t/key.pem\n"
        "    verify_mode 0\n    ca_file /t/ca.pem\n\nthis a\n"
    )
    said = notes(before)
    assert said[0] == "f:2: cert_file stood at column 0 and did nothing: it is indented now"
    assert "f:5: verify_mode stood at column 0 and did nothing: it counts now" in said
    assert any(one.startswith("f:5: verify_mode 0 stays") for one in said)


def test_of_several_blocks_the_one_that_counts_stays() -> None:
    before = (
        "socket_type ssl\n    cert_file /a\n    # kept\n    version TLSv12\nsocket_type plain\n"
        "this a\nsocket_type ssl\n    ca_file /c\n    check_crl 1\nsocket_type none\n"
    )
    after = (
        "    # kept\nthis a\nsocket_type ssl\n    ca_file /t/ca.pem\n    check_crl 1\n"
        "    cert_file /t/cert.pem\n    key_file /t/key.pem\n"
    )
    assert edited(before) == after
    assert notes(before) == (
        "f:1: socket_type ssl with 2 options is taken out: the block in line 7 stays",
        "f:5: socket_type plain is taken out: the block in line 7 stays",
        "f:10: socket_type none is taken out: the block in line 7 stays",
    )


def test_an_option_that_stands_twice_stays_once() -> None:
    before = "socket_type ssl\n  cert_file /a\n  key_file /b\n  cert_file /c\n"
    assert edited(before) == (
        "socket_type ssl\n  key_file /t/key.pem\n  cert_file /t/cert.pem\n  ca_file /t/ca.pem\n"
    )
    assert notes(before) == ("f:2: cert_file is taken out: it stands again in line 4",)


def test_every_wish_is_written_and_options_to_drop_go() -> None:
    wanted = replace(
        WANTED, verify_mode=1, verifycn_scheme="none", crl_file="/t/crl.pem", version="TLSv12",
        more=(("cipher_list", "HIGH:!aNULL"),), drop=("ca_path",),
    )  # fmt: skip
    before = "socket_type ssl\n    ca_path /etc/ssl\n    verify_mode 0\n"
    assert edited(before, wanted) == (
        "socket_type ssl\n    verify_mode 1\n    cert_file /t/cert.pem\n    key_file /t/key.pem\n"
        "    ca_file /t/ca.pem\n    check_crl 1\n    crl_file /t/crl.pem\n"
        "    verifycn_scheme none\n    version TLSv12\n    cipher_list HIGH:!aNULL\n"
    )
    assert notes(before, wanted) == ("f:2: ca_path is taken out",)


def test_bytes_that_are_no_text_live_through_an_edit() -> None:
    before = b"# \xe9\xff\xc3\xa9\nhost db1\n    ip 192.0.2.1\xff\n"
    after = edit_conf(before, WANTED, "f").data
    assert after.startswith(before)
    assert read_conf(after, "f").of("host")[0].text("ip") == "192.0.2.1\udcff"


TRAPS = {
    "socket_type ssl\nthis a\n": [("ssl-without-options", 1, "warn")],
    "socket_type plain\n  cert_file /a\n": [("other-socket-type", 1, "warn")],
    "socket_type ssl\ncert_file /a\n": [
        ("ssl-without-options", 1, "warn"), ("unindented-option", 2, "warn"),
    ],
    BLOCK + "socket_type ssl\n": [("repeated-head", 5, "warn"), ("ssl-emptied", 5, "warn")],
    BLOCK.replace("cert.pem", "cert.pem ") + "x y\n": [("trailing-blank", 2, "warn")],
    BLOCK.replace("cert.pem", "cert.pem\t") + "x y\n": [("trailing-blank", 2, "warn")],
    BLOCK.replace("cert.pem", "cert.pem\r") + "x y\n": [("carriage-return", 2, "warn")],
    BLOCK.replace("cert.pem", "cert.pem # mine"): [("trailing-comment", 2, "warn")],
    BLOCK.replace("    ca_file /t/ca.pem\n", ""): [("missing-option", 1, "warn")],
    BLOCK + "    ca_path /etc/ssl\n": [("more-trust", 5, "warn")],
    "host a\n  ip 1\nhost a\n  mode slave\n": [("repeated-head", 3, "warn")],
    "debug yes\n  bind_port 9988\n": [("indented-head", 2, "warn")],
    "include mmm_common.conf\n": [("no-include", 1, "warn")],
    "debug\n": [("split-word", 1, "warn")],
    "\ufeff# x\n": [("byte-order-mark", 1, "warn")],
    "\ufeffdebug no more\n": [("byte-order-mark", 1, "fatal"), ("invalid-line", 1, "fatal")],
    "bind_port 9988 # x\n": [("invalid-line", 1, "fatal")],
    "host a\n  ip\n": [("invalid-line", 2, "fatal")],
    "x\n": [("invalid-line", 1, "fatal")],
}  # fmt: skip


@pytest.mark.parametrize("text", TRAPS)
def test_each_trap_is_named(text: str) -> None:
    assert traps(text) == TRAPS[text]


def test_a_trap_says_where_what_and_what_to_do_and_holds_no_value() -> None:
    one = read_conf(b"host a\n  password sEcReT # mine\n", "db1:/etc/f").traps[0]
    assert str(one) == (
        "db1:/etc/f:2: what follows the # is a part of the value of password: "
        "MMM knows no comments behind a value"
    )
    assert one.hint == "give the comment a line of its own"
    evil = read_conf(b"host \x1b]0;x\x07\n  ip 1\nhost \x1b]0;x\x07\n", "f").traps[0]
    assert "\x1b" not in str(evil)


@pytest.mark.parametrize("text", ["bind_port 9988 # x\n", "host a\n  ip\n", "x\n"])
def test_a_file_that_mmm_refuses_is_refused(text: str) -> None:
    with pytest.raises(mmm_rules.Refused) as judged:
        mmm_rules.one(text.encode())
    with pytest.raises(EditError, match="does not start") as caught:
        edit_conf(text.encode(), WANTED, "db1:/f")
    assert caught.value.where == f"db1:/f:{judged.value.place[1]}"
    assert (caught.value.hint, caught.value.snippet) == (
        "take it out, or put # before it",
        BLOCK,
    )


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (replace(WANTED, cert_file=""), "empty"),
        (replace(WANTED, cert_file="t/cert.pem"), "absolute"),
        (replace(WANTED, cert_file="/a\n/b"), "line end"),
        (replace(WANTED, cert_file="/a\r"), "line end"),
        (replace(WANTED, cert_file="/a\0b"), "line end"),
        (replace(WANTED, cert_file="/a\tb"), "line end"),
        (replace(WANTED, cert_file="/a\udcffb"), "line end"),
        (replace(WANTED, cert_file="/a "), "blank"),
        (replace(WANTED, cert_file=" /a"), "blank"),
        (replace(WANTED, cert_file="/a #b"), "comment"),
        (replace(WANTED, verify_mode=4), "0 to 3"),
        (replace(WANTED, more=(("bad name", "1"),)), "no name"),
        (replace(WANTED, more=(("ca_file", "/x"),)), "twice"),
        (replace(WANTED, drop=("ca_file",)), "taken out"),
    ],
)
def test_what_the_grammar_cannot_hold_is_refused(wanted: SslWant, why: str) -> None:
    with pytest.raises(EditError, match=why) as caught:
        edit_conf(b"", wanted, "db1:/f")
    assert caught.value.where == "db1:/f"


def test_a_path_may_hold_blanks_and_marks_that_mean_nothing_here() -> None:
    edited("", replace(WANTED, cert_file="/a b/c#d;e'f\"g$h,i=j.pem", ca_file="/é"))


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(EditError, match="larger"):
        edit_conf(b"#" * 1_048_577, WANTED, "f")
