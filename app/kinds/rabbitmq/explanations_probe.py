"""A dial from a host by its own Erlang that names the cause which the CLI tools keep to themselves.

The probe runs as the node's user with the given distribution arguments, registers nowhere, listens
nowhere, and prints `RESULT` and at most one `CAUSE` line.  What it prints is chosen term by term:
Erlang's own reports of the same failure can hold the private key and its password.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.kinds.explaining import AT_THE_OTHER_END, Row, row
from app.quoting import sh, sh_words
from app.rendering import render_template

_PLAN = "Run `tlswright plan` for this host, and apply."
_SECTION = "client section of inter_node_tls.config"
_NAMED = "the file that the line names, on the host that dials"
_DIALLED_LOG = "`tlswright explain --from-host HOST` for the host that is dialled"
_QUOTED = r'"(?:[^"\\]|\\.){1,500}"'
_FILE = rf"\{{options,\s?\{{(?:key|cert|cacert)file,\s?{_QUOTED},\s?"
_PEER = r"\{ssl_connect_failed,\s?[{}\d,:a-f]{3,80},\s?\d{1,5},\s?\{error,\s?"


def probe(
    peer: str,
    own: str,
    arguments: Sequence[str],
    *,
    user: str = "rabbitmq",
    home: str = "/var/lib/rabbitmq",
) -> str:
    """Give the POSIX-sh snippet that dials the node `peer` from the host of the node `own`.

    `arguments` are Erlang's for the distribution, such as `-proto_dist inet_tls -ssl_dist_optfile
    FILE`; the cookie is the one in `home`.  A dot in the host part makes long names, as Erlang has
    it.  Raises ValueError for node names without a host part, and for NUL.
    """
    host = own.partition("@")[2]
    if not host or not peer.partition("@")[2]:
        raise ValueError("a node name has the form NAME@HOST")
    return render_template(
        "rabbitmq/probe.sh.j2",
        peer=sh(peer),
        host=sh(host),
        names="-name" if "." in host else "-sname",
        arguments=sh_words(*arguments),
        user=sh(user),
        home=sh(home),
    )


ROWS: tuple[Row, ...] = (
    row(
        "dialling-certificate-empty",
        "the connection",
        "select_client_cert_key_pair",
        r"CAUSE \{function_clause,\{tls_handshake_1_3,select_client_cert_key_pair\}\}",
        "The caller's certificate file holds no certificate, most likely.",
        _PLAN,
        f"certfile in the {_SECTION}",
    ),
    row(
        "dialling-no-tls",
        "the connection",
        "nodistribution",
        r"CAUSE \{'EXIT',nodistribution\}",
        "The caller's Erlang has no such distribution: a typo in -proto_dist, or the ssl "
        "application (erlang-ssl) is not installed.",
        _PLAN,
        "rabbitmq-env.conf of the host that dials",
    ),
    row(
        "dialling-file-missing",
        "the connection",
        "{options",
        _FILE + r"\{error,\s?enoent\}",
        "A key or CA file that the caller is to use is not there.",
        _PLAN,
        _NAMED,
    ),
    row(
        "dialling-file-unreadable",
        "the connection",
        "{options",
        _FILE + r"\{error,\s?eacces\}",
        "The caller's user may not read its own key or CA file, or a folder above it.",
        f"Owner root, group rabbitmq, mode 0640 (folder 0750). {_PLAN}",
        _NAMED,
    ),
    row(
        "dialling-file-broken",
        "the connection",
        "{options",
        _FILE + r"(?:\[\]\}|decoding_error\}|\{error,\s?\{asn1,|\{error,\s?$)",
        "The caller's key file holds no key, or the key has a password and `password` in the "
        "option file is missing or wrong.",
        _PLAN,
        f"{_NAMED}; {_SECTION}",
    ),
    row(
        "dialling-no-ca",
        "the connection",
        "{cacertfile,[]}",
        r"\{options,\s?\{cacertfile,\[\]\}\}",
        "verify_peer is set where the caller dials, but cacertfile is not.",
        f"Add cacertfile. {_PLAN}",
        _SECTION,
    ),
    row(
        "dialling-renegotiate",
        "the connection",
        "secure_renegotiate",
        r"\{secure_renegotiate,\s?\{versions,",
        "secure_renegotiate is set where only TLS 1.3 is spoken; Erlang then cannot dial at all, "
        "and says nothing of it elsewhere.",
        f"Remove secure_renegotiate: it is the default for TLS 1.2. {_PLAN}",
        "inter_node_tls.config",
    ),
    row(
        "dialling-option-unknown",
        "the connection",
        "{socket_options,",
        r"\{options,\s?\{socket_options,\s?\[",
        "The client section holds an option that Erlang does not know: a typo. The first name in "
        "the list is it.",
        f"Correct it. {_PLAN}",
        _SECTION,
    ),
    row(
        "dialling-option",
        "the connection",
        "{options,",
        _PEER + r"\{options,",
        "The client section holds an option with a value that this Erlang does not take, or two "
        "that exclude each other.",
        f"Correct the option that the line names. {_PLAN}",
        _SECTION,
    ),
    row(
        "dialled-hung-up",
        "the connection",
        "{error,closed}",
        _PEER + r"closed\}",
        "The node that was dialled hung up before the handshake: mostly it cannot read its own "
        "key, certificate or CA file, or its server section is wrong.",
        f"{_DIALLED_LOG}: `Cannot accept TLS distribution connection` names the file.",
        AT_THE_OTHER_END,
    ),
    row(
        "dialled-port-closed",
        "the connection",
        "{error,econnrefused}",
        _PEER + r"econnrefused\}",
        "Nothing listens on the port that epmd names for the node: it is down or just stopping.",
        "Start the node; its log says why it ended.",
        AT_THE_OTHER_END,
    ),
    row(
        "dialled-silent",
        "the connection",
        "setup_timer_timeout",
        r"(?:CAUSE |,)setup_timer_timeout\b",
        "The node that was dialled took the connection and said nothing: the caller speaks TLS and "
        "the node is plain, most likely; or a firewall swallows the answer.",
        "Run `tlswright plan` for the host that is dialled: its rabbitmq-env.conf, or what its "
        "environment overrides.",
        "rabbitmq-env.conf of the host that is dialled",
    ),
    row(
        "dialled-first-word",
        "the connection",
        "closed}}",
        r"\{(?:recv_status_failed|badmatch),\s?\{error,\s?closed\}\}",
        "The node that was dialled hung up at the first word: the caller is plain and the node "
        "speaks TLS, or (TLS 1.3) it refused the caller's certificate.",
        f"{_DIALLED_LOG} tells which. Plain: -proto_dist inet_tls is missing or overridden.",
        "rabbitmq-env.conf of the host that dials",
    ),
    row(
        "dialled-other-cookie",
        "the connection",
        "recv_challenge_ack_failed",
        r"\{recv_challenge_ack_failed,\s?\{error,\s?closed\}\}",
        "The node that was dialled hung up at the cookie: the two differ.",
        "Give both hosts the same .erlang.cookie (owner rabbitmq, mode 0400).",
        "/var/lib/rabbitmq/.erlang.cookie",
    ),
    row(
        "dialled-not-registered",
        "the connection",
        "port_please_failed",
        rf"\{{port_please_failed,\s?(?:erl_epmd,\s?)?{_QUOTED},.{{1,60}},\s?noport\}}",
        "epmd on the host that was dialled knows no node of that name, or does not answer: the "
        "node or epmd is down, or a firewall keeps port 4369 closed.",
        f"Start the node. If it ended by itself: {_DIALLED_LOG}.",
        AT_THE_OTHER_END,
    ),
    row(
        "dialled-name-unknown",
        "the connection",
        "address_failed",
        rf"CAUSE \{{address_failed,{_QUOTED},\w{{1,40}}\}}",
        "The host part of the dialled node's name cannot be resolved on this host.",
        "Add it to DNS or to /etc/hosts of this host.",
        "/etc/hosts",
    ),
    row(
        "dialled-name-form",
        "the connection",
        "names",
        r"CAUSE \{?not_(?:short|long)names\b",
        "One side uses long node names and the other short ones.",
        "Set RABBITMQ_USE_LONGNAME alike on every host; give --longnames to CLI tools.",
        "rabbitmq-env.conf",
    ),
)
