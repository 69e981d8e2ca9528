"""MMM 2.x: each decision of the editor."""

from __future__ import annotations

import pytest

from app.edits.mmm.v2 import SocketWant, all_candidates, edit_socket
from app.errors import EditError
from tests.unit.mmm_files import (
    AGENT,
    AGENT_TEXT,
    COMMON,
    COMMON_TEXT,
    ETC,
    MON,
    MON_TEXT,
    SECTION,
    STARTS,
    WANTED,
    alone,
    edited,
    host,
)


def test_a_new_section_goes_to_the_end_of_the_common_file_for_all() -> None:
    assert edited(host(), STARTS) == {COMMON: COMMON_TEXT + "\n" + SECTION}
    assert edit_socket(host(), STARTS, WANTED).notes == ()


def test_the_common_file_of_a_cluster_is_one_too() -> None:
    files = {f"{ETC}mmm_common_c1.conf": b"<host a>\n\tip 1\n</host>", MON: None,
             AGENT: b"include mmm_common_c1\nthis a\n"}  # fmt: skip
    changed = edited(dict.fromkeys(all_candidates(["c1"])) | files)
    assert changed == {
        f"{ETC}mmm_common_c1.conf": "<host a>\n\tip 1\n</host>\n\n"
        + SECTION.replace("    ", "\t", 1).replace("\n    ", "\n\t").rstrip("\n")
    }


def test_without_a_common_file_the_section_goes_to_the_start_file() -> None:
    assert edited(alone("this a\n<host a>\n</host>\n")) == {
        AGENT: "this a\n<host a>\n</host>\n\n" + SECTION
    }
    assert edited(alone("")) == {AGENT: SECTION}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("</oops>\nthis a\n", SECTION + "\n</oops>\nthis a\n"),
        ("debug 0\n<host a>\n  ip 1\n", "debug 0\n\n" + SECTION.replace("    ", "  ", 1)
         .replace("\n    ", "\n  ") + "\n<host a>\n  ip 1\n"),
        ("<socket>\n  type ssl\n", "<socket>\n  type ssl\n  cert_file /t/cert.pem\n"
         "  key_file /t/key.pem\n  ca_file /t/ca.pem\n"),
        ("<socket/>\n", SECTION),
        ("  <socket />\r\n", "  " + SECTION[:-1].replace("\n", "\r\n  ") + "\r\n"),
        ("<socket>\n</socket>\n", SECTION),
        ("debug 0\r\n", "debug 0\r\n\r\n" + SECTION.replace("\n", "\r\n")),
        ("debug 0", "debug 0\n\n" + SECTION.rstrip("\n")),
    ],
)  # fmt: skip
def test_a_section_stands_where_mmm_still_reads(before: str, after: str) -> None:
    assert edited(alone(before)) == {AGENT: after}


def test_variables_are_set_where_they_count_and_keep_their_column() -> None:
    before = "<socket>\n\ttype\t\t\tplain\n\t# ours\n\tca_file\t\t\t/old  # mine\n</socket> \n"
    assert edited(alone(before)) == {
        AGENT: "<socket>\n"
        "\ttype\t\t\tssl\n"
        "\t# ours\n"
        "\tca_file\t\t\t/t/ca.pem\n"
        "\tcert_file\t\t/t/cert.pem\n"
        "\tkey_file\t\t/t/key.pem\n"
        "</socket> \n"
    }
    assert edit_socket(alone(before), ["mmm_agent.conf"], WANTED, host="db1").notes == (
        f"db1:{AGENT}:2: type was plain and is now ssl",
        f"db1:{AGENT}:4: what stood behind # was a part of the value of ca_file, and goes",
    )


def test_what_is_read_later_and_would_win_is_set_too() -> None:
    files = host(
        {
            COMMON: COMMON_TEXT + SECTION,
            AGENT: AGENT_TEXT + "<socket>\n  ca_file /mine\n</socket>\n",
        }
    )
    assert edited(files, STARTS) == {
        AGENT: AGENT_TEXT + "<socket>\n  ca_file /t/ca.pem\n</socket>\n"
    }
    assert edit_socket(files, STARTS, WANTED).notes == ()
    older = files | {COMMON: (COMMON_TEXT + SECTION).replace("/t/ca", "/old").encode()}
    assert edited(older) == edited(files)
    line = COMMON_TEXT.count("\n") + 5
    assert edit_socket(older, ["mmm_agent.conf"], WANTED).notes == (
        f"{COMMON}:{line}: ca_file does not count here: {AGENT}:6 says it later",
    )
    assert set(edited(older, STARTS)) == {COMMON, AGENT}


def test_an_include_that_comes_last_wins_over_the_file_that_includes_it() -> None:
    files = alone(SECTION + "include late\n") | dict.fromkeys(["/etc/mmm/late.conf"], None)
    files |= {"/etc/late.conf": b"<socket>\ntype plain\n</socket>\n", f"{ETC}late.conf": None}
    assert edited(files) == {"/etc/late.conf": "<socket>\ntype ssl\n</socket>\n"}


def test_each_start_file_gets_what_it_reads_itself() -> None:
    files = host({AGENT: AGENT_TEXT + SECTION})
    assert edited(files, STARTS) == {COMMON: COMMON_TEXT + "\n" + SECTION}
    apart = host({AGENT: "this a\n", MON: MON_TEXT.partition("\n")[2]})
    assert set(edited(apart, STARTS)) == {AGENT, MON}


@pytest.mark.parametrize(
    ("path", "why"),
    [("", "empty"), ("t/c", "absolute"), ("/a\n", "line end"), ("/a ", "blank"), ("/a #", "#")],
)
def test_paths_that_mmm_cannot_hold_are_refused(path: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        edit_socket(host(), STARTS, SocketWant(path, "/k", "/a"))
