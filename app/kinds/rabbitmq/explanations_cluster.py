"""What nodes and CLI tools say of each other: the wait for members, epmd, names, the cookie.

The CLI tools almost never name a cause: whatever goes wrong, they could not connect.
"""

from __future__ import annotations

from app.kinds.explaining import Row, row

_FROM_HOST = "`tlswright explain --from-host HOST`"
_ENV = "rabbitmq-env.conf"
_EPMD = r"(?:unable to connect to epmd \(port \d{1,5}\) on|epmd error for host) [\w.\"-]{1,260}: "

_NODES: tuple[Row, ...] = (
    row(
        "wrong-cookie",
        "acceptor's log",
        "rejected. Invalid challenge reply.",
        r"Connection attempt from node \S{1,300} rejected\. Invalid challenge reply\.",
        "The caller came through to this node, but has another Erlang cookie.",
        "Give the host of the node that the line names the same .erlang.cookie (owner rabbitmq, "
        "mode 0400); for a CLI tool, in the home of the user who ran it.",
        "/var/lib/rabbitmq/.erlang.cookie of the host that dials",
    ),
    row(
        "tables-wait",
        "start-up log",
        "Error while waiting for Mnesia tables",
        r"Error while waiting for Mnesia tables: \{timeout_waiting_for_tables,",
        "The node waits for other members and cannot reach them: they are down, or one side speaks "
        "TLS and the other is plain.",
        "Start the other members, the last stopped first or all at once. If they run, "
        "`tlswright plan` shows who is plain. Do NOT use force_boot.",
        f"{_ENV} of all members",
    ),
    row(
        "tables-gave-up",
        "start-up log",
        "",
        r"Timeout contacting cluster nodes\b"
        r"|To force this node to start, first invoke"
        r"|\"rabbitmqctl force_boot\"\. If you do so",
        "The node waited for the other members, gave up and ended: they are down, or one side "
        "speaks TLS and the other is plain.",
        "Do NOT follow the advice to force_boot: it can lose messages and split the cluster. Bring "
        "all members to the same transport and start them together; `tlswright apply` goes on "
        "where a run was cut off.",
        f"{_ENV} of all members",
    ),
    row(
        "dist-port-taken",
        "start-up log",
        "could not bind to distribution port",
        r"could not bind to distribution port \d{1,5} on host",
        "Another process holds the inter-node port, or an old node still runs.",
        "Find it with `ss -ltnp`, end it, start the node.",
        _ENV,
    ),
    row(
        "node-name-taken",
        "start-up log",
        "already running on",
        r"node with name \"[^\"]{1,260}\" is already running on",
        "A node of that name runs on this host already, or epmd still thinks so.",
        "Stop the old one (`ps -u rabbitmq`), then start.",
        _ENV,
    ),
    row(
        "names-short-long",
        "initiator's log",
        "** System ",
        r"\*\* System (?:running to use fully qualified hostnames"
        r"|NOT running to use fully qualified hostnames) \*\*",
        "One side uses long node names and the other short ones.",
        "Set RABBITMQ_USE_LONGNAME alike on every host; CLI tools take --longnames.",
        _ENV,
    ),
    row(
        "epmd-down",
        "start-up log",
        "",
        r"Protocol '\w{1,40}': register/listen error: econnrefused"
        rf"|{_EPMD}(?:address \(cannot connect to host/port\)|timeout \(timed out\))",
        "epmd does not answer on port 4369 of that host: it does not run, or a firewall is in "
        "between. Without it no node finds another.",
        "Start epmd there (`systemctl start epmd.socket`, or restart the node) and open port 4369 "
        "between the members.",
        "/etc/default/rabbitmq-server, firewall",
    ),
    row(
        "epmd-name",
        "start-up log",
        "nxdomain",
        rf"{_EPMD}nxdomain \(non-existing domain\)",
        "The host part of that node name cannot be resolved on this host.",
        "Add it to DNS or to /etc/hosts of this host.",
        "/etc/hosts",
    ),
)

_CLI: tuple[Row, ...] = (
    row(
        "node-not-running",
        "CLI tool",
        "not running at all",
        r"epmd reports: node '[^']{1,260}' not running at all",
        "No node of that name runs on the host that was asked; epmd there answers.",
        f"Start it. If it ended by itself, its log says why: {_FROM_HOST}.",
        "log of the host that was asked",
    ),
    row(
        "cli-distribution-failed",
        "CLI tool",
        "TCP connection succeeded but Erlang distribution failed",
        r"TCP connection succeeded but Erlang distribution failed",
        "The node is up and listens, but the two do not understand each other: TLS on one side "
        "only, a certificate refused by either, own files unreadable, or another cookie.",
        f"The node's log tells: {_FROM_HOST} for it. When it holds nothing, the CLI tool's own "
        "files are wrong, or the node is plain: `tlswright verify`.",
        f"log of the host that was asked; {_ENV} and option file of this one",
    ),
    row(
        "cli-not-connected",
        "CLI tool",
        "Failed to connect and authenticate to ",
        r"Failed to connect and authenticate to \S{1,300} in \d{1,9} ms",
        "The CLI tool did not reach the node, and does not say why: the node is down, TLS is on "
        "one side only, a certificate was refused, own files are unreadable, or the cookie "
        "differs.",
        f"The node's log tells: {_FROM_HOST} for it. When it holds nothing, the CLI tool's own "
        "files are wrong, or the node is plain: `tlswright verify`.",
        f"log of the host that was asked; {_ENV} and option file of this one",
    ),
    row(
        "cli-no-distribution",
        "CLI tool",
        "{:EXIT, :nodistribution}",
        r"Distribution failed: .{0,200}\{:EXIT, :nodistribution\}",
        "The CLI tool's Erlang has no such distribution: a typo in -proto_dist, no ssl application "
        "(erlang-ssl), or epmd cannot be reached.",
        "Look at CTL_ERL_ARGS, then run `tlswright plan` for this host.",
        _ENV,
    ),
    row(
        "cli-no-node",
        "CLI tool",
        ":erlang.set_cookie(:nonode@nohost",
        r":erlang\.set_cookie\(:nonode@nohost, ",
        "The CLI tool's Erlang could not start its distribution: the option file is missing, "
        "unreadable or no Erlang term, or -proto_dist has a typo. --erlang-cookie hides which.",
        "Run it again without --erlang-cookie: it then names the cause. `tlswright plan` for this "
        "host shows a file that differs.",
        f"inter_node_tls.config, {_ENV}",
    ),
    row(
        "optfile-refused",
        "CLI tool",
        "ssl_dist_sup",
        r"(?:Distribution failed: |Kernel pid terminated |CAUSE ).{0,200}"
        r"\{:?failed_to_start_child, ?:?ssl_dist_sup,",
        "Erlang does not take the TLS option file: what is in it fails when it is evaluated.",
        "Run `tlswright plan` for this host, and apply.",
        "inter_node_tls.config",
    ),
    row(
        "unverified",
        "CLI tool",
        "Server authenticity is not verified",
        r"Server authenticity is not verified since certificate path validation is not enabled",
        "Traffic is encrypted, but the caller checks no certificate: anybody could answer.",
        "Set verify_peer and cacertfile in the client section: turn `verify_peer` on in site.yaml "
        "and apply.",
        "inter_node_tls.config",
    ),
    row(
        "quorum-critical",
        "CLI tool",
        "would lose quorum if node",
        r"would lose quorum if node \S{1,300} is stopped",
        "A queue or stream has just enough members online: stopping this node would make it "
        "unavailable.",
        "Do not stop this node. Bring the other members back (`rabbitmq-queues quorum_status`), "
        "then go on with `tlswright apply`.",
        "the other members",
    ),
    row(
        "app-not-running",
        "CLI tool",
        "this command requires the 'rabbit' app to be running",
        r"this command requires the 'rabbit' app to be running",
        "The node's virtual machine is up, but RabbitMQ in it is not: it is still booting, waits "
        "for other members, or was stopped with stop_app.",
        f"Wait with `rabbitmqctl await_startup`; what it waits for is in its log: {_FROM_HOST}.",
        "log of the host that was asked",
    ),
)

ROWS: tuple[Row, ...] = _NODES + _CLI
