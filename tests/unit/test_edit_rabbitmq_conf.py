"""rabbitmq.conf: every edit is judged by RabbitMQ's own schemas and cuttlefish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.edits.rabbitmq.conf import ListenerEdit, edit_conf, read_conf
from app.errors import EditError
from tests.unit.erl_judge import Atom, ErlJudge, Refused
from tests.unit.rabbit_config import by_app, hold, options

FILE = str(Path(__file__).resolve())
WANTED = ListenerEdit(5671, FILE, FILE, FILE)


@pytest.fixture(scope="module")
def erl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ErlJudge]:
    with ErlJudge(tmp_path_factory.mktemp("erl")) as judge:
        yield judge


TYPICAL = b"""# Listeners
listeners.tcp.default=5672   # plain
listeners.tcp.local=127.0.0.1:5673

## TLS
# listeners.ssl.default = 5671
ssl_options.versions.1=tlsv1.1
num_acceptors.tcp=10

management.tcp.port=15672"""


def test_an_edit_stands_where_it_belongs_and_looks_like_its_neighbours() -> None:
    wanted = ListenerEdit(5671, "/ca", "/cert", "/key", close_plain=True, management_port=15671)
    result = edit_conf(TYPICAL, wanted, "rabbitmq.conf")
    assert result.data.decode() == (
        "# Listeners\nlisteners.tcp=none\n\n## TLS\n# listeners.ssl.default = 5671\n"
        "listeners.ssl.default=5671\nssl_options.versions.1=tlsv1.3\nssl_options.cacertfile=/ca\n"
        "ssl_options.certfile=/cert\nssl_options.keyfile=/key\nssl_options.verify=verify_peer\n"
        "ssl_options.fail_if_no_peer_cert=true\nssl_options.depth=2\n"
        "ssl_options.versions.2=tlsv1.2\nnum_acceptors.tcp=10\n\nmanagement.tcp.port=15672\n"
        "management.ssl.port=15671\nmanagement.ssl.cacertfile=/ca\nmanagement.ssl.certfile=/cert\n"
        "management.ssl.keyfile=/key"
    )
    assert result.notes == (
        "rabbitmq.conf:10: management still listens without TLS (management.tcp.port)",
    )


@pytest.mark.parametrize("data", [b"", TYPICAL, TYPICAL.replace(b"\n", b"\r\n"), b"# none\r\n"])
def test_the_real_schemas_take_the_edited_file(erl: ErlJudge, data: bytes) -> None:
    wanted = replace(WANTED, close_plain=True, management_port=15671)
    result = edit_conf(data, wanted, "f").data
    hold(by_app(erl.ask("conf", result)), wanted)
    assert edit_conf(result, wanted, "f").data == result
    assert (b"\r\n" in data) is (b"\r\n" in result)
    assert result.count(b"\r\n") in (0, result.count(b"\n"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("listeners.ssl.1 = 5671", "listeners.ssl.1 = 5671"),
        ("listeners.ssl.default = 10.0.0.1:5671", "listeners.ssl.default = 10.0.0.1:5671"),
        ("listeners.ssl.default = 127.0.0.1:5671", "listeners.ssl.default = 5671"),
        ("listeners.ssl.a = ::1:5671\nlisteners.ssl.b = 127.0.0.1:5671", "listeners.ssl.a = 5671"),
        ("  listeners.ssl.default\t=\t5600 # mine", "  listeners.ssl.default\t=\t5671 # mine"),
        ("listeners.ssl = none", "listeners.ssl.default = 5671"),
        ("listeners.ssl.default = 5671\nlisteners.ssl.default = 5600",
         "listeners.ssl.default = 5671\nlisteners.ssl.default = 5671"),
        ("listeners.ssl.default = $(a.b)\nlisteners.ssl.x = 5671",
         "listeners.ssl.default = $(a.b)\nlisteners.ssl.x = 5671"),
    ],
)  # fmt: skip
def test_listeners_of_tls_are_updated_where_they_stand(before: str, after: str) -> None:
    result = edit_conf(f"{before}\nheartbeat = 60\n".encode(), WANTED, "f").data.decode()
    assert result.startswith(f"{after}\nheartbeat = 60\n")
    assert result.count("listeners.ssl") == after.count("listeners.ssl")


@pytest.mark.parametrize(
    ("line", "versions", "note"),
    [
        ("ssl_options = none", ("tlsv1.3",), "take all options"),
        ("ssl_options.cert = abc", ("tlsv1.3",), "beat the file"),
        ("ssl_options.key.RSAPrivateKey = abc", ("tlsv1.2",), "beat the file"),
        ("ssl_options.cacerts.1 = abc", ("tlsv1.2",), "beat the file"),
        ("ssl_options.secure_renegotiate = true", ("tlsv1.3",), "fail every handshake"),
        ("ssl_options.reuse_sessions = true", ("tlsv1.3",), "fail every handshake"),
        ("ssl_options.client_renegotiation = false", ("tlsv1.3",), "fail every handshake"),
        ("ssl_options.psk_identity = a", ("tlsv1.3",), "fail every handshake"),
    ],
)
def test_what_would_undo_the_wish_goes_with_a_note(
    erl: ErlJudge, line: str, versions: tuple[str, ...], note: str
) -> None:
    wanted = replace(WANTED, versions=versions)
    result = edit_conf(f"heartbeat = 60\n{line}\n".encode(), wanted, "f")
    assert line not in result.data.decode()
    assert [one for one in result.notes if note in one and one.startswith("f:2: ")]
    hold(by_app(erl.ask("conf", result.data)), wanted)


def test_options_that_fit_the_versions_stay(erl: ErlJudge) -> None:
    data = b"ssl_options.secure_renegotiate = true\nssl_options.honor_cipher_order = true\n"
    result = edit_conf(data, WANTED, "f")
    assert result.data.startswith(data)
    assert result.notes == ()
    hold(by_app(erl.ask("conf", result.data)), WANTED)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ("listeners.ssl.x = 5600", "f:1: listeners.ssl.x = 5600 stays"),
        ("listeners.ssl.x = 10.0.0.1:5671", "f:1: listeners.ssl.x keeps its address 10.0.0.1"),
        ("ssl_options.depth = 1\nssl_options.depth = 1", "stands in lines 1, 2"),
        ("ssl_options.certfile = $(a.b)\na.b = 1", "was $(a.b) and is now"),
        ("ssl_options.depth = 1\nheartbeat = $(ssl_options.depth)", "f:2: heartbeat follows"),
        ("listeners.tcp.x = $(<port)", "stands elsewhere"),
        ("ssl_options.ciphers.1 = ECDHE-ECDSA-AES256-GCM-SHA384", "none of TLS 1.3"),
    ],
)
def test_what_the_user_should_know_is_said(data: str, note: str) -> None:
    notes = edit_conf(data.encode(), WANTED, "f").notes
    assert [one for one in notes if note in one], notes


def test_management_in_the_form_before_3_7_9_is_updated_in_place(erl: ErlJudge) -> None:
    data = b"management.listener.port = 15600\nmanagement.listener.ssl = true\n"
    wanted = replace(WANTED, management_port=15671)
    result = edit_conf(data, wanted, "f").data
    config = by_app(erl.ask("conf", result))["rabbitmq_management"]
    assert "ssl_config" not in config
    listener = options(config["listener"])
    assert (listener["port"], listener["ssl"]) == (15671, Atom("true"))
    assert options(listener["ssl_opts"])["certfile"] == FILE


def test_a_plain_listener_of_management_stays_beside_that_of_tls(erl: ErlJudge) -> None:
    data = b"management.listener.port = 15672\nmanagement.tcp.port = 15673\n"
    wanted = replace(WANTED, management_port=15671)
    result = edit_conf(data, wanted, "f")
    assert result.data.startswith(data)
    assert "f:1: management runs two listeners at most, and leaves this one out" in result.notes
    hold(by_app(erl.ask("conf", result.data)), wanted)


REFUSED = {
    "include": ("heartbeat = 60\ninclude conf.d/*.conf", 2, "includes others"),
    "junk": ("heartbeat = 60\n\nlisteners.ssl.default", 3, "no setting"),
    "no value": ("listeners.ssl.default = ", 1, "no setting"),
    "comment for a value": ("a = # b", 1, "no setting"),
    "template": ("\nlisteners.ssl.default = {{ port }}", 2, "placeholder"),
    "template line": ("{% if tls %}", 1, "no setting"),
    "byte order mark": ("\ufeffheartbeat = 60", 1, "no setting"),
    "beyond latin-1": ("a = 1\ndefault_pass = 10€", 2, "beyond Latin-1"),
    "plain on the port": ("listeners.tcp.x = 127.0.0.1:5671", 1, "plain listener of amqp"),
    "mqtt on the port": ("\nmqtt.listeners.ssl.x = 5671", 2, "TLS listener of mqtt"),
    "stomp on the port": ("stomp.listeners.tcp.1 = 5671", 1, "plain listener of stomp"),
    "stream on the port": ("stream.listeners.tcp.1 = 5671", 1, "plain listener of stream"),
    "management on the port": ("management.tcp.port = 5671", 1, "plain listener of management"),
    "web on the port": ("web_stomp.ssl.port = 5671", 1, "TLS listener of web_stomp"),
    "metrics on the port": ("prometheus.tcp.port = 5671", 1, "plain listener of prometheus"),
    "plain management on its port": ("management.tcp.port = 15671", 1, "port 15671 is held"),
    "amqp on that of management": ("listeners.ssl.x = 15671", 1, "TLS listener of amqp"),
    "management twice": (
        "management.listener.ssl = true\nmanagement.ssl.port = 15671",
        1,
        "only one of them",
    ),
    "referred to": ("a = $(ssl_options.cert)\nssl_options.cert = x", 1, "has to go"),
    "last value in blanks": ("heartbeat = 60\ndefault_pass = a ", 2, "would change the value"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_line_reason_and_snippet(erl: ErlJudge, case: str) -> None:
    text, line, reason = REFUSED[case]
    with pytest.raises(EditError) as caught:
        edit_conf(text.encode(), replace(WANTED, management_port=15671), "etc/rabbitmq.conf")
    error = caught.value
    assert reason in error.text
    assert (error.line, error.where) == (line, f"etc/rabbitmq.conf:{line}")
    assert erl.accepts("conf", error.snippet.encode())


def test_bytes_that_are_not_utf_8_are_refused_as_rabbitmq_does(erl: ErlJudge) -> None:
    data = b"heartbeat = 60\n# caf\xe9\n"
    assert not erl.accepts("pairs", data)
    with pytest.raises(EditError, match="not UTF-8") as caught:
        read_conf(data, "f")
    assert caught.value.line == 2


def test_the_default_plain_listener_holds_its_port() -> None:
    with pytest.raises(EditError, match="port 5672 is held") as caught:
        edit_conf(b"", replace(WANTED, port=5672), "f")
    assert caught.value.where == "f"
    assert edit_conf(b"", replace(WANTED, port=5672, close_plain=True), "f").data


WRONG = {
    "port": replace(WANTED, port=0),
    "high port": replace(WANTED, port=65536),
    "one port twice": replace(WANTED, management_port=5671),
    "depth": replace(WANTED, depth=256),
    "no version": replace(WANTED, versions=()),
    "version": replace(WANTED, versions=("sslv3",)),
    "gap": replace(WANTED, versions=("tlsv1.3", "tlsv1.1")),
    "no path": replace(WANTED, keyfile=""),
    "hash": replace(WANTED, keyfile="/a#b"),
    "line end": replace(WANTED, keyfile="/a\nlisteners.tcp = none"),
    "reference": replace(WANTED, keyfile="/$(a)"),
    "blank": replace(WANTED, keyfile="/a "),
    "beyond latin-1": replace(WANTED, keyfile="/€"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wish_that_no_node_could_run_with_is_refused(case: str) -> None:
    with pytest.raises(EditError):
        edit_conf(b"", WRONG[case], "f")


def test_a_path_with_odd_letters_comes_through(erl: ErlJudge, tmp_path: Path) -> None:
    path = tmp_path / "a b=c \\ 'é\".pem"
    path.touch()
    wanted = replace(WANTED, certfile=str(path))
    hold(by_app(erl.ask("conf", edit_conf(b"", wanted, "f").data)), wanted)


def test_every_listener_of_every_plugin_is_seen() -> None:
    seen = read_conf(
        b"listeners.ssl.a = 10.0.0.1:5671\nmqtt.listeners.tcp.a = 1883\n"
        b"mqtt.listeners.ssl.a = 8883\nstomp.listeners.tcp.a = 61613\n"
        b"stream.listeners.ssl.a = 5551\nweb_mqtt.tcp.port = 15675\n"
        b"web_stomp.ssl.listener = 127.0.0.1:15673\nprometheus.ssl.port = 15691\n"
        b"management.tcp.ip = 127.0.0.1\nmanagement.ssl.port = 15671\n"
        b"listeners.tcp.x = $(a.b)\ninclude b.conf\n",
        "f",
    )
    assert [(o.plugin, o.tls, o.address, o.port, o.line) for o in seen.listeners] == [
        ("amqp", False, "", 0, 11),
        ("amqp", True, "10.0.0.1", 5671, 1),
        ("mqtt", False, "", 1883, 2),
        ("mqtt", True, "", 8883, 3),
        ("stomp", False, "", 61613, 4),
        ("stream", True, "", 5551, 5),
        ("management", False, "127.0.0.1", 15672, 9),
        ("management", True, "", 15671, 10),
        ("web_mqtt", False, "", 15675, 6),
        ("web_stomp", True, "127.0.0.1", 15673, 7),
        ("prometheus", True, "", 15691, 8),
    ]
    assert (seen.includes, seen.references) == ((12,), (11,))


def test_a_password_is_in_no_repr() -> None:
    seen = read_conf(b"ssl_options.password = hunter2\n", "f")
    assert seen.tls["ssl_options.password"] == "hunter2"
    assert "hunter2" not in repr(seen)


def test_the_judge_can_say_no(erl: ErlJudge) -> None:
    with pytest.raises(Refused, match="verfy"):
        erl.ask("conf", b"ssl_options.verfy = verify_peer\n")
