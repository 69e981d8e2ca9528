"""External entities, billion laughs, DTDs: refused before the parser, and nothing is opened.

What is opened is told by the interpreter itself (its audit events), in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.edits.activemq import BrokerEdit, edit_broker
from app.errors import EditError
from tests.unit.activemq_shapes import CORE

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 100}">' for n in range(12))
BROKER = f'<broker xmlns="{CORE}" brokerName="x">'
FILES = {
    "file": '<!DOCTYPE b [<!ENTITY e SYSTEM "file://CANARY">]>' + BROKER + "&e;</broker>",
    "subset": '<!DOCTYPE broker SYSTEM "file://CANARY">' + BROKER + "</broker>",
    "parameter": '<!DOCTYPE b [<!ENTITY % e SYSTEM "file://CANARY"> %e;]>' + BROKER + "</broker>",
    "network": '<!DOCTYPE b [<!ENTITY e SYSTEM "http://127.0.0.1:1/x">]>' + BROKER + "&e;</broker>",
    "public": '<!DOCTYPE b PUBLIC "-//x//y" "http://127.0.0.1:1/x">' + BROKER + "</broker>",
    "laughs": f"<!DOCTYPE b [{LAUGHS}]>" + BROKER + "<x a='&l11;'/></broker>",
    "after a comment": "<!-- <broker> -->\n<?pi <!?>\n<!DOCTYPE b>" + BROKER + "</broker>",
    # A parser that saw it would complain of this instead.
    "malformed": '<!DOCTYPE b " <<' + BROKER + "</broker>",
    "unfinished": '<?xml version="1.0"?>\n<!DOCTYPE b [<!ENTITY e "x"',
}
WATCH = """
import pathlib, sys
from app.edits.activemq import BrokerEdit, edit_broker, read_broker
from app.errors import EditError
files = [pathlib.Path(name).read_bytes() for name in sys.argv[1:]]
seen = []
watched = ("open", "socket.", "urllib.", "os.open", "subprocess.")
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith(watched) else None)
for data in files:
    for read in (lambda: edit_broker(data, BrokerEdit(), "f.xml"), lambda: read_broker(data, "f")):
        try:
            read()
        except EditError as error:
            assert "<!DOCTYPE" in error.text, error.text
        else:
            raise SystemExit("taken")
print(len(files), seen)
"""


@pytest.mark.parametrize("case", FILES)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_type_is_refused_with_its_line(case: str, codec: str) -> None:
    data = FILES[case].encode(codec)
    with pytest.raises(EditError, match="<!DOCTYPE") as caught:
        edit_broker(data, BrokerEdit(), "f.xml")
    assert caught.value.where == f"f.xml:{caught.value.line}"
    assert caught.value.line == 1 + FILES[case].partition("<!DOCTYPE")[0].count("\n")


def test_nothing_is_opened_that_a_document_type_names(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("sings")
    names = []
    for number, text in enumerate(FILES.values()):
        path = tmp_path / f"{number}.xml"
        path.write_text(text.replace("CANARY", str(canary)))
        names.append(str(path))
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *names], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{len(FILES)} []\n"


def test_what_only_looks_like_a_document_type_is_read() -> None:
    text = f"<!-- <!DOCTYPE a> -->{BROKER}<x><![CDATA[<!DOCTYPE a>]]></x></broker>"
    assert edit_broker(text.encode(), BrokerEdit(), "f.xml").data == text.encode()
