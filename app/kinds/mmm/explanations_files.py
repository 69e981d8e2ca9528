"""What MMM says of its own files: the configuration, the key pair, the CAs, the Perl module."""

from __future__ import annotations

from app.kinds.explaining import Row, row

_PLAN = "Run `tlswright plan` for this host, and apply."
_SOCKET = "<socket> in mmm_common.conf"
_BLOCK = "socket_type in mmm_agent.conf or mmm_mon.conf (1.x)"
_EITHER = f"{_SOCKET}; {_BLOCK}"
_PAIR = "cert_file and key_file of this host"
_USED = r"SSL_\w{1,20}_file .{1,500}"

_LOADING: tuple[Row, ...] = (
    row(
        "mmm-no-module",
        "start-up log",
        "Can't locate IO/Socket/SSL.pm",
        r"Can't locate IO/Socket/SSL\.pm in @INC",
        "The Perl module for TLS is not installed; MMM loads it only where TLS is on, and does not "
        "list it among what it needs. With PERL5OPT=-MIO::Socket::SSL… no Perl program starts.",
        "Install libio-socket-ssl-perl (Debian) or perl-IO-Socket-SSL.",
        "packages of this host",
    ),
    row(
        "mmm-value-trailing",
        "start-up log",
        "can't be used: No such file or directory",
        r"SSL_\w{1,20}_file [^#]{1,500}?(?: #.{0,300}| ) can't be used: No such file or directory",
        "Something stands behind the path in the configuration, and counts as part of it: blanks "
        "(1.x), or a comment. MMM knows comments only at the start of a line.",
        f"Remove what stands behind the path. {_PLAN}",
        _EITHER,
    ),
    row(
        "mmm-file-missing",
        "start-up log",
        "can't be used: No such file or directory",
        rf"{_USED} can't be used: No such file or directory",
        "A certificate, key or CA file that the configuration names is not there.",
        _PLAN,
        f"the file that the line names; {_EITHER}",
    ),
    row(
        "mmm-file-unreadable",
        "start-up log",
        "can't be used: Permission denied",
        rf"{_USED} can't be used: Permission denied",
        "Whoever runs this program may not read the file, or a folder above it; mmm_control needs "
        "root for the key.",
        f"Run it as root; owner root, key mode 0600. {_PLAN}",
        "the file that the line names",
    ),
    row(
        "mmm-pair-mismatch",
        "start-up log",
        "key values mismatch",
        r"Failed to load key from file.{0,300}key values mismatch",
        "The private key does not belong to the certificate.",
        "Run `tlswright rotate leaves --host HOST` for this host: it makes both anew, and swaps "
        "them together.",
        _PAIR,
    ),
    row(
        "mmm-key-locked",
        "start-up log",
        "Failed to load key from file",
        # In its debug output the library tells the first of its errors only.
        r"Failed to load key from file.{0,300}(?:getting password|UI routines::processing)",
        "The private key has a password; MMM has no setting for it, and a daemon nobody to ask.",
        f"Use a key without a password, mode 0600. {_PLAN}",
        "key_file of this host",
    ),
    row(
        "mmm-key-asks",
        "CLI tool",
        "Enter PEM pass phrase:",
        r"Enter PEM pass phrase:",
        "The private key has a password; MMM has no setting for it.",
        f"Use a key without a password, mode 0600. {_PLAN}",
        "key_file of this host",
    ),
    row(
        "mmm-key-broken",
        "start-up log",
        "Failed to load key from file",
        r"Failed to load key from file \(no PEM or DER\) error:",
        "key_file is missing in the configuration, or the file holds no key.",
        _PLAN,
        f"key_file of this host; {_EITHER}",
    ),
    row(
        "mmm-weak-key",
        "start-up log",
        "key too small",
        r"Failed to load certificate from file .{1,500}\bee key too small",
        "The certificate's RSA key is too short for this OpenSSL (1024 bits are).",
        "Issue a new one: `tlswright rotate leaves --host HOST`. Do not lower OpenSSL's security "
        "level for it.",
        _PAIR,
    ),
    row(
        "mmm-weak-digest",
        "start-up log",
        "md too weak",
        r"Failed to load certificate from file .{1,500}\bca md too weak",
        "The certificate was signed with SHA-1, which this OpenSSL refuses.",
        "Issue a new one: `tlswright rotate leaves --host HOST`.",
        _PAIR,
    ),
    row(
        "mmm-certificate-broken",
        "start-up log",
        "Failed to load certificate from file",
        r"Failed to load certificate from file .{1,500}: \[format:PEM\]",
        "The file that cert_file names holds no certificate that this OpenSSL can use.",
        _PLAN,
        "cert_file of this host",
    ),
    row(
        "mmm-ca-broken",
        "start-up log",
        "Invalid certificate authority locations",
        r"Invalid certificate authority locations",
        "The file that ca_file names holds no certificate.",
        _PLAN,
        "ca_file of this host",
    ),
)

_SETTINGS: tuple[Row, ...] = (
    row(
        "mmm-world-readable",
        "start-up log",
        "Configuration file ",
        r"Configuration file .{1,500} is world (?:read|writ)able!",
        "2.x refuses a configuration file that everybody may read or write.",
        "Owner root, group root, mode 0640, for included files too.",
        "the file that the line names",
    ),
    row(
        "mmm-foreign-option",
        "start-up log",
        "Unknown variable ",
        r"Unknown variable (?:verify_mode|verifycn_scheme|verifycn_name|check_crl|crl_file|ca_path"
        r"|version|cipher_list|socket_type) in '",
        "An option of 1.x or of the Perl library stands in a file of 2.x, which knows type, "
        "cert_file, key_file and ca_file only.",
        f"Remove that line. {_PLAN}",
        "the file and line that are named",
    ),
    row(
        "mmm-unknown-option",
        "start-up log",
        "Unknown variable ",
        r"Unknown variable \S{1,100} in '.{1,300}' on line \d{1,6}!",
        "A variable is misspelt, or stands in the wrong section: 2.x does not start then.",
        "Correct the line that is named; <socket> knows type, cert_file, key_file and ca_file.",
        "the file and line that are named",
    ),
    row(
        "mmm-socket-type",
        "start-up log",
        "allowed values are: 'plain', 'ssl'",
        r"invalid value '.{0,300}' allowed values are: 'plain', 'ssl'",
        "`type` in <socket> is neither `plain` nor `ssl`; a comment behind it counts as part of "
        "it.",
        f"Write `type ssl`, and nothing behind it. {_PLAN}",
        _SOCKET,
    ),
    row(
        "mmm-socket-named",
        "start-up log",
        "Section name specified for unique section socket",
        r"Section name specified for unique section socket\b",
        "`<socket ssl>` is no section of 2.x.",
        f"Write <socket>, and `type ssl` in it. {_PLAN}",
        _SOCKET,
    ),
    row(
        "mmm-socket-variable",
        "start-up log",
        "'socket' should be a section",
        r"'socket' should be a section instead of a variable",
        "`socket ssl` is no variable of 2.x.",
        f"Write a section <socket> with `type ssl` in it. {_PLAN}",
        _SOCKET,
    ),
    row(
        "mmm-no-ca-file",
        "start-up log",
        "Config entry 'socket->ca_file' is required",
        r"Config entry 'socket->ca_file' is required because of 'type ssl', but missing",
        "ca_file is missing, and the daemon goes on all the same: it then trusts every CA of the "
        "SYSTEM instead of the site's own.",
        f"Add ca_file, and restart. {_PLAN}",
        _SOCKET,
    ),
    row(
        "mmm-no-pair",
        "start-up log",
        "' is required because of 'type ssl', but missing",
        r"Config entry 'socket->(?:cert|key)_file' is required because of 'type ssl', but missing",
        "cert_file or key_file is missing, and the program goes on all the same: no connection "
        "will come about.",
        f"Add it, and restart. {_PLAN}",
        _SOCKET,
    ),
    row(
        "mmm-old-line",
        "start-up log",
        "Invalid config line #",
        r"Invalid config line #\d{1,6}!",
        "1.x takes `name value` at the start of a line, and indented options below it; no quotes, "
        "no comments behind a value, no include.",
        f"Correct the line of that number. {_PLAN}",
        "mmm_agent.conf or mmm_mon.conf of this host",
    ),
    row(
        "mmm-old-lost",
        "start-up log",
        "Invalid configration! Can't find monitor ip!",
        r"Invalid configration! Can't find monitor ip!",
        "monitor_ip is not set; or, where it is, 1.x loses its configuration under a newer perl "
        "(threads::shared): mmmd_mon and mmm_control do not run there at all.",
        "Set monitor_ip; where it is set, no setting helps: use 2.x, or an older perl.",
        "mmm_mon.conf of this host",
    ),
    row(
        "mmm-old-pid",
        "start-up log",
        "Can't open pid file ''",
        r"Can't open pid file '' for writing!",
        "pid_path is not set; or, where it is, 1.x loses its configuration under a newer perl "
        "(threads::shared): mmmd_mon does not run there at all.",
        "Set pid_path; where it is set, no setting helps: use 2.x, or an older perl.",
        "mmm_mon.conf of this host",
    ),
)

ROWS: tuple[Row, ...] = _LOADING + _SETTINGS
