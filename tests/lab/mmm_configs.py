"""Plain configurations of MySQL-MMM as an operator would have written them, comments and tabs too.

The virtual addresses are of 192.0.2.0/24 (RFC 5737), for nobody sets them anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WRITER = "192.0.2.100"
READERS = ("192.0.2.101", "192.0.2.102")
BASE = "/usr/local/mmm"


def two_common(agents: Mapping[str, str]) -> str:
    """Give mmm_common.conf of 2.x; `agents` are addresses by MMM's names."""
    names = ", ".join(agents)
    parts = [
        "# MySQL-MMM, the same on every host\n"
        "active_master_role\twriter\n\n"
        "<host default>\n"
        "\tcluster_interface\t\teth0\n"
        "\tpid_path\t\t\t/run/mysql-mmm/mmm_agentd.pid\n"
        "\tbin_path\t\t\t/usr/libexec/mysql-mmm/\n"
        "\t# accounts in MySQL\n"
        "\treplication_user\t\treplication\n"
        "\treplication_password\t\tslave # of love\n"
        "\tagent_user\t\t\tmmm_agent\n"
        "\tagent_password\t\t\tnot-a-secret\n"
        "</host>\n\n"
    ]
    for (name, address), peer in zip(agents.items(), _others(agents), strict=True):
        parts.append(
            f"<host {name}>\n    ip      {address}\n    mode    master\n    peer    {peer}\n"
            "</host>\n\n"
        )
    parts.append(
        f"<role writer>\n    hosts   {names}\n    ips     {WRITER}\n    mode    exclusive\n"
        "</role>\n\n"
        f"<role reader>\n    hosts   {names}\n    ips     {', '.join(READERS)}\n"
        "    mode    balanced\n</role>\n"
    )
    return "".join(parts)


def two_agent(name: str) -> str:
    """Give mmm_agent.conf of 2.x."""
    return f"include mmm_common.conf\n\n# This server's name in mmm_common.conf\nthis {name}\n"


def two_monitor(address: str, agents: Sequence[str]) -> str:
    """Give mmm_mon.conf of 2.x, for the monitor and for mmm_control; `agents` are addresses."""
    return (
        "include mmm_common.conf\n\n"
        "<monitor>\n"
        f"    ip                  {address}\n"
        "    pid_path            /run/mysql-mmm/mmm_mond.pid\n"
        "    bin_path            /usr/libexec/mysql-mmm\n"
        "    status_path         /var/lib/mysql-mmm/mmm_mond.status\n"
        f"    ping_ips            {', '.join(agents)}\n"
        "    auto_set_online     0\n"
        "    # kill_host_bin     /usr/libexec/mysql-mmm/monitor/kill_host\n"
        "</monitor>\n\n"
        "<host default>\n    monitor_user        mmm_monitor\n"
        "    monitor_password    not-a-secret\n</host>\n\n"
        "debug 0\n"
    )


def one_agent(name: str, agents: Mapping[str, str]) -> str:
    """Give mmm_agent.conf of 1.x."""
    return (
        "#\n# Master-master manager, agent\n#\n\n"
        f"debug no\n\npid_path {BASE}/var/mmmd_agent.pid\nbin_path {BASE}/bin\n\n"
        f"{_logs('agent')}"
        "# Port of this agent\nbind_port 9989\n\ncluster_interface eth0\n\n"
        f"this {name}\nmode master\n\n"
        + "".join(
            f"host {host}\n    ip {address}\n    port 3306\n    user rep_agent\n"
            "    password not-a-secret\n\n"
            for host, address in agents.items()
        )
    )


def one_monitor(address: str, agents: Mapping[str, str]) -> str:
    """Give mmm_mon.conf of 1.x, for the monitor and for mmm_control."""
    names = ", ".join(agents)
    hosts = "".join(
        f"host {host}\n\tip {where}\n\tport 3306\n\tuser rep_monitor\n\tpassword not-a-secret\n"
        f"\tmode master\n\tpeer {peer}\n\n"
        for (host, where), peer in zip(agents.items(), _others(agents), strict=True)
    )
    return (
        "#\n# Master-master manager, monitor\n#\n\n"
        f"debug no\n\npid_path {BASE}/var/mmmd.pid\nstatus_path {BASE}/var/mmmd.status\n"
        f"bin_path {BASE}/bin\n\n{_logs('mon')}"
        f"# Ports\nbind_port 9988\nagent_port 9989\nmonitor_ip {address}\n\n{hosts}"
        "active_master_role writer\n\n"
        f"role reader\n    mode balanced\n    servers {names}\n    ip {', '.join(READERS)}\n\n"
        f"role writer\n    mode exclusive\n    servers {names}\n    ip {WRITER}\n\n"
        "check ping\n    check_period 1\n    trap_period 5\n    timeout 2\n"
    )


def _logs(name: str) -> str:
    return (
        f"log mydebug\n    file {BASE}/var/mmm-{name}-debug.log\n    level debug\n\n"
        f"log mytraps\n    file {BASE}/var/mmm-{name}-traps.log\n    level trap\n\n"
    )


def _others(agents: Mapping[str, str]) -> list[str]:
    """Give each one's peer: the next, and the first of the last one."""
    names = list(agents)
    return [*names[1:], names[0]]
