"""Where things are in activemq.xml: the broker, and each of its sections once."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.edits.layout import Node
from app.edits.uri import Uri, parse_uri
from app.edits.xmlpatch import Patch
from app.edits.xmltext import Document, Element

CORE = "http://activemq.apache.org/schema/core"
_BEANS = (".BrokerService", ".XBeanBrokerService", ".BrokerFactoryBean")
_SECTIONS = ("networkConnectors", "sslContext", "transportConnectors")


@dataclass(frozen=True)
class Work:
    """Hold one edit in progress: the broker, the changes so far, the notes, the new sections."""

    document: Document
    broker: Element
    patch: Patch
    notes: list[str] = field(default_factory=list)
    sections: list[Node] = field(default_factory=list)

    def note(self, element: Element, text: str) -> None:
        """Say something about an element, once."""
        line = f"line {self.document.line(element)}: {text}"
        if line not in self.notes:
            self.notes.append(line)

    def set(self, element: Element, name: str, value: str) -> None:
        """Set an attribute, unless the property is written as a nested element."""
        for child in element.children:
            if child.local == name:
                raise self.document.refusal(
                    f"{name} of <{element.name}> is written as a nested element", child
                )
        old = element.values.get(name, "")
        if old != value and "${" in old:
            self.note(element, f"{name} was a placeholder, and is now written out")
        self.patch.set_attribute(element, name, value)

    def node(self, local: str, *attributes: tuple[str, str], spread: bool = False) -> Node:
        """Make an element with the prefix that the broker has."""
        return Node(self.broker.prefix + local, attributes, spread=spread)

    def add(self, local: str, section: Element | None, nodes: list[Node]) -> None:
        """Put elements into their section, or note the section as a new one."""
        if section is not None:
            self.patch.append(section, nodes)
        elif nodes:
            self.sections.append(Node(self.broker.prefix + local, (), tuple(nodes)))

    def drop(self, section: Element | None, gone: list[Element], staying: bool) -> None:
        """Take elements out of a section, and the section when nothing is left in it.

        An empty section is not shipped; comments in it stay.
        """
        if section is None or not gone:
            return
        if staying or len(gone) < len(section.children):
            for element in gone:
                self.patch.remove(element)
        elif b"<!--" in self.document.text[section.body.start : section.body.end]:
            for element in gone:
                self.patch.remove(element)
            self.patch.unwrap(section)
        else:
            self.patch.remove(section)


@dataclass(frozen=True)
class Connector:
    """Pair a transportConnector with what its attributes say; `uri` is None where unreadable."""

    element: Element
    name: str
    text: str
    uri: Uri | None


def find_broker(document: Document) -> Element:
    """Find the one broker, or raise EditError: none, or several with their lines."""
    named = [element for element in document.walk() if element.local == "broker"]
    brokers = [element for element in named if element.namespace == CORE]
    if len(brokers) > 1:
        raise document.refusal(
            "the file holds more than one broker",
            *brokers,
            hint="give each a file of its own, or make the change by hand",
        )
    if brokers:
        return brokers[0]
    if named:
        raise document.refusal(
            f"<{named[0].name}> is not in the namespace {CORE}",
            named[0],
            hint="files of ActiveMQ before 5.0 must be brought up to date first",
        )
    imports = [
        element.values.get("resource", "")
        for element in document.walk()
        if element.local == "import"
    ]
    for element in document.walk():
        if element.local == "bean" and element.values.get("class", "").endswith(_BEANS):
            raise document.refusal(
                f"the broker is a <bean> of class {element.values['class']}, which tlswright does "
                "not edit",
                element,
                hint=f'write it as <broker xmlns="{CORE}">, or make the change by hand',
            )
    hint = f"it may be in a file that this one imports: {', '.join(imports)}" if imports else ""
    raise document.refusal("the file holds no broker", document.root, hint=hint)


def find_section(document: Document, broker: Element, local: str) -> Element | None:
    """Find a section of the broker; refuse a second one, and the attribute form of the same."""
    sections = [child for child in broker.children if child.local == local]
    sections = [section for section in sections if section.namespace == CORE]
    if len(sections) > 1:
        raise document.refusal(
            f"<{local}> stands more than once, and ActiveMQ silently uses the last only",
            *sections,
            hint="merge them into one section",
        )
    if local in broker.values:
        raise document.refusal(
            f"the broker refers to its {local} by an attribute",
            broker,
            hint=f"write a <{local}> section inside the broker instead",
        )
    return sections[0] if sections else None


def check_sections(document: Document, broker: Element) -> None:
    """Raise EditError where any section that tlswright may touch cannot be told for sure."""
    for local in _SECTIONS:
        find_section(document, broker, local)


def members(section: Element | None, local: str) -> list[Element]:
    """Give the section's own kind of children."""
    children = section.children if section else ()
    return [child for child in children if child.namespace == CORE and child.local == local]


def transports(section: Element | None) -> list[Connector]:
    """Give the transport connectors of their section."""
    found = []
    for element in members(section, "transportConnector"):
        text = element.values.get("uri", "")
        found.append(Connector(element, element.values.get("name", ""), text, parse_uri(text)))
    return found
