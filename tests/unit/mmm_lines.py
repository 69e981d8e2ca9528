"""Lines of MySQL-MMM and of IO::Socket::SSL 2.081, and their look-alikes, by the row that explains.

Those of the library and of the sockets were printed by it and by the stand-ins; the others are
MMM's own.  Lines of one message stay together.
"""

from __future__ import annotations

from tests.unit.mmm_library_lines import LIBRARY, Case

AT = "2026/11/26 12:54:38 "
LISTENER = f"{AT}FATAL Listener: Can't create socket!"
KEY = "  Failed to load key from file (no PEM or DER) error:"
CERT = "  Failed to load certificate from file /etc/mmm/db1.crt: [format:PEM] error:"
DECODER = (
    " error:1E08010C:DECODER routines::unsupported error:068000A8:asn1 encoding routines::wrong"
)
USED = "can't be used: No such file or directory at /usr/share/perl5/IO/Socket/SSL.pm line 2369."
SETTING = "in '/etc/mysql-mmm/mmm_common.conf' on line 31! at /usr/share/perl5/MMM/Common/Config.pm"

FILES: tuple[Case, ...] = (
    (
        "mmm-no-module",
        (
            "Can't locate IO/Socket/SSL.pm in @INC (you may need to install the IO::Socket::SSL "
            "module) (@INC contains: /etc/perl) at /usr/share/perl5/MMM/Common/Socket.pm line 16.",
        ),
        ("Can't locate Proc/Daemon.pm in @INC (you may need to install the Proc::Daemon module)",),
    ),
    (
        "mmm-value-trailing",
        (f"SSL_ca_file /usr/local/mmm/etc/ssl/ca.pem  {USED}",),
        (f"SSL_ca_file /usr/local/mmm/etc/ssl/ca.pem {USED}", f"SSL_ca_file /a#b/ca.pem {USED}"),
    ),
    (
        "mmm-value-trailing",
        (f"SSL_key_file /etc/mmm/db1.key # our key {USED}",),
        ("SSL_key_file /etc/mmm/db1.key  can't be used: Permission denied at x line 1.",),
    ),
    (
        "mmm-file-missing",
        (f"SSL_cert_file /etc/mmm/db1.crt {USED}",),
        ("cat: /etc/mmm/db1.crt: No such file or directory", f"the socket {USED}"),
    ),
    (
        "mmm-file-missing",
        (f"Thread 1 terminated abnormally: SSL_crl_file /a b/crl.pem {USED}",),
        ("SSL_crl_file /a b/crl.pem is used: No such file or directory",),
    ),
    (
        "mmm-file-unreadable",
        (
            "SSL_key_file /etc/mmm/db1.key can't be used: Permission denied at "
            "/usr/share/perl5/IO/Socket/SSL.pm line 2369.",
        ),
        ("open /etc/mmm/db1.key: Permission denied", "the key can't be used: Permission denied"),
    ),
    (
        "mmm-pair-mismatch",
        (LISTENER, f"{KEY}05800074:x509 certificate routines::key values mismatch{DECODER}"),
        (f"{KEY}1E08010C:DECODER routines::unsupported", "Failed to load plugin: mismatch"),
    ),
    (
        "mmm-pair-mismatch",
        (
            "DEBUG: .../IO/Socket/SSL.pm:2729: global error: Failed to load key from file (no PEM "
            "or DER) error:05800074:x509 certificate routines::key values mismatch",
        ),
        ("error:05800074:x509 certificate routines:X509_check_private_key:key values mismatch",),
    ),
    (
        "mmm-key-locked",
        (
            LISTENER,
            f"{KEY}1400006B:UI routines::processing error error:0480006D:PEM routines::problems "
            "getting password error:07880109:common libcrypto routines::interrupted or cancelled",
        ),
        ("error:0480006D:PEM routines::problems getting password",),
    ),
    (
        "mmm-key-locked",
        (
            "DEBUG: .../IO/Socket/SSL.pm:2729: global error: Failed to load key from file (no PEM "
            "or DER) error:1400006B:UI routines::processing error",
        ),
        ("error:1400006B:UI routines::processing error",),
    ),
    ("mmm-key-asks", ("Enter PEM pass phrase:",), ("Enter PEM passphrase:", "Enter pass phrase:")),
    (
        "mmm-key-broken",
        (LISTENER, f"{KEY}1E08010C:DECODER routines::unsupported error:0A080009:SSL routines::PEM"),
        ("Failed to load key from file /etc/x.key", "Failed to load keys from file (no PEM)"),
    ),
    (
        "mmm-weak-key",
        (LISTENER, f"{CERT}0A00018F:SSL routines::ee key too small ** [format:DER] error:068000A8"),
        ("error:0A00018F:SSL routines::ee key too small", f"{CERT}0A00018F:dh key too small"),
    ),
    (
        "mmm-weak-digest",
        (LISTENER, f"{CERT}0A00018E:SSL routines::ca md too weak ** [format:DER] error:068000A8"),
        ("error:0A00018E:SSL routines::ca md too weak", f"{CERT}0A00018E:ee md too weak"),
    ),
    (
        "mmm-certificate-broken",
        (LISTENER, f"{CERT}0480006C:PEM routines::no start line error:0A080009:SSL routines::PEM"),
        ("Failed to load certificate from file /etc/x.crt", "error:0480006C: no start line"),
    ),
    (
        "mmm-ca-broken",
        (
            LISTENER,
            "  Invalid certificate authority locations error:05800088:x509 certificate "
            "routines::no certificate or crl found",
        ),
        ("Invalid certificate authority", "error:05800088:no certificate or crl found"),
    ),
    (
        "mmm-world-readable",
        ("Configuration file /etc/mysql-mmm/mmm_common.conf is world readable! at x line 31.",),
        ("Configuration file /etc/x is readable!", "File /etc/x is world readable!"),
    ),
    (
        "mmm-world-readable",
        ("Configuration file /etc/mysql-mmm/mmm_mon.conf is world writable!",),
        ("Configuration file /etc/x is world famous!",),
    ),
    (
        "mmm-foreign-option",
        (f"Unknown variable verify_mode {SETTING}",),
        (f"Unknown variable verify_modes {SETTING}", "Unknown variable version"),
    ),
    (
        "mmm-unknown-option",
        (f"Unknown variable certfile {SETTING}",),
        ("Unknown variable certfile", "Unknown system variable 'x' on line 3"),
    ),
    (
        "mmm-socket-type",
        (
            "Config entry 'socket->type' has invalid value 'ssl # on' allowed values are: 'plain', "
            "'ssl' at /usr/share/perl5/MMM/Common/Config.pm line 123.",
        ),
        (
            "invalid value 'all' allowed values are: 'exclusive', 'balanced'",
            "allowed values are: 'plain', 'ssl'",
        ),
    ),
    (
        "mmm-socket-named",
        (f"Section name specified for unique section socket {SETTING}",),
        (f"Section name specified for unique section monitor {SETTING}",),
    ),
    (
        "mmm-socket-variable",
        (f"'socket' should be a section instead of a variable {SETTING}",),
        (f"'host' should be a section instead of a variable {SETTING}",),
    ),
    (
        "mmm-no-ca-file",
        (
            f"{AT}FATAL Config entry 'socket->ca_file' is required because of 'type ssl', "
            "but missing",
        ),
        (f"{AT}FATAL Config entry 'monitor->ip' is required, but missing",),
    ),
    (
        "mmm-no-pair",
        (
            f"{AT}FATAL Config entry 'socket->key_file' is required because of 'type ssl', "
            "but missing",
        ),
        (f"{AT}FATAL Config entry 'socket->key_file' is required",),
    ),
    (
        "mmm-old-line",
        ("Invalid config line #41!",),
        ("Invalid config line: 41", "Invalid configuration line #41!"),
    ),
    (
        "mmm-old-lost",
        ("Invalid configration! Can't find monitor ip!",),
        ("Invalid configuration! Can't find monitor ip!", "Can't find monitor ip!"),
    ),
    (
        "mmm-old-pid",
        ("Can't open pid file '' for writing! at /usr/local/mmm/lib/daemon.pm line 3.",),
        ("Can't open pid file '/usr/local/mmm/var/mmmd.pid' for writing!",),
    ),
)

DAEMONS: tuple[Case, ...] = (
    (
        "mmm-killing",
        (f"{AT}FATAL Can't send offline status notification to 'db1' - killing it!",),
        (f"{AT}FATAL Can't send notification to 'db1'", "Can't send offline status notification"),
    ),
    (
        "mmm-agent-is-tls",
        (f"{AT} WARN Received undefined answer from host db1. $!: Connection reset by peer",),
        (
            f"{AT} WARN Received undefined answer from host db1. $!: ",
            "recv: Connection reset by peer",
        ),
    ),
    (
        "mmm-agent-refuses",
        (f"{AT} WARN Received undefined answer from host db1. $!: ",),
        (f"{AT} WARN Received undefined answer from host db1. $!: Interrupted system call",),
    ),
    (
        "mmm-agent-unknown",
        (
            f"{AT}FATAL The status of the agent on host 'db1' could not be determined "
            "(answer was: 0).",
        ),
        (
            f"{AT}FATAL The status of the agent on host 'db1' could not be determined "
            "(answer was: ERROR: Invalid hostname).",
        ),
    ),
    (
        "mmm-agent-unreachable",
        (f"{AT}FATAL Can't reach agent on host 'db1'",),
        (f"{AT}FATAL Can't reach host 'db1'", f"{AT}FATAL Agent on host 'db1' is reachable again"),
    ),
    (
        "mmm-old-send",
        ("[2026-11-26 12:54:38]: 311: Daemon: Error sending status command to db1. Result: '0'.",),
        ("Daemon: Error sending status command to db1. Result: 'ERROR: Invalid command'.",),
    ),
    (
        "mmm-agent-back",
        (f"{AT}FATAL Agent on host 'db1' is reachable again",),
        (f"{AT}FATAL Can't reach agent on host 'db1'", "host 'db1' is reachable again"),
    ),
    (
        "mmm-no-monitor",
        ("ERROR: Can't connect to monitor daemon!",),
        ("ERROR: Can't connect to MySQL server on 'db1'", "Can't connect to monitor daemon!"),
    ),
    (
        "mmm-old-not-running",
        ("WARNING!!! DAEMON IS NOT RUNNING. INFORMATION MAY NOT BE ACTUAL!!!",),
        ("Daemon is not running.", "WARNING!!! DAEMON IS NOT RUNNING."),
    ),
    (
        "mmm-warning",
        ("# Warning: agent on host db1 is not reachable",),
        ("# Warning: host db1 is not reachable", "Warning: agent on host db1 is not reachable"),
    ),
    (
        "mmm-port-taken",
        (LISTENER, "  IO::Socket::IP configuration failed"),
        (
            "DEBUG: ...base/IO/Socket.pm:49: ignoring less severe local error 'IO::Socket::IP "
            "configuration failed', keep 'SSL connect attempt failed'",
        ),
    ),
    (
        "mmm-port-taken",
        (LISTENER, "  IO::Socket::INET configuration failed"),
        (LISTENER, "IO::Socket::INET configuration failed"),
    ),
    (
        "mmm-exit-time-wait",
        (f"{AT}FATAL Child exited with exitcode 98, restarting after 10 second sleep",),
        (f"{AT}FATAL Child exited with exitcode 9, restarting", "Child exited with exitcode 98"),
    ),
    (
        "mmm-exit-address",
        (f"{AT}FATAL Child exited with exitcode 99, restarting after 10 second sleep",),
        (f"{AT}FATAL Child exited with exitcode 9, restarting", "Child exited with exitcode 99"),
    ),
    (
        "mmm-exit-file",
        (f"{AT}FATAL Child exited with exitcode 2, restarting after 10 second sleep",),
        (f"{AT}FATAL Child exited with exitcode 12, restarting after 10 second sleep",),
    ),
    (
        "mmm-exit-permission",
        (f"{AT}FATAL Child exited with exitcode 13, restarting after 10 second sleep",),
        (f"{AT}FATAL Child exited with signal 13, restarting",),
    ),
    (
        "mmm-exit-pair",
        (f"{AT}FATAL Child exited with exitcode 25, restarting after 10 second sleep",),
        (f"{AT}FATAL Child exited with exitcode 2, restarting after 10 second sleep",),
    ),
    (
        "mmm-exit-pair",
        (f"{AT}FATAL Child exited with exitcode 22, restarting after 10 second sleep",),
        (f"{AT}FATAL Child exited with exitcode 24, restarting after 10 second sleep",),
    ),
    (
        "mmm-sigpipe",
        (f"{AT}FATAL Child exited with signal 13, restarting",),
        (f"{AT}FATAL Child exited with exitcode 13, restarting after 10 second sleep",),
    ),
    (
        "mmm-perl-state",
        (
            "Use of uninitialized value $old_state in string ne at "
            "/usr/share/perl5/MMM/Monitor/Agent.pm line 42.",
        ),
        ("Use of uninitialized value $old_state in string eq at /srv/other.pm line 42.",),
    ),
    (
        "mmm-exit-perl",
        (f"{AT}FATAL Child exited with exitcode 255, restarting after 10 second sleep",),
        (f"{AT}FATAL Child exited with exitcode 25, restarting after 10 second sleep",),
    ),
    (
        "mmm-perl-arp",
        (f"{AT}FATAL Couldn't configure IP '192.0.2.100' on interface 'eth0': undef",),
        (f"{AT}FATAL Couldn't configure IP '192.0.2.100' on interface 'eth0': ERROR: No such",),
    ),
)

CASES: tuple[Case, ...] = FILES + DAEMONS + LIBRARY
