"""Read and write the answer to a field: as a value in the draft, and as one line of text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

from app.errors import UsageError
from app.model import AuthoritySpec, Scalar, Source
from app.site.catalogue import Kinds
from app.site.convert import as_site
from app.site.draft import (
    Draft,
    DraftHost,
    link,
    set_authority,
    set_host,
    set_kind,
    set_option,
    set_role,
    set_source,
)
from app.site.fields import Answer, Field
from app.site.normal import inherited
from app.site.typed_hosts import add_hosts, read_hosts

_YES = frozenset(("y", "yes", "true", "on", "1"))
_NO = frozenset(("n", "no", "false", "off", "0"))


def parse(field: Field, text: str) -> Answer:
    """Read what was typed; raises UsageError in words, with an example as hint.

    An empty line means the default, where there is one.
    """
    text = text.strip()
    value = _value(field, text) if text else field.default
    wrong = field.problem(value)
    if wrong:
        flag = f" ({field.flag})" if field.flag else ""
        hint = f"Such as {field.example}." if field.example else ""
        raise UsageError(f"{field.label}{flag}: {wrong}", hint=hint)
    return value


def _value(field: Field, text: str) -> Answer:
    if field.type == "bool":
        folded = text.lower()
        return True if folded in _YES else False if folded in _NO else text
    if field.type == "int":
        return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII) else text
    if field.type == "choice":
        return _choice(field, text)
    if field.type == "names":
        return tuple(dict.fromkeys(word for word in re.split(r"[\s,;]+", text) if word))
    if field.type == "links":
        return tuple(_pair(word) for word in re.split(r"[\s,;]+", text) if word)
    if field.type == "hosts":
        typed = read_hosts(text)
        if typed.problems:
            raise UsageError(typed.problems[0], hint=f"Such as {field.example}.")
    return text


def _choice(field: Field, text: str) -> str:
    """Take a choice by its word, or by its number as `--plain` lists it."""
    words = [word for word, _ in field.choices]
    if text in words or not text.isdigit():
        return text
    return words[int(text) - 1] if 1 <= int(text) <= len(words) else text


def _pair(word: str) -> tuple[str, str]:
    initiator, arrow, acceptor = word.partition(">")
    if not (initiator and arrow and acceptor):
        raise UsageError(f"{word!r} is not a link", hint="Such as host-a>host-b.")
    return initiator, acceptor


def show(field: Field, value: Answer) -> str:
    """Write an answer as a person types it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(one if isinstance(one, str) else ">".join(one) for one in value)
    return str(value)


def get(draft: Draft, field: Field, kinds: Kinds, host: str = "") -> Answer:
    """Give the answer that a draft holds, or the default that would be taken."""
    if field.scope == "host":
        return _attribute(draft.host(host), field.key)
    if field.scope == "authority":
        return _attribute(draft.authority, field.key)
    if field.scope in ("option", "node"):
        base = inherited(as_site(draft).topologies[0], kinds)
        return draft.node_options.get(host, {}).get(field.key, base.get(field.key, field.default))
    if field.key == "hosts":
        return tuple(_typed(one.name, one.user, one.address, one.port) for one in draft.hosts)
    if field.key == "links":
        return draft.drawn
    kept: dict[str, Scalar] = {
        "kind": draft.kind, "shape": draft.shape, "site": draft.site,
        "ca_file": draft.ca_file, "ca_key": draft.ca_key,
    }  # fmt: skip
    return kept[field.key] or field.default


def put(draft: Draft, field: Field, value: Answer, kinds: Kinds, host: str = "") -> Draft:
    """Put an answer into a draft.

    Hosts are added to those that are there; a list of links takes the place of the old one.
    Raises UsageError for what cannot be, such as a host that does not exist.
    """
    if field.scope == "host":
        if field.key == "role":
            return set_role(draft, host, str(value), kinds)
        return set_host(draft, host, **{field.key: value})
    if field.scope == "authority" and field.key == "source":
        return set_source(draft, cast(Source, value))
    if field.scope == "authority":
        return set_authority(draft, **{field.key: value})
    if field.scope in ("option", "node"):
        return _put_option(draft, field, value, kinds, host)
    if field.key == "kind":
        return set_kind(draft, str(value), kinds)
    if field.key == "hosts":
        text = value if isinstance(value, str) else show(field, value)
        return add_hosts(draft, text, kinds)
    if field.key == "links":
        draft = replace(draft, drawn=())
        for one in value if isinstance(value, tuple) else ():
            draft = link(draft, one[0], one[1])
        return draft
    if field.key == "shape":
        return replace(draft, shape=str(value))
    if field.key == "ca_file":
        return replace(draft, ca_file=str(value))
    if field.key == "ca_key":
        return replace(draft, ca_key=str(value))
    return replace(draft, site=str(value))


def _attribute(record: DraftHost | AuthoritySpec, key: str) -> Answer:
    found: Answer = getattr(record, key)
    return found


def _put_option(draft: Draft, field: Field, value: Answer, kinds: Kinds, host: str) -> Draft:
    """Keep an option only where it differs from what holds without it."""
    if isinstance(value, tuple):
        raise UsageError(f"{field.label} takes one value")
    without = set_option(draft, field.key, None, host)
    same = get(without, field, kinds, host)
    if same == value and type(same) is type(value):
        return without
    return set_option(draft, field.key, value, host)


def _typed(name: str, user: str, address: str, port: int) -> str:
    where = f"[{address}]" if ":" in address else address
    login = f"{user}@" if user else ""
    tail = f":{port}" if port != 22 else ""
    label = "" if name == address.lower() else f"{name}="
    return f"{label}{login}{where}{tail}"
