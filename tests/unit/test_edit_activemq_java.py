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
)
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
TOO_NEW = {"5.4 as shipped": "destroyApplicationContextOnStop"}
"""What the schema of the ActiveMQ that is installed no longer knows."""
OF_SPRING = {"in a profile"}
"""What XBean does not look into; programs that hold a broker read such files by Spring alone."""


class Read(dict[str, list[tuple[str, dict[str, str]]]]):
    """What was read of each file: bean types with their values; `refused` says why not."""

    refused: dict[str, str]


def read(paths: list[Path]) -> Read:
    """Let the broker's classes read files."""
    java = need("java")
    need("javac")
    if not LIB.is_dir():
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"ActiveMQ is not installed, and {REQUIRED}=1")
        pytest.skip("ActiveMQ is not installed")
    jars = [f"{LIB}/*", f"{LIB}/optional/*", "/usr/share/java/xbean-reflect.jar"]
    words = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"]
    words += [f"-D{key}={value}" for key, value in PROPERTIES.items()]
    done = subprocess.run(
        [*words, "-cp", ":".join(jars), str(SOURCE)],
        input="".join(f"{path}\n" for path in paths),
        capture_output=True, text=True, timeout=300, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found, name = Read(), ""
    found.refused = {}
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
    return read(paths)


def _stores(folder: Path) -> SslContext:
    credential = issued()
    der = credential.chain[0] if credential.chain else credential.certificate
    from cryptography.hazmat.primitives.serialization import Encoding

    (folder / "k.p12").write_bytes(key_store(credential, "PKCS12", Secret(KEY), "key"))
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
