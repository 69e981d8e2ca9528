"""What is followed in a shell file without running it is what real shells make of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from app.edits.shellparse import parse
from app.edits.shellrun import follow
from app.edits.shellstate import State
from app.edits.shelltext import Source
from app.errors import EditError
from tests.unit.env_shells import SHELLS, source

_PIECES = (
    *("A=", "B=", "C=", "$A", "$B", "${A}", "${B:-", "${C:=", "${A:+", "${A:-x}", "}"),
    *('"', "'", '"', "'", "\\", "\n", "\n", " ", "  ", "\t", "\\\n", "\\ ", "\r\n", "#"),
    *("x", "a", "1", "=", "+=", "~", "~/a", ":~", "\u00e9", "\udcff", "$", "$'a'", '$"b"'),
    *("if ", "then ", "fi\n", "else ", "elif ", "for A in 1 2; do ", "done\n", "! "),
    *("case $A in 1) ", "*) ", ";; ", "esac\n", "{ ", "(", ")", ";", "&&", "||", "&", " | "),
    *("$(", "`", "$((A=3))", "$((1+2))", "$1", "$@", "${#A}", "${A%x}", "${A%%'}'}"),
    *("<<E\n", "E\n", "cat <<-E\n", "\tE\n", "2>/dev/null ", "export ", "unset ", "readonly "),
    *(":", "true", "false", "A=1\n", "B=2;", "C='3 4'\n", 'B="$A 5"\n', "A=1 B=$A\n"),
    *("f() { A=9; }\n", "f", "[ x ] && ", "return\n", "exit\n", "set -n\n", "eval ", "command "),
    *("read A\n", "local A=2\n", "exec ", "alias A=b\n", "function ", "[[ ", "]]"),
)


def followed(data: bytes) -> State:
    text = Source(data.decode("latin-1"), "file")
    return follow(parse(text), text)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.filter_too_much,
        HealthCheck.too_slow,
    ],
)
@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=12).map("".join))
def test_what_is_believed_of_a_file_is_true_in_every_shell(tmp_path: Path, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    try:
        state = followed(data)
    except EditError:
        assume(False)
        return
    (tmp_path / "file").write_bytes(data)
    checked = subprocess.run(["/bin/sh", "-n", "file"], cwd=tmp_path, capture_output=True)
    assert checked.returncode == 0, "sh must accept what is accepted"
    for shell in SHELLS:
        real = source(data, shell, tmp_path)
        for name in "ABC" if real else "":
            assert real
            _compare(state, name, real.variables.get(name))


def _compare(state: State, name: str, real: str | None) -> None:
    value = state.value(name)
    if value is None:
        assert real is None
    elif value.known:
        event("known")
        assert (real or "") == value.shown.encode("latin-1").decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A='x y'\"z\"\\ w", "x yz w"),
        ('A="a\\\nb\\"\\$\\`\\\\\\c"', 'ab"$`\\\\c'),
        ("A=a#b # c", "a#b"),
        ("A=1\nA=2; A=$A$A", "22"),
        ("B=x; A=${B}y${B:-z}${C-}", None),
        ("B=; A=${B:-dflt}", "dflt"),
        ("B=1; A=${B:+yes}", "yes"),
        ("A=1; (A=2); A=3 | cat; A=4 & B=$(A=5)", "1"),
        ("A=1; f() { A=2; }", "1"),
        ("A=1; f() { A=2; }; f", None),
        ("A=1; true && A=2", "2"),
        ("A=1 && A=2 || A=3", "2"),
        ("false || A=2", None),
        ("if x; then A=1; else A=1; fi", None),
        ("A=1; if x; then B=2; fi", "1"),
        ("A=1; cat <<'E'\n${A:=2} `\nE\n", "1"),
        ("B=; cat <<E\n${A:=2}\nE\nA=1", None),
        ("A=$((1 + 1))", None),
        ("A=~/x", None),
        ("A='~/x'", "~/x"),
        ("export 'A=1 2'", "1 2"),
        ("B='1 2'; export A=$B", None),
        ("readonly A=1", "1"),
        ("A=1; unset A", ""),
        ("A=1; printf -v A x", None),
        ("A=1; printf x", "1"),
        ("A=1; command export A=2", "2"),
        ("return; A=1", None),
        ("A=1; [ x ] && return; B=2", "1"),
        ("A=1; . /x", None),
        (". /x; A=1", "1"),
        ("A=1 :", None),
        ("A=1 cat", ""),
        ("case x in *) A=1;; esac", "1"),
        ("case x in y) A=1;; esac", None),
        ("A=1; for A in 2; do :; done", None),
        ("A=$(echo ')' `uname` \"$(uname)\")", None),
    ],
)
def test_a_value_is_known_or_it_is_not(text: str, value: str | None) -> None:
    found = followed(text.encode()).value("A")
    known = "" if found is None else found.shown if found.known else None
    assert known == value


def test_every_character_knows_where_it_was_written() -> None:
    text = 'B=\'x y\'\nA="a\\"$B"\n'
    value = followed(text.encode()).value("A")
    assert value is not None
    places = [text[atom.start : atom.end] for atom in value.atoms]
    assert places == ["a", '\\"', "$B", "$B", "$B"]
    inner = [atom.inner for atom in value.atoms[2:]]
    assert [text[atom.start : atom.end] for atom in inner if atom] == ["x", " ", "y"]
