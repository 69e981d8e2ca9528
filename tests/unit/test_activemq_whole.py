"""When nothing that could end a broker is left to be loaded, and how its host can tell."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kinds.resources import Activation
from tests.unit.test_activemq_layouts import unpack
from tests.unit.test_activemq_process import SCRIPT, made, run
from tests.until import until

LISTENS = 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); time.sleep(60)'
BEFORE = '<?xml version="1.0"?>\n<!-- Mine. </broker> -->\n<beans\n  xmlns="b" xmlns:amq="a">\n'
CONFIGURER = "org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"
ALONE = {
    "stock": f'<bean class="{CONFIGURER}"/>\n<broker useJmx="false"><plugins/></broker>',
    "no bean": '<broker>\n<plugins><bean id="in" class="p.Mine"/></plugins>\n</broker >',
    "a prefix": '<amq:broker useJmx="false"></amq:broker>',
    "comments": "<!-- <bean/> --><broker></broker>\n<!-- <import/>\n -->",
    "properties": f'<bean id="p" class="{CONFIGURER}">\n<property name="locations">'
    "<value>file:c</value></property>\n</bean><broker></broker>",
}
MORE = {
    "a bean behind it": '<broker></broker><bean id="mine" class="org.example.Missing"/>',
    "an import behind it": '<broker></broker><import resource="jetty.xml"/>',
    "a bean before it": '<bean id="camel" class="org.example.Starts"/><broker></broker>',
    "an import before it": '<import resource="camel.xml"/><broker></broker>',
    "two brokers": "<broker></broker><broker></broker>",
    "marked text": "<broker><![CDATA[</broker></beans>]]></broker>",
    "a bean within properties": f'<bean class="{CONFIGURER}"><property><bean class="m"/></property>'
    "</bean><broker></broker>",
    "a comment that does not end": "<broker></broker><!-- ",
    "no broker": "<bean/>",
    "another class": f'<bean class="x" id="{CONFIGURER}"/><broker></broker>',
}


class Running:
    """A broker's process that listens, with its file and its log."""

    def __init__(self, root: Path) -> None:
        self.root, self.broker = root, made(root)
        self.home = root / "opt/activemq"
        self.log = self.home / "data/activemq.log"

    def says(self, inside: str, *lines: str) -> str:
        """Give what the check says once the process listens."""
        (self.home / "conf/activemq.xml").write_text(f"{BEFORE}{inside}\n</beans>\n")
        self.log.write_text("".join(f"2026-01-01 | INFO  | {line} | b | main\n" for line in lines))
        code, said = run(self.broker.check, self.root)
        assert code == 0, said
        return said.partition("\n")[2]


def line(what: str, ago: float = 0) -> str:
    """Give what a broker logs of a process that began some seconds ago."""
    number = int((time.time() - ago) * 1000)
    return f"Apache ActiveMQ 5.17.2 (hub, ID:my-hub.lab-40353-{number}-0:1) {what}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start the process that stands for a broker."""
    root = tmp_path_factory.mktemp("whole")
    script = unpack(root, "/opt/activemq") / "bin/activemq"
    loop = "import time; time.sleep(60)"
    assert loop in SCRIPT
    script.write_text(SCRIPT.replace("{python}", sys.executable).replace(loop, LISTENS))
    script.chmod(0o755)
    one = Running(root)
    broker: Activation = one.broker
    assert run(broker.start, root) == (0, "")
    try:
        until(lambda: run(broker.check, root)[0] == 0, 20, "the process to listen")
        yield one
    finally:
        run(broker.stop, root)


@pytest.mark.parametrize("inside", ALONE.values(), ids=ALONE)
def test_a_broker_that_is_alone_in_its_file_is_whole_once_it_has_started(
    running: Running, inside: str
) -> None:
    started = (line("is starting"), "Connector x started", line("started"), "For help")
    assert running.says(inside, *started) == "whole\n"
    assert running.says(inside, *started[:2]) == ""


@pytest.mark.parametrize("inside", MORE.values(), ids=MORE)
def test_a_broker_beside_which_more_is_loaded_is_not_whole(running: Running, inside: str) -> None:
    assert running.says(inside, line("is starting"), line("started")) == ""


def test_what_an_earlier_process_logged_does_not_count(running: Running) -> None:
    alone = ALONE["stock"]
    old = (line("is starting", 60), line("started", 60))
    assert running.says(alone, *old) == ""
    assert running.says(alone, *old, line("is shutting down", 60)) == ""
    assert running.says(alone, *old, line("is starting")) == ""
    assert running.says(alone, *old, line("started")) == "whole\n"
    assert running.says(alone, line("started"), line("is shutting down")) == ""
    assert running.says(alone) == ""
