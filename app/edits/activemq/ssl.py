"""Bring the sslContext to what is wanted: an outer element (the property), an inner (the bean)."""

from __future__ import annotations

from app.edits.activemq.find import CORE, Work, find_section
from app.edits.activemq.model import SslContext
from app.edits.activemq.values import literal
from app.edits.layout import Node
from app.edits.xmltext import Document, Element

_OLD_PROTOCOLS = frozenset({"sslv3", "tlsv1", "tlsv1.1"})
_KEY_PASSWORD = "keyStoreKeyPassword"  # noqa: S105 - an attribute name


def inner_context(document: Document, outer: Element) -> Element | None:
    """Find the inner sslContext, or raise EditError where another bean provides it."""
    inner = [
        child for child in outer.children if child.namespace == CORE and child.local == "sslContext"
    ]
    if len(outer.children) > len(inner):
        other = next(child for child in outer.children if child not in inner)
        raise document.refusal(
            f"the sslContext is provided by <{other.name}>, which tlswright does not edit",
            other,
            hint="write it as <sslContext><sslContext keyStore=…/></sslContext>",
        )
    if len(inner) > 1:
        raise document.refusal("the sslContext holds more than one", *inner)
    if outer.values.keys() - {"id"}:
        raise document.refusal(
            "the outer <sslContext> has attributes, which belong to an inner one",
            outer,
            hint="write <sslContext><sslContext keyStore=…/></sslContext>",
        )
    return inner[0] if inner else None


def edit_ssl(work: Work, wanted: SslContext) -> None:
    """Update the inner sslContext in place, or add what is missing of the two."""
    outer = find_section(work.document, work.broker, "sslContext")
    inner = inner_context(work.document, outer) if outer else None
    if inner is None:
        name = work.broker.prefix + "sslContext"
        node = Node(name, wanted.attributes(), spread=True)
        work.add("sslContext", outer, [node])
        return
    for attribute, value in wanted.attributes():
        work.set(inner, attribute, value)
    if _KEY_PASSWORD in inner.values:
        _follow(work, inner, literal(wanted.key_store_password))
    if inner.values.get("protocol", "").lower() in _OLD_PROTOCOLS:
        work.note(inner, "protocol names a version that is switched off today; it is kept")


def _follow(work: Work, inner: Element, password: str) -> None:
    """Keep the key's own password in step: a stale one stops the broker at its next start."""
    if inner.values[_KEY_PASSWORD] != password:
        work.note(inner, f"{_KEY_PASSWORD} now equals keyStorePassword, as the new store has it")
        work.set(inner, _KEY_PASSWORD, password)
