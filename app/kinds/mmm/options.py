"""The choices that MySQL-MMM leaves to the user."""

from __future__ import annotations

from app.site.options import Option

OPTIONS = (
    Option(
        "monitor_port", "Monitor port",
        "Where mmm_control reaches the monitor: 9988 by default; 1.x calls it bind_port in "
        "mmm_mon.conf.",
        "port", 9988,
    ),
    Option(
        "agent_port", "Agent port",
        "Where the monitor reaches the agents: 9989 by default.",
        "port", 9989,
    ),
    Option(
        "verify_server", "Verify the server",
        "Who dials checks certificate and address of the other side (verify_mode 1), against "
        "spoofed servers. Only 1.x can be told not to: 2.x always does, with the Perl libraries "
        "of today.",
        "bool", True,
    ),
    Option(
        "cluster", "Cluster name",
        "Where one monitor has several clusters: NAME of mmm_mon_NAME.conf and of mmm_control "
        "@NAME; empty for mmm_mon.conf.",
        "text", "",
    ),
    Option(
        "base", "Folder of 1.x",
        "Where MMM 1.x is installed; its certificates go into etc/ssl below it. 2.x has its "
        "files in /etc.",
        "path", "/usr/local/mmm",
    ),
    Option(
        "service", "Service unit",
        "The systemd unit that runs the agent or the monitor; empty for the usual name of its "
        "version.",
        "text", "", scope="node",
    ),
)  # fmt: skip

BY_KEY = {option.key: option for option in OPTIONS}
