"""Real alerts of Erlang/OTP 25 and answers of the probe, with look-alikes, by row."""

from __future__ import annotations

Case = tuple[str, tuple[str, ...], tuple[str, ...]]

NODE = "2026-11-26 08:57:48.569486+00:00 [notice] <0.102.0> "
SERVER = f"{NODE}TLS server: In state wait_cert at ssl_handshake.erl:2111 generated SERVER ALERT: "
HEARD = f"{NODE}TLS server: In state wait_cert received CLIENT ALERT: "
CLIENT = f"{NODE}TLS client: In state wait_cert at ssl_handshake.erl:2113 generated CLIENT ALERT: "
REFUSED = f"{NODE}TLS client: In state connection received SERVER ALERT: "
FAILED = "Fatal - Handshake Failure"
CAUSE = "CAUSE {ssl_connect_failed,{10,77,0,11},25672,{error,"

ALERTS: tuple[Case, ...] = (
    (
        "caller-plain",
        (
            f"{NODE}TLS server: In state start at tls_record.erl:564 generated SERVER ALERT: "
            "Fatal - Unexpected Message",
            f"{NODE} - {{unsupported_record_type,0}}",
        ),
        (
            f"{NODE} - {{unsupported_record_type,65}}",
            "{unsupported_record_type,01}",
            "{unsupported_record,0}",
        ),
    ),
    (
        "client-plain",
        (f"{SERVER}Fatal - Unexpected Message", f"{NODE} - {{unsupported_record_type,65}}"),
        (f"{NODE} - {{unsupported_record_type,0}}", "{unsupported_record_type,650}"),
    ),
    (
        "client-not-tls",
        (f"{SERVER}Fatal - Unexpected Message", f"{NODE} - {{unsupported_record_type,71}}"),
        ("unsupported_record_type is 71", "{unsupported_record_type,x}"),
    ),
    (
        "caller-untrusted",
        (f"{SERVER}Fatal - Unknown CA",),
        (
            f"{HEARD}Fatal - Unknown CA",
            f"{REFUSED}Fatal - Unknown CA",
            f"{SERVER}Fatal - Unknown CA Extension",
            "SSL routines::tlsv1 alert unknown ca",
        ),
    ),
    (
        "caller-expired",
        (f"{SERVER}Fatal - Certificate Expired",),
        (f"{HEARD}Fatal - Certificate Expired", "INFO | Certificate Expired mails are sent"),
    ),
    (
        "caller-no-certificate",
        (
            f"{NODE}TLS server: In state certify at tls_dtls_connection.erl:315 generated SERVER "
            f"ALERT: {FAILED}",
            f"{NODE} - no_client_certificate_provided",
        ),
        (f"{SERVER}{FAILED}", f"{NODE} - no_client_certificate_provided"),
    ),
    (
        "caller-no-certificate",
        (f"{SERVER}Fatal - Certificate required", f"{NODE} - certificate_required"),
        (f"{REFUSED}Fatal - Certificate required",),
    ),
    (
        "caller-usage",
        (f"{SERVER}{FAILED}", f"{NODE} - {{bad_cert,invalid_ext_key_usage}}"),
        (
            f"{CLIENT}{FAILED} - {{bad_cert,invalid_ext_key_usage}}",
            f"{SERVER}{FAILED} - {{bad_cert,invalid_key_usage}}",
        ),
    ),
    (
        "caller-chain",
        (f"{SERVER}{FAILED}", f"{NODE} - {{bad_cert,max_path_length_reached}}"),
        (f"{CLIENT}{FAILED} - {{bad_cert,max_path_length_reached}}",),
    ),
    (
        "caller-key",
        (
            f"{NODE}TLS server: In state wait_cert_verify at ssl_handshake.erl:381 generated "
            "SERVER ALERT: Fatal - Bad Certificate",
        ),
        (f"{SERVER}Fatal - Bad Certificate", f"{HEARD}Fatal - Bad Certificate"),
    ),
    (
        "caller-key",
        (
            f"{NODE}TLS server: In state wait_cv at tls_handshake_1_3.erl:2132 generated SERVER "
            f"ALERT: {FAILED}",
            f'{NODE} - "Failed to verify CertificateVerify"',
        ),
        (f'{CLIENT}{FAILED} - "Failed to verify CertificateVerify"',),
    ),
    (
        "caller-self-signed",
        (
            f"{NODE}TLS server: In state certify at ssl_handshake.erl:2109 generated SERVER ALERT: "
            "Fatal - Bad Certificate",
        ),
        (
            f"{SERVER}Fatal - Bad Certificate Status Response",
            f"{NODE}TLS server: In state wait_cert_verify at ssl_handshake.erl:381 generated "
            "SERVER ALERT: Fatal - Bad Certificate",
        ),
    ),
    (
        "caller-version",
        (
            f"{NODE}TLS server: In state start at tls_connection_1_3.erl:315 generated SERVER "
            "ALERT: Fatal - Protocol Version",
        ),
        (f"{REFUSED}Fatal - Protocol Version", "Warning - Protocol Version"),
    ),
    (
        "caller-ciphers",
        (f"{SERVER}Fatal - Insufficient Security", f"{NODE} - no_suitable_ciphers"),
        (f"{REFUSED}Fatal - Insufficient Security", f"{SERVER}Fatal - Insufficient Security"),
    ),
    (
        "own-unusable",
        (
            f"{NODE}TLS server: In state hello at tls_handshake.erl:250 generated SERVER ALERT: "
            f"{FAILED}",
            f"{NODE} - malformed_handshake_data",
        ),
        (f"{SERVER}{FAILED} - malformed_handshake_data",),
    ),
    (
        "own-untrusted",
        (f"{HEARD}Fatal - Unknown CA",),
        (f"{SERVER}Fatal - Unknown CA", f"{REFUSED}Fatal - Unknown CA"),
    ),
    (
        "own-expired",
        (f"{HEARD}Fatal - Certificate Expired",),
        (f"{SERVER}Fatal - Certificate Expired", f"{REFUSED}Fatal - Certificate Expired"),
    ),
    (
        "own-key",
        (f"{NODE}TLS server: In state certify received CLIENT ALERT: Fatal - Decrypt Error",),
        (f"{CLIENT}Fatal - Decrypt Error", f"{HEARD}Fatal - Decryption Failed"),
    ),
    (
        "own-refused",
        (f"{HEARD}{FAILED}",),
        (f"{HEARD}Warning - Close Notify", f"{SERVER}{FAILED}"),
    ),
    ("own-refused", (f"{HEARD}Fatal - Certificate Unknown",), (f"{HEARD}Fatal - Internal Error",)),
    (
        "caller-refused",
        (f"{SERVER}{FAILED}",),
        (f"{CLIENT}{FAILED}", f"{SERVER}Fatal - Internal Error", f"{SERVER}{FAILED}s"),
    ),
    (
        "dialled-untrusted",
        (f"{CLIENT}Fatal - Unknown CA",),
        (f"{REFUSED}Fatal - Unknown CA", f"{SERVER}Fatal - Unknown CA"),
    ),
    (
        "dialled-expired",
        (f"{CLIENT}Fatal - Certificate Expired",),
        (f"{REFUSED}Fatal - Certificate Expired",),
    ),
    (
        "dialled-name",
        (f"{CLIENT}{FAILED}", f"{NODE} - {{bad_cert,hostname_check_failed}}"),
        (f"{CLIENT}{FAILED}", "{bad_cert,hostname_check_failed}"),
    ),
    (
        "dialled-name",
        (
            f"{CAUSE}{{tls_alert,{{handshake_failure,"
            f'"{CLIENT}{FAILED}\\n {{bad_cert,hostname_check_failed}}"}}}}}}}}',
        ),
        (),
    ),
    (
        "dialled-usage",
        (f"{CLIENT}{FAILED}", f"{NODE} - {{bad_cert,invalid_ext_key_usage}}"),
        (f"{SERVER}{FAILED} - {{bad_cert,invalid_ext_key_usage}}",),
    ),
    (
        "dialled-chain",
        (f"{CLIENT}{FAILED}", f"{NODE} - {{bad_cert,max_path_length_reached}}"),
        (f"{SERVER}{FAILED} - {{bad_cert,max_path_length_reached}}",),
    ),
    (
        "dialled-key",
        (f"{CLIENT}Fatal - Decrypt Error",),
        (f"{HEARD}Fatal - Decrypt Error", f"{CLIENT}Fatal - Decode Error"),
    ),
    (
        "dialled-key",
        (f"{CLIENT}{FAILED}", f'{NODE} - "Failed to verify CertificateVerify"'),
        (f'{SERVER}{FAILED} - "Failed to verify CertificateVerify"',),
    ),
    (
        "dialled-self-signed",
        (f"{CLIENT}Fatal - Bad Certificate",),
        (f"{REFUSED}Fatal - Bad Certificate",),
    ),
    (
        "dialling-unusable",
        (f"{CLIENT}{FAILED}", f"{NODE} - malformed_handshake_data"),
        (f"{SERVER}{FAILED} - malformed_handshake_data",),
    ),
    (
        "dialled-refused",
        (f"{CLIENT}{FAILED}",),
        (f"{SERVER}{FAILED}", f"{REFUSED}{FAILED}"),
    ),
    ("refused-untrusted", (f"{REFUSED}Fatal - Unknown CA",), (f"{CLIENT}Fatal - Unknown CA",)),
    (
        "refused-expired",
        (f"{REFUSED}Fatal - Certificate Expired",),
        (f"{CLIENT}Fatal - Certificate Expired",),
    ),
    (
        "refused-no-certificate",
        (f"{REFUSED}Fatal - Certificate required",),
        (f"{SERVER}Fatal - Certificate required",),
    ),
    (
        "refused-version",
        (f"{REFUSED}Fatal - Protocol Version",),
        (f"{SERVER}Fatal - Protocol Version",),
    ),
    ("refused", (f"{REFUSED}{FAILED}",), (f"{HEARD}{FAILED}", f"{REFUSED}Fatal - User Canceled")),
)

PROBE: tuple[Case, ...] = (
    (
        "dialling-certificate-empty",
        ("CAUSE {function_clause,{tls_handshake_1_3,select_client_cert_key_pair}}",),
        ("CAUSE {function_clause,{tls_handshake_1_3,do_start}}",),
    ),
    ("dialling-no-tls", ("CAUSE {'EXIT',nodistribution}",), ("{'EXIT',nodistribution}",)),
    (
        "dialling-file-missing",
        (f'{CAUSE}{{options,{{keyfile,"/etc/x/node.key",{{error,enoent}}}}}}}}}}',),
        ("{error,enoent}", f'{CAUSE}{{options,{{dhfile,"/x",{{error,enoent}}}}}}}}}}'),
    ),
    (
        "dialling-file-unreadable",
        (f'{CAUSE}{{options,{{cacertfile,"/etc/x/ca.pem",{{error,eacces}}}}}}}}}}',),
        ("{error,eacces}",),
    ),
    (
        "dialling-file-broken",
        (f'{CAUSE}{{options,{{keyfile,"/etc/x/node.key",decoding_error}}}}}}}}',),
        (f'{CAUSE}{{options,{{keyfile,"/etc/x/node.key",{{error,enoent}}}}}}}}}}',),
    ),
    (
        "dialling-file-broken",
        ('            {error,{options,{keyfile,"/tmp/garbage.pem",[]}}}}}}',),
        ('{error,{options,{ciphers,"x",[]}}}',),
    ),
    (
        "dialling-no-ca",
        (f"{CAUSE}{{options,{{cacertfile,[]}}}}}}}}",),
        ("{cacertfile,[]}", '{options,{cacertfile,["x"]}}'),
    ),
    (
        "dialling-renegotiate",
        (
            f"{CAUSE}{{options,dependency,{{secure_renegotiate,{{versions,[tlsv1,'tlsv1.1',"
            "'tlsv1.2']}}}}}",
        ),
        ("{secure_renegotiate,true}",),
    ),
    (
        "dialling-option-unknown",
        (f"{CAUSE}{{options,{{socket_options,[frobnicate,nodelay,inet]}}}}}}}}",),
        ("{socket_options,[nodelay]}",),
    ),
    (
        "dialling-option",
        (f"{CAUSE}{{options,'tlsv1.9'}}}}}}",),
        ("{options,'tlsv1.9'}",),
    ),
    (
        "dialled-hung-up",
        (f"{CAUSE}closed}}}}",),
        ("{error,closed}", "{recv_status_failed,{error,closed}}"),
    ),
    (
        "dialled-port-closed",
        (f"{CAUSE}econnrefused}}}}",),
        ("{error,econnrefused}",),
    ),
    (
        "dialled-silent",
        ("CAUSE setup_timer_timeout",),
        ("the setup_timer_timeout is 7 s",),
    ),
    (
        "dialled-silent",
        ("{net_kernel,{'EXIT',<0.98.0>,setup_timer_timeout}}",),
        ("{net_kernel,{'EXIT',<0.98.0>,shutdown}}",),
    ),
    (
        "dialled-first-word",
        ("CAUSE {recv_status_failed,{error,closed}}",),
        ("CAUSE {recv_status_failed,{error,timeout}}",),
    ),
    (
        "dialled-other-cookie",
        ("CAUSE {recv_challenge_ack_failed,{error,closed}}",),
        ("CAUSE {recv_challenge_ack_failed,{error,timeout}}",),
    ),
    (
        "dialled-not-registered",
        ('CAUSE {port_please_failed,"rabbit",{10,77,0,11},noport}',),
        ("CAUSE {port_please_failed,other}",),
    ),
    (
        "dialled-not-registered",
        ('                     {port_please_failed,erl_epmd,"a",{127,0,0,1},noport}}}',),
        (),
    ),
    (
        "dialled-name-unknown",
        ('CAUSE {address_failed,"r9",nxdomain}',),
        ("CAUSE {other,nxdomain}",),
    ),
    (
        "dialled-name-form",
        ('CAUSE {not_shortnames,"r1.example.com"}',),
        ("CAUSE {no_names}",),
    ),
)
