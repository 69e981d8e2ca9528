"""The choices that MySQL-MMM leaves to the user."""

from __future__ import annotations

from app.site.options import Option

OPTIONS = (
    Option(
        "monitor_port", "Monitor port",
        "Where mmm_control reaches the monitor: port of <monitor> in 2.x, bind_port of "
        "mmm_mon.conf in 1.x.",
        "port", 9988,
    ),
    Option(
        "agent_port", "Agent port",
        "Where the monitor reaches the agents: agent_port of <host> in 2.x, bind_port of "
        "mmm_agent.conf in 1.x.",
        "port", 9989,
    ),
    Option(
        "verify_server", "Verify the server",
        "Monitor and mmm_control check certificate and address of what they dial, so that nobody "
        "can pose as it. 2.x always does, with the Perl libraries of today; 1.x can be told not "
        "to (verify_mode 0).",
        "bool", True,
    ),
    Option(
        "cluster", "Cluster name",
        "NAME of mmm_mon_NAME.conf and of mmm_control @NAME, where one host has the monitors of "
        "several clusters; empty for mmm_mon.conf.",
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
