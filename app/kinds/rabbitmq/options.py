"""The choices that a RabbitMQ cluster leaves to the user."""

from __future__ import annotations

from app.site.options import Option

OPTIONS = (
    Option(
        "strategy", "How nodes are told",
        "optfile: one option file with every TLS setting. flags: single flags and one file that "
        "holds certificate and key; RabbitMQ 3.10 cannot set the TLS versions that way.",
        "choice", "optfile", choices=("optfile", "flags"),
    ),
    Option(
        "dist_port", "Inter-node port",
        "The port on which nodes and CLI tools reach a node: 25672, unless RABBITMQ_DIST_PORT or "
        "another AMQP port moved it.",
        "port", 25672,
    ),
    Option(
        "verify_peer", "Verify the other side",
        "Both sides check the other's certificate. Without it the traffic is encrypted, but "
        "whoever has the Erlang cookie is let in.",
        "bool", True,
    ),
    Option(
        "fail_if_no_peer_cert", "Peers need certificates",
        "Without it Erlang lets in a peer that shows no certificate at all, although it verifies "
        "those that do.",
        "bool", True,
    ),
    Option(
        "check_names", "Check host names",
        "A node that dials checks that the other's certificate holds the host part of its node "
        "name. Off only where node names cannot be put into certificates.",
        "bool", True,
    ),
    Option(
        "depth", "Chain length",
        "How many certificates may stand between a peer's own and the CA.",
        "int", 2, low=0, high=10,
    ),
    Option(
        "versions", "TLS versions",
        "Both: 1.3, and 1.2 for what cannot do better. Erlang's own default is 1.2 alone.",
        "choice", "1.3+1.2", choices=("1.3+1.2", "1.3", "1.2"),
    ),
    Option(
        "secure_renegotiate", "Secure renegotiation",
        "Written only where TLS 1.2 is spoken: with 1.3 alone Erlang would fail without a word. "
        "It is the default of every Erlang that is in use.",
        "bool", False,
    ),
    Option(
        "erl_ssl_path", "ERL_SSL_PATH",
        "auto: written only for a node whose Erlang does not find inet_tls_dist by itself. "
        "write: always, as older guides do; it goes stale with the next Erlang.",
        "choice", "auto", choices=("auto", "write"),
    ),
    Option(
        "certificate", "Certificates",
        "node: one key and certificate for each node. shared: one pair for all; whoever takes it "
        "from one host is every node, and a node more means a new pair for all. wildcard: one "
        "pair for *.DOMAIN, for long node names of one domain.",
        "choice", "node", choices=("node", "shared", "wildcard"),
    ),
    Option(
        "client_pair", "Own pair for dialling",
        "Nodes and CLI tools dial with a second key and certificate that is good for clients "
        "only.",
        "bool", False,
    ),
    Option(
        "key_password", "Encrypt the keys",
        "The password stands in the option file beside the key, which only root and the node may "
        "read: it helps where keys are copied without it.",
        "bool", False,
    ),
    Option(
        "listener_port", "TLS port for clients",
        "A listener for AMQP clients over TLS with the node's certificate, 5671 by custom; 0 "
        "leaves rabbitmq.conf alone.",
        "int", 0, low=0, high=65535,
    ),
    Option(
        "listener_verify", "Clients need certificates",
        "Clients of the TLS listener must show a certificate of this CA. Off: the traffic is "
        "encrypted, and clients log in with their passwords alone.",
        "bool", True,
    ),
    Option(
        "management_port", "TLS port for management",
        "The management plugin over TLS, 15671 by custom; 0 leaves it alone.",
        "int", 0, low=0, high=65535,
    ),
    Option(
        "plain", "Plain listeners for clients",
        "keep: existing clients go on as they are. close: they are closed in a last wave, after "
        "everything is proven; clients that still use them are cut off.",
        "choice", "keep", choices=("keep", "close"),
    ),
    Option(
        "folder", "Configuration folder",
        "Where rabbitmq-env.conf stands; keys and certificates go into tls below it.",
        "path", "/etc/rabbitmq",
    ),
    Option(
        "node_name", "Node name",
        "What the node calls itself, as rabbit@HOST; empty for rabbit@ and the first of the "
        "host's names.",
        "text", "", scope="node",
    ),
    Option(
        "service", "Service unit",
        "The systemd unit that runs the node.",
        "text", "rabbitmq-server", scope="node",
    ),
    Option(
        "windows_user", "Windows user",
        "The administrator who installed RabbitMQ on a Windows host: its folder is then "
        "C:/Users/USER/AppData/Roaming/RabbitMQ.",
        "text", "Administrator", scope="node", by_hand=True,
    ),
    Option(
        "windows_folder", "Windows folder",
        "Where rabbitmq-env-conf.bat stands on a Windows host whose RABBITMQ_BASE is set, with "
        "forward slashes; empty for the folder of the Windows user.",
        "text", "", scope="node", by_hand=True,
    ),
    Option(
        "ssl_path", "ERL_SSL_PATH by hand",
        "With erl_ssl_path: write, what the guide's command prints on a host that we cannot ask.",
        "text", "", scope="node", by_hand=True,
    ),
)  # fmt: skip

BY_KEY = {option.key: option for option in OPTIONS}
