"""What Java says of our stores, by keytool and by its own trust managers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.pki.authority import self_sign
from app.pki.passwords import new_password
from app.pki.spec import IssueSpec
from app.pki.stores import StoreFormat, key_store, trust_store
from tests.unit.issued import NOW, PEER, PINNED, authority, issued, vouched
from tests.unit.judges import judge, need

PASSWORD = new_password()
RSA = replace(PEER, key_type="rsa-3072")
MADE: list[tuple[StoreFormat, bool]] = [("PKCS12", False), ("PKCS12", True), ("JKS", False)]

# Prints how the trust store's manager judges the key store's chain, in both roles: a line for each
# three arguments.
JUDGE = """
import java.io.*; import java.security.*; import java.security.cert.*; import javax.net.ssl.*;
public class Judge {
  static KeyStore open(String type, String path, char[] password) throws Exception {
    KeyStore store = KeyStore.getInstance(type);
    try (InputStream in = new FileInputStream(path)) { store.load(in, password); }
    return store;
  }
  interface Check { void run() throws Exception; }
  static String of(Check check) {
    try { check.run(); return "taken"; } catch (Exception e) { return "refused"; }
  }
  public static void main(String[] a) throws Exception {
    for (int i = 0; i + 2 < a.length; i += 3) judge(a[i], a[i + 1], a[i + 2]);
  }
  static void judge(String... a) throws Exception {
    char[] password = System.getenv("P").toCharArray();
    KeyStore keys = open(a[0], a[1], password), trust = open(a[0], a[2], password);
    String alias = keys.aliases().nextElement();
    Key key = keys.getKey(alias, password);
    var chain = java.util.Arrays.stream(keys.getCertificateChain(alias))
        .map(c -> (X509Certificate) c).toArray(X509Certificate[]::new);
    var factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(trust);
    var manager = (X509TrustManager) factory.getTrustManagers()[0];
    String kind = key.getAlgorithm();
    System.out.printf("{\\"alias\\":\\"%s\\",\\"key\\":\\"%s\\",\\"server\\":\\"%s\\",\\"client\\":\\"%s\\"}%n",
        alias, kind,
        of(() -> manager.checkServerTrusted(chain, "ECDHE_ECDSA")),
        of(() -> manager.checkClientTrusted(chain, kind)));
  }
}
"""


def _java(folder: Path, fmt: StoreFormat, key_data: bytes, trust_data: bytes) -> dict[str, str]:
    java = need("java")
    need("javac")
    for name, data in (("keys", key_data), ("trust", trust_data), ("Judge.java", JUDGE.encode())):
        (folder / name).write_bytes(data)
    paths = [str(folder / name) for name in ("Judge.java", "keys", "trust")]
    done = judge(java, paths[0], fmt, *paths[1:], secret=PASSWORD.reveal())
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def _listing(folder: Path, fmt: StoreFormat, data: bytes) -> list[str]:
    keytool = need("keytool")
    path = folder / "store"
    path.write_bytes(data)
    done = judge(
        *(keytool, "-list", "-keystore", str(path), "-storetype", fmt, "-storepass:env", "P"),
        secret=PASSWORD.reveal(),
    )
    assert done.returncode == 0, done.stdout
    lines = (line.split(", ") for line in done.stdout.splitlines())
    return sorted(f"{line[0]} {line[-2]}" for line in lines if len(line) > 3)


@pytest.mark.parametrize(("fmt", "legacy"), MADE)
def test_keytool_lists_one_key_and_every_trusted_certificate(
    tmp_path: Path, fmt: StoreFormat, legacy: bool
) -> None:
    key_data = key_store(issued(), fmt, PASSWORD, "hub", legacy=legacy)
    assert _listing(tmp_path, fmt, key_data) == ["hub PrivateKeyEntry"]
    entries = {f"ca-g{g}": authority(generation=g).cert_der for g in (1, 2)}
    listed = _listing(tmp_path, fmt, trust_store(entries, fmt, PASSWORD, legacy=legacy))
    assert listed == ["ca-g1 trustedCertEntry", "ca-g2 trustedCertEntry"]


@pytest.mark.parametrize("fmt", ["PKCS12", "JKS"])
@pytest.mark.parametrize("spec", [PEER, RSA])
def test_java_takes_a_peer_in_both_roles(tmp_path: Path, spec: IssueSpec, fmt: StoreFormat) -> None:
    trust = {"ca-g1": authority(spec.key_type).cert_der}
    found = _java(
        tmp_path,
        fmt,
        key_store(issued(spec), fmt, PASSWORD, "hub"),
        trust_store(trust, fmt, PASSWORD),
    )
    algorithm = "EC" if spec == PEER else "RSA"
    assert found == {"alias": "hub", "key": algorithm, "server": "taken", "client": "taken"}


def test_java_takes_a_pinned_certificate_and_no_other(tmp_path: Path) -> None:
    mine, other = self_sign(PINNED, NOW), self_sign(PINNED, NOW)
    keys = key_store(mine, "PKCS12", PASSWORD, "hub")
    for trusted, verdict in ((mine, "taken"), (other, "refused")):
        trust = trust_store({"hub": trusted.cert_der}, "PKCS12", PASSWORD)
        found = _java(tmp_path, "PKCS12", keys, trust)
        assert (found["server"], found["client"]) == (verdict, verdict)


def test_java_refuses_what_a_pinned_key_has_signed(tmp_path: Path) -> None:
    keys = key_store(vouched(), "PKCS12", PASSWORD, "hub")
    trust = trust_store({"hub": issued(PINNED).cert_der}, "PKCS12", PASSWORD)
    found = _java(tmp_path, "PKCS12", keys, trust)
    assert (found["server"], found["client"]) == ("refused", "refused")


def test_java_takes_an_expired_pinned_certificate_so_that_we_must_watch_it(tmp_path: Path) -> None:
    old = self_sign(replace(PINNED, days=10), NOW - timedelta(days=20))
    keys = key_store(old, "PKCS12", PASSWORD, "hub")
    trust = trust_store({"hub": old.cert_der}, "PKCS12", PASSWORD)
    assert _java(tmp_path, "PKCS12", keys, trust)["server"] == "taken"
