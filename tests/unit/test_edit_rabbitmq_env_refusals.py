"""rabbitmq-env.conf that cannot be edited safely: refused with line, reason, hint and snippet."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.edits.rabbitmq.env import EnvEdit, edit_env, read_env
from app.errors import EditError
from tests.unit.env_shells import SHELLS, source

DATA = Path(__file__).parent / "data" / "rabbitmq" / "env"
WHERE = "one:/etc/rabbitmq/rabbitmq-env.conf"
FILE = ("-proto_dist", "inet_tls", "-ssl_dist_optfile", "/etc/rabbitmq/inter_node_tls.config")
SSL = "/usr/lib/erlang/lib/ssl-10.8.7/ebin"
WANTED = EnvEdit(FILE, FILE, SSL)
SERVER, CTL = "SERVER_ADDITIONAL_ERL_ARGS", "CTL_ERL_ARGS"
ELSEWHERE = f"RABBITMQ_{SERVER} may be set by"


def refused(text: str | bytes, wanted: EnvEdit = WANTED) -> EditError:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(EditError) as caught:
        edit_env(data, wanted, WHERE)
    error = caught.value
    assert error.where == f"{WHERE}:{error.line}"
    assert error.hint
    assert " ".join(FILE) in error.snippet
    return error


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (f"A=1\nif true; then\n  {SERVER}=-a\nfi\n", 3, f"{SERVER} is set only under a condition"),
        (f'A=1\n[ -f /x ] && {CTL}="-a"\n', 2, f"{CTL} is set only under a condition"),
        (f"case $A in\n1) {SERVER}=-a ;;\nesac", 2, f"{SERVER} is set only under a condition"),
        (f"for A in 1 2; do\n{SERVER}=$A\ndone\n", 1, f"{SERVER} is set in a loop"),
        (f"f() {{ {SERVER}=-a; }}\n\nf\n", 3, f"{SERVER} is set in a function"),
        (f"A=1\n: ${{{CTL}:=-a}}\n", 2, f"{CTL} is set only where it was empty"),
        (f"{SERVER}+=' -a'\n", 1, f"{SERVER} is set by \\+="),
        (f"read {SERVER} </etc/flags\n", 1, f"{SERVER} is set in a way that shells"),
        (f"export {SERVER}=$MINE\n", 1, f"{SERVER} is set in a way that shells"),
        (f"A=1\nreadonly {SERVER}=-a\n{SERVER}=-b\n", 3, f"{SERVER} is set again after readonly"),
        (f"A=1\nreadonly {SERVER}\n", 2, f"{SERVER} is made read-only here"),
        ("A=1\n. /etc/default/rabbitmq\n", 2, f"{ELSEWHERE} the file that is read here"),
        (f"{SERVER}=-a\n. /etc/x\n{SERVER}=-b\n", 2, f"{ELSEWHERE} the file"),
        ('A=1\neval "$A"\n', 2, f"{ELSEWHERE} eval"),
        ("$DO it\n", 1, f"{ELSEWHERE} a command whose name only a running shell knows"),
        ("[ $A ] && return\n", 1, "the file may be left here"),
        (f"[ $A ] && exit 0\n{SERVER}=-a\n", 2, f"{SERVER} may not be reached any more"),
        (f"RABBITMQ_{SERVER}=$MINE\n{SERVER}=-a\n", 1, "only a running shell knows whether"),
        (f'A="-proto_dist x -a"\n{SERVER}="$A"\n', 2, "\\$A brings TLS flags and other arguments"),
        (f'{SERVER}="-a\n-proto_dist $P"\n', 2, "what follows -proto_dist comes from outside"),
        (f'{CTL}="-ssl_dist_opt server_certfile $P"\n', 1, "what follows -ssl_dist_opt comes"),
        (f"{SERVER}=-a\nMINE=${SERVER}\n", 2, "MINE is made from a variable that has to change"),
        ('RABBITMQ_SERVER_ERL_ARGS="-proto_dist inet6_tcp"\n', 1, "holds -proto_dist too"),
        ('A=1\nexport ERL_FLAGS="-ssl_dist_optfile /x"\n', 2, "holds -ssl_dist_optfile too"),
        ("A=1\nIFS=:\n", 2, "IFS is changed"),
        (f"A=1\n[ $A ] && ERL_SSL_PATH=/x\n{SERVER}=-a\n", 2, "ERL_SSL_PATH is set only under"),
        (f'A=1\r\n{SERVER}="-a"\r\n', 2, "a carriage return .* is part of the value"),
        (f'{SERVER}="-a\r\n-b"\n', 1, "a carriage return .* is part of the value"),
        ("A=1\r\n\r\n", 2, "a carriage return .* is part of a command"),
        ("umask 027\r\n", 1, "a carriage return .* is part of a command"),
        ("if true\r\nthen A=1\r\nfi\r\n", 1, "'fi' is missing"),
        ("\ufeffNODENAME=rabbit\n", 1, "byte order mark"),
        ("A=1\nB=\0\n", 2, "NUL"),
    ],
)
def test_what_only_a_running_shell_could_tell(text: str, line: int, why: str) -> None:
    error = refused(text)
    assert error.line == line
    with pytest.raises(EditError, match=why):
        raise error


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A='1\n", 1),
        ('A=1\nB="2\nC=3\n', 2),
        ("A=`uname\n", 1),
        ("A=$(uname\n", 1),
        ("A=${B\n", 1),
        ("A=1\nif true; then\nA=2\n", 2),
        ("A=1\nfi\n", 2),
        ("A=1 && \n", 2),
        ("A=(1 2)\n", 1),
        ("A=1 | \n", 2),
        (";\n", 1),
        ("A=1\n}\n", 2),
        ("while true; do A=1\n", 1),
        ("case a in a) A=1\n", 1),
        ("A=`if`\n", 1),
        ("cat <<E\n${A\nE\n", 2),
    ],
)
def test_what_is_no_shell_script_is_refused_as_sh_refuses_it(
    tmp_path: Path, text: str, line: int
) -> None:
    assert refused(text).line == line
    with pytest.raises(EditError):
        read_env(text.encode(), WHERE)
    assert source(text.encode(), SHELLS[0], tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        "cat <<E\nA=2\n",
        "f() A=1\n",
        "function f { A=1; }\n",
        "A[0]=1\n",
        "cat <<<E\n",
        "A=1 &> /x\n",
        "A=$[1]\n",
        "A=$'a\\nb'\n",
        "[[ a\n",
    ],
)
def test_what_only_some_shells_bear_is_refused(text: str) -> None:
    refused(text)


def test_a_read_only_variable_is_not_left_empty() -> None:
    flags = f"A=1\nreadonly RABBITMQ_{CTL}='-proto_dist x'\n"
    with pytest.raises(EditError, match="would be read-only and empty") as caught:
        edit_env(flags.encode(), EnvEdit((), ()), WHERE)
    assert caught.value.line == 2


def test_the_guides_own_first_snippet_is_refused_with_the_line_of_its_quote() -> None:
    error = refused((DATA / "guide-broken.conf").read_bytes())
    assert (error.line, error.text) == (7, "a quotation mark is never closed")
    assert "sh cannot read the file either" in error.hint


def test_the_snippet_is_what_an_empty_file_would_get() -> None:
    error = refused(f"[ -f /x ] && {SERVER}=-a\n")
    assert error.snippet == (
        f"ERL_SSL_PATH={SSL}\n"
        f'{SERVER}="-pa $ERL_SSL_PATH {" ".join(FILE)}"\n'
        f'{CTL}="-pa $ERL_SSL_PATH {" ".join(FILE)}"\n'
    )


@pytest.mark.parametrize(
    "text", [f"[ -f /x ] && {SERVER}=-a\n", ". /etc/default/rabbitmq\n", f"{SERVER}+=' -a'\n"]
)
def test_a_pasted_snippet_makes_the_file_one_that_needs_no_edit(text: str) -> None:
    pasted = text + refused(text).snippet
    assert edit_env(pasted.encode(), WANTED, WHERE).data == pasted.encode()


def test_what_a_hostile_file_holds_cannot_move_a_terminal() -> None:
    error = refused(f'{SERVER}="-proto_dist $(\x1b[2J\x07)"\n')
    assert "\x1b" not in str(error)
    assert "\x07" not in str(error)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$(" * 5000, "nested too deeply"),
        ("${A:-" * 5000, "nested too deeply"),
        ("{ " * 5000, "nested too deeply"),
        ("A=1;" + 'A="$A$A"\n' * 64, "too much to follow"),
        (
            "f0(){ :;}\n"
            + "".join(f"f{n}(){{ f{n - 1};f{n - 1};}}\n" for n in range(1, 40))
            + "f39\n",
            "too much to follow",
        ),
    ],
)
def test_a_file_made_to_exhaust_is_refused_soon(text: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        edit_env(text.encode(), EnvEdit(FILE, FILE), WHERE)
