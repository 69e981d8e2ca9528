"""Java properties and shell environment files: set in place, everything else stays."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.edits.properties import get_keys, set_keys
from app.edits.shellenv import set_variables
from app.errors import EditError

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LOG4J = (
    b"# root=off\r\nlog4j.rootLogger = INFO, \\\r\n    console\r\n! a:b\r\nx:1\r\nx 2\r\n"
    b"empty\r\nu=\\u00fc\xfc\r\n"
)


def test_keys_are_read_as_java_reads_them() -> None:
    assert get_keys(LOG4J) == {
        "log4j.rootLogger": "INFO, console",
        "x": "2",
        "empty": "",
        "u": "üü",
    }


def test_a_key_is_set_where_it_counts_and_the_rest_stays() -> None:
    values = {"log4j.rootLogger": "WARN", "x": "3", "empty": "no more", "new": "1"}
    assert set_keys(LOG4J, values) == (
        b"# root=off\r\nlog4j.rootLogger = WARN\r\n! a:b\r\nx:1\r\nx 3\r\n"
        b"empty=no more\r\nu=\\u00fc\xfc\r\nnew=1\r\n"
    )


def test_an_open_continuation_does_not_swallow_what_is_added() -> None:
    assert get_keys(set_keys(b"a=1\\\n", {"b": "2"})) == {"a": "1", "b": "2"}
    assert set_variables(b"echo \\", {"B": "2"}, "f") == b"echo \\\n\nB=2\n"
    assert set_keys(b"a\\ ", {"a ": "v"}) == b"a\\ =v"


def test_values_that_are_there_change_no_byte() -> None:
    assert set_keys(LOG4J, get_keys(LOG4J)) == LOG4J


@given(st.lists(st.tuples(words.filter(bool), words), max_size=4), st.binary(max_size=40))
def test_what_is_set_is_read_back_and_a_second_run_changes_nothing(
    pairs: list[tuple[str, str]], before: bytes
) -> None:
    values = dict(pairs)
    once = set_keys(before + b"\n", values)
    assert {key: get_keys(once)[key] for key in values} == values
    assert set_keys(once, values) == once


OPTIONS = b"""# OPTS=no
[ -f /etc/x ] && . /etc/x # it's fine
STARTTIME=5
export ACTIVEMQ_ARGS="start xbean:activemq.xml" # which file
OPTS="$OPTS -Da=b"
if true; then
  STARTTIME=9
fi
TEXT='two
STARTTIME=lines'
HOST=$(hostname)
"""


def test_variables_are_set_in_place_and_comments_stay() -> None:
    values = {"STARTTIME": "1", "ACTIVEMQ_ARGS": "start it's", "OPTS": "-Dx=$y", "NEW": ""}
    after = set_variables(OPTIONS, values, "options")
    assert (
        after
        == (
            OPTIONS.replace(b"STARTTIME=5", b"STARTTIME=1")
            .replace(b'"start xbean:activemq.xml"', b"'start it'\"'\"'s'")
            .replace(b'"$OPTS -Da=b"', b"'-Dx=$y'")
        )
        + b"NEW=''\n"
    )
    assert set_variables(after, values, "options") == after


def test_a_value_that_is_there_in_other_quotes_changes_no_byte() -> None:
    values = {"STARTTIME": "5", "ACTIVEMQ_ARGS": "start xbean:activemq.xml"}
    assert set_variables(OPTIONS, values, "options") == OPTIONS


@pytest.mark.parametrize(
    ("data", "line"), [(OPTIONS, 11), (b"\ncat <<E\nHOST=1\nE\n", 2), (b"A=1\necho 'x\n", 2)]
)
def test_what_only_a_shell_could_read_is_refused_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(EditError) as caught:
        set_variables(data, {"HOST": "a"}, "options")
    assert (caught.value.line, caught.value.where) == (line, f"options:{line}")


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_a_real_shell_reads_the_very_value(value: str) -> None:
    data = set_variables(b"A=old\nB=2\n", {"A": value}, "options")
    script = data + b'printf "%s" "$A"\n'
    shown = subprocess.run(["/bin/sh"], input=script, capture_output=True, check=True)
    assert shown.stdout == value.encode()
