"""Give the headless command that does what a screen does: pure text."""

from __future__ import annotations

from pathlib import Path

from app.model import AuthoritySpec, Scalar
from app.quoting import sh
from app.site.draft import Draft, DraftHost
from app.site.roles import host_words


def command(directory: Path, *words: str, cwd: Path | None = None) -> str:
    """Give a command line for a site's directory, quoted for a shell."""
    here = [] if directory.resolve() == (cwd or Path.cwd()) else ["-C", str(directory)]
    return " ".join(sh(word) for word in ("tlswright", *here, *words))


def init_words(draft: Draft) -> tuple[str, ...]:
    """Give the words of `init` that answer what the draft answers.

    What `init` takes for all hosts at once is named where all hosts agree.
    """
    words = ["init"]
    words += ["--name", draft.site] if draft.site else []
    words += ["--kind", draft.kind] if draft.kind else []
    for host in draft.hosts:
        words += host_words(host.role, _place(host))
    for host in draft.hosts:
        words += ["--dials", f"{host.name}={','.join(host.names)}"] if host.names else []
    for initiator, acceptor in draft.drawn:
        words += ["--link", f"{initiator}:{acceptor}"]
    words += [*_authority(draft.authority), *_files(draft)]
    return (*words, *_login(draft.hosts), *_options(draft))


def _place(host: DraftHost) -> str:
    user = f"{host.user}@" if host.user else ""
    address = f"[{host.address}]" if ":" in host.address else host.address
    port = f":{host.port}" if host.port != 22 else ""
    return f"{host.name}={user}{address}{port}"


def _authority(spec: AuthoritySpec) -> list[str]:
    usual, words = AuthoritySpec(), list[str]()
    for key in ("trust", "source", "key_type", "leaf_days", "ca_days"):
        value = getattr(spec, key)
        # One that is imported is named by its files.
        if value not in (getattr(usual, key), "imported"):
            words += [f"--{key.replace('_', '-')}", str(value)]
    return words


def _files(draft: Draft) -> list[str]:
    spec = draft.authority
    if spec.trust != "ca" or spec.source != "imported" or not draft.ca_file:
        return []
    key = ["--ca-key", draft.ca_key] if draft.ca_key else []
    return ["--ca-certificate", draft.ca_file, *key]


def _login(hosts: tuple[DraftHost, ...]) -> list[str]:
    words: list[str] = []
    for key, usual in (("identity", ""), ("privilege", "root"), ("jump", "")):
        values = {getattr(host, key) for host in hosts}
        if len(values) == 1 and values != {usual}:
            words += [f"--{key}", values.pop()]
    return words


def _options(draft: Draft) -> list[str]:
    rows = [*draft.options.items()]
    rows += [(f"{h}.{k}", v) for h, own in draft.node_options.items() for k, v in own.items()]
    return [word for key, value in rows for word in ("--set", f"{key}={_value(value)}")]


def _value(value: Scalar) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
