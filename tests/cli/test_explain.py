"""`tlswright explain`: a pasted line, a file, standard input, and the logs of a host."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from app.demo.broker import LOG_FILE
from app.demo.place import Place
from tests.cli.command import init, tlswright
from tests.cli.embedded import embedded, run

ACTIVEMQ = (
    "ERROR | Could not accept connection from tcp://198.18.7.12:40812: "
    "Empty client certificate chain"
)
ALERT = (
    "2026-11-26 08:57:57.304344+00:00 [notice] <0.102.0> TLS server: In state wait_cert at "
    "ssl_handshake.erl:2113 generated SERVER ALERT: Fatal - Handshake Failure\n"
    "2026-11-26 08:57:57.304344+00:00 [notice] <0.102.0>  - {bad_cert,invalid_ext_key_usage}"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with embedded(tmp_path_factory.mktemp("explain")) as made:
        yield made


def ids(text: str) -> list[str]:
    """Name what one JSON document explains."""
    return [found["id"] for found in json.loads(text)]


def test_a_pasted_line_needs_no_site_and_no_kind(tmp_path: Path) -> None:
    done = tlswright("explain", ACTIVEMQ, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("cause:", "remedy:", "file:", "Empty client certificate chain"):
        assert word in done.stdout
    assert ids(tlswright("explain", ALERT, "--json", cwd=tmp_path).stdout) == ["caller-usage"]
    assert ids(tlswright("explain", *ACTIVEMQ.split(), "--json", cwd=tmp_path).stdout) == [
        "client-no-certificate"
    ]


def test_a_file_and_standard_input_are_read_to_their_end(tmp_path: Path) -> None:
    text = "".join((f"{ACTIVEMQ}\n", "nothing of note\n" * 400_000, f"{ALERT}\n"))
    log = tmp_path / "a log"
    log.write_text(text)
    assert log.stat().st_size > 6_000_000
    assert ids(tlswright("explain", log, "--json", cwd=tmp_path).stdout) == ["caller-usage"]
    done = tlswright("explain", "-", "--json", cwd=tmp_path, stdin=text)
    assert ids(done.stdout) == ["caller-usage"]


def test_a_kind_leaves_the_words_of_others_alone(tmp_path: Path) -> None:
    assert tlswright("explain", ALERT, "--kind", "activemq", cwd=tmp_path).returncode == 7
    assert tlswright("explain", ACTIVEMQ, "--kind", "rabbitmq", cwd=tmp_path).returncode == 7
    init(tmp_path)
    assert ids(tlswright("explain", ACTIVEMQ, "--json", cwd=tmp_path).stdout)
    assert tlswright("explain", ALERT, cwd=tmp_path).returncode == 7
    (tmp_path / "site.yaml").write_text("broken: [")
    assert tlswright("explain", ALERT, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("text", ["x" * 5000, "no\x1b[31msuch\x07line", "a/b" * 100, "é\udcff"])
def test_any_words_are_a_line(tmp_path: Path, text: str) -> None:
    done = tlswright("explain", text, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (7, "")
    assert "Nothing in there is known" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--from-host HOST"),
        (("x", "--from-host", "hub"), "several"),
        (("x", "--kind", "rabbitm"), "rabbitmq"),
        (("--from-host", "hubb"), "Did you mean hub?"),
        (("--from-host", "hub", "--kind", "rabbitmq"), "no node of rabbitmq runs on hub"),
        ((".",), "Is a directory"),
    ],
    ids=str,
)
def test_what_cannot_be_explained_is_told(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    init(tmp_path)
    done = tlswright("explain", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_without_a_site_there_is_no_host_to_ask(tmp_path: Path) -> None:
    done = tlswright("explain", "--from-host", "hub", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no site" in done.stderr


def test_the_log_of_a_host_is_explained_and_nothing_is_written(place: Place) -> None:
    log = place.root("hub") / LOG_FILE
    healthy = run(place, "explain", "--from-host", "hub")
    assert healthy.returncode == 0, healthy.stderr
    assert "Nothing in there is known" in healthy.stdout
    with log.open("a") as stream:
        stream.write(f"{ACTIVEMQ}\n")
    before = contents(place)
    # Neither a passphrase nor a vault is needed.
    done = tlswright("-C", place.site, "explain", "--from-host", "hub", cwd=place.dir)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("hub, activemq hub: ")
    assert "key store" in done.stdout
    assert "dials wrongly" in done.stderr
    (heard,) = json.loads(run(place, "explain", "--from-host", "hub", "--json").stdout)
    assert (heard["host"], heard["kind"], heard["problem"]) == ("hub", "activemq", "")
    assert heard["lines"] > 0
    assert [found["id"] for found in heard["found"]] == ["client-no-certificate"]
    assert contents(place) == before
    other = run(place, "explain", "--from-host", "spoke-a", "--json")
    assert json.loads(other.stdout)[0]["found"] == []


def test_a_host_without_the_product_is_told(place: Place) -> None:
    instance = place.root("spoke-b") / "etc/activemq/instances-enabled/main"
    target = os.readlink(instance)
    instance.unlink()
    try:
        done = run(place, "explain", "--from-host", "spoke-b")
        assert done.returncode == 7, done.stdout + done.stderr
        assert "spoke-b" in done.stdout
        assert "Nothing in there" not in done.stdout
    finally:
        instance.symlink_to(target)


def test_a_host_that_is_down_is_told(tmp_path: Path) -> None:
    init(tmp_path)
    done = tlswright("explain", "--from-host", "hub", cwd=tmp_path)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "hub" in done.stderr


def contents(place: Place) -> dict[str, str]:
    """Give a digest of every file on the host and in the site."""
    found = {}
    for folder in (place.root("hub") / "etc", place.root("hub") / "var/lib", place.site):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found[str(path)] = sha256(path.read_bytes()).hexdigest()
    assert found
    return found
