"""Read and write `.tlswright/requests.json`: what was asked of an outside CA, without its keys."""

from __future__ import annotations

from pathlib import Path

from app.engine.record import read_json, write_json
from app.errors import PkiError, TlswrightError
from app.plan.requested import VERSION, Requested, Requests


def load_requests(path: Path) -> dict[str, Requested]:
    """Read what was asked for; a site that never asked has no file.

    Raises TlswrightError where it is damaged or of a newer version.
    """
    found = read_json(path)
    if found is None:
        return {}
    try:
        if found["version"] > VERSION:
            raise TlswrightError(
                "was written by a newer tlswright", where=str(path), hint="Upgrade tlswright."
            )
        made = [Requested.from_dict(one) for one in found["requests"]]
    except (KeyError, ValueError, TypeError, AttributeError, PkiError) as error:
        raise TlswrightError(
            f"is damaged: {error}",
            where=str(path),
            hint="Put it back from a backup, or move it away: the next `tlswright csr` asks anew.",
        ) from error
    return {one.name: one for one in made}


def save_requests(path: Path, requests: Requests) -> None:
    """Write what is asked for."""
    found = [requests[name].to_dict() for name in sorted(requests)]
    write_json(path, {"version": VERSION, "requests": found})
