"""Run blocking calls beside the screens, so that leaving never waits for the network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
_MOST = threading.BoundedSemaphore(32)


async def beside(call: Callable[[], Result]) -> Result:
    """Call in a thread of its own and wait for the answer; at most 32 at once.

    The thread is a daemon, unlike those of an executor: a connection attempt that hangs must not
    hold up a user who leaves.  Errors of the call are raised here.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        result: Result | None = None
        failed: BaseException | None = None
        with _MOST:
            try:
                result = call()
            except BaseException as error:
                failed = error
        try:
            loop.call_soon_threadsafe(settle, result, failed)
        except RuntimeError:  # the loop is closed: nobody waits any more
            pass

    threading.Thread(target=work, daemon=True, name="screens").start()
    return await answer
