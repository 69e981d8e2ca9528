"""Seed each mistake into real Erlang nodes: what they really say is explained by the right row."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.pki.authority import Authority, create_root, issue, self_sign
from app.pki.credential import Credential
from app.pki.names import san_entries
from app.pki.pem import pem_cert, pem_chain, pem_key
from app.pki.spec import IssueSpec
from app.verify.explain import explain
from tests.unit.erlang_nodes import Erlang, Node, Options, erlang
from tests.unit.issued import NOW
from tests.unit.judges import need
from tests.until import until

pytestmark = pytest.mark.slow

LONG_AGO = NOW - timedelta(days=400)
SPEC = IssueSpec("localhost", san_entries(["localhost"]), "peer", "ec-p256", 90, "Example", 1)
GOOD = Options()
# Under TLS 1.3 a refusal comes after the handshake, and may be lost with the connection.
LATE: defaultdict[str, list[list[str]]] = defaultdict(list)
for _row in ("refused", "refused-no-certificate", "refused-untrusted", "refused-expired"):
    LATE[_row] = [["dialled-first-word"]]
V13 = "{versions, ['tlsv1.3']}"
V12 = "{versions, ['tlsv1.2']}"
CLI = Path("/usr/lib/rabbitmq/bin")

# What is wrong where the dial is made; which row explains the probe, and which the acceptor's log.
CALLERS: dict[str, tuple[Options, str, str]] = {
    "no certificate 1.3": (Options(cert=None, key=None, more=V13), "refused-no-certificate",
                           "caller-no-certificate"),
    "no certificate 1.2": (Options(cert=None, key=None, more=V12), "refused",
                           "caller-no-certificate"),
    "certificate missing": (Options(cert="nope.pem"), "refused-no-certificate",
                            "caller-no-certificate"),
    "foreign": (Options(cert="foreign.pem", key="foreign.key"), "refused-untrusted",
                "caller-untrusted"),
    "expired": (Options(cert="expired.pem", key="expired.key"), "refused-expired",
                "caller-expired"),
    "not yet valid": (Options(cert="future.pem", key="future.key"), "refused-expired",
                      "caller-expired"),
    "trusts another": (Options(ca="foreign-ca.pem"), "dialled-untrusted", "own-untrusted"),
    "for servers only": (Options(cert="server.pem", key="server.key"), "refused", "caller-usage"),
    "key of another 1.3": (Options(key="foreign.key"), "refused", "caller-key"),
    "key of another 1.2": (Options(key="foreign.key", more=V12), "refused", "caller-key"),
    "self-signed": (Options(cert="self.pem", key="self.key"), "refused", "caller-self-signed"),
    "version": (Options(more="{versions, ['tlsv1.1']}"), "refused-version", "caller-version"),
    "key missing": (Options(key="nope.key"), "dialling-file-missing", ""),
    "key unreadable": (Options(key="locked.key"), "dialling-file-unreadable", ""),
    "key broken": (Options(key="garbage.pem"), "dialling-file-broken", ""),
    "certificate empty": (Options(cert="garbage.pem"), "dialling-certificate-empty", ""),
    "no CA": (Options(ca=None), "dialling-no-ca", ""),
    "unknown option": (Options(more='{pasword, "s3cret"}'), "dialling-option-unknown", ""),
    "renegotiate": (Options(more=f"{{secure_renegotiate, true}}, {V13}"), "dialling-renegotiate",
                    ""),
    "bad value": (Options(more="{versions, ['tlsv1.9']}"), "dialling-option", ""),
}  # fmt: skip

# What is wrong where the dial arrives.
ACCEPTORS: dict[str, tuple[Options, str, str]] = {
    "san": (Options(cert="elsewhere.pem", key="elsewhere.key"), "dialled-name", "own-refused"),
    "usage": (Options(cert="client.pem", key="client.key"), "dialled-usage", "own-refused"),
    "expired": (Options(cert="expired.pem", key="expired.key"), "dialled-expired", "own-expired"),
    "foreign": (Options(cert="foreign.pem", key="foreign.key"), "dialled-untrusted",
                "own-untrusted"),
    "selfsigned": (Options(cert="self.pem", key="self.key"), "dialled-self-signed",
                   "own-refused"),
    "mismatch": (Options(key="foreign.key", more=V12), "dialled-key", "own-key"),
    "mismatch13": (Options(key="foreign.key", more=V13), "dialled-key", ""),
    "keyless": (Options(key="nope.key"), "dialled-hung-up", "own-file-missing"),
    "locked": (Options(key="locked.key"), "dialled-hung-up", "own-file-unreadable"),
    "garbage": (Options(key="garbage.pem"), "dialled-hung-up", "own-file-broken"),
    "noca": (Options(ca=None), "dialled-hung-up", "own-no-ca"),
    "badvalue": (Options(more="{versions, ['tlsv1.9']}"), "dialled-hung-up", "own-option"),
    "certless": (Options(cert=None, key=None, more=V12), "refused", "own-unusable"),
    "empty": (Options(cert="garbage.pem", more=V13), "", "own-certificate-empty"),
}  # fmt: skip


@pytest.fixture(scope="module")
def lab() -> Iterator[Erlang]:
    need("erl")
    need("epmd")
    with erlang() as made:
        _certificates(made)
        yield made


@pytest.fixture(scope="module")
def good(lab: Erlang) -> Node:
    """A node without fault."""
    return lab.start("good", lab.optfile("good", GOOD, GOOD))


def _certificates(lab: Erlang) -> None:
    root = create_root("Example", 1, "ec-p256", 3650, LONG_AGO)
    foreign = create_root("Foreign", 1, "ec-p256", 3650, LONG_AGO)
    elsewhere = replace(SPEC, subject="b.example.com", sans=san_entries(["b.example.com"]))
    made = {
        "good": issue(root, SPEC, NOW),
        "foreign": issue(foreign, replace(SPEC, issuer="Foreign"), NOW),
        "expired": issue(root, SPEC, LONG_AGO),
        "future": issue(root, SPEC, NOW + timedelta(days=3)),
        "client": issue(root, replace(SPEC, usage="client"), NOW),
        "elsewhere": issue(root, elsewhere, NOW),
        "self": self_sign(replace(SPEC, self_signed=True), NOW),
    }
    made["server"] = _for_servers(made["good"], root)
    for name, credential in made.items():
        lab.write(f"{name}.pem", pem_chain(credential))
        lab.write(f"{name}.key", pem_key(credential))
    lab.write("locked.key", pem_key(made["good"]), 0o000)
    lab.write("ca.pem", pem_cert(root.cert_der))
    lab.write("foreign-ca.pem", pem_cert(foreign.cert_der))
    lab.write("garbage.pem", "no PEM\n")


def _for_servers(credential: Credential, root: Authority) -> Credential:
    """Sign the same certificate again, for servers only."""
    old = credential.certificate
    builder = x509.CertificateBuilder(
        old.issuer, old.subject, old.public_key(), x509.random_serial_number(),
        old.not_valid_before_utc, old.not_valid_after_utc,
    )  # fmt: skip
    for extension in old.extensions:
        value: x509.ExtensionType = extension.value
        if isinstance(value, x509.ExtendedKeyUsage):
            value = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(value, extension.critical)
    return Credential(builder.sign(root.signing_key(), hashes.SHA256()), credential.key)


def rows(lines: list[str]) -> list[str]:
    """Name the rows that explain these lines."""
    return [found.id for found in explain(lines, "rabbitmq")]


def logged(node: Node, row: str) -> None:
    """Wait until a node's log is explained by this row, and by this one alone."""
    if row:
        until(lambda: rows(node.fresh()) == [row], 5, f"{row} alone to explain {node.log}")
    assert rows(node.fresh()) == ([row] if row else [])
    node.mark()


def test_without_a_mistake_nothing_is_explained(lab: Erlang, good: Node) -> None:
    said = lab.dial(good.name, lab.optfile("caller", GOOD, GOOD))
    assert said == ["RESULT pong"]
    logged(good, "")


def test_the_probe_does_without_runuser(lab: Erlang, good: Node) -> None:
    said = lab.dial(good.name, lab.optfile("caller", GOOD, GOOD), PATH="/usr/bin:/bin")
    assert said == ["RESULT pong"]


@pytest.mark.parametrize("mistake", CALLERS)
def test_a_mistake_of_the_caller(lab: Erlang, good: Node, mistake: str) -> None:
    options, ours, theirs = CALLERS[mistake]
    good.mark()
    said = lab.dial(good.name, lab.optfile("caller", GOOD, options))
    assert rows(said) in ([ours], *LATE[ours]), said
    assert said[-1] == "RESULT pang"
    assert "s3cret" not in "".join(said)
    assert len(said) == 2
    logged(good, theirs)


@pytest.fixture(scope="module")
def wrong(lab: Erlang) -> dict[str, tuple[Node, list[str]]]:
    """Nodes with one fault each, and what a caller without fault is told by the probe."""
    caller = lab.optfile("flawless", GOOD, GOOD)

    def dial(mistake: str) -> tuple[Node, list[str]]:
        node = lab.start(mistake, lab.optfile(mistake, ACCEPTORS[mistake][0], GOOD))
        return node, lab.dial(node.name, caller)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(ACCEPTORS, pool.map(dial, ACCEPTORS), strict=True))


@pytest.mark.parametrize("mistake", ACCEPTORS)
def test_a_mistake_of_the_acceptor(wrong: dict[str, tuple[Node, list[str]]], mistake: str) -> None:
    _, ours, theirs = ACCEPTORS[mistake]
    node, said = wrong[mistake]
    assert said[-1] == "RESULT pang"
    if ours:
        assert rows(said) == [ours], said
    logged(node, theirs)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("[{server, []}]", "optfile-syntax"),
        ('[{server, [{certfile "s3cret"}]}].', "optfile-syntax"),
        ("hello.", "optfile-no-list"),
        ("[{server, [{certfile, no:function()}]}].", "optfile-refused"),
        ("", "optfile-missing"),
    ],
)
def test_an_option_file_that_erlang_does_not_take(lab: Erlang, text: str, row: str) -> None:
    path = lab.folder / "wrong.config"
    path.unlink(missing_ok=True)
    if text:
        lab.write("wrong.config", text)
    arguments = ("-proto_dist", "inet_tls", "-ssl_dist_optfile", str(path))
    said = lab.dial("good@localhost", arguments)
    assert rows(said) == [row], said
    assert "s3cret" not in "".join(said)
    if row in ("optfile-syntax", "optfile-missing"):
        node = lab.start("stillborn", arguments, dies=True)
        assert rows(node.lines()) == [row]
        assert all("s3cret" not in found.line for found in explain(node.lines(), "rabbitmq"))


def test_an_option_file_that_the_user_may_not_read(lab: Erlang) -> None:
    path = lab.write("locked.config", "[].", 0o000)
    said = lab.dial("good@localhost", ("-proto_dist", "inet_tls", "-ssl_dist_optfile", str(path)))
    assert rows(said) == ["optfile-missing"], said


def test_a_protocol_that_is_not_there(lab: Erlang) -> None:
    said = lab.dial("good@localhost", ("-proto_dist", "inet_tsl"))
    assert rows(said) == ["dialling-no-tls"], said
    assert rows(lab.start("typo", ("-proto_dist", "inet_tsl"), dies=True).lines()) == ["proto-typo"]


def test_a_plain_caller_and_a_plain_node(lab: Erlang, good: Node) -> None:
    assert rows(lab.dial(good.name, ())) == ["dialled-first-word"]
    logged(good, "caller-plain")
    plain = lab.start("plain", ())
    said = lab.dial(plain.name, lab.optfile("caller", GOOD, GOOD), ERL_FLAGS="")
    assert rows(said) == ["dialled-silent"], said
    logged(plain, "")


def test_another_cookie(lab: Erlang, good: Node) -> None:
    lab.cookie("stranger", "ANOTHER")
    said = lab.dial(good.name, lab.optfile("caller", GOOD, GOOD), "stranger")
    assert rows(said) == ["dialled-other-cookie"], said
    logged(good, "wrong-cookie")


@pytest.mark.parametrize(
    ("peer", "row"),
    [
        ("nobody@localhost", "dialled-not-registered"),
        ("good@no-such-host", "dialled-name-unknown"),
        ("good@127.0.0.1", "dialled-name-form"),
        ("x'; touch /tmp/never; echo '@localhost", "dialled-not-registered"),
        ("$(touch /tmp/never)\"\\@localhost", "dialled-not-registered"),
    ],
)  # fmt: skip
def test_a_peer_that_is_not_there(lab: Erlang, peer: str, row: str) -> None:
    said = lab.dial(peer, lab.optfile("caller", GOOD, GOOD))
    assert rows(said) == [row], said
    assert not Path("/tmp/never").exists()


def test_what_rabbitmq_s_own_commands_say(lab: Erlang, good: Node) -> None:
    need("rabbitmqctl")
    bad = str(lab.write("bad.config", '[{server, [{certfile "s3cret"}]}].'))
    none = str(lab.folder / "none.config")
    env = str(lab.write("rabbitmq-env.conf", 'CTL_ERL_ARGS="-proto_dist inet_tls\n'))
    locked = str(lab.write("locked-env.conf", "A=1\n", 0o000))
    tls = "-proto_dist inet_tls -ssl_dist_optfile"
    cases: list[tuple[dict[str, str], list[str], str]] = [
        ({"RABBITMQ_CTL_ERL_ARGS": f"{tls} {bad}"}, [], "optfile-syntax"),
        ({"RABBITMQ_CTL_ERL_ARGS": f"{tls} {none}"}, ["--erlang-cookie", "x"], "cli-no-node"),
        ({"RABBITMQ_CTL_ERL_ARGS": "-proto_dist inet_tsl"}, [], "cli-no-distribution"),
        ({"RABBITMQ_CONF_ENV_FILE": env}, [], "env-syntax"),
        ({"RABBITMQ_CONF_ENV_FILE": locked}, [], "env-unreadable"),
        ({}, [], "cli-not-connected"),
    ]

    def run(case: tuple[dict[str, str], list[str], str]) -> list[str]:
        given = {"RABBITMQ_CONF_ENV_FILE": "/nonexistent", **case[0]}
        words = [str(CLI / "rabbitmq-diagnostics"), "-q", "-t", "9", "-n", good.name, *case[1]]
        return lab.run([*words, "ping"], **given)

    good.mark()
    with ThreadPoolExecutor(3) as pool:
        for (_, _, row), said in zip(cases, pool.map(run, cases), strict=True):
            assert rows(said) == [row], said
            assert all("s3cret" not in found.line for found in explain(said, "rabbitmq"))
    logged(good, "caller-plain")


def test_what_a_booting_rabbitmq_says_of_its_flags_and_settings(lab: Erlang) -> None:
    plugins = sorted(Path("/usr/lib/rabbitmq/lib").glob("*/plugins/*/ebin"))
    if not plugins:
        pytest.skip("RabbitMQ's modules are not installed")
    paths = [word for path in plugins for word in ("-pa", str(path))]
    streams = (
        "try osiris_util:get_replication_configuration_from_tls_dist() catch C:R:S -> "
        'io:format("~ts~n", [rabbit_prelaunch_errors:format_exception(C, R, S)]) end, halt().'
    )
    base = ["erl", "-noinput", *paths, "-proto_dist", "inet_tls", "-ssl_dist_opt"]
    pairs = [*base, "server_certfile", "a", "server_cacertfile", "b", "server_keyfile", "c"]
    assert rows(lab.run([*pairs, "-eval", streams])) == ["flags-pairs"]
    version = [*base, "server_versions", "tlsv1.2"]
    assert rows(lab.run([*version, "-eval", streams])) == ["flags-option"]
    schema = next(Path("/usr/lib/rabbitmq/lib").glob("*/plugins/rabbit-*/priv/schema/*.schema"))
    settings = (
        "[Schema, Conf] = init:get_plain_arguments(),"
        "Made = cuttlefish_generator:map("
        "cuttlefish_schema:files([Schema]), cuttlefish_conf:files([Conf])),"
        "case Made of {error, _, {errorlist, All}} -> "
        '[io:format("~ts~n", [cuttlefish_error:xlate(E)]) || {error, E} <- All] end, halt().'
    )
    for line, row in (
        ("ssl_options.keyfile = /no/such.key", "listener-file"),
        ("ssl_options.verfy = verify_peer", "listener-setting"),
    ):
        conf = lab.write("wrong.conf", f"listeners.ssl.default = 5671\n{line}\n")
        words = ["erl", "-noinput", *paths, "-eval", settings, "-extra", str(schema), str(conf)]
        assert rows(lab.run(words)) == [row]
    waited = (
        "io:format(\"~ts~n\", [rabbit_prelaunch_errors:format_error({error, "
        "{timeout_waiting_for_tables, [rabbit@localhost], [x]}})]), halt()."
    )  # fmt: skip
    found = rows(lab.run(["erl", "-noinput", *paths, "-eval", waited]))
    assert found[0] == "tables-gave-up"


def test_erlang_without_epmd_and_without_ssl(lab: Erlang) -> None:
    words = ["erl", "-noinput", "-sname", "z@localhost", "-start_epmd", "false"]
    said = lab.run([*words, "-eval", "halt()."], ERL_EPMD_PORT="1")
    assert rows(said) == ["epmd-down"], said
    root = lab.folder / "erlang-without-ssl"
    real = Path(lab.run(["erl", "-noinput", "-eval", "io:put_chars(code:root_dir()), halt()."])[0])
    shutil.copytree(real / "bin", root / "bin", symlinks=True)
    (root / "lib").mkdir()
    for library in (real / "lib").iterdir():
        if not library.name.startswith("ssl-"):
            (root / "lib" / library.name).symlink_to(library)
    for name in real.iterdir():
        if name.name not in ("bin", "lib"):
            (root / name.name).symlink_to(name)
    erl = root / "bin" / "erl"
    text = erl.read_text().replace(str(real), str(root))
    erl.unlink()
    erl.write_text(text)
    erl.chmod(0o755)
    arguments = ["-sname", "z@localhost", "-start_epmd", "false", "-proto_dist", "inet_tls"]
    said = lab.run([str(erl), "-noinput", *arguments, "-eval", "halt()."])
    assert rows(said) == ["tls-no-ssl"], said
