"""What ActiveMQ's own classes say of edited files: one JVM reads all of them, against its schema.

An SSL context is made by Spring as in the broker, so it opens real stores with what it takes for
the passwords: a password that was not read as it was meant opens nothing.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.edits.activemq import (
    BrokerEdit,
    NetworkConnector,
    SslContext,
    TransportConnector,
    edit_broker,
    literal,
)
from app.edits.xmltags import quote_attribute
from app.kinds.activemq.paths import store_path, variables
from app.pki.secret import Secret
from app.pki.stores import key_store, trust_store
from tests.unit.activemq_shapes import SEEN, Shape, write
from tests.unit.issued import issued
from tests.unit.judges import REQUIRED, need

LIB = Path("/usr/share/activemq/lib")
SOURCE = Path(__file__).parent / "data/activemq/Brokers.java"
PROPERTIES = {
    **{f"activemq.{name}": f"/x/{name}" for name in ("home", "base", "conf", "data")},
    "HOSTNAME": "box", "bind": "0.0.0.0", "port": "1", "broker.pw": "x", "broker.keyStore": "y",
}  # fmt: skip
KEY, TRUST = "k&<>\"' ${activemq.base} 100%", "#tr#{1}ust"
SSL = TransportConnector("ssl", "ssl://0.0.0.0:61617?needClientAuth=true")
PASSWORDS = (
    "plain", "#start", "##two", "${abc}", "#{abc}", "a${activemq.base}b", "$#{x", "#${x}", "${",
    "#{", "$", "#", "%s %d", "<&>\"'", "tab\there", " lead", "trail ", "a  b", "€ü𝒳", "\\${x}",
    "$${x}", "##{'a'}", "classpath:x", "ENC(abc)", "a,b;c", "null", "{x}", "#{'$'}{", "''",
    "${a:b}", "x\ny", "]]>", "&amp;", "file:/x",
)  # fmt: skip
FORMS = {
    "c.p12": "conf/c.p12", "sub/s.p12": "conf/sub/s.p12", "rel/r.p12": "rel/r.p12",
    "k.p12": "k.p12", "./rel/../k.p12": "k.p12", "FOLDER/k.p12": "k.p12",
    "/c.p12": "conf/c.p12", "file:FOLDER/k.p12": "k.p12", "file://FOLDER/k.p12": "k.p12",
    "file:rel/r.p12": "rel/r.p12", "classpath:c.p12": "conf/c.p12",
    "classpath:/sub/s.p12": "", "file:${activemq.conf}/c.p12/": "conf/c.p12",
    "${activemq.conf}/c.p12": "conf/c.p12",
    "file:${activemq.base}/conf/c.p12": "conf/c.p12",
    "file:${activemq.conf}/a%20b/d.p12": "conf/a b/d.p12", "a b/d.p12": "conf/a b/d.p12",
    "FOLDER/conf/a b/d.p12": "conf/a b/d.p12",
    "nothing.p12": "", "FOLDER/nothing.p12": "", "file:nothing.p12": "",
}  # fmt: skip
"""How a file may name a store, and which file of the folder is meant; empty for none."""
TOO_NEW = {"5.4 as shipped": "destroyApplicationContextOnStop"}
"""What the schema of the ActiveMQ that is installed no longer knows."""
OF_SPRING = {"in a profile"}
"""What XBean does not look into; programs that hold a broker read such files by Spring alone."""


class Read(dict[str, list[tuple[str, dict[str, str]]]]):
    """What was read of each file: bean types with their values; `refused` says why not."""

    refused: dict[str, str]
    folder: Path


def read(paths: list[Path], folder: Path) -> Read:
    """Let the broker's classes read files, as if it had been started in a folder with its conf."""
    java = need("java")
    need("javac")
    if not LIB.is_dir():
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"ActiveMQ is not installed, and {REQUIRED}=1")
        pytest.skip("ActiveMQ is not installed")
    jars = [f"{folder}/conf", f"{LIB}/*", f"{LIB}/optional/*", "/usr/share/java/xbean-reflect.jar"]
    words = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"]
    properties = PROPERTIES | {"activemq.conf": f"{folder}/conf", "activemq.base": str(folder)}
    words += [f"-D{key}={value}" for key, value in properties.items()]
    done = subprocess.run(
        [*words, "-cp", ":".join(jars), str(SOURCE)],
        input="".join(f"{path}\n" for path in paths),
        capture_output=True, text=True, timeout=300, cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found, name = Read(), ""
    found.refused, found.folder = {}, folder
    for line in done.stdout.splitlines():
        head, _, rest = line.partition(" ")
        if head == "file":
            name = Path(rest).stem
            found[name] = []
        elif head == "refused":
            found.refused[name] = rest
        elif head != "taken":
            pairs = (word.partition("=") for word in rest.split())
            found[name].append((head, {k: bytes.fromhex(v).decode() for k, _, v in pairs}))
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Every file that is read, edited, by one JVM."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "jetty.xml").write_bytes(write(Shape()).partition(b"    <broker")[0] + b"</beans>")
    stores = _stores(folder)
    hub = NetworkConnector("hub", "static:(ssl://hub:61617)?a=1&b=2", True, 2, False, "#u", "#{p}")
    wanted = BrokerEdit("spoke-a", stores, (SSL,), (hub,))
    files: dict[str, tuple[Shape, BrokerEdit]] = {
        name: (shape, wanted) for name, shape in SEEN.items()
    }
    bridges = tuple(
        NetworkConnector(f"b{number}", f"static:(ssl://h{number}:1)", password=text, user_name=text)
        for number, text in enumerate(PASSWORDS)
    )
    for placeholders in (True, False):
        bare = Shape(placeholders=placeholders, attributes="")
        files[f"passwords {placeholders}"] = (bare, BrokerEdit(ssl=stores, networks=bridges))
    files["wrong password"] = (
        Shape(), replace(wanted, ssl=replace(stores, key_store_password="other"))
    )  # fmt: skip
    paths = []
    for name, (shape, edit) in files.items():
        path = folder / f"{name}.xml"
        path.write_bytes(edit_broker(write(shape), edit, str(path)).data)
        paths.append(path)
    for number, form in enumerate(FORMS):
        path = folder / f"form {number}.xml"
        path.write_bytes(_with_store(form.replace("FOLDER", str(folder))))
        paths.append(path)
    return read(paths, folder)


def _with_store(form: str) -> bytes:
    text = write(Shape(ssl="bare", attributes="")).decode()
    password = quote_attribute(literal(KEY))
    return (
        text.replace('"broker.ks"', quote_attribute(form))
        .replace('"password"', f'{password} keyStoreType="PKCS12"')
        .encode()
    )


def _stores(folder: Path) -> SslContext:
    credential = issued()
    der = credential.chain[0] if credential.chain else credential.certificate
    from cryptography.hazmat.primitives.serialization import Encoding

    data = key_store(credential, "PKCS12", Secret(KEY), "key")
    for place in ("k.p12", "conf/c.p12", "conf/sub/s.p12", "conf/a b/d.p12", "rel/r.p12"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(data)
    trusted: Mapping[str, bytes] = {"ca": der.public_bytes(Encoding.DER)}
    (folder / "t.p12").write_bytes(trust_store(trusted, "PKCS12", Secret(TRUST)))
    return SslContext(f"file:{folder}/k.p12", KEY, f"file:{folder}/t.p12", TRUST)


@pytest.mark.parametrize("name", SEEN)
def test_the_broker_takes_an_edited_file_and_reads_what_is_meant(name: str, world: Read) -> None:
    if name in TOO_NEW:
        assert TOO_NEW[name] in world.refused[name]
        return
    assert name not in world.refused, world.refused[name]
    beans = world[name]
    if name in OF_SPRING:
        assert beans == []
        return
    assert "SpringSslContext" in [kind for kind, _ in beans]
    hub = next(values for kind, values in beans if values.get("name") == "hub")
    assert hub == {
        "name": "hub", "uri": "static:(ssl://hub:61617)?a=1&b=2", "userName": "#u",
        "password": "#{p}", "duplex": "true", "networkTTL": "2",
    }  # fmt: skip
    ours = {values["uri"] for kind, values in beans
            if kind == "TransportConnector" and ":61617" in values["uri"]}  # fmt: skip
    assert ["needClientAuth=true" in uri for uri in ours] == [True]


@pytest.mark.parametrize("placeholders", [True, False])
def test_passwords_reach_java_as_they_are(placeholders: bool, world: Read) -> None:
    name = f"passwords {placeholders}"
    assert name not in world.refused, world.refused[name]
    values = [row for kind, row in world[name] if kind == "DiscoveryNetworkConnector"]
    assert [row["password"] for row in values] == list(PASSWORDS)
    assert [row["userName"] for row in values] == list(PASSWORDS)


def test_a_store_with_another_password_is_not_opened(world: Read) -> None:
    assert "UnrecoverableKeyException" in world.refused["wrong password"]


@pytest.mark.parametrize("form", FORMS)
def test_a_store_is_looked_for_where_the_broker_looks(form: str, world: Read) -> None:
    """Whichever way it is named: bare, by path, by URL, on the class path, with a placeholder."""
    name, folder = f"form {list(FORMS).index(form)}", world.folder
    known = variables("/x/home", str(folder), f"{folder}/conf", "/x/data")
    text = form.replace("FOLDER", str(folder))
    found = store_path(text, known, str(folder), lambda path: Path(path).is_file())
    assert (name in world.refused) == (FORMS[form] == "")
    if FORMS[form]:
        assert found == str(folder / FORMS[form])
    else:
        assert found is None or not Path(found).exists()
