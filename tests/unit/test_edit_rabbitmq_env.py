"""rabbitmq-env.conf: flags go where they count, in the quotes that stand there; the rest stays."""

from __future__ import annotations

import pytest

from app.edits.rabbitmq.env import EnvEdit, edit_env
from app.errors import EditError

WHERE = "one:/etc/rabbitmq/rabbitmq-env.conf"
FILE = ("-proto_dist", "inet_tls", "-ssl_dist_optfile", "/etc/rabbitmq/inter_node_tls.config")
FLAGS = " ".join(FILE)
SSL = "/usr/lib/erlang/lib/ssl-10.8.7/ebin"
PATH_LINE = f"ERL_SSL_PATH={SSL} # found by tlswright\n"
BOTH = EnvEdit(FILE, FILE)
NODES = EnvEdit(FILE, ())
TOGETHER = EnvEdit(FILE, FILE, SSL)
GONE = EnvEdit((), ())
SERVER, CTL = "SERVER_ADDITIONAL_ERL_ARGS", "CTL_ERL_ARGS"


def edit(text: str, wanted: EnvEdit = NODES) -> str:
    return edit_env(text.encode(), wanted, WHERE).data.decode()


def test_an_empty_file_gets_the_names_without_prefix() -> None:
    assert edit("", BOTH) == f'{SERVER}="{FLAGS}"\n{CTL}="{FLAGS}"\n'


def test_the_path_of_ssl_stands_above_its_use_and_goes_again() -> None:
    lines = "".join(f'{name}="-pa $ERL_SSL_PATH {FLAGS}"\n' for name in (SERVER, CTL))
    assert edit("", TOGETHER) == PATH_LINE + lines
    assert edit(PATH_LINE + lines, BOTH) == edit("", BOTH)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"+S 4"', f'"+S 4 {FLAGS}"'),
        ("'+S 4'", f"'+S 4 {FLAGS}'"),
        ("+S\\ 4", f'+S\\ 4" {FLAGS}"'),
        ("-hidden", f'"-hidden {FLAGS}"'),
        ("", f'"{FLAGS}"'),
        ('""', f'"{FLAGS}"'),
        ("''", f'"{FLAGS}"'),
        ('" "', f'"{FLAGS} "'),
        ('"+S 4 "', f'"+S 4 {FLAGS} "'),
        ('"+S 4\n"', f'"+S 4 {FLAGS}\n"'),
        ('"+S 4 \\\n-a b"', f'"+S 4 \\\n-a b {FLAGS}"'),
        ('"-a b -extra c"', f'"-a b {FLAGS} -extra c"'),
        ("'-a '\"'b'\"", f"'-a '\"'b' {FLAGS}\""),
        ('"-proto_dist inet_tcp"', f'"{FLAGS}"'),
        ('"-a -proto_dist inet_tcp -b"', f'"-a {FLAGS} -b"'),
        ("'-a -proto_dist inet_tcp -b'", f"'-a {FLAGS} -b'"),
        ('"-proto_dist inet_tcp +S 4"', f'"{FLAGS} +S 4"'),
        ("\"-proto_dist \"'inet_tcp -b'", f"\"{FLAGS}\"' -b'"),
        ('"-a \\\n-proto_dist x \\\n-b"', f'"-a \\\n{FLAGS} \\\n-b"'),
        ('"-proto_dist x -b \\\n  -ssl_dist_opt k v k w"', f'"{FLAGS} -b"'),
        ('"-proto_dist x\n-b\n-ssl_dist_optfile f\n-c"', f'"{FLAGS}\n-b\n-c"'),
        ('"-pa $ERL_SSL_PATH -b -proto_dist x"', f'"{FLAGS} -b"'),
        ('"-pa /x/ssl-9.4/ebin/ -b"', f'"{FLAGS} -b"'),
        ("\"-pa '/x/ssl-9.4/ebin' -b\"", f'"{FLAGS} -b"'),
        ('"-pa /mine /x/ssl-9.4/ebin -b"', f'"{FLAGS} -pa /mine -b"'),
        ('"-pa /x/ssl-9.4/ebin /mine -b"', f'"{FLAGS} -pa /mine -b"'),
        ('"-pa /mine -b"', f'"-pa /mine -b {FLAGS}"'),
        ('"-kernel x \\"-proto_dist\\" y"', f'"-kernel x \\"-proto_dist\\" y {FLAGS}"'),
        ('"-proto_distance 3"', f'"-proto_distance 3 {FLAGS}"'),
        ('"-sname `uname -n`"', f'"-sname `uname -n` {FLAGS}"'),
    ],
)
@pytest.mark.parametrize(
    "around", ["{}={}\n", "export {}={} # why\nA=1\n", "A=1; {}={}", "\t{}={}"]
)
def test_flags_go_into_the_value_as_it_is_quoted(before: str, after: str, around: str) -> None:
    name = SERVER
    assert edit(around.format(name, before)) == around.format(name, after)
    assert edit(around.format(name, after)) == around.format(name, after)


def test_single_quotes_are_left_where_a_variable_is_needed() -> None:
    after = edit(f"{SERVER}='-a -proto_dist x -b'\n", EnvEdit(FILE, (), SSL))
    assert after == f"{PATH_LINE}{SERVER}='-a '\"-pa $ERL_SSL_PATH {FLAGS}\"' -b'\n"
    after = edit(f"{SERVER}='-a'\n", EnvEdit(FILE, (), SSL))
    assert after == f"{PATH_LINE}{SERVER}='-a'\" -pa $ERL_SSL_PATH {FLAGS}\"\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{SERVER}=-a\nRABBITMQ_{SERVER}='-b c'\n", f"{SERVER}=-a\nRABBITMQ_{SERVER}='-b c #'\n"),
        (f"RABBITMQ_{SERVER}=\n{SERVER}='-b c'\n", f"RABBITMQ_{SERVER}=\n{SERVER}='-b c #'\n"),
        (f"RABBITMQ_{SERVER}=''\n", f'RABBITMQ_{SERVER}="#"\n'),
        (f"RABBITMQ_{SERVER}=-a\nunset RABBITMQ_{SERVER}\n{SERVER}='-b'\n",
         f"RABBITMQ_{SERVER}=-a\nunset RABBITMQ_{SERVER}\n{SERVER}='-b #'\n"),
        (f"{SERVER}=-a\nunset {SERVER}\n", f'{SERVER}=-a\nunset {SERVER}\n{SERVER}="#"\n'),
        (f"{SERVER}='-a b'\n{SERVER}='-c d'\n", f"{SERVER}='-a b'\n{SERVER}='-c d #'\n"),
        (f'{SERVER}="-a -proto_dist x"\n{SERVER}="${SERVER} -b"\n',
         f'{SERVER}="-a #"\n{SERVER}="${SERVER} -b"\n'),
        (f'{SERVER}="-a"\n{SERVER}="${SERVER} -b"\n',
         f'{SERVER}="-a"\n{SERVER}="${SERVER} -b #"\n'),
        (f'{SERVER}="${SERVER} -b"\n', f'{SERVER}="${SERVER} -b #"\n'),
        (f'{SERVER}="-proto_dist x"\nRABBITMQ_{SERVER}="${SERVER}"\n',
         f'{SERVER}="#"\nRABBITMQ_{SERVER}="${SERVER}"\n'),
        (f'T="-proto_dist x"\n{SERVER}="-a $T -b"\n', f'T="-proto_dist x"\n{SERVER}="-a # -b"\n'),
        (f"if true; then\n{SERVER}=-a\nfi\n{SERVER}='-b'\n",
         f"if true; then\n{SERVER}=-a\nfi\n{SERVER}='-b #'\n"),
        (f". /etc/default/more\nRABBITMQ_{SERVER}='-b'\nRABBITMQ_{CTL}=\n{CTL}=\n",
         f". /etc/default/more\nRABBITMQ_{SERVER}='-b #'\nRABBITMQ_{CTL}=\n{CTL}=\n"),
        (f"{{ {SERVER}='-a'; }}\n", f"{{ {SERVER}='-a #'; }}\n"),
        (f"A=1 && {SERVER}='-a'\n", f"A=1 && {SERVER}='-a #'\n"),
        (f"export A {SERVER}='-a' B=2\n", f"export A {SERVER}='-a #' B=2\n"),
        (f"readonly {SERVER}='-a'\n", f"readonly {SERVER}='-a #'\n"),
        (f"({SERVER}=-a)\nf() {{ {SERVER}=-b; }}\n",
         f'({SERVER}=-a)\nf() {{ {SERVER}=-b; }}\n{SERVER}="#"\n'),
        (f"{SERVER}=-a true\n", f'{SERVER}=-a true\n{SERVER}="#"\n'),
        (f"{SERVER}=-a cat x\n", f'{SERVER}="#"\n{SERVER}=-a cat x\n'),
        (f"{SERVER}=$MINE\n", f'{SERVER}="$MINE #"\n'),
        (f'export {SERVER}="$MINE"\n', f'export {SERVER}="$MINE #"\n'),
        (f"{SERVER}=-a | cat\n", f'{SERVER}="#"\n{SERVER}=-a | cat\n'),
        (f"cat <<E\n{SERVER}=-a\nE\n", f'{SERVER}="#"\ncat <<E\n{SERVER}=-a\nE\n'),
    ],
)  # fmt: skip
def test_the_assignment_that_counts_is_edited(before: str, after: str) -> None:
    after = after.replace("#", FLAGS)
    assert edit(before) == after
    assert edit(after) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1", 'A=1\n{}="#"\n'),
        ("# says who?\n", '# says who?\n{}="#"\n'),
        ("echo \\\n", '{}="#"\necho \\\n'),
        ("A=\\\n", 'A=\\\n\n{}="#"\n'),
        ("A=1\n# many\n# files\nulimit -n 9\n", 'A=1\n{}="#"\n# many\n# files\nulimit -n 9\n'),
        ("#!/bin/sh\nulimit -n 9\n", '#!/bin/sh\n{}="#"\nulimit -n 9\n'),
        ('A="x\ny"; ulimit -n 9\n', '{}="#"\nA="x\ny"; ulimit -n 9\n'),
        ("A=$(uname)\n", '{}="#"\nA=$(uname)\n'),
        ("A=1 && export B=2\n", 'A=1 && export B=2\n{}="#"\n'),
        ("# a\r\n# b\r\n", '# a\r\n# b\r\n{}="#"\n'),
    ],
)
def test_a_new_line_does_not_hide_that_the_last_command_failed(before: str, after: str) -> None:
    after = after.format(SERVER).replace('#"', f'{FLAGS}"')
    assert edit(before) == after
    assert edit(after) == after


def test_the_path_of_ssl_is_updated_where_it_stands() -> None:
    before = f'ERL_SSL_PATH="/old/ssl-9.4/ebin" # mine\n{SERVER}="-pa $ERL_SSL_PATH -a"\n'
    after = f'ERL_SSL_PATH="{SSL}" # mine\n{SERVER}="-pa $ERL_SSL_PATH {FLAGS} -a"\n'
    wanted = EnvEdit(FILE, (), SSL)
    assert edit(before, wanted) == after
    assert edit(after.replace(f'"{SSL}"', f"'{SSL}'"), wanted) == after.replace('"/', "'/").replace(
        'ebin"', "ebin'"
    )
    assert edit(after) == f'ERL_SSL_PATH="{SSL}" # mine\n{SERVER}="{FLAGS} -a"\n'


def test_a_literal_path_that_is_right_stays() -> None:
    right = f'ERL_SSL_PATH={SSL}\n{SERVER}="-a -pa {SSL} {FLAGS}"\n'
    assert edit(right, EnvEdit(FILE, (), SSL)) == right


def test_the_path_stands_above_the_comments_of_the_first_use() -> None:
    before = f'A=1\n\n# flags\n{SERVER}=-a\n{SERVER}="${SERVER} -b"\n'
    after = edit(before, EnvEdit(FILE, (), SSL))
    assert after.startswith(f"A=1\n\n{PATH_LINE}# flags\n{SERVER}=-a\n")


def test_an_added_path_that_somebody_uses_stays() -> None:
    mine = f'{PATH_LINE}MINE=$ERL_SSL_PATH\n{SERVER}="-pa $ERL_SSL_PATH {FLAGS}"\n'
    assert edit(mine) == f'{PATH_LINE}MINE=$ERL_SSL_PATH\n{SERVER}="{FLAGS}"\n'


def test_flags_are_taken_away_where_none_are_wanted() -> None:
    before = f"{SERVER}=\"-proto_dist x \\\n -a b\"\nRABBITMQ_{CTL}='-c -ssl_dist_opt k v'\n"
    assert edit(before, GONE) == f"{SERVER}=\"-a b\"\nRABBITMQ_{CTL}='-c'\n"
    assert edit("A=1\n", GONE) == "A=1\n"


def test_what_the_other_is_made_from_is_edited_first() -> None:
    before = f'{SERVER}="-a"\n{CTL}="${SERVER} -b"\n'
    assert edit(before, BOTH) == f'{SERVER}="-a {FLAGS}"\n{CTL}="${SERVER} -b"\n'
    before = f'{CTL}="-a"\n{SERVER}="${CTL} -b"\n'
    assert edit(before, BOTH) == f'{CTL}="-a {FLAGS}"\n{SERVER}="${CTL} -b"\n'


def test_bytes_of_any_encoding_stay() -> None:
    latin1 = 'MOTD="Grüße" # für alle\n'.encode("latin-1")
    assert edit_env(latin1, NODES, WHERE).data == latin1 + f'{SERVER}="{FLAGS}"\n'.encode()


@pytest.mark.parametrize(
    ("before", "note"),
    [
        (f"{SERVER}=-a\nRABBITMQ_{SERVER}=-b\n",
         f"{SERVER} (line 1) has no effect: RABBITMQ_{SERVER} (line 2) comes before it"),
        (f'{SERVER}="$(cat /x)"\n',
         f"{SERVER}: only a running shell knows what $(cat /x) brings in"),
        (f'{SERVER}="-proto_dist inet6_tcp"\n',
         "nodes spoke IPv6 with each other (inet6_tcp), and will not with inet_tls"),
        ("ERL_SSL_PATH=/x\n", "ERL_SSL_PATH (line 1) stays, but no TLS flag needs it"),
        ("NODENAME=rabbit\r\nA=1\n",
         "line 1 holds a carriage return (Windows), which sh takes for part of the value"),
        (f'{SERVER}="-args_file /x"\n',
         f"{SERVER} holds -args_file: what that brings in was not looked at"),
    ],
)  # fmt: skip
def test_notes_say_what_stays_without_effect_or_unseen(before: str, note: str) -> None:
    assert note in edit_env(before.encode(), NODES, WHERE).notes


def test_a_quiet_file_has_no_notes() -> None:
    assert edit_env(f'{SERVER}="-a"\nNODENAME=rabbit\n'.encode(), BOTH, WHERE).notes == ()


@pytest.mark.parametrize(
    ("word", "culprit"),
    [("/etc/my rabbit/f", "' '"), ("/etc/$HOME", "'$'"), ("a\"b", "'\"'"), ("*", "'*'"),
     ("a\nb", "'\\n'"), ("a;b", "';'"), ("`x`", "'`'"), ("a\\b", "'\\\\'"), ("\x1b[0m", "'\\x1b'")],
)  # fmt: skip
def test_a_flag_that_the_scripts_cannot_pass_on_is_refused_by_name(word: str, culprit: str) -> None:
    for wanted in (
        EnvEdit(("-ssl_dist_optfile", word), ()),
        EnvEdit((), ("-ssl_dist_optfile", word)),
        EnvEdit(FILE, FILE, word),
    ):
        with pytest.raises(EditError) as caught:
            edit_env(b"", wanted, WHERE)
        assert repr(word) in str(caught.value)
        assert f"it holds {culprit}" in str(caught.value)
        assert caught.value.where == WHERE


@pytest.mark.parametrize("flags", [("-a",), ("inet_tls",), ("-proto_dist", "x", "+S", "4"), ("",)])
def test_a_flag_that_is_not_of_tls_is_refused(flags: tuple[str, ...]) -> None:
    with pytest.raises(EditError, match="is no flag for TLS between nodes"):
        edit_env(b"", EnvEdit(flags, ()), WHERE)
