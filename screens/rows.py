"""Turn declared fields into rows of a form, and what was typed into changes of the draft."""

from __future__ import annotations

from typing import Any, cast

from app.model import Scalar, Source
from app.site import answers, checks
from app.site.draft import (
    Draft,
    DraftHost,
    Step,
    set_authority,
    set_host,
    set_option,
    set_source,
)
from app.site.fields import Field, fields, own_fields
from screens.form import Row, Sort
from screens.state import State

FILES = ("ca_file", "ca_key")
"""Answers of the trust step that are the draft's alone."""


def rows_of(state: State, step: Step) -> list[Row]:
    """Give the rows of a step with what is answered; a node's own options are not among them."""
    return [
        _secret(one, state) if one.secret else _row(one, state.draft) for one in _asked(state, step)
    ]


def put(state: State, key: str, text: str, step: Step) -> None:
    """Take what was typed into a row; what does not hold is not taken, and the row says why."""
    one = next(f for f in _asked(state, step) if f.key == key)
    if one.secret:
        state.secret(key, text)
        return
    value = scalar(one, text)
    if value is None or one.problem(value):
        return
    if one.key == "source":
        was = state.site.authority if state.site is not None else None
        state.change(set_source(state.draft, cast(Source, value), was), undo=False)
    elif one.scope == "authority":
        state.change(set_authority(state.draft, **{key: value}), undo=False)
    elif one.scope == "site":
        state.change(answers.put(state.draft, one, value, state.edges.kinds), undo=False)
    else:
        kept = None if value == one.default else value
        state.change(set_option(state.draft, key, kept), undo=False)


def judge(one: Field, text: str) -> str:
    """Say what is wrong with a text for a field, with an example of what would do."""
    value = scalar(one, text)
    wrong = "must be a whole number" if value is None else one.problem(value)
    return f"{wrong}, e.g. {one.example}" if wrong and one.example else wrong


def scalar(one: Field, text: str) -> Scalar | None:
    """Read a typed text as the field's type; None for what is no number."""
    if one.type == "bool":
        return text == "yes"
    if one.type == "int":
        return int(text) if text.isdecimal() and len(text) < 12 else None
    return text.strip() or str(one.default)


def shown(value: object) -> str:
    """Give a value as it is typed."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _asked(state: State, step: Step) -> list[Field]:
    found = fields(state.draft, state.edges.kinds, step, secrets=True)
    return [f for f in found if f.scope in ("authority", "option") or f.key in FILES]


def _secret(one: Field, state: State) -> Row:
    known = "typed" if one.key in state.secrets else "kept" if one.key in state.kept else ""
    return Row(one.key, one.label, one.help, sort="secret", note=known or "empty: as it is")


def _row(one: Field, draft: Draft) -> Row:
    if one.scope == "authority":
        value: object = getattr(draft.authority, one.key)
    elif one.scope == "site":
        value = getattr(draft, one.key)
    else:
        value = draft.options.get(one.key, one.default)
    usual = "usual" if one.source.startswith("usual") else one.source
    return _drawn(one, shown(value), usual if value == one.default else "your choice")


def _drawn(one: Field, value: str, note: str) -> Row:
    choices = ("yes", "no") if one.type == "bool" else tuple(word for word, _ in one.choices)
    sort: Sort = "choice" if choices else "number" if one.type == "int" else "text"
    default = one.empty or one.example if one.default == "" else shown(one.default)
    words = dict(one.choices) if one.scope != "option" else {}
    help_text = f"{value}: {words[value]}. {one.help}" if value in words else one.help
    return Row(
        one.key, one.label, help_text, value, sort, choices, default, note, lambda t: judge(one, t)
    )


def host_rows(host: DraftHost, state: State) -> list[Row]:
    """Give the rows that edit one host: its name here, and how to log in."""
    others = set(state.draft.host_names) - {host.name}

    def name(text: str) -> str:
        return "there is such a host already" if text in others else checks.host_name(text)

    words = "How this host is called here: in stores, in reports and in commands."
    login = [f for f in fields(state.draft, state.edges.kinds, "hosts") if f.scope == "host"]
    return [
        Row("name", "Name", words, host.name, check=name),
        *(
            _drawn(f, shown(getattr(host, f.key)), "" if getattr(host, f.key) else f.source)
            for f in login
        ),
    ]


def own_rows(host: str, state: State) -> list[Row]:
    """Give the rows of the options that a host may have of its own."""
    draft, kinds = state.draft, state.edges.kinds
    own = draft.node_options.get(host, {})
    return [
        _drawn(f, shown(answers.get(draft, f, kinds, host)), "its own" if f.key in own else "")
        for f in own_fields(draft, kinds)
    ]


def with_own(state: State, host: str, values: dict[str, str]) -> Draft:
    """Take what was typed into a host's own options; what equals the site's is not kept."""
    draft, kinds = state.draft, state.edges.kinds
    for one in own_fields(draft, kinds):
        value = scalar(one, values[one.key])
        if value is not None:
            draft = answers.put(draft, one, value, kinds, host)
    return draft


def with_host(draft: Draft, name: str, values: dict[str, str]) -> Draft:
    """Take what was typed into a host's rows; another address needs another host key."""
    changed: dict[str, Any] = {key: text.strip() for key, text in values.items()}
    changed["port"] = int(values["port"])
    old = draft.host(name)
    if (old.address, old.port) != (changed["address"], changed["port"]):
        changed["host_key"] = ""
    return set_host(draft, name, **changed)


def names_problem(text: str) -> str:
    """Say what is wrong with a list of names."""
    for word in text.replace(",", " ").split():
        wrong = checks.dialled_name(word)
        if wrong:
            return f"{word}: {wrong}"
    return ""


def with_names(draft: Draft, host: str, text: str) -> Draft:
    """Take a list of names; exactly the address alone is what holds without any."""
    names = tuple(dict.fromkeys(text.replace(",", " ").split()))
    known = draft.host(host)
    return set_host(draft, host, names=() if names == (known.address,) else names)
