"""What a node says of its own files: keys and certificates, option file, environment, settings.

A node whose key is missing stays up, listens and is registered: only these lines tell.
"""

from __future__ import annotations

from app.kinds.explaining import Row, row

_ACCEPT = r"Cannot accept TLS distribution connection: "
_FILE = r"(?:key|certificate|CA certificate) file .{1,500}: "
_NAMED = "the file that the line names, on this host"
_OPTFILE = "inter_node_tls.config"
_ENV = "rabbitmq-env.conf"
_CONF = "rabbitmq.conf"
_PLAN = "Run `tlswright plan` for this host, and apply."

_KEYS: tuple[Row, ...] = (
    row(
        "own-file-missing",
        "acceptor's log",
        ": no such file or directory",
        rf"{_ACCEPT}Invalid {_FILE}no such file or directory",
        "A key, certificate or CA file of this node is not there. The node looks healthy, but "
        "nobody can dial it.",
        f"{_PLAN} Or put it back under that name, with a fresh time (touch): the node reads it "
        "within two minutes.",
        _NAMED,
    ),
    row(
        "own-file-unreadable",
        "acceptor's log",
        ": permission denied",
        rf"{_ACCEPT}Invalid {_FILE}permission denied",
        "The rabbitmq user may not read a key, certificate or CA file of this node, or a folder "
        "above it. The node looks healthy, but nobody can dial it.",
        f"Owner root, group rabbitmq, mode 0640 (folder 0750). {_PLAN}",
        _NAMED,
    ),
    row(
        "own-file-broken",
        "acceptor's log",
        ": decoding error",
        rf"{_ACCEPT}Invalid {_FILE}decoding error",
        "A key or certificate file of this node holds no such thing, or the key has a password "
        "and `password` in the option file is missing or wrong.",
        _PLAN,
        f"{_NAMED}; {_OPTFILE}",
    ),
    row(
        "own-no-ca",
        "acceptor's log",
        "Invalid TLS option: {cacertfile,[]}",
        rf"{_ACCEPT}Invalid TLS option: \{{cacertfile,\[\]\}}",
        "verify_peer is set, but cacertfile is not: every connection is refused.",
        f"Add cacertfile to the server section. {_PLAN}",
        _OPTFILE,
    ),
    row(
        "own-option",
        "acceptor's log",
        "Invalid TLS option: ",
        rf"{_ACCEPT}Invalid TLS option: ",
        "The server section holds a TLS option with a value that this Erlang does not take: every "
        "connection is refused.",
        f"Correct the option that the line names. {_PLAN}",
        _OPTFILE,
    ),
    row(
        "own-certificate-empty",
        "acceptor's log",
        "_cert_key_pair,",
        r"\{tls_handshake_1_3,\s{0,80}select_(?:server|client)_cert_key_pair,\s*$",
        "A certificate file of this node holds no certificate, most likely. Erlang then dumps its "
        "state into the log, THE PRIVATE KEY INCLUDED.",
        "Run `tlswright rotate leaves --host HOST` for this host: the old key is no secret any "
        "more. Delete that part of the log.",
        "certfile and log of this host",
    ),
)

_OPTIONS: tuple[Row, ...] = (
    row(
        "optfile-syntax",
        "start-up log",
        "bad_ssl_dist_optfile",
        r"bad_ssl_dist_optfile, {0,4}\{:?(?:parse|scan)_error\b",
        "The TLS option file is no Erlang term. The number behind parse_error is the line; where "
        "that is the last one, the final dot is missing, most likely.",
        _PLAN,
        f"{_OPTFILE} (ssl_dist_optfile)",
    ),
    row(
        "optfile-missing",
        "start-up log",
        "bad_ssl_dist_optfile",
        r"bad_ssl_dist_optfile, {0,4}\[\\?['\"]",
        "The TLS option file is not there, or the user of the node or CLI tool may not read it.",
        f"Owner root, group rabbitmq, mode 0640; its path is in {_ENV}. {_PLAN}",
        f"{_OPTFILE} (ssl_dist_optfile)",
    ),
    row(
        "optfile-unreadable",
        "CLI tool",
        "erl_prim_loader",
        r"label: \{:erl_prim_loader, :file_error\}.{0,200}101, 97, 99, 99, 101, 115, 46"
        r".{0,200}'[^']{1,500}\.(?:config|cfg|conf|term)'",
        "The user of the CLI tool may not read the TLS option file (the numbers spell eacces).",
        f"Run the tool as root or rabbitmq; owner root, group rabbitmq, mode 0640. {_PLAN}",
        f"{_OPTFILE} (ssl_dist_optfile)",
    ),
    row(
        "optfile-no-list",
        "start-up log",
        "ssl_dist_opts",
        r":?ets, {0,4}:?insert, {0,4}\[:?ssl_dist_opts,",
        "The TLS option file is no list of {server, […]} and {client, […]}.",
        _PLAN,
        f"{_OPTFILE} (ssl_dist_optfile)",
    ),
    row(
        "tls-no-ssl",
        "start-up log",
        "Protocol 'inet_tls': not supported",
        r"Protocol 'inet6?_tls': not supported",
        "This host's Erlang finds no TLS for its distribution: the ssl application is not "
        "installed, or a path to it (ERL_SSL_PATH, -pa) went stale with an Erlang upgrade.",
        f"Install erlang-ssl. {_PLAN}",
        _ENV,
    ),
    row(
        "proto-typo",
        "start-up log",
        "': not supported",
        r"Protocol '[^']{1,60}': not supported",
        "-proto_dist names a protocol that Erlang does not have: a typo.",
        f"Write -proto_dist inet_tls. {_PLAN}",
        _ENV,
    ),
    row(
        "flags-pairs",
        "start-up log",
        "osiris_util:build_replication_over_tls_options/3",
        r"osiris_util:build_replication_over_tls_options/3, line \d{1,6}\s{1,12}args: "
        r"|error:function_clause\s{1,12}osiris_util:build_replication_over_tls_options/3",
        "RabbitMQ's streams cannot read this node's -ssl_dist_opt flags: three or more "
        "pairs stand behind one flag, most likely. The node does not start.",
        f"Give every pair its own -ssl_dist_opt, or use the option file. {_PLAN}",
        _ENV,
    ),
    row(
        "flags-option",
        "start-up log",
        "osiris_util:extract_replication_over_tls_option/2",
        r"osiris_util:extract_replication_over_tls_option/2, line \d{1,6}\s{1,12}args: "
        r"|error:function_clause\s{1,12}osiris_util:extract_replication_over_tls_option/2",
        "RabbitMQ's streams do not know one of the -ssl_dist_opt flags, such as server_versions. "
        "The node does not start.",
        f"Use the option file (strategy optfile) for that option. {_PLAN}",
        _ENV,
    ),
    row(
        "streams-plain",
        "start-up log",
        "Stream replication over TLS will NOT be enabled",
        r"Stream replication over TLS will NOT be enabled",
        "Streams are replicated WITHOUT TLS, though nodes use it: this version reads the option "
        "file as plain terms only, and it holds a function call or a mistake.",
        f"Remove function calls (such as a match function) from the file, or update. {_PLAN}",
        f"{_OPTFILE} (ssl_dist_optfile)",
    ),
)

_SETTINGS: tuple[Row, ...] = (
    row(
        "env-syntax",
        "start-up log",
        ".conf: ",
        r"rabbitmq[\w./-]{0,80}: (?:line )?\d{1,6}: \S{1,300}\.conf: Syntax error: "
        r"|rabbitmq-env\.conf: line \d{1,6}: (?:unexpected EOF while looking for matching"
        r"|syntax error)",
        "The environment file is no valid shell: a quote is not closed, most likely. Neither the "
        "node nor any CLI tool starts.",
        f"The mistake is in the line that is named, or before it. {_PLAN}",
        _ENV,
    ),
    row(
        "env-unreadable",
        "start-up log",
        ".conf: Permission denied",
        r"rabbitmq[\w./-]{0,80}: (?:line )?\d{1,6}: "
        r"(?:\.: cannot open )?\S{1,300}\.conf: Permission denied",
        "The rabbitmq user may not read the environment file: neither the node nor any CLI tool "
        "starts.",
        f"Owner root, group rabbitmq, mode 0640 (or 0644). {_PLAN}",
        _ENV,
    ),
    row(
        "listener-file",
        "start-up log",
        "invalid, file does not exist or cannot be read by the node",
        r"\b\w*ssl\w*[.\w]{0,60}\.(?:keyfile|certfile|cacertfile) invalid, file does not exist or "
        r"cannot be read by the node",
        "A key or certificate file of the client listeners is missing, or the rabbitmq user may "
        "not read it. The node does not start.",
        f"Owner root, group rabbitmq, mode 0640. {_PLAN}",
        f"{_CONF}, and the file that it names",
    ),
    row(
        "listener-setting",
        "start-up log",
        "but there is no setting with that name",
        r"You've tried to set \w*ssl\w*\.[\w.$]{1,200}, but there is no setting with that name",
        "A TLS setting of the client listeners is misspelt. The node does not start.",
        "Correct the setting that the line names; the lines after it suggest which.",
        _CONF,
    ),
)

ROWS: tuple[Row, ...] = _KEYS + _OPTIONS + _SETTINGS
