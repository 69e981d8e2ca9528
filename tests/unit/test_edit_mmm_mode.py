"""MMM 2.x: the mode of the monitor, held for a change and put back."""

from __future__ import annotations

import pytest

from app.edits.mmm.v2 import put_back_mode, set_mode
from app.errors import EditError
from tests.unit import mmm_rules
from tests.unit.mmm_files import AGENT, MON, MON_TEXT, host


def test_the_mode_is_held_and_comes_back_byte_for_byte() -> None:
    files = host({MON: MON_TEXT.replace("    ping", "    mode                wait  \n    ping")})
    held = set_mode(files, "mmm_mon.conf").files
    assert b"change:    mode                wait  \n    mode                manual\n" in held[MON]
    assert mmm_rules.two(files | dict(held), "mmm_mon.conf")["monitor"]["mode"] == "manual"
    assert set_mode(files | dict(held), "mmm_mon.conf").files == {}
    back = put_back_mode(files | dict(held), "mmm_mon.conf")
    assert back.files == {MON: files[MON]}
    assert put_back_mode(files, "mmm_mon.conf").files == {}


def test_a_mode_that_was_not_said_is_added_and_goes_again() -> None:
    held = set_mode(host(), "mmm_mon.conf", "passive").files[MON]
    text = held.decode()
    assert text == MON_TEXT.replace(
        "192.0.2.2\n",
        "192.0.2.2\n    # tlswright puts this line back after the change:\n"
        "    mode                passive\n",
    )
    assert put_back_mode(host({MON: text}), "mmm_mon.conf", "passive").files == {
        MON: MON_TEXT.encode()
    }


@pytest.mark.parametrize("line", ["", "    mode wait\r\n"])
def test_a_file_of_another_system_comes_back_too(line: str) -> None:
    text = MON_TEXT.replace("\n", "\r\n").replace("    ping", line + "    ping")
    held = set_mode(host({MON: text}), "mmm_mon.conf").files[MON]
    assert held.count(b"\n") == held.count(b"\r\n")
    back = put_back_mode(host({MON: held.decode()}), "mmm_mon.conf").files
    assert back == {MON: text.encode()}


def test_a_mode_of_the_users_own_stays() -> None:
    files = host({MON: MON_TEXT.replace("    ping", "    mode manual\n    ping")})
    assert set_mode(files, "mmm_mon.conf").files == {}
    assert put_back_mode(files, "mmm_mon.conf").files == {}


def test_a_mode_that_was_set_in_the_meantime_stays_with_a_note() -> None:
    files = host({MON: MON_TEXT.replace("    ping", "    mode active\n    ping")})
    held = set_mode(files, "mmm_mon.conf").files[MON].replace(b"mode manual", b"mode passive")
    now = files | {MON: held}
    back = put_back_mode(now, "mmm_mon.conf", host="mon")
    assert back.files == {MON: MON_TEXT.replace("    ping", "    mode passive\n    ping").encode()}
    assert back.notes == (f"mon:{MON}:7: the mode is no longer the one that was set: it stays",)
    again = set_mode(now, "mmm_mon.conf").files[MON]
    assert put_back_mode(files | {MON: again}, "mmm_mon.conf").files == {MON: files[MON]}


def test_a_monitor_that_is_not_there_cannot_be_held() -> None:
    with pytest.raises(EditError, match="no section <monitor>") as caught:
        set_mode(host(), "mmm_agent.conf", host="db1")
    assert caught.value.where == f"db1:{AGENT}"
    with pytest.raises(ValueError, match="manual, passive"):
        set_mode(host(), "mmm_mon.conf", "active")
