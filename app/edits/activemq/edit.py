"""Edit activemq.xml: parse, collect the changes, apply them once, and read the result again."""

from __future__ import annotations

from app.edits.activemq.broker import rename
from app.edits.activemq.connectors import edit_connectors
from app.edits.activemq.find import Work, check_sections, find_broker
from app.edits.activemq.listen import asks_clients, demanded, switched_off
from app.edits.activemq.model import BrokerEdit, EditResult
from app.edits.activemq.networks import edit_networks
from app.edits.activemq.snippet import snippet
from app.edits.activemq.ssl import edit_ssl
from app.edits.activemq.view import read_broker
from app.edits.uri import Uri, parse_uri
from app.edits.xmlpatch import Patch
from app.edits.xmltext import parse
from app.errors import EditError


def edit_broker(data: bytes, wanted: BrokerEdit, path: str) -> EditResult:
    """Merge what is wanted into a broker's file; what is there already changes no byte.

    Raises EditError with the line, the reason and a snippet to paste (passwords masked) where
    the file cannot be edited safely.
    """
    try:
        return _edit(data, wanted, path)
    except EditError as error:
        error.where = error.where or path
        error.snippet = error.snippet or snippet(wanted)
        raise


def _edit(data: bytes, wanted: BrokerEdit, path: str) -> EditResult:
    document = parse(data, path)
    broker = find_broker(document)
    check_sections(document, broker)
    work = Work(document, broker, Patch(document))
    if wanted.broker_name is not None:
        rename(work, wanted.broker_name)
    edit_networks(work, wanted)
    if wanted.ssl is not None:
        edit_ssl(work, wanted.ssl)
    edit_connectors(work, wanted)
    work.patch.insert_sorted(broker, work.sections)
    result = work.patch.result()
    if result != data:
        _prove(result, wanted, path)
    return EditResult(result, tuple(work.notes))


def _as_strict(there: Uri, wanted: Uri) -> bool:
    """Tell whether a listener asks clients for a certificate wherever it is wanted to."""
    return asks_clients(there) or not asks_clients(demanded(wanted))


def _prove(result: bytes, wanted: BrokerEdit, path: str) -> None:
    """Read the result again, and refuse it unless all that was wanted is in it."""
    view = read_broker(result, path)
    ports = {uri.port: uri for _, text, _ in view.connectors if (uri := parse_uri(text))}
    networks = {network.name for network in view.networks}
    held = [network.name in networks for network in wanted.networks]
    for connector in wanted.connectors:
        uri = parse_uri(connector.uri)
        there = ports.get(uri.port) if uri else None
        held.append(there is not None and there.is_tls and not switched_off(there))
        held.append(there is not None and uri is not None and _as_strict(there, uri))
    if wanted.ssl is not None:
        pairs = dict(view.ssl.attributes) if view.ssl else {}
        held += [pairs.get(name) == value for name, value in wanted.ssl.attributes()]
    if not all(held):
        raise EditError("the edited file would not say what is wanted", where=path)
