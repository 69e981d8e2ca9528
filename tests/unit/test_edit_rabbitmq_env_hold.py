"""What holds for every rabbitmq-env.conf, shown by sourcing it with real shells."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from app.edits.rabbitmq.env import Edited, EnvEdit, edit_env, read_env
from app.errors import EditError
from tests.unit.env_files import ALIKE, WANTED, any_files, plain_files
from tests.unit.env_shells import SHELLS, Sourced, others, source

WHERE = "one:/etc/rabbitmq/rabbitmq-env.conf"
GONE = EnvEdit((), ())
often = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@often
@given(plain_files(), st.sampled_from((*WANTED, GONE)))
def test_plain_files_are_never_refused_and_mean_the_same(
    tmp_path: Path, data: bytes, wanted: EnvEdit
) -> None:
    after = edit_env(data, wanted, WHERE).data
    for shell in SHELLS:
        was, now = source(data, shell, tmp_path), source(after, shell, tmp_path)
        assert was is not None
        assert now is not None
        same_but_for_flags(was, now, wanted)
    assert edit_env(after, wanted, WHERE).data == after


@often
@given(any_files(), st.sampled_from((*WANTED, GONE)))
def test_files_with_traps_are_edited_right_or_refused_with_a_line(
    tmp_path: Path, data: bytes, wanted: EnvEdit
) -> None:
    edited = _edited_or_refused(data, wanted)
    event("refused" if isinstance(edited, EditError) else "edited")
    if isinstance(edited, EditError):
        assert 1 <= edited.line <= data.count(b"\n") + 1
        assert edited.where == f"{WHERE}:{edited.line}"
        assert edited.hint
        return
    after = edited.data
    for shell in SHELLS:
        was, now = source(data, shell, tmp_path), source(after, shell, tmp_path)
        assert (was is None) == (now is None)
        if was is not None and now is not None:
            same_but_for_flags(was, now, wanted)
    assert edit_env(after, wanted, WHERE).data == after


def _edited_or_refused(data: bytes, wanted: EnvEdit) -> Edited | EditError:
    try:
        return edit_env(data, wanted, WHERE)
    except EditError as error:
        return error


@often
@given(plain_files(), st.sampled_from(ALIKE))
def test_what_is_taken_away_again_leaves_the_own_arguments(
    tmp_path: Path, data: bytes, wanted: EnvEdit
) -> None:
    after = edit_env(edit_env(data, wanted, WHERE).data, GONE, WHERE).data
    assert b"tlswright" not in after
    was, now = (source(one, SHELLS[0], tmp_path) for one in (data, after))
    assert was is not None
    assert now is not None
    same_but_for_flags(was, now, GONE)


@often
@given(plain_files())
def test_what_is_read_is_what_a_shell_makes_of_it(tmp_path: Path, data: bytes) -> None:
    view = read_env(data, WHERE)
    sourced = source(data, SHELLS[0], tmp_path)
    assert sourced is not None
    for plain, words, real in (
        ("SERVER_ADDITIONAL_ERL_ARGS", view.server, sourced.server),
        ("CTL_ERL_ARGS", view.ctl, sourced.ctl),
    ):
        if plain not in view.unknown:
            assert words == real


def same_but_for_flags(was: Sourced, now: Sourced, wanted: EnvEdit) -> None:
    """Compare what two files mean: flags as wanted, in one piece; all else as it was."""
    assert now.foreign == was.foreign
    assert now.status == was.status
    for server, before, after in ((True, was.server, now.server), (False, was.ctl, now.ctl)):
        assert others(after) == others(before)
        ours = wanted.words(server)
        places = [n for n in range(len(after)) if after[n : n + len(ours)] == ours]
        assert places or not ours
        rest = after[: places[0]] + after[places[0] + len(ours) :] if ours else after
        assert rest == others(rest), "a flag for TLS is left over"


def test_the_comparison_sees_a_flag_that_stands_twice() -> None:
    wanted = WANTED[0]
    once = Sourced("0", wanted.server, wanted.ctl, {})
    twice = Sourced("0", (*wanted.server, "-a", "-proto_dist", "inet_tcp"), wanted.ctl, {})
    same_but_for_flags(once, once, wanted)
    with pytest.raises(AssertionError):
        same_but_for_flags(once, twice, wanted)
