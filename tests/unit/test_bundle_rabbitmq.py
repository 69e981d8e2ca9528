"""What lies in the bundle of a RabbitMQ node, for Linux and for Windows."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kinds.rabbitmq.bundle import BATCH
from app.quoting import batch
from tests.unit.by_hand_site import CLUSTER, ByHand, files
from tests.unit.judges import need

HOME = "C:/Users/John Smith/AppData/Roaming/RabbitMQ"
_ARGUMENT = re.compile(r'"([^"]*)"|(\S+)')


def variables(bat: bytes) -> dict[str, list[str]]:
    """Read a batch file as cmd.exe does: joined lines, expanded variables, then words."""
    assert bat.count(b"\n") == bat.count(b"\r\n")
    text = bat.decode("ascii").replace("^\r\n", "")
    found: dict[str, str] = {}
    for line in text.split("\r\n"):
        if line.startswith("set "):
            name, _, value = line.removeprefix("set ").partition("=")
            found[name] = re.sub("%([A-Z_]+)%", lambda m: found[m[1]], value)
        else:
            assert line == "" or line.startswith(("@echo off", "rem ")), line
    return {name: [a or b for a, b in _ARGUMENT.findall(value)] for name, value in found.items()}


@pytest.fixture
def windows(tmp_path: Path) -> dict[str, bytes]:
    return files(ByHand(tmp_path).export("win"))


def test_a_bundle_for_windows_has_the_files_of_the_guide_and_their_digests(
    windows: dict[str, bytes],
) -> None:
    assert list(windows) == [
        "README.txt", "SHA256SUMS", "tls/ca.pem", "tls/node.pem", "tls/node.key",
        "inter_node_tls.config", BATCH,
    ]  # fmt: skip
    assert windows["SHA256SUMS"].decode().splitlines() == [
        f"{hashlib.sha256(data).hexdigest()}  {name}"
        for name, data in windows.items()
        if name != "SHA256SUMS"
    ]


def test_text_for_windows_has_its_line_ends(windows: dict[str, bytes]) -> None:
    for name in ("README.txt", "inter_node_tls.config", BATCH):
        assert b"\n" in windows[name]
        assert windows[name].count(b"\n") == windows[name].count(b"\r\n"), name
        windows[name].decode("ascii")


def test_the_batch_file_gives_both_sides_the_option_file_in_quotes(
    windows: dict[str, bytes],
) -> None:
    words = ["-proto_dist", "inet_tls", "-ssl_dist_optfile", f"{HOME}/inter_node_tls.config"]
    assert variables(windows[BATCH]) == {
        "SERVER_ADDITIONAL_ERL_ARGS": words, "CTL_ERL_ARGS": words,
    }  # fmt: skip
    assert b"SSL_PATH" not in windows[BATCH]
    assert b" ^\r\n-ssl_dist_optfile " in windows[BATCH]
    assert b"\\" not in windows[BATCH] + windows["inter_node_tls.config"]


@pytest.mark.parametrize("path", ["C:/Program Files/erl-25.2/lib/ssl-10.8/ebin", "D:/erl/ssl/ebin"])
def test_the_path_to_erlangs_tls_is_written_in_quotes_where_it_is_asked_for(
    tmp_path: Path, path: str
) -> None:
    own = f"erl_ssl_path: write, ssl_path: '{path}'"
    text = CLUSTER.replace("windows_user: John Smith", f"windows_folder: D:/RabbitMQ, {own}")
    found = files(ByHand(tmp_path, text).export("win"))
    assert f'set SSL_PATH="{path}"\r\n'.encode() in found[BATCH]
    assert (
        b"set SERVER_ADDITIONAL_ERL_ARGS=-pa %SSL_PATH% ^\r\n-proto_dist inet_tls ^\r\n"
        in (found[BATCH])
    )
    for name in ("SERVER_ADDITIONAL_ERL_ARGS", "CTL_ERL_ARGS"):
        assert variables(found[BATCH])[name][:2] == ["-pa", path]
        assert variables(found[BATCH])[name][-1] == "D:/RabbitMQ/inter_node_tls.config"
    assert b'filename:dirname(code:which(inet_tls_dist))])" -s init stop' in found["README.txt"]


def test_single_flags_stand_one_pair_to_a_flag(tmp_path: Path) -> None:
    text = CLUSTER + "    options: {strategy: flags}\n"
    found = files(ByHand(tmp_path, text).export("win"))
    assert "tls/combined.pem" in found
    assert "inter_node_tls.config" not in found
    assert b"inter_node_tls.config" not in found["README.txt"]
    server = variables(found[BATCH])["SERVER_ADDITIONAL_ERL_ARGS"]
    pairs = [server[i + 1 : i + 3] for i, word in enumerate(server) if word == "-ssl_dist_opt"]
    assert ["server_certfile", f"{HOME}/tls/combined.pem"] in pairs
    assert ["server_fail_if_no_peer_cert", "true"] in pairs
    assert not any(w.startswith("server_") for w in variables(found[BATCH])["CTL_ERL_ARGS"])


def test_erlang_reads_the_option_file_with_its_blanks_and_line_ends(
    windows: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "options"
    path.write_bytes(windows["inter_node_tls.config"])
    code = '{ok, [T]} = file:consult("options"), io:format("~0p", [T]), halt().'
    said = subprocess.run(
        [need("erl"), "-noinput", "-boot", "start_clean", "-eval", code],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
    ).stdout  # fmt: skip
    assert f'{{keyfile,"{HOME}/tls/node.key"}}' in said
    assert "{verify,verify_peer},{fail_if_no_peer_cert,true}" in said
    assert said.count("{versions,['tlsv1.3','tlsv1.2']}") == 2


@given(st.from_regex(r"\A[A-Za-z]:(/[A-Za-z0-9 ._~@#$+(),-]+)+\Z"))
def test_any_path_that_is_taken_comes_out_as_one_argument(path: str) -> None:
    quoted = batch(path)
    assert [a or b for a, b in _ARGUMENT.findall(quoted)] == [path]
    assert (" " in path) <= quoted.startswith('"')


@given(st.text(min_size=1).filter(lambda t: set(t) & set("\"%!^&|<>\n\0é*?;'`")))
def test_what_a_batch_file_would_change_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="batch file"):
        batch(text)


def test_a_bundle_for_linux_has_the_same_files_as_over_ssh(tmp_path: Path) -> None:
    found = files(ByHand(tmp_path).export("r2"))
    assert list(found) == [
        "README.txt", "install.sh", "SHA256SUMS",
        *(f"files/etc/rabbitmq/{n}" for n in ("tls/ca.pem", "tls/node.pem", "tls/node.key")),
        "files/etc/rabbitmq/inter_node_tls.config", "lines/rabbitmq-env.conf",
    ]  # fmt: skip
    flags = "-proto_dist inet_tls -ssl_dist_optfile /etc/rabbitmq/inter_node_tls.config"
    assert found["lines/rabbitmq-env.conf"].decode() == (
        f'SERVER_ADDITIONAL_ERL_ARGS="{flags}"\nCTL_ERL_ARGS="{flags}"\n'
    )
    assert b"\r" not in b"".join(found.values())
    page = found["README.txt"].decode()
    assert "rabbitmq-diagnostics -n rabbit@r1 ping" in page
    assert "rabbit@win" in page
    assert "ping rabbit@r2" not in page
    assert "{{" not in page + found["install.sh"].decode()


def test_listeners_for_clients_are_lines_too(tmp_path: Path) -> None:
    text = CLUSTER + "    options: {listener_port: 5671}\n"
    site = ByHand(tmp_path, text)
    found = files(site.export("r2"))
    lines = found["lines/rabbitmq.conf"].decode()
    assert "listeners.ssl.default = 5671" in lines
    assert "/etc/rabbitmq/tls/node.key" in lines
    on_windows = files(site.export("win"))["rabbitmq.conf"]
    assert f"{HOME}/tls/node.key".encode() in on_windows
    assert on_windows.count(b"\n") == on_windows.count(b"\r\n")


def test_the_plain_listener_is_closed_last_where_that_was_chosen(tmp_path: Path) -> None:
    text = CLUSTER + "    options: {listener_port: 5671, plain: close}\n"
    site = ByHand(tmp_path, text)
    found = files(site.export("r2"))
    assert b"listeners.tcp" not in found["lines/rabbitmq.conf"]
    assert found["lines/close/rabbitmq.conf"] == b"listeners.tcp = none\n"
    for host, command in (("r2", "    sh install.sh close"), ("win", "   listeners.tcp = none")):
        page = files(site.export(host))["README.txt"].decode().replace("\r\n", "\n")
        assert page.index("Close the plain listener\n---") > page.index("tlswright verify")
        assert command in page
        assert "port 5671 alone" in page
        assert all(len(x) <= 90 or x.startswith("    ") for x in page.splitlines()), page


def test_a_page_says_nothing_of_closing_what_is_kept(tmp_path: Path) -> None:
    site = ByHand(tmp_path, CLUSTER + "    options: {listener_port: 5671}\n")
    for host in ("r2", "win"):
        found = files(site.export(host))
        assert "lose the plain listener" not in found["README.txt"].decode()
        assert not [name for name in found if "close" in name]


def test_pages_are_no_wider_than_a_narrow_window_but_for_commands(tmp_path: Path) -> None:
    site = ByHand(tmp_path)
    for host in ("r2", "win"):
        for line in files(site.export(host))["README.txt"].decode().splitlines():
            assert len(line) <= 90 or line.startswith("    "), line
