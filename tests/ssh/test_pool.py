"""Many hosts at once: bounded, in order, each with its result or its error."""

from __future__ import annotations

import threading

import pytest

from app.errors import Cancelled, RemoteError
from app.remote.pool import each


def test_each_item_has_its_result_or_its_error() -> None:
    def work(name: str) -> str:
        if name == "b":
            raise RemoteError("broken", host=name)
        return name.upper()

    found = each(["c", "a", "b", "a"], work)
    assert list(found) == ["c", "a", "b"]
    assert (found["c"], found["a"]) == ("C", "A")
    assert isinstance(found["b"], RemoteError)
    assert each([], work) == {}


def test_no_more_than_the_bound_run_at_once() -> None:
    lock, now, most = threading.Lock(), [0], [0]
    meet = threading.Barrier(3)

    def work(_: int) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        meet.wait(10)
        with lock:
            now[0] -= 1

    each(range(9), work, at_once=3)
    assert most[0] == 3


def test_after_cancel_nothing_new_begins() -> None:
    cancel, begun = threading.Event(), []

    def work(item: int) -> int:
        begun.append(item)
        cancel.set()
        return item

    found = each(range(5), work, at_once=1, cancel=cancel)
    assert begun == [0]
    assert found[0] == 0
    assert all(isinstance(found[n], Cancelled) for n in range(1, 5))


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        each([0], lambda n: 1 / n)
