"""Stores that Java's own keytool makes: many calls in one process, for each costs a second."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.unit.judges import need

PASSWORD = "correct horse"
# A line is a call of keytool, its words parted by tabs; `@NAME=VALUE` sets a property of Java's.
BATCH = """
import java.io.*;
public class Batch {
  public static void main(String[] none) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      if (line.startsWith("@")) {
        String[] pair = line.substring(1).split("=", 2);
        System.setProperty(pair[0], pair[1]);
      } else sun.security.tools.keytool.Main.main(line.split("\\t"));
    }
  }
}
"""


def keytool(folder: Path, calls: Iterable[str]) -> None:
    """Run calls of keytool in a folder; the words of a call are parted by blanks, `_` is one."""
    need("javac")
    (folder / "Batch.java").write_text(BATCH)
    lines = [
        call if call.startswith("@") else "\t".join(word.replace("_", " ") for word in call.split())
        for call in calls
    ]
    done = subprocess.run(
        [need("java"), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--add-exports",
         "java.base/sun.security.tools.keytool=ALL-UNNAMED", "Batch.java"],
        cwd=folder, input="\n".join(lines), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def new_key(store: str, alias: str, name: str, *more: str, kind: str = "PKCS12") -> str:
    """Give the call that makes a key with a certificate that signs itself."""
    return " ".join((
        f"-genkeypair -alias {alias} -keyalg EC -groupname secp256r1 -dname CN={name}",
        f"-ext san=dns:{name} -validity 400 -keystore {store} -storetype {kind}",
        f"-storepass {_word()}", *more,
    ))  # fmt: skip


def export(store: str, alias: str, file: str) -> str:
    """Give the call that writes a certificate out."""
    return f"-exportcert -alias {alias} -keystore {store} -storepass {_word()} -file {file}"


def trust(store: str, alias: str, file: str, kind: str = "PKCS12", password: str = PASSWORD) -> str:
    """Give the call that trusts a certificate."""
    return (
        f"-importcert -noprompt -alias {alias} -file {file} -keystore {store} -storetype {kind} "
        f"-storepass {_word(password)}"
    )


def pair(path: Path) -> bytes:
    """Give key and certificate of a PKCS12 store in PEM, for a client that is no Java."""
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.serialization import pkcs12

    store = pkcs12.load_pkcs12(path.read_bytes(), PASSWORD.encode())
    assert store.key is not None
    assert store.cert is not None
    key = store.key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    return key + store.cert.certificate.public_bytes(ser.Encoding.PEM)


def _word(password: str = PASSWORD) -> str:
    return password.replace(" ", "_")
