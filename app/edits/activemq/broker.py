"""The broker element itself: its name, and what a new name means for the rest of the file."""

from __future__ import annotations

import re

from app.edits.activemq.find import CORE, Work
from app.edits.xmltext import Element

DEFAULT_NAME = "localhost"


def rename(work: Work, name: str) -> None:
    """Set brokerName; a placeholder is kept, since only the broker knows what it stands for."""
    old = work.broker.values.get("brokerName", DEFAULT_NAME)
    if old == name:
        return
    if "${" in old or "#{" in old:
        work.note(
            work.broker,
            f"brokerName is the placeholder {old!r} and is kept: see that it is unique among "
            f"the brokers (wanted: {name!r})",
        )
        return
    work.set(work.broker, "brokerName", name)
    if persistent(work.broker) and store_follows_name(work.broker):
        work.note(
            work.broker,
            f"the message store has no directory of its own and follows the broker's name: "
            f"as {name!r} the broker starts with an empty store",
        )
    _remark_references(work, old)


def persistent(broker: Element) -> bool:
    """Tell whether messages and durable subscriptions outlive a restart."""
    return broker.values.get("persistent", "true").lower() != "false"


def store_follows_name(broker: Element) -> bool:
    """Tell whether the store's default folder, `<dataDirectory>/<brokerName>`, is in use."""
    for child in broker.children:
        if child.namespace == CORE and child.local in ("persistenceAdapter", "persistenceFactory"):
            stores = [store for store in child.children if store.namespace == CORE]
            return any(
                store.local in ("kahaDB", "mKahaDB", "levelDB") and "directory" not in store.values
                for store in stores
            )
    return "persistenceAdapter" not in broker.values


def _remark_references(work: Work, old: str) -> None:
    reference = re.compile(rf"vm:(//|\()({re.escape(old)})(?![\w.-])")
    for element in work.document.walk():
        for name, value in element.values.items():
            if reference.search(value):
                work.note(element, f"{name} refers to the broker by its old name ({old!r})")
