"""What monitor, agents and mmm_control say of each other, and the angel of its child."""

from __future__ import annotations

from app.kinds.explaining import Row, row

_PROBE = "`tlswright verify` dials every link and names the cause."
_DANGER = (
    "Do not `set_active` and do not touch MySQL there meanwhile: an active monitor would give the "
    "host's roles to another without being able to take them back."
)
_AGENT = "cert_file and ca_file of the agent's host"
_MONITOR = "cert_file and ca_file of the monitor's host"
_WAIT = (
    "Stop the service, wait until `ss -Htan sport = :PORT` shows nothing (60 s at most), start it. "
    "For good: PERL5OPT=-MIO::Socket::SSL=inet4 in its environment; it helps from the second "
    "restart on."
)
_ENVIRONMENT = "environment of the service (/etc/default, or a drop-in)"

_MONITOR_LOG: tuple[Row, ...] = (
    row(
        "mmm-killing",
        "initiator's log",
        "Can't send offline status notification to ",
        r"Can't send offline status notification to '[^']{1,200}' - killing it!",
        "The monitor gave the roles of that host to another and could not tell it: BOTH may hold "
        "the writer's address now.",
        "Look at `ip address` on both hosts and remove the address from the failed one; then "
        "`mmm_control set_manual` (2.2) before TLS is mended.",
        "virtual addresses of both hosts",
    ),
    row(
        "mmm-agent-is-tls",
        "initiator's log",
        "Received undefined answer from host ",
        r"Received undefined answer from host \S{1,200}\. \$!: Connection reset by peer",
        "The agent hung up at the first word: the monitor is plain and the agent speaks TLS, most "
        "likely.",
        f"The monitor needs the same <socket> section and a restart. {_DANGER}",
        "<socket> in mmm_common.conf of the monitor's host",
    ),
    row(
        "mmm-agent-refuses",
        "initiator's log",
        "Received undefined answer from host ",
        r"Received undefined answer from host \S{1,200}\. \$!:\s*$",
        "The agent took the connection and hung up: mostly it refuses the monitor's certificate "
        "(another CA, expired, for servers only, or none). The agent logs nothing of it.",
        "Run `tlswright plan` for both hosts. An agent reads its ca_file only when it starts: "
        f"after a change of the CA it must be restarted first. {_DANGER}",
        "cert_file of the monitor's host; ca_file of the agent's host",
    ),
    row(
        "mmm-agent-unknown",
        "initiator's log",
        "could not be determined (answer was: 0)",
        r"The status of the agent on host '[^']{1,200}' could not be determined "
        r"\(answer was: 0\)",
        "The monitor could not talk to that agent when it started: the agent is down, refuses the "
        "monitor's certificate, or shows one that the monitor refuses.",
        f"A line `Received undefined answer` beside it means that the agent refuses. {_PROBE} "
        f"{_DANGER}",
        f"{_AGENT}; {_MONITOR}",
    ),
    row(
        "mmm-agent-unreachable",
        "initiator's log",
        "Can't reach agent on host ",
        r"Can't reach agent on host '[^']{1,200}'",
        "The agent is down or has another port; or its certificate is refused (another CA, "
        "expired, without the address that the monitor dials, for clients only); or an idle client "
        "holds its port. Where `Received undefined answer` stands beside it, the agent refuses.",
        f"{_PROBE} {_DANGER}",
        f"{_AGENT}; {_MONITOR}",
    ),
    row(
        "mmm-old-send",
        "initiator's log",
        "Error sending status command to ",
        r"Daemon: Error sending status command to \S{1,200}\. Result: '0'\.",
        "The monitor (1.x) cannot talk to that agent: it is down (a plain one dies of a monitor "
        "with TLS), refuses the monitor's certificate, or shows one that the monitor refuses.",
        f"See whether mmmd_agent runs there at all. {_PROBE}",
        f"{_AGENT}; {_MONITOR}",
    ),
    row(
        "mmm-agent-back",
        "the connection",
        "is reachable again",
        r"Agent on host '[^']{1,200}' is reachable again",
        "The monitor reaches that agent again; it has sent the roles anew.",
        "Nothing is left to do; compare the roles in `mmm_control show` with those before.",
        "log of the monitor",
    ),
)

_CONTROL: tuple[Row, ...] = (
    row(
        "mmm-no-monitor",
        "CLI tool",
        "ERROR: Can't connect to monitor daemon!",
        r"ERROR: Can't connect to monitor daemon!",
        "The monitor is down or its listener has died; or mmm_control refuses its certificate "
        "(another CA, expired, without the address dialled, no ca_file); or cannot load its own "
        "key pair; or one side is plain; or an idle client holds the port.",
        "See what listens: `ss -Hltn sport = :9988` on the monitor's host. The cause in words: "
        "PERL5OPT=-MIO::Socket::SSL=debug2 mmm_control mode 2>&1 | grep -i 'error\\|fail'",
        "log of the monitor; <socket> of the host of mmm_control",
    ),
    row(
        "mmm-old-not-running",
        "CLI tool",
        "WARNING!!! DAEMON IS NOT RUNNING.",
        r"WARNING!!! DAEMON IS NOT RUNNING\. INFORMATION MAY NOT BE ACTUAL!!!",
        "mmm_control (1.x) got no answer: the monitor is down, or TLS between the two fails in any "
        "way. What follows is an old file, not the state of now.",
        "See whether the port of bind_port listens on the monitor's host. The cause in words: "
        "PERL5OPT=-MIO::Socket::SSL=debug2 mmm_control ping 2>&1 | grep -i 'error\\|fail'",
        "socket_type in mmm_mon.conf of both hosts",
    ),
    row(
        "mmm-warning",
        "CLI tool",
        "# Warning: agent on host ",
        r"# Warning: agent on host \S{1,200} is not reachable",
        "The monitor cannot talk to that agent; the state and roles shown for it are what it "
        "believes.",
        f"The monitor's log has more. {_PROBE} {_DANGER}",
        "log of the monitor",
    ),
)

_LISTENER: tuple[Row, ...] = (
    row(
        "mmm-port-taken",
        "start-up log",
        "configuration failed",
        r"Can't create socket![\s\\n]{1,12}IO::Socket::(?:IP|INET6?) configuration failed",
        "The port could not be taken: mostly closed connections still hold it (TIME_WAIT), because "
        "with TLS the option that allows it is lost; or another process has it, or the address is "
        "not one of this host. An agent tries again every 10 s; a MONITOR RUNS ON WITHOUT ITS "
        "CONTROL PORT until it is restarted.",
        _WAIT,
        _ENVIRONMENT,
    ),
    row(
        "mmm-exit-time-wait",
        "start-up log",
        "Child exited with exitcode 98,",
        r"Child exited with exitcode 98, restarting",
        "The port is taken (98): mostly closed connections still hold it (TIME_WAIT). It heals by "
        "itself in about a minute.",
        f"{_WAIT} Where it does not heal, another process has the port: `ss -Hltnp`.",
        _ENVIRONMENT,
    ),
    row(
        "mmm-exit-address",
        "start-up log",
        "Child exited with exitcode 99,",
        r"Child exited with exitcode 99, restarting",
        "The address to listen on is not one of this host (99).",
        "Correct `ip` in <host NAME> (agent) or <monitor>, or bring the interface up.",
        "mmm_common.conf, mmm_mon.conf",
    ),
    row(
        "mmm-exit-file",
        "start-up log",
        "Child exited with exitcode 2,",
        r"Child exited with exitcode 2, restarting",
        "A file is missing (2): a certificate, key or CA file that <socket> names, or the Perl "
        "module IO::Socket::SSL. The log does not say which.",
        "Run `tlswright plan` for this host. `perl -MIO::Socket::SSL -e 1` says nothing where the "
        "module is there.",
        "<socket> in mmm_common.conf, and the files that it names",
    ),
    row(
        "mmm-exit-permission",
        "start-up log",
        "Child exited with exitcode 13,",
        r"Child exited with exitcode 13, restarting",
        "Something may not be read or done (13): a certificate, key or CA file, most likely. The "
        "log does not say which.",
        "Owner root, key mode 0600; the daemons run as root. Run `tlswright plan` for this host.",
        "the files that <socket> names",
    ),
    row(
        "mmm-exit-pair",
        "start-up log",
        "Child exited with exitcode 2",
        r"Child exited with exitcode 2[25], restarting",
        "The listener could not load its key pair or CA file, most likely; the line before, "
        "`Listener: Can't create socket!`, has the reason below it.",
        "Explain both lines together: `tlswright explain --from-host HOST`.",
        "log of this host",
    ),
    row(
        "mmm-sigpipe",
        "acceptor's log",
        "Child exited with signal 13, restarting",
        r"Child exited with signal 13, restarting",
        "Somebody hung up while the daemon answered: again and again (every 3 s) it is a monitor "
        "with TLS that dials a plain agent; once, a client that went away.",
        "Run `tlswright plan` for this host: it needs the same <socket> as the monitor, and a "
        "restart.",
        "<socket> in mmm_common.conf of this host",
    ),
    row(
        "mmm-perl-state",
        "start-up log",
        "Use of uninitialized value $old_state",
        r"Use of uninitialized value \$old_state in string ne at \S{0,300}MMM/Monitor/Agent\.pm",
        "Not TLS: this MMM dies of a warning under newer versions of perl's Class::Struct.",
        "Run the daemons with `perl -X`, by a wrapper called perl that comes first in PATH.",
        "PATH in the environment of the service",
    ),
    row(
        "mmm-exit-perl",
        "start-up log",
        "Child exited with exitcode 255,",
        r"Child exited with exitcode 255, restarting",
        "The daemon died of a reason that the log does not hold; mmm_mond of 2.2.3 does so without "
        "TLS under newer versions of perl.",
        "Set `debug 1`, start it in a terminal, and explain what it says.",
        "debug in mmm_mon.conf or mmm_agent.conf",
    ),
    row(
        "mmm-perl-arp",
        "acceptor's log",
        "Couldn't configure IP ",
        r"Couldn't configure IP '[^']{1,100}' on interface '[^']{1,100}': undef",
        "Not TLS, and mostly the address was set all the same: this MMM trips over the version "
        "number of Net::ARP.",
        "See `ip address`; run the agent with `perl -X`, by a wrapper called perl that comes first "
        "in PATH.",
        "PATH in the environment of the service",
    ),
)

ROWS: tuple[Row, ...] = _MONITOR_LOG + _CONTROL + _LISTENER
