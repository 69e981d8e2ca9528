"""Make up rabbitmq-env.conf files: foreign settings, and erl arguments in any quotes."""

from __future__ import annotations

import shlex

from hypothesis import strategies as st

from app.edits.rabbitmq.env import EnvEdit

SERVER, CTL = "SERVER_ADDITIONAL_ERL_ARGS", "CTL_ERL_ARGS"
FILE = ("-proto_dist", "inet_tls", "-ssl_dist_optfile", "/etc/rabbitmq/inter_node_tls.config")
SSL = "/usr/lib/erlang/lib/ssl-10.8.7/ebin"
_PAIR = "-ssl_dist_opt"
SERVER_FLAGS = (
    *("-proto_dist", "inet_tls", _PAIR, "server_certfile", "/etc/rabbitmq/tls/combined.pem"),
    *(_PAIR, "server_verify", "verify_peer", _PAIR, "client_depth", "2"),
)
CLIENT_FLAGS = ("-proto_dist", "inet_tls", _PAIR, "client_cacertfile", "/etc/rabbitmq/tls/ca.pem")
ALIKE = (EnvEdit(FILE, FILE), EnvEdit(FILE, FILE, SSL))
WANTED = (*ALIKE, EnvEdit(SERVER_FLAGS, CLIENT_FLAGS), EnvEdit(SERVER_FLAGS, CLIENT_FLAGS, SSL))

# Arguments of a user's own, and TLS flags in the forms of RabbitMQ's guide; `$` stands for the
# variable, and is written as a literal where single quotes hold.
_OWN = (
    ("+S", "4:4"),
    ("-setcookie", "it's"),
    ("-kernel", "inet_dist_listen_min", "9100", "inet_dist_listen_max", "9105"),
    ("-rabbit", "tcp_listeners", '[{"0.0.0.0",5672}]'),
    ("-pa", "/opt/mine/ebin"),
    ("-rabbit", "motd", "a#b;c&d|e"),
    ("-name", "gr\u00fc\u00df\\e`x`"),
    ("-hidden",),
)
_TLS = (
    ("-pa", "$ERL_SSL_PATH"),
    ("-pa", "${ERL_SSL_PATH}"),
    ("-pa", "/usr/lib64/erlang/lib/ssl-9.4/ebin"),
    ("-proto_dist", "inet_tls"),
    ("-proto_dist", "inet6_tcp"),
    ("-ssl_dist_optfile", "/etc/rabbitmq/old.config"),
    (_PAIR, "server_certfile", "/path/to/combined_keys.pem"),
    (_PAIR, "server_password", "password"),
    (_PAIR, "server_secure_renegotiate", "true", "client_secure_renegotiate", "true"),
)
_BETWEEN = (" ", "  ", "\n", "\t", " \\\n", "\\\n ", " \\\n  ")
_FOREIGN = (
    "",
    "# a comment's \"quotes\" and `backquotes` are nobody's $(business \\",
    "#SERVER_ADDITIONAL_ERL_ARGS=\"-proto_dist inet_tcp",
    "NODENAME=rabbit@one",
    "NODE_PORT=5672 # the usual",
    "export LOG_BASE=/var/log/rabbitmq",
    "MOTD=\"two\nlines, $HOME and \\\"more\\\"\"",
    "MOTD='SERVER_ADDITIONAL_ERL_ARGS=\"-foo\"'",
    "A=1 B='2 3' C=\"$A$B\"",
    "\tHERE=$(uname -s)-`uname -s`",
    "if [ -n \"$A\" ]; then\n  D=yes\nelse\n  D=no\nfi",
    "case $A in\n  1) E=one ;;\n  *) E=other ;;\nesac",
    "[ -d /nonexistent ] || F=$((1 + 2))",
    ": ${G:=default}",
    "cat >/dev/null <<END\nCTL_ERL_ARGS='\nEND",
    "h() { H=never; CTL_ERL_ARGS=never; }",
    "(SERVER_ADDITIONAL_ERL_ARGS=inside; exit 1) || I=outside",
    "umask 027",
    "SERVER_ADDITIONAL_ERL_ARGS=passing true",
    "for J in a b; do K=$K$J; done",
    "L=a\\\nb\\ c",
)  # fmt: skip
_CONDITIONAL = (
    'if [ -z "$A" ]; then SERVER_ADDITIONAL_ERL_ARGS=-maybe; fi',
    '[ "$A" ] && CTL_ERL_ARGS="-proto_dist inet_tls"',
    ": ${CTL_ERL_ARGS:=-default}",
    'MINE="$SERVER_ADDITIONAL_ERL_ARGS"',
    'CTL_ERL_ARGS="$SERVER_ADDITIONAL_ERL_ARGS -hidden"',
    'SERVER_ADDITIONAL_ERL_ARGS="$CTL_ERL_ARGS"',
    'RABBITMQ_CTL_ERL_ARGS="$CTL_ERL_ARGS"',
    "unset RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
    "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=",
    "eval CTL_ERL_ARGS=-evaluated",
    "h() { CTL_ERL_ARGS=called; }\nh",
    ". /nonexistent || true",
    '[ "$NODENAME" ] || return 0',
    "readonly SERVER_ADDITIONAL_ERL_ARGS",
    "ERL_SSL_PATH=/late/ssl-1/ebin",
    "IFS=:",
)

foreign = st.sampled_from(_FOREIGN)
arguments = st.lists(st.one_of(st.sampled_from(_OWN), st.sampled_from(_TLS)), max_size=5)


def _double(word: str) -> str:
    if word.startswith("$"):
        return word
    return "".join(f"\\{c}" if c in '$`"\\' else c for c in word)


def _literal(word: str) -> str:
    return "/opt/ssl-8.2/ebin" if word.startswith("$") else word


@st.composite
def value(draw: st.DrawFn, itself: str = "") -> str:
    """Write arguments as the value of an assignment; `itself` is the variable's old value."""
    words = [word for group in draw(arguments) for word in group]
    style = draw(st.sampled_from(("double", "single", "pieces", "bare")))
    between = draw(st.sampled_from(_BETWEEN))
    edges = draw(st.sampled_from(("", " ", "\n")))
    old = f"${itself}{between}" if itself else ""
    if style == "double":
        return f'"{edges}{old}{between.join(map(_double, words))}{edges}"'
    if style == "single":
        start = f'"{old}"' if itself else ""
        inner = between.replace("\\\n", " ").join(map(_literal, words))
        return f"{start}'{edges}" + inner.replace("'", "'\\''") + f"{edges}'"
    if style == "pieces":
        quoted = [f'"{_double(w)}"' if w.startswith("$") else shlex.quote(w) for w in words]
        return (f'"{old}"' if itself else "") + "\\ ".join(quoted)
    return f'"${itself}"' if itself else draw(st.sampled_from(("", "-hidden", "+S\\ 4")))


@st.composite
def assignment(draw: st.DrawFn, name: str, itself: bool) -> str:
    """Write an assignment of a variable with arguments, with what may stand around it."""
    before = draw(st.sampled_from(("", "", "  ", "export ")))
    after = draw(st.sampled_from(("", "", " # it's ours", " ", ";")))
    return f"{before}{name}={draw(value(name if itself else ''))}{after}"


def _joined(lines: list[str], end: str) -> bytes:
    return ("\n".join(lines) + end).encode()


@st.composite
def plain_files(draw: st.DrawFn) -> bytes:
    """Make files that can always be edited: nothing hangs on a condition."""
    lines = draw(st.lists(foreign, max_size=3))
    if draw(st.booleans()):
        quote = draw(st.sampled_from(("", '"', "'")))
        lines.append(f"ERL_SSL_PATH={quote}/usr/lib64/erlang/lib/ssl-9.4/ebin{quote}")
    for plain in draw(st.permutations((SERVER, CTL))):
        name = draw(st.sampled_from((plain, plain, f"RABBITMQ_{plain}")))
        for number in range(draw(st.integers(0, 2))):
            lines.append(draw(assignment(name, itself=number > 0)))
            lines += draw(st.lists(foreign, max_size=2))
    return _joined(lines, draw(st.sampled_from(("\n", "", "\n\n"))))


@st.composite
def any_files(draw: st.DrawFn) -> bytes:
    """Make files that hold traps too."""
    piece = st.one_of(
        foreign,
        st.sampled_from(_CONDITIONAL),
        st.sampled_from((SERVER, CTL, f"RABBITMQ_{SERVER}", f"RABBITMQ_{CTL}")).flatmap(
            lambda name: st.booleans().flatmap(lambda itself: assignment(name, itself))
        ),
    )
    lines = draw(st.lists(piece, min_size=1, max_size=7))
    return _joined(lines, draw(st.sampled_from(("\n", ""))))
