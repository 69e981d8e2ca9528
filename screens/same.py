"""Give the headless command that does what a screen does: pure text."""

from __future__ import annotations

from pathlib import Path

from app.quoting import sh
from app.site.draft import Draft, DraftHost


def command(directory: Path, *words: str, cwd: Path | None = None) -> str:
    """Give a command line for a site's directory, quoted for a shell."""
    here = [] if directory.resolve() == (cwd or Path.cwd()) else ["-C", str(directory)]
    return " ".join(sh(word) for word in ("tlswright", *here, *words))


def typed(host: DraftHost) -> str:
    """Give a host as it is typed: `name=user@address:port`, with what is needed of it."""
    user = f"{host.user}@" if host.user else ""
    address = f"[{host.address}]" if ":" in host.address else host.address
    port = f":{host.port}" if host.port != 22 else ""
    name = f"{host.name}=" if host.name != host.address else ""
    return f"{name}{user}{address}{port}"


def init_words(draft: Draft) -> tuple[str, ...]:
    """Give the words of `init` that answer what the draft answers."""
    words = ["init"]
    if draft.kind:
        words += ["--kind", draft.kind]
    for host in draft.hosts:
        words += [f"--{host.role or 'host'}", typed(host)]
    return tuple(words)
