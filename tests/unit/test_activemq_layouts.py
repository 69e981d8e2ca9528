"""Brokers of either layout are found where they are: by process, in the usual places, as told.

The snippet that a host would run is run here, over a folder that stands for its file system, with
real processes whose arguments are those of a broker.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import kinds
from app.kinds.activemq.jvm import jvm_stores
from app.kinds.activemq.paths import variables
from app.kinds.activemq.upstream import version_notes
from app.kinds.resources import Layout
from app.model import Node
from app.observed import FileFact, HostObservation, Output
from app.site.load import parse_site

XML = """<beans xmlns="http://www.springframework.org/schema/beans">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="mine">
    <sslContext><sslContext keyStore="{store}" keyStorePassword="x"/></sslContext>
  </broker>
</beans>
"""
SITE = """version: 1
site: t
authority: {trust: ca, name: T}
hosts:
  hub: {address: 10.0.0.1, names: [hub.amq.test]}
  a: {address: 10.0.0.2, names: [a.amq.test]}
topologies:
  - kind: activemq
    shape: hub-spoke
    roles: {hub: [hub], spoke: [a]}
    nodes: {hub: OPTIONS}
"""
KIND = kinds.load("activemq")


def unpack(root: Path, home: str, version: str = "5.17.2", store: str = "broker.ks") -> Path:
    """Lay out upstream's archive below a root."""
    top = root / home.lstrip("/")
    for name in ("bin", "conf", "lib", "data"):
        (top / name).mkdir(parents=True)
    (top / "conf/activemq.xml").write_text(XML.format(store=store))
    (top / f"lib/activemq-broker-{version}.jar").touch()
    (top / "bin/activemq").touch(mode=0o755)
    return top


@contextmanager
def running(root: Path, home: str, *words: str, cwd: Path | None = None) -> Iterator[int]:
    """Run a process with the arguments of a broker: what the start script would give it."""
    top = f"{root}{home}" if home.startswith("/") else home
    arguments = [f"-Dactivemq.home={top}", *words, "-jar", "activemq.jar", "start"]
    code = "import sys; print(flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=cwd,
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    try:
        yield child.pid
    finally:
        child.communicate()


def look(root: Path, **options: str) -> tuple[Layout, HostObservation]:
    """Ask the host for its brokers, and say which one is meant."""
    site = parse_site(SITE.replace("OPTIONS", str(options) if options else "{}"), "site.yaml")
    node: Node = KIND.nodes(site, site.topologies[0])[0]
    survey = KIND.survey(site, node)
    answers, files = {}, {}
    for key, snippet in survey.commands:
        if key not in ("brokers", "enabled", "running"):
            continue
        done = subprocess.run(
            ["sh", "-c", snippet], env={**os.environ, "ROOT": str(root)}, capture_output=True,
            text=True,
        )  # fmt: skip
        assert done.stderr == ""
        answers[key] = Output(0, done.stdout)
        named = [line.partition(" ")[2] for line in done.stdout.splitlines()
                 if key in survey.leads and line.startswith(("text /", "digest /"))]  # fmt: skip
        files.update({path: fact(root, path) for path in named})
    seen = HostObservation("hub", datetime.now(UTC), files=files, outputs=answers)
    return KIND.layout(site, node, seen), seen


def fact(root: Path, path: str) -> FileFact:
    """Read one file as an observation has it."""
    file = Path(f"{root}{path}")
    if not file.exists():
        return FileFact(path)
    return FileFact(path, "file", path, file.owner(), file.group(), 0o640, 1, "", file.read_bytes())


def test_a_broker_that_lies_in_a_usual_place_is_found_and_named(tmp_path: Path) -> None:
    unpack(tmp_path, "/opt/apache-activemq-5.16.8", "5.16.8")
    (tmp_path / "opt/activemq").symlink_to("apache-activemq-5.16.8")
    layout, _ = look(tmp_path)
    assert layout.problems == ()
    facts = layout.facts
    assert facts["product"] == (
        "ActiveMQ 5.16.8 in /opt/activemq, started by /opt/activemq/bin/activemq"
    )
    assert (facts["config"], facts["folder"]) == (
        "/opt/activemq/conf/activemq.xml", "/opt/activemq/conf",
    )  # fmt: skip
    assert facts["log"] == "/opt/activemq/data/activemq.log"
    assert layout.stale == "it does not run"


def test_the_only_one_that_runs_is_meant_and_others_are_said(tmp_path: Path) -> None:
    unpack(tmp_path, "/opt/apache-activemq-5.15.9", "5.15.9")
    unpack(tmp_path, "/usr/local/activemq", "6.1.2")
    with running(tmp_path, "/usr/local/activemq/") as pid:
        layout, _ = look(tmp_path)
    assert layout.facts["product"].startswith("ActiveMQ 6.1.2 in /usr/local/activemq, started by")
    assert (layout.facts["pid"], layout.stale) == (str(pid), "")
    assert any("/opt/apache-activemq-5.15.9" in text for text in layout.warnings)


def test_several_that_run_are_told_apart_by_options(tmp_path: Path) -> None:
    unpack(tmp_path, "/srv/mq/one")
    unpack(tmp_path, "/srv/mq/two")
    with running(tmp_path, "/srv/mq/one"), running(tmp_path, "/srv/mq/two"):
        layout, _ = look(tmp_path)
        (problem,) = layout.problems
        assert "/srv/mq/one" in problem
        assert "/srv/mq/two" in problem
        assert "set option instance, home or base" in problem
        layout, _ = look(tmp_path, home="/srv/mq/two/")
    assert layout.problems == ()
    assert layout.facts["config"] == "/srv/mq/two/conf/activemq.xml"
    assert layout.facts["running"] == "yes"


def test_what_the_process_says_counts_more_than_the_usual(tmp_path: Path) -> None:
    """As the wrapper starts it: relative to bin/linux-x86-64, with an XML file of another name."""
    home = unpack(tmp_path, "/opt/activemq")
    (home / "bin/linux-x86-64").mkdir()
    base = unpack(tmp_path, "/srv/bus", store="${activemq.base}/../keys/x.p12")
    (base / "conf/static.xml").write_text((base / "conf/activemq.xml").read_text())
    words = [f"-Dactivemq.base={base}/", f"-Dactivemq.conf={base}//conf", "xbean:static.xml"]
    with running(tmp_path, "../..", *words, cwd=home / "bin/linux-x86-64"):
        layout, _ = look(tmp_path)
    facts = layout.facts
    assert facts["config"] == "/srv/bus/conf/static.xml"
    assert (facts["home"], facts["base"], facts["data"]) == (
        "/opt/activemq", "/srv/bus", "/srv/bus/data",
    )  # fmt: skip
    assert facts["script"] == "/srv/bus/bin/activemq"
    assert facts["stores"] == "keyStore /srv/keys/x.p12"


def test_settings_of_the_start_script_say_where_a_stopped_broker_has_its_files(
    tmp_path: Path,
) -> None:
    home = unpack(tmp_path, "/opt/activemq")
    unpack(tmp_path, "/var/bus")
    (home / "bin/env").write_text(
        'export ACTIVEMQ_BASE="/var/bus" # ours\nACTIVEMQ_DATA=$ACTIVEMQ_BASE/d\n'
        "ACTIVEMQ_USER=nobody\n"
    )
    (home / "conf/log4j2.properties").touch()
    (tmp_path / "var/bus/conf/log4j2.properties").write_text(
        "appender.a.fileName = ${sys:activemq.data}/audit.log\n"
        "appender.b.fileName = ${sys:activemq.data}/../logs/bus.log\n"
    )
    layout, _ = look(tmp_path)
    facts = layout.facts
    assert (facts["folder"], facts["data"]) == ("/var/bus/conf", "/var/bus/d")
    assert (facts["user"], facts["log"]) == ("nobody", "/var/bus/logs/bus.log")


def test_stores_of_a_foreign_file_are_looked_for_as_the_broker_does(tmp_path: Path) -> None:
    home = unpack(tmp_path, "/opt/activemq")
    (home / "conf/broker.ks").touch()
    layout, seen = look(tmp_path)
    assert layout.facts["stores"] == "keyStore /opt/activemq/conf/broker.ks"
    assert seen.file("/opt/activemq/conf/broker.ks").type == "file"


def test_a_password_in_the_url_of_a_store_is_shown_nowhere(tmp_path: Path) -> None:
    unpack(tmp_path, "/opt/activemq", store="https://me:open-sesame@example.net/broker.ks")
    layout, seen = look(tmp_path)
    site = parse_site(SITE.replace("OPTIONS", "{}"), "site.yaml")
    (found,) = KIND.stores(site, KIND.nodes(site, site.topologies[0])[0], seen)
    assert found.named == "https://me:***@example.net/broker.ks"
    assert layout.facts["stores"] == f"keyStore {found.named}"
    assert not any("open-sesame" in text for text in (*layout.facts.values(), *layout.warnings))


@pytest.mark.parametrize(
    ("named", "paths"),
    [
        ("broker.ks", ["/opt/activemq/conf/broker.ks"]),
        ("file:${activemq.conf}/broker.ks", ["/opt/activemq/conf/broker.ks"]),
        ("file:/etc/pki/a%20b.ks", ["/etc/pki/a b.ks"]),
        ("/etc/pki/b.ks", ["/etc/pki/b.ks", "/opt/activemq/conf/etc/pki/b.ks"]),
        ("classpath:broker.ks", ["/opt/activemq/conf/broker.ks"]),
        ("${secret.place}/broker.ks", []),
        ("https://example.net/broker.ks", []),
    ],
)
def test_stores_to_adopt_are_named_with_every_place_where_they_may_be(
    tmp_path: Path, named: str, paths: list[str]
) -> None:
    unpack(tmp_path, "/opt/activemq", store=named)
    _, seen = look(tmp_path)
    site = parse_site(SITE.replace("OPTIONS", "{}"), "site.yaml")
    (found,) = KIND.stores(site, KIND.nodes(site, site.topologies[0])[0], seen)
    assert (found.role, list(found.paths)) == ("key", paths)
    assert found.where == "/opt/activemq/conf/activemq.xml:3"
    assert [secret.reveal() for secret in found.passwords] == ["x"]


BARE = XML.replace(
    '<sslContext><sslContext keyStore="{store}" keyStorePassword="x"/></sslContext>', ""
)
GUIDE = """\
# ACTIVEMQ_SSL_OPTS="-Djavax.net.ssl.keyStore=/old/commented.ks"
ACTIVEMQ_OPTS="$ACTIVEMQ_OPTS_MEMORY -Dorg.apache.activemq.UseDedicatedTaskRunner=true"
ACTIVEMQ_SSL_OPTS="-Djavax.net.ssl.keyStore=$ACTIVEMQ_CONF/keystore.jks \\
  -Djavax.net.ssl.keyStorePassword=se\\$cret -Djavax.net.ssl.trustStore=${ACTIVEMQ_HOME}/t.jks"
"""


def named(root: Path, **options: str) -> list[tuple[str, str, tuple[str, ...], list[str]]]:
    """Give the stores to adopt: role, where they are named, where they may be, passwords."""
    _, seen = look(root, **options)
    site = parse_site(SITE.replace("OPTIONS", "{}"), "site.yaml")
    stores = KIND.stores(site, KIND.nodes(site, site.topologies[0])[0], seen)
    return [(one.role, one.where, one.paths, [word.reveal() for word in one.passwords])
            for one in stores]  # fmt: skip


def test_stores_that_java_is_told_of_are_named_as_the_start_script_has_them(
    tmp_path: Path,
) -> None:
    home = unpack(tmp_path, "/opt/activemq")
    (home / "conf/activemq.xml").write_text(BARE)
    assert named(tmp_path) == []
    (home / "bin/env").write_text(GUIDE)
    assert named(tmp_path) == [
        ("key", "/opt/activemq/bin/env:3", ("/opt/activemq/conf/keystore.jks",), ["se$cret"]),
        ("trust", "/opt/activemq/bin/env:4", ("/opt/activemq/t.jks",), ["se$cret"]),
    ]
    layout, _ = look(tmp_path)
    assert layout.facts["stores"] == (
        "keyStore /opt/activemq/conf/keystore.jks of Java; trustStore /opt/activemq/t.jks of Java"
    )
    assert not any("cret" in text for text in (*layout.facts.values(), *layout.warnings))
    # What the process has counts more; the key of an sslContext is never Java's.
    told = f"-Djavax.net.ssl.keyStore={tmp_path}/etc/mq.ks"
    with running(tmp_path, "/opt/activemq", told):
        assert named(tmp_path)[0] == ("key", "its process", ("/etc/mq.ks",), ["se$cret"])
    (home / "conf/activemq.xml").write_text(XML.format(store="broker.ks"))
    rows = [(role, where) for role, where, _, _ in named(tmp_path)]
    assert rows == [
        ("key", "/opt/activemq/conf/activemq.xml:3"), ("trust", "/opt/activemq/bin/env:4"),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [
    ("wrapper.java.additional.5=-Djavax.net.ssl.keyStore=%ACTIVEMQ_CONF%/b.ks", "/mq/conf/b.ks"),
    ("#wrapper.java.additional.5=-Djavax.net.ssl.keyStore=/b.ks", None),
    ("A='-Djavax.net.ssl.keyStore=/a b.ks'", "/a"),
    ("A=\"-Djavax.net.ssl.keyStore='/a b.ks'\"", "/a b.ks"),
    ("A=-Djavax.net.ssl.keyStore=/a\\ b.ks", "/a b.ks"),
    ("A=-Djavax.net.ssl.keyStore=$HOME/b.ks", "$HOME/b.ks"),
    ("A=-Djavax.net.ssl.keyStore=\nB=-Djavax.net.ssl.keyStoreType=JKS", None),
    ("A=-Djavax.net.ssl.keyStore=/1 -Djavax.net.ssl.keyStore=/2", "/2"),
])  # fmt: skip
def test_what_a_start_script_gives_to_java_is_read_and_never_run(
    text: str, value: str | None
) -> None:
    known = variables("/mq", "/mq", "/mq/conf", "/mq/data")
    found = jvm_stores([("f", text.encode())], known, {}).get("key")
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"home": "/nowhere"}, "no broker's configuration was found there (home /nowhere)"),
        ({"service": "bus"}, "there is no unit bus.service: see option service"),
        ({"instance": "main"}, "no ActiveMQ found"),
    ],
)
def test_what_the_user_names_and_is_not_there_is_refused(
    tmp_path: Path, options: dict[str, str], reason: str
) -> None:
    unpack(tmp_path, "/opt/activemq")
    layout, _ = look(tmp_path, **options)
    assert reason in layout.problems[0]


def test_a_process_that_leads_out_of_the_host_or_forges_lines_is_not_believed(
    tmp_path: Path,
) -> None:
    unpack(tmp_path, "/opt/activemq")
    forged = f"-Dactivemq.conf={tmp_path}/opt/activemq/conf\nconf /etc\nconfig /etc/passwd"
    with running(tmp_path, "/opt/activemq", forged):
        layout, seen = look(tmp_path)
    assert not [path for path in seen.files if path.startswith("/etc")]
    assert layout.facts["running"] == "no"
    with running(tmp_path, "/..", "-Dactivemq.base=/", "-Dactivemq.conf=/etc"):
        assert look(tmp_path)[0].facts["config"] == "/opt/activemq/conf/activemq.xml"


def test_what_anybody_may_have_put_there_has_to_be_asked_for(tmp_path: Path) -> None:
    unpack(tmp_path, "/tmp/mq")
    with running(tmp_path, "/tmp/mq"):
        assert "no ActiveMQ found" in look(tmp_path)[0].problems[0]
        assert look(tmp_path, home="/tmp/mq")[0].problems == ()


def test_old_versions_are_said_to_check_no_names_and_java_is_compared(tmp_path: Path) -> None:
    unpack(tmp_path, "/opt/activemq", "5.14.5")
    assert any("does not check the name" in text for text in look(tmp_path)[0].warnings)
    assert version_notes("5.17.2+dfsg-2+deb12u1", 'openjdk version "17.0.13" 2024', "PKCS12") == ()
    assert "needs Java 17" in version_notes("6.1.0", 'openjdk version "11.0.22"', "PKCS12")[0]
    assert version_notes("5.16.8", 'java version "1.8.0_392"', "PKCS12") == ()
    assert version_notes("", "not found", "PKCS12") == ()
    for java in ("1.8.0_252", "1.7.0_80", "11.0.9", "11.0.1"):
        assert "set store_format: JKS" in version_notes("5.15.9", java, "PKCS12")[-1]
        assert not any("JKS" in text for text in version_notes("5.15.9", java, "JKS"))
