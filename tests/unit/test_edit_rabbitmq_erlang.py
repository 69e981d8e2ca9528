"""Erlang terms: written, scanned and parsed as Erlang itself does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.edits.rabbitmq.erlang import MAX_DEPTH, Term, TermFile, parse_terms
from app.edits.rabbitmq.erlscan import MAX_BYTES
from app.errors import EditError
from app.quoting import erl_atom, erl_string
from tests.unit.erl_judge import Atom, ErlJudge, listed

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")
texts = st.text(characters, max_size=12)
odd = st.text(st.sampled_from("\"'\\\0\n\r\t ~^$%{}x09\x7f\x9f\xa0éß€😀"), max_size=8)


@pytest.fixture(scope="module")
def erl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ErlJudge]:
    with ErlJudge(tmp_path_factory.mktemp("erl")) as judge:
        yield judge


def plain(term: Term) -> Any:
    """Give a term as the judge does."""
    match term.kind:
        case "atom":
            return Atom(str(term.value))
        case "string":
            return listed(term.value)
        case "list" | "tuple":
            items = [plain(item) for item in term.items]
            if term.tail is not None:
                tail = plain(term.tail)
                if isinstance(tail, list):
                    return items + tail
                if isinstance(tail, dict) and "improper" in tail:
                    return {"improper": items + tail["improper"], "tail": tail["tail"]}
                return {"improper": items, "tail": tail}
            return items if term.kind == "list" else tuple(items)
        case "map":
            pairs = {
                repr(plain(key)): (plain(key), plain(one))
                for key, one in zip(term.items[::2], term.items[1::2], strict=True)
            }
            return {"map": sorted(pairs.values(), key=repr)}
        case "fun":
            return Atom("#fun")
    return term.value


@given(st.one_of(texts, odd))
@settings(deadline=None)
def test_what_is_quoted_reads_back(erl: ErlJudge, text: str) -> None:
    data = f"{{{erl_string(text)},{erl_atom(text)}}}.".encode("ascii")
    wanted = [(listed(text), Atom(text))]
    for verb in ("consult", "rabbit"):
        assert listed(erl.ask(verb, data)) == wanted
    assert [plain(term) for term in parse_terms(data, "f").terms] == wanted


@pytest.mark.parametrize(
    "word", ["after", "maybe", "else", "fun", "Upper", "_x", "1a", "é", "", "a b"]
)
def test_an_atom_is_quoted_where_it_must(word: str) -> None:
    assert erl_atom(word).startswith("'")


def test_an_atom_stays_bare_where_it_may() -> None:
    assert [erl_atom(text) for text in ("a", "verify_peer", "rabbit@host1", "tlsv1.3")] == [
        "a",
        "verify_peer",
        "rabbit@host1",
        "'tlsv1.3'",
    ]


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\ufffe", "\uffff"])
def test_what_no_term_holds_is_refused(erl: ErlJudge, text: str) -> None:
    for quote in (erl_string, erl_atom):
        with pytest.raises(ValueError, match="cannot hold"):
            quote(text)
    assert not erl.accepts("consult", f'"\\x{{{ord(text[-1]):X}}}".'.encode())


def test_a_long_atom_is_refused(erl: ErlJudge) -> None:
    with pytest.raises(ValueError, match="255"):
        erl_atom("é" * 256)
    assert erl.accepts("consult", erl_atom("é" * 255).encode() + b".")
    assert not erl.accepts("consult", b"'" + b"a" * 256 + b"'.")


ATOMS = ["a", "rabbit", "aB_1@x", "'with space'", "''", r"'it\'s'", "ßé", r"'\x{20ac}'", "maybe"]
NUMBERS = ["0", "5671", "1_000", "16#fF", "36#Zz", "2#10_1", "1.5", "1.0e-3", "1_0.2E+5", "-3"]
NUMBERS += [
    "+7",
    "- 1",
    "-0.0",
    "$a",
    "$\\n",
    "$\\^a",
    "$\\x{e9}",
    "$\\101",
    "$ ",
    "$%",
    "$\\s",
    "-$a",
]
STRINGS = ['""', '"a"', r'"q\"\\ \d\e\f\v\b\0\12\1234\x41\x{20AC}\^?\z"', '"a" "b"\n"c"', '"l\nl"']
STRINGS += ['"é"', '"%"', '"\\\n"', '"\\^""']
BINARIES = ["<<>>", '<<"a">>', '<<"a" "b",1,-1, 300>>', '<<"é">>', "fun lists:map/2"]
SIZED = ["<<1:4>>", '<<"é"/utf8>>', "<<1:16/little-signed-integer-unit:2>>", "<<1.5/float>>"]
BLANKS = ["", " ", "\n", "\r\n\t", " % a 'comment' \" [\n", "\x00", "\x0c"]
leaf = st.sampled_from(ATOMS + NUMBERS + STRINGS + BINARIES)
blank = st.sampled_from(BLANKS)


def inside(opening: str, closing: str, inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    row = st.lists(st.tuples(blank, inner, blank).map("".join), max_size=4)
    return st.tuples(row, blank).map(lambda one: f"{opening}{one[1]}{','.join(one[0])}{closing}")


def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, blank, inner).map(lambda one: f"{one[0]}{one[1]}=> {one[2]}")
    return st.one_of(
        inside("[", "]", inner),
        inside("{", "}", inner),
        inside("#{", "}", pair),
        st.tuples(inner, blank, inner).map(lambda one: f"[{one[0]}{one[1]}|{one[2]}]"),
    )


terms = st.recursive(leaf, extend, max_leaves=10)
ending = st.sampled_from(["\n", " ", "% end\n", "\r\n"])
files = st.lists(st.tuples(blank, terms, blank, st.just("."), ending).map("".join), max_size=3).map(
    "".join
)
CODINGS = ["", "%% -*- coding: utf-8 -*-\n", "%% coding = latin-1\n", "\n% coding: utf-8\n"]


@given(st.sampled_from(CODINGS), files)
@settings(deadline=None, max_examples=200)
def test_files_are_read_as_erlang_reads_them(erl: ErlJudge, head: str, text: str) -> None:
    data = (head + text).encode("latin-1" if "latin" in head else "utf-8")
    found = parse_terms(data, "f")
    assert [plain(term) for term in found.terms] == listed(erl.ask("consult", data))


@given(st.sampled_from(CODINGS), terms)
@settings(deadline=None)
def test_rabbitmq_reads_latin_1_where_no_comment_says_otherwise(
    erl: ErlJudge, head: str, text: str
) -> None:
    data = f"{head}{text} .".encode()
    if "latin" in head:
        data = f"{head}{text} .".encode("latin-1", "ignore")
    try:
        found = parse_terms(data, "f", "latin-1")
    except EditError:
        assert not erl.accepts("rabbit", data)
    else:
        assert [plain(term) for term in found.terms] == listed(erl.ask("rabbit", data))


@given(
    st.lists(
        st.one_of(
            leaf,
            st.sampled_from(SIZED),
            blank,
            st.sampled_from(list("[]{}(),|#.+-:/\"'$\\<>?=A_1e9x")),
        ),
        max_size=9,
    )
)
@settings(deadline=None, max_examples=400)
def test_what_erlang_refuses_is_refused(erl: ErlJudge, pieces: list[str]) -> None:
    data = "".join([*pieces, "."]).encode()
    refusal = None
    try:
        parse_terms(data, "f")
    except EditError as error:
        refusal = error
    if refusal is None:
        assert erl.accepts("consult", data)
    else:
        assert 1 <= refusal.line <= data.count(b"\n") + 1
        assert refusal.where == f"f:{refusal.line}"


@given(files)
@settings(max_examples=60)
def test_spans_hold_each_element(text: str) -> None:
    data = text.encode()
    found = parse_terms(data, "f")
    for term in found.terms:
        check_spans(found, term)


def check_spans(found: TermFile, term: Term) -> None:
    again = parse_terms(found.text(term) + b" .", "f").terms
    assert [plain(one) for one in again] == [plain(term)]
    at = term.start
    for item in term.items:
        assert at <= item.start < item.end <= term.end
        at = item.end
        check_spans(found, item)
    assert all(found.data[comma : comma + 1] == b"," for comma in term.commas)


REFUSED = {
    "macro": (b"[\n{a, ?HOME}].", 2, "macro"),
    "variable": (b"[{a,\n Home}].", 2, "variable"),
    "call": (b"[{a, os:getenv(b)}].", 1, "':' stands where '}'"),
    "no dot": (b"[a]\n", 2, "the file ends where '.'"),
    "open string": (b'[a,\n"b].', 2, "never closed"),
    "open list": (b"[a", 1, "the file ends where ']'"),
    "keyword": (b"\n[if].", 2, "'if' stands where no term may"),
    "triple quotes": (b'["""\na\n"""].', 1, "triple quotes"),
    "byte order mark": (b"\xef\xbb\xbf[a].", 1, "byte order mark"),
    "encoding": (b"[a,\n'\xe9'].", 2, "not valid utf-8"),
    "base": (b"37#1.", 1, "no base"),
    "digits": (b"16#fg.", 1, "invalid literal"),
    "float": (b"1.0e999.", 1, "too large"),
    "escape": (rb'"\xg".', 1, "escape sequence"),
    "surrogate": (rb'"\x{d800}".', 1, "names no character"),
    "long atom": (b"a" * 256 + b".", 1, "longer than 255"),
    "surplus": (b"[a,].", 1, "']' stands where no term may"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_line_and_reason(erl: ErlJudge, case: str) -> None:
    data, line, reason = REFUSED[case]
    with pytest.raises(EditError) as caught:
        parse_terms(data, "etc/advanced.config")
    assert reason in caught.value.text
    assert (caught.value.line, caught.value.where) == (line, f"etc/advanced.config:{line}")
    if case != "triple quotes":
        assert not erl.accepts("consult", data)


HOSTILE = {
    "depth": b"[" * 200_000,
    "depth of maps": b"#{a=>" * 50_000,
    "open string": b'"' + b"\\" * 200_000,
    "open quotes": b"'" + b"a" * 200_000,
    "digits": b"9" * 200_000,
    "digits of base 7": b"7#" + b"6" * 200_000,
    "points": b"1." * 100_000,
    "underscores": b"1_" * 100_000,
    "blanks": b" " * 200_000 + b"?",
    "comments": b"%" * 200_000 + b"\n" + b"%\n" * 20_000,
    "codings": b"%" + b"coding " * 30_000,
    "hex": b'"\\x{' + b"f" * 200_000 + b'}".',
    "commas": b"[" + b"," * 200_000,
    "binary": b"<<1/" + b"a-" * 100_000,
    "signs": b"[" + b"-" * 200_000,
    "strings": b'"a"' * 60_000 + b"(",
    "too large": b" " * (MAX_BYTES + 1),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_input_ends_soon(case: str) -> None:
    if case in ("comments", "codings"):
        assert parse_terms(HOSTILE[case], "f").terms == ()
    else:
        with pytest.raises(EditError) as caught:
            parse_terms(HOSTILE[case], "f")
        assert len(caught.value.text) < 200


def test_work_grows_with_the_size_and_no_faster() -> None:
    row = b'{key, "value", [1,2,3], <<"x">>}, % note\n'
    few, many = (_calls(b"[" + row * count + b"a].") for count in (300, 1200))
    assert few > 300
    assert many < 5 * few


def _calls(data: bytes) -> int:
    """Count what is called to read some terms: the same on an idle machine and on a busy one."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        parse_terms(data, "f")
    finally:
        sys.setprofile(None)
    return count


def test_depth_is_bounded_and_allowed_up_to_the_bound() -> None:
    for depth, fits in ((MAX_DEPTH, True), (MAX_DEPTH + 1, False)):
        data = b"[" * depth + b"a" + b"]" * depth + b"."
        if fits:
            assert parse_terms(data, "f").terms[0].kind == "list"
        else:
            with pytest.raises(EditError, match="levels deep"):
                parse_terms(data, "f")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for default in ("utf-8", "latin-1"):
        try:
            parse_terms(data, "f", default)
        except EditError as error:
            assume(error.line > 0)
