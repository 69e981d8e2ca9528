"""Read and write `adopted/KIND/HOST.pem`: what hosts trusted before, and go on to trust."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.engine.asking import nodes_of
from app.errors import UsageError
from app.kinds.base import Kind
from app.model import Node, Site
from app.plan.adopted import KeptCertificate, read_kept
from app.site.atomic import write_atomic
from app.site.places import Places


def load_adopted(
    places: Places, site: Site, kinds: Mapping[str, Kind]
) -> dict[str, tuple[KeptCertificate, ...]]:
    """Read what hosts go on to trust, by `KIND/HOST`; raises UsageError for a damaged file."""
    found = {}
    for node in nodes_of(site, kinds):
        path = adopted_path(places, node)
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UsageError(f"it cannot be read: {error.strerror}", where=str(path)) from None
        if kept := read_kept(data, str(path)):
            found[f"{node.kind}/{node.host}"] = kept
    return found


def adopted_path(places: Places, node: Node) -> Path:
    """Name the file of one host."""
    return places.adopted / node.kind / f"{node.host}.pem"


def drop_adopted(path: Path) -> bool:
    """Take the file of one host away; False where there was none; raises UsageError."""
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise UsageError(f"it cannot be taken away: {error.strerror}", where=str(path)) from None
    return True


def write_adopted(path: Path, text: str) -> None:
    """Write the file of one host; raises UsageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text.encode(), 0o644)
    except OSError as error:
        raise UsageError(f"it cannot be written: {error.strerror}", where=str(path)) from None
