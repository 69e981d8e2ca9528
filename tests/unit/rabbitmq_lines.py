"""Real lines of RabbitMQ 3.10 on Erlang/OTP 25 and their look-alikes, by the row that explains.

Taken from nodes and CLI tools that met each mistake on purpose; lines of one message stay together.
"""

from __future__ import annotations

from tests.unit.rabbitmq_alert_lines import ALERTS, NODE, PROBE, Case

ERROR = "2026-11-26 09:04:46.103312+00:00 [error] <0.73.0> "
ACCEPT = f"{ERROR}Cannot accept TLS distribution connection: "
DIST = "Distribution failed: {{:shutdown, {:failed_to_start_child, "
OPTFILE = f"{DIST}:ssl_dist_sup, {{:EXIT, {{{{:bad_ssl_dist_optfile, "
STACK = "}, [{:ssl_dist_sup, :consult, 1, [file: 'ssl_dist_sup.erl', line: 109]}]}}}}"
PAIRS = "osiris_util:build_replication_over_tls_options/3, line "
PRIM = (
    "09:06:57.619 [error] [label: {:erl_prim_loader, :file_error}, report: [70, 105, 108, 101, 32, "
    "111, 112, 101, 114, 97, 116, 105, 111, 110, 32, 101, 114, 114, 111, 114, 58, 32, 101, 97, 99, "
    "99, 101, 115, 46, 32, 84, 97, 114, 103, 101, 116, 58, 32, '/etc/rabbitmq/"
)
CTL = "/usr/lib/rabbitmq/bin/rabbitmqctl: "


FILES: tuple[Case, ...] = (
    (
        "own-file-missing",
        (f"{ACCEPT}Invalid key file /etc/rabbitmq/tls/node.key: no such file or directory",),
        (
            "cat: /etc/node.key: no such file or directory",
            f"{ACCEPT}Invalid TLS option: x",
            f"{ERROR}Failed to start Ranch listener {{acceptor,{{0,0,0,0}},5671}} in "
            "ranch_ssl:listen([{keyfile,...}]) for reason enoent (no such file or directory)",
        ),
    ),
    (
        "own-file-missing",
        (f"{ACCEPT}Invalid CA certificate file /a b/ca.pem: no such file or directory",),
        ("Invalid certificate file /a: no such file or directory",),
    ),
    (
        "own-file-unreadable",
        (f"{ACCEPT}Invalid certificate file /etc/rabbitmq/node.pem: permission denied",),
        ("Invalid key file /x: permission denied", "ls: /etc/x: permission denied"),
    ),
    (
        "own-file-broken",
        (f"{ACCEPT}Invalid key file /etc/rabbitmq/tls/node.key: decoding error",),
        (f"{ERROR}queue 'x': decoding error",),
    ),
    (
        "own-no-ca",
        (f"{ACCEPT}Invalid TLS option: {{cacertfile,[]}}",),
        (f"{ERROR}Invalid TLS option: {{cacertfile,[]}}",),
    ),
    (
        "own-option",
        (f"{ACCEPT}Invalid TLS option: {{'tlsv1.9',{{versions,['tlsv1.9']}}}}",),
        (f"{ERROR}Invalid TLS option: {{versions,[]}}",),
    ),
    (
        "own-certificate-empty",
        (f"{ERROR}**  [{{tls_handshake_1_3,select_server_cert_key_pair,",),
        (
            "{tls_handshake_1_3,select_server_cert_key_pair,4,[]}",
            "{tls_handshake_1_3,do_start,",
        ),
    ),
    (
        "optfile-syntax",
        (f"{OPTFILE}{{:parse_error, {{17, :erl_parse, ['syntax error before: ', []]}}}}{STACK}",),
        ("{:parse_error, {17, :erl_parse, ['syntax error before: ', []]}}",),
    ),
    (
        "optfile-syntax",
        (
            "2026-11-26 09:19:48.841699+00:00 [error] <0.80.0>                  "
            "{{bad_ssl_dist_optfile,",
            "2026-11-26 09:19:48.841699+00:00 [error] <0.80.0>                       "
            '{parse_error,{2,erl_parse,["syntax error before: ",[]]}}},',
        ),
        ('{error,{2,erl_parse,["syntax error before: ",[]]}}',),
    ),
    (
        "optfile-missing",
        (f"{OPTFILE}['/etc/rabbitmq/none.config']{STACK}",),
        ("bad_ssl_dist_optfile is what Erlang says",),
    ),
    (
        "optfile-missing",
        ('Kernel pid terminated (application_controller) ({bad_ssl_dist_optfile,[\\"/etc/x\\"]}',),
        ("{bad_ssl_dist_optfile,{parse_error,{2,erl_parse,[]}}}",),
    ),
    (
        "optfile-unreadable",
        (f"{PRIM}inter_node_tls.config', 46, 32, 70, 117, 110, 99, 116, 105, 111, ...]]",),
        (
            f"{PRIM}x.beam', 46, 32, 70, 117, 110]]",
            "[label: {:erl_prim_loader, :file_error}, report: ['/etc/x.config']]",
        ),
    ),
    (
        "optfile-no-list",
        (f"{DIST}:ssl_dist_sup, {{:EXIT, {{:badarg, [{{:ets, :insert, [:ssl_dist_opts, :hello],",),
        ("{ets,insert,[other_table,hello]}",),
    ),
    (
        "tls-no-ssl",
        ("Protocol 'inet_tls': not supported",),
        ("Protocol 'inet_tls': supported", "Protocol inet_tls not supported"),
    ),
    (
        "proto-typo",
        ("Protocol 'inet_tsl': not supported",),
        ("Protocol 'inet_tls': not supported", "the feature 'x': not supported"),
    ),
    (
        "flags-pairs",
        (
            f"{ERROR}    {PAIRS}157",
            f'{ERROR}        args: ["server_",',
        ),
        (f"{ERROR}    {PAIRS}166",),
    ),
    (
        "flags-pairs",
        (f"BOOT FAILED error:function_clause {PAIRS}157",),
        (f"osiris_util:replication_over_tls_configuration/3, line 121 args: {PAIRS}",),
    ),
    (
        "flags-option",
        (
            f"{ERROR}    osiris_util:extract_replication_over_tls_option/2, line 192",
            f'{ERROR}        args: [versions,"tlsv1.2"]',
            f"{ERROR}    {PAIRS}166",
        ),
        (f"{ERROR}    osiris_util:extract_replication_over_tls_option/2, line 192",),
    ),
    (
        "streams-plain",
        (f"{ERROR}Stream replication over TLS will NOT be enabled",),
        (f"{NODE}Stream replication over TLS will be enabled",),
    ),
    (
        "env-syntax",
        (f"{CTL}6: /etc/rabbitmq/rabbitmq-env.conf: Syntax error: Unterminated quoted string",),
        (
            "sh: 1: Syntax error: Unterminated quoted string",
            "/etc/init.d/x: 6: /etc/x.conf: Syntax error: Unterminated quoted string",
        ),
    ),
    (
        "env-syntax",
        (
            "/etc/rabbitmq/rabbitmq-env.conf: line 2: unexpected EOF while "
            "looking for matching `\"'",
        ),
        ("/etc/x.conf: line 2: unexpected EOF while looking for matching `\"'",),
    ),
    (
        "env-unreadable",
        (f"{CTL}100: .: cannot open /etc/rabbitmq/rabbitmq-env.conf: Permission denied",),
        (
            "cat: /etc/rabbitmq/rabbitmq-env.conf: Permission denied",
            "/usr/bin/x: 100: .: cannot open /etc/x.conf: Permission denied",
        ),
    ),
    (
        "listener-file",
        (f"{ERROR}ssl_options.keyfile invalid, file does not exist or cannot be read by the node",),
        (
            f"{ERROR}load_definitions invalid, file does not exist or cannot be read by the node",
            "ssl_options.keyfile is valid",
        ),
    ),
    (
        "listener-setting",
        (f"{ERROR}You've tried to set ssl_options.verfy, but there is no setting with that name.",),
        (f"{ERROR}You've tried to set data_dir, but there is no setting with that name.",),
    ),
)

CLUSTER: tuple[Case, ...] = (
    (
        "wrong-cookie",
        (
            f"{ERROR}** Connection attempt from node 'rabbitmqcli-737-rabbit@vm' rejected. Invalid "
            "challenge reply. **",
        ),
        (
            f"{ERROR}** Connection attempt from node rabbit@r2 rejected. Disallowed. **",
            "Invalid challenge reply.",
        ),
    ),
    (
        "tables-wait",
        (
            "2026-11-26 09:00:00.000000+00:00 [warning] <0.230.0> Error while waiting for Mnesia "
            "tables: {timeout_waiting_for_tables,[rabbit@r3,rabbit@r2],[rabbit_durable_queue]}",
        ),
        ("[info] <0.230.0> Waiting for Mnesia tables for 30000 ms, 9 retries left",),
    ),
    (
        "tables-gave-up",
        (f"{ERROR}Timeout contacting cluster nodes: [rabbit@r3,rabbit@r2].",),
        ("[info] contacting cluster nodes",),
    ),
    (
        "tables-gave-up",
        (
            f"{ERROR}start this one. To force this node to start, first invoke",
            f'{ERROR}"rabbitmqctl force_boot". If you do so, any changes made on other',
        ),
        ("root: rabbitmqctl force_boot",),
    ),
    (
        "dist-port-taken",
        (
            "ERROR: could not bind to distribution port 25672 on host r1. It could be in use by "
            "another process or cannot be bound to (e.g. due to a security policy)",
        ),
        ("could not bind to port 5672 on host r1",),
    ),
    (
        "node-name-taken",
        ('ERROR: node with name "rabbit" is already running on host "r1"',),
        ("the node is already running on r1",),
    ),
    (
        "names-short-long",
        ("** System running to use fully qualified hostnames **",),
        ("** System running to use short leave **",),
    ),
    (
        "epmd-down",
        ("Protocol 'inet_tls': register/listen error: econnrefused",),
        ("Protocol 'inet_tls': register/listen error: eaddrinuse",),
    ),
    (
        "epmd-down",
        ("  * unable to connect to epmd (port 4369) on r1: address (cannot connect to host/port)",),
        ("  * connected to epmd (port 4369) on r1",),
    ),
    (
        "epmd-name",
        ("ERROR: epmd error for host r9: nxdomain (non-existing domain)",),
        ("federation: nxdomain (non-existing domain)",),
    ),
    (
        "node-not-running",
        ("  * epmd reports: node 'rabbit' not running at all",),
        (
            "  * epmd reports node 'rabbit' uses port 25672 for inter-node and CLI tool traffic ",
            "the job is not running at all",
        ),
    ),
    (
        "cli-distribution-failed",
        ("  * TCP connection succeeded but Erlang distribution failed ",),
        ("  * TCP connection succeeded",),
    ),
    (
        "cli-not-connected",
        ("Failed to connect and authenticate to rabbit@r1 in 60000 ms",),
        ("Failed to connect and authenticate to LDAP",),
    ),
    (
        "cli-no-distribution",
        (
            f"{DIST}:net_kernel, {{:EXIT, :nodistribution}}}}}}, {{:child, :undefined, "
            ":net_sup_dynamic, {}}}",
        ),
        ("{:EXIT, :nodistribution}", "Distribution failed: {:EXIT, :noproc}"),
    ),
    (
        "cli-no-node",
        ("    :erlang.set_cookie(:nonode@nohost, :MYCOOKIE)",),
        (
            "  * 1st argument: the node name is not part of a distributed system",
            ":erlang.set_cookie(:rabbit@r1, :x)",
        ),
    ),
    (
        "optfile-refused",
        (f"{DIST}:ssl_dist_sup, {{:EXIT, {{:undef, [{{:foo, :bar, [], []}},",),
        (f"{DIST}:net_kernel, {{:EXIT, :noproc}}", "the child ssl_dist_sup starts"),
    ),
    ("optfile-refused", ("CAUSE {failed_to_start_child,ssl_dist_sup,any}",), ()),
    (
        "unverified",
        (
            "[warning] Description: 'Server authenticity is not verified since certificate path "
            "validation is not enabled'",
        ),
        ("Server authenticity is verified",),
    ),
    (
        "quorum-critical",
        ("queue 'qq' in vhost '/' would lose quorum if node rabbit@r1 is stopped",),
        ("queues would lose quorum if node shuts down",),
    ),
    (
        "app-not-running",
        (
            "Error: this command requires the 'rabbit' app to be running on the target node. "
            "Start it with 'rabbitmqctl start_app'.",
        ),
        ("this command requires the 'rabbit' app to be stopped on the target node",),
    ),
)

CASES: tuple[Case, ...] = ALERTS + FILES + CLUSTER + PROBE
