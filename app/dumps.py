"""Keep this process' memory out of core dumps: it may hold a passphrase, and keys being made."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

_FILTER = Path("/proc/self/coredump_filter")


def forbid_dumps() -> None:
    """Forbid core dumps of this process and its children, and leave all memory out of them.

    A kernel that hands dumps to a program passes over the limit, hence the filter.  PR_SET_DUMPABLE
    would close /proc/self/fd to us as well.  Where the system has no filter, the limit stands.
    Source: core(5).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        _FILTER.write_text("0")
