"""Do one thing on many hosts at once, bounded; what fails on one host is its result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.errors import Cancelled, TlswrightError

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 16


def each(
    items: Iterable[Item],
    work: Callable[[Item], Result],
    *,
    at_once: int = AT_ONCE,
    cancel: threading.Event | None = None,
) -> dict[Item, Result | TlswrightError]:
    """Run `work` over items in parallel and give each one's result or its error, in order.

    After `cancel` is set nothing new begins: what had not begun is Cancelled.  Errors other than
    TlswrightError are bugs, and are raised when all the work that had begun has ended.
    """
    todo = list(dict.fromkeys(items))
    if not todo:
        return {}

    def one(item: Item) -> Result | TlswrightError:
        if cancel is not None and cancel.is_set():
            return Cancelled("stopped before it began")
        try:
            return work(item)
        except TlswrightError as error:
            return error

    with ThreadPoolExecutor(min(at_once, len(todo)), thread_name_prefix="host") as pool:
        futures = {item: pool.submit(one, item) for item in todo}
    return {item: future.result() for item, future in futures.items()}
