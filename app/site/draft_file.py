"""Keep the wizard's draft on disk, so that leaving and coming back loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar, get_args

from app.errors import SiteError
from app.model import AuthoritySpec, Options
from app.site.atomic import write_atomic
from app.site.draft import Answers, Draft, DraftHost, Step
from app.site.parse import decode, parse_tree
from app.site.render import block
from app.site.tree import MAX_BYTES, Plain, plain

_VERSION = 1
_HEADER = "# The wizard's unfinished answers; no secrets.  Delete it to begin anew.\n"
_Record = TypeVar("_Record", Answers, AuthoritySpec, DraftHost)


def save_draft(draft: Draft, path: Path) -> None:
    """Write a draft, readable by its owner only.  Raises SiteError when it cannot be written."""
    values: dict[str, Plain] = {"version": _VERSION, **asdict(draft)}
    text = _HEADER + "\n".join(block(_listed(values), 0)) + "\n"
    try:
        write_atomic(path, text.encode("utf-8", "surrogateescape"), 0o600)
    except OSError as error:
        raise SiteError(f"cannot be written: {error.strerror}", where=str(path)) from None


def load_draft(path: Path) -> Draft | None:
    """Read a draft; None when there is none.

    What it does not know it leaves out, since a draft may come from another version.  Raises
    SiteError when the file is damaged.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SiteError(f"cannot be read: {error.strerror}", where=str(path)) from None
    hint = "Delete it to begin the wizard anew; site.yaml and the vault are not touched."
    try:
        root, _ = parse_tree(decode(data, str(path)), str(path))
        if root is None:
            return None
        return _draft(plain(root))
    except SiteError as error:
        raise SiteError(f"the draft {error.text}", where=error.where, hint=hint) from None
    except (TypeError, ValueError, AttributeError, KeyError):
        raise SiteError("the draft is damaged", where=str(path), hint=hint) from None


def _draft(values: Mapping[str, Any]) -> Draft:
    if values.get("version") != _VERSION:
        raise ValueError("another version")
    step = _text(values["step"])
    if step not in get_args(Step):
        raise ValueError("no such step")
    return Draft(
        kind=_text(values["kind"]),
        shape=_text(values["shape"]),
        site=_text(values["site"]),
        hosts=tuple(_record(DraftHost, host) for host in values["hosts"]),
        drawn=_pairs(values["drawn"]),
        options=_options(values["options"]),
        node_options={host: _options(own) for host, own in values["node_options"].items()},
        authority=_record(AuthoritySpec, values["authority"]),
        step=step,  # type: ignore[arg-type]
        shelved={kind: _record(Answers, one) for kind, one in values["shelved"].items()},
        seen=_text(values["seen"]),
        ca_file=_text(values.get("ca_file", "")),
        ca_key=_text(values.get("ca_key", "")),
    )


def _record(model: type[_Record], values: Mapping[str, Any]) -> _Record:
    """Make a record of the fields it knows, each of the type of its default."""
    known: dict[str, Any] = {}
    for one in fields(model):
        if one.name not in values:
            continue
        value = values[one.name]
        if one.name == "names":
            value = tuple(_text(name) for name in value)
        elif one.name == "drawn":
            value = _pairs(value)
        elif one.name in ("roles", "options"):
            value = _options(value)
        elif one.name == "node_options":
            value = {host: _options(own) for host, own in value.items()}
        elif str(one.type) == "int":
            value = value if type(value) is int else int("not a number")
        else:
            value = _text(value)
        known[one.name] = value
    return model(**known)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _pairs(values: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_text(a), _text(b)) for a, b in values)


def _options(values: Mapping[str, Any]) -> Options:
    if not all(isinstance(value, str | int | bool) for value in values.values()):
        raise TypeError("not options")
    return dict(values)


def _listed(value: Any) -> Any:
    """Turn tuples into lists, all the way down."""
    if isinstance(value, Mapping):
        return {key: _listed(one) for key, one in value.items()}
    return [_listed(one) for one in value] if isinstance(value, list | tuple) else value
