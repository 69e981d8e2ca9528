"""Write activemq.xml in the shapes that people have: each feature by itself, or many at once.

The shapes were read off some 480 files: those of ActiveMQ's releases 5.4 to 6.2, its own tests, and
files that people run.  `data/activemq/shapes/seen.yaml` names them, `shape.xml.j2` writes them.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from ruamel.yaml import YAML

HERE = Path(__file__).parent / "data/activemq/shapes"
CORE = "http://activemq.apache.org/schema/core"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

DECLARATIONS = {
    "": "",
    "utf-8": '<?xml version="1.0" encoding="UTF-8"?>',
    "quoted": "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>",
    "plain": '<?xml version="1.0"?>',
    "latin-1": '<?xml version="1.0" encoding="ISO-8859-1"?>',
    "cp1252": '<?xml version="1.0" encoding="windows-1252"?>',
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?>',
}
CODECS = {"latin-1": "latin-1", "cp1252": "cp1252", "utf-16": "utf-16"}
LETTERS = {"latin-1": "Brücke", "cp1252": "5 €", "utf-16": "橋", "utf-8": "мост", "quoted": "é"}
ROOTS = ("default", "prefixed", "bare", "beans-prefixed", "profile", "nested")
BRIDGES = ("", "multicast", "static", "nested", "empty", "discovery")
LISTENERS = (
    "", "one", "five", "empty", "ssl", "wildcard", "nested", "commented", "nio", "placeholder",
)  # fmt: skip
STORES: dict[str, dict[str, str]] = {
    "bare": {"keyStore": "broker.ks", "keyStorePassword": "password"},
    "path": {"keyStore": "/etc/mq/broker.ks", "keyStorePassword": "a&lt;b"},
    "file": {
        "keyStore": "file:${activemq.base}/conf/broker.ks", "keyStorePassword": "password",
        "trustStore": "file:${activemq.base}/conf/broker.ts", "trustStorePassword": "password",
    },
    "url": {"keyStore": "file:///etc/mq/b.p12", "keyStorePassword": "x", "keyStoreType": "PKCS12"},
    "classpath": {"keyStore": "classpath:broker.ks", "keyStorePassword": "123456"},
    "conf": {
        "keyStore": "${activemq.conf}/broker.ks", "keyStorePassword": "${broker.pw}",
        "trustStore": "${activemq.conf}/broker.ts",
    },
    "properties": {"keyStore": "${broker.keyStore}", "keyStorePassword": "${broker.pw}"},
    "slash": {"keyStore": "file:${activemq.base}/conf/broker.ks/", "keyStorePassword": "broker"},
    "full": {
        "keyStore": "broker.jks", "keyStorePassword": "one", "keyStoreKeyPassword": "two",
        "keyStoreType": "jks", "keyStoreAlgorithm": "SunX509", "protocol": "TLSv1.2",
        "trustStore": "trust.jks", "trustStorePassword": "three", "trustStoreType": "jks",
    },
}  # fmt: skip
STOCK = (
    ("openwire", "tcp", 61616), ("amqp", "amqp", 5672), ("stomp", "stomp", 61613),
    ("mqtt", "mqtt", 1883), ("ws", "ws", 61614),
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """Say how one file is made; the default is about what is shipped today."""

    declaration: str = ""
    mark: bool = False
    newline: str = "\n"
    unit: str = "    "
    root: str = "default"
    q: str = '"'
    ssl: str = ""
    bridges: str = ""
    listeners: str = "one"
    schema: str = "activemq-core.xsd"
    name: str = "localhost"
    attributes: str = 'dataDirectory="${activemq.data}"'
    placeholders: bool = True
    licence: bool = False
    instructions: bool = False
    cdata: bool = False
    imports: tuple[str, ...] = ()
    foreign: bool = False
    comments: bool = False
    spread: bool = False
    final: bool = True
    letters: str = ""


@cache
def _template() -> jinja2.Template:
    read: jinja2.Template = jinja2.Template((HERE / "shape.xml.j2").read_text("utf-8"))
    return read


def write(shape: Shape) -> bytes:
    """Give the bytes of a file of this shape."""
    q, root = shape.q, shape.root
    own = f"xmlns={q}{CORE}{q}" if root in ("default", "bare", "profile") else ""
    if root == "bare":
        own += f" xmlns:xsi={q}{XSI}{q} xsi:schemaLocation={q}{CORE} {CORE}/{shape.schema}{q}"
    values = asdict(shape) | {
        "declaration": DECLARATIONS[shape.declaration],
        "prefix": "amq:" if root in ("prefixed", "nested") else "",
        "beans": "b:" if root == "beans-prefixed" else "",
        "own": own,
        "core": CORE,
        "store": STORES.get(shape.ssl, {}),
        "stock": STOCK,
        "attributes": shape.attributes.replace('"', q),
    }
    text = _template().render(**values).lstrip("\n")
    lines = [_indented(line, shape.unit) for line in text.rstrip("\n").split("\n")]
    if shape.unit == "":
        lines = [" ".join(line for line in lines if line)]
    text = shape.newline.join(lines) + (shape.newline if shape.final else "")
    codec = CODECS.get(shape.declaration, "utf-8")
    mark = "\ufeff" if shape.mark and codec == "utf-8" else ""
    return (mark + text).encode(codec)


def _indented(line: str, unit: str) -> str:
    found = re.match(r"(?:    )*", line)
    assert found is not None
    return unit * (found.end() // 4) + line[found.end() :]


def _seen() -> dict[str, Shape]:
    rows: dict[str, dict[str, Any]] = YAML(typ="safe").load(HERE / "seen.yaml")
    for row in rows.values():
        row["imports"] = tuple(row.get("imports", ()))
    return {name: Shape(**row) for name, row in rows.items()}


SEEN = _seen()
"""Shapes by the kind of file that has them."""
