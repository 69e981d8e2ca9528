"""Bring the networkConnectors section to what is wanted."""

from __future__ import annotations

from collections import Counter

from app.edits.activemq.dial import merge_dial
from app.edits.activemq.find import Work, find_section, members
from app.edits.activemq.model import BrokerEdit, NetworkConnector
from app.edits.activemq.values import literal
from app.edits.layout import Node
from app.edits.uri import parse_composite
from app.edits.xmltext import Element
from app.errors import EditError

_SECTION = "networkConnectors"
ONE_WAY = "suppressDuplicateQueueSubscriptions"


def edit_networks(work: Work, wanted: BrokerEdit) -> None:
    """Drop, update and add bridges; raise EditError where one cannot be told for sure."""
    names = Counter(network.name for network in wanted.networks)
    for name, count in names.items():
        if count > 1:
            raise EditError(f"two wanted bridges share the name {name!r}", hint="name each apart")
    section = find_section(work.document, work.broker, _SECTION)
    existing = members(section, "networkConnector")
    drops = set(wanted.drop_networks) - set(names)
    gone = [one for one in existing if one.values.get("name") in drops]
    staying = [one for one in existing if one not in gone]
    fresh: list[Node] = []
    managed: list[Element] = []
    for network in wanted.networks:
        found = _match(work, staying, network)
        if found is None:
            fresh.append(_node(work, network))
        elif found in managed:
            raise work.document.refusal("one bridge matches two wanted ones", found)
        else:
            managed.append(found)
            _update(work, found, network)
    work.drop(section, gone, staying=bool(fresh))
    work.add(_SECTION, section, fresh)
    _remark(work, [one for one in staying if one not in managed], wanted)


def _match(work: Work, staying: list[Element], network: NetworkConnector) -> Element | None:
    named = [one for one in staying if one.values.get("name") == network.name]
    found = named or [
        one for one in staying if "name" not in one.values and _same_target(one, network)
    ]
    if len(found) > 1:
        raise work.document.refusal(
            f"more than one networkConnector could be {network.name!r}",
            *found,
            hint="give each its own name",
        )
    return found[0] if found else None


def _same_target(element: Element, network: NetworkConnector) -> bool:
    there = parse_composite(element.values.get("uri", ""))
    wanted = parse_composite(network.uri)
    if there is None or wanted is None:
        return False
    return bool(wanted.addresses) and there.addresses == wanted.addresses


def _node(work: Work, network: NetworkConnector) -> Node:
    pairs = [("name", network.name), ("uri", network.uri)]
    pairs += [(name, value) for name, value, usual in _settings(network) if value != usual]
    return work.node("networkConnector", *pairs)


def _settings(network: NetworkConnector) -> list[tuple[str, str, str]]:
    """Give name, value and ActiveMQ's default of each setting; "" stands for absent."""
    settings = [
        ("duplex", _truth(network.duplex), "false"),
        ("networkTTL", str(network.network_ttl), "1"),
        ("dynamicOnly", _truth(network.dynamic_only), "false"),
    ]
    if network.one_way:
        settings.append((ONE_WAY, "true", "false"))
    if network.user_name is not None:
        settings.append(("userName", literal(network.user_name), ""))
    if network.password is not None:
        settings.append(("password", literal(network.password), ""))
    return settings


def _update(work: Work, element: Element, network: NetworkConnector) -> None:
    old = element.values.get("uri", "")
    new, notes = merge_dial(old, network.uri)
    for text in notes:
        work.note(element, f"bridge {network.name!r}: {text}")
    work.set(element, "name", network.name)
    if new != old:
        work.set(element, "uri", new)
    for name, value, usual in _settings(network):
        if name in element.values:
            _change(work, element, name, value)
        elif value != usual:
            work.set(element, name, value)


def _change(work: Work, element: Element, name: str, value: str) -> None:
    if not value:
        work.patch.drop_attribute(element, name)
    elif element.values[name].lower() != value or value not in ("true", "false"):
        work.set(element, name, value)


def _remark(work: Work, foreign: list[Element], wanted: BrokerEdit) -> None:
    for element in foreign:
        for network in wanted.networks:
            if _same_target(element, network):
                name = element.values.get("name", "")
                text = f"bridge {name!r} dials the same as {network.name!r}, and is not touched"
                work.note(element, text)


def _truth(value: bool) -> str:
    return "true" if value else "false"
