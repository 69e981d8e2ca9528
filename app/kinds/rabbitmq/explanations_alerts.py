"""The TLS alerts in a node's log, measured with Erlang/OTP 25.

`generated SERVER ALERT` is this node refusing a caller, `received CLIENT ALERT` a caller refusing
this node; with `TLS client` this node is the one that dials.  No such line names the other side,
and client listeners write the same lines as the distribution.  The causes are finer than the names:
`Bad Certificate` is a wrong key in one state and a self-signed certificate in another.
"""

from __future__ import annotations

from app.kinds.explaining import Row, row

_AT = r"In state \w{1,40} at [\w.]{1,60}:\d{1,6} generated "
_GOT = r"In state \w{1,40} received "
# Between an alert and its detail: a line end, written as \n by some formats, and a dash.
_AND = r"[\s\\n-]{1,12}"
_END = r"(?! ?\w)"

_REFUSES = rf"TLS server: {_AT}SERVER ALERT: Fatal - "
_REFUSED = rf"TLS server: {_GOT}CLIENT ALERT: Fatal - "
_DIALS_REFUSES = rf"TLS client: {_AT}CLIENT ALERT: Fatal - "
_DIALS_REFUSED = rf"TLS client: {_GOT}SERVER ALERT: Fatal - "

_CALLER = "certfile and keyfile of the host that dials"
_DIALLED = "certfile and keyfile of the host that is dialled"
_OWN = "certfile and keyfile of this host"
_OWN_CA = "cacertfile of this host"
_WHICH = "The line does not name the caller: `tlswright verify` dials every link and tells which."
_PLAN_CALLER = f"Run `tlswright plan`: it shows the host whose files differ. {_WHICH}"

_FROM_CALLERS: tuple[Row, ...] = (
    row(
        "caller-plain",
        "acceptor's log",
        "{unsupported_record_type,0}",
        r"\{unsupported_record_type,0\}",
        "Somebody dials this node without TLS: a member or a CLI tool that is still plain.",
        "On the host that dials, SERVER_ADDITIONAL_ERL_ARGS (node) or CTL_ERL_ARGS (CLI) lacks "
        "`-proto_dist inet_tls`, or its environment overrides the file. Plain and TLS do not mix: "
        f"run `tlswright plan`. {_WHICH}",
        "rabbitmq-env.conf of the host that dials",
    ),
    row(
        "client-plain",
        "acceptor's log",
        "{unsupported_record_type,65}",
        r"\{unsupported_record_type,65\}",
        "An AMQP client without TLS dials the TLS port for clients.",
        "Dial amqps:// on 5671, or amqp:// on the plain port, in that client.",
        "configuration of the client",
    ),
    row(
        "client-not-tls",
        "acceptor's log",
        "{unsupported_record_type,",
        r"\{unsupported_record_type,\d{1,3}\}",
        "Something that does not speak TLS dials a TLS port.",
        "Find the client by port and time; HTTP clients send 71 or 80, for instance.",
        "configuration of the client",
    ),
    row(
        "caller-untrusted",
        "acceptor's log",
        "generated SERVER ALERT: Fatal - Unknown CA",
        rf"{_REFUSES}Unknown CA{_END}",
        "The caller's certificate is of an authority that this node does not trust, or the caller "
        "does not send an intermediate certificate.",
        f"{_PLAN_CALLER} While a CA is replaced, the new one goes into every ca.pem first.",
        f"{_OWN_CA}; certfile of the host that dials",
    ),
    row(
        "caller-expired",
        "acceptor's log",
        "generated SERVER ALERT: Fatal - Certificate Expired",
        rf"{_REFUSES}Certificate Expired{_END}",
        "The caller's certificate has expired or is not valid yet: Erlang says the same of both.",
        "Run `tlswright rotate leaves --host HOST` for the host that dials; compare the clocks. "
        f"{_WHICH}",
        _CALLER,
    ),
    row(
        "caller-no-certificate",
        "acceptor's log",
        "generated SERVER ALERT: Fatal - ",
        rf"{_REFUSES}(?:Certificate required{_END}"
        rf"|Handshake Failure{_AND}no_client_certificate_provided\b)",
        "The caller sent no certificate: it has no certfile or cannot read it, or (TLS 1.3) it has "
        "none of an authority that this node trusts.",
        f"Look at certfile, its owner and mode where the caller runs. {_PLAN_CALLER}",
        f"{_CALLER}; {_OWN_CA}",
    ),
    row(
        "caller-usage",
        "acceptor's log",
        "{bad_cert,invalid_ext_key_usage}",
        rf"{_REFUSES}Handshake Failure{_AND}\{{bad_cert,invalid_ext_key_usage\}}",
        "The caller's certificate is for servers only (extended key usage without clientAuth).",
        "Issue it for both: every node and CLI tool dials. Certificates of this site's authority "
        "are for both.",
        _CALLER,
    ),
    row(
        "caller-chain",
        "acceptor's log",
        "{bad_cert,max_path_length_reached}",
        rf"{_REFUSES}Handshake Failure{_AND}\{{bad_cert,max_path_length_reached\}}",
        "More certificates stand between the caller's and the CA than depth allows here.",
        "Raise `depth` of the cluster in site.yaml and apply.",
        "depth in the server section of inter_node_tls.config",
    ),
    row(
        "caller-key",
        "acceptor's log",
        "generated SERVER ALERT: Fatal - ",
        r"TLS server: In state wait_cert_verify at [\w.]{1,60}:\d{1,6} generated SERVER ALERT: "
        rf"Fatal - Bad Certificate{_END}"
        rf'|{_REFUSES}Handshake Failure{_AND}\\?"Failed to verify CertificateVerify\\?"',
        "The caller's private key does not belong to its certificate.",
        "Run `tlswright rotate leaves --host HOST` for the host that dials: it makes both anew. "
        f"{_WHICH}",
        _CALLER,
    ),
    row(
        "caller-self-signed",
        "acceptor's log",
        "generated SERVER ALERT: Fatal - Bad Certificate",
        rf"{_REFUSES}Bad Certificate{_END}",
        "The caller's certificate is self-signed and not trusted here, or is malformed.",
        _PLAN_CALLER,
        _CALLER,
    ),
    row(
        "caller-version",
        "acceptor's log",
        "generated SERVER ALERT: Fatal - Protocol Version",
        rf"{_REFUSES}Protocol Version{_END}",
        "The caller and this node have no TLS version in common. Erlang's distribution speaks 1.2 "
        "only where no versions are set.",
        f"Set the same `versions` on every host. {_PLAN_CALLER}",
        "versions in inter_node_tls.config of both hosts",
    ),
    row(
        "caller-ciphers",
        "acceptor's log",
        "generated SERVER ALERT: Fatal - Insufficient Security",
        rf"{_REFUSES}Insufficient Security{_AND}no_suitable_ciphers?\b",
        "The caller and this node have no cipher in common.",
        "Remove `ciphers` from the option files, or make them agree.",
        "ciphers in inter_node_tls.config of both hosts",
    ),
    row(
        "own-unusable",
        "acceptor's log",
        "malformed_handshake_data",
        r"TLS server: In state hello at tls_handshake\.erl:\d{1,6} generated SERVER ALERT: "
        rf"Fatal - Handshake Failure{_AND}malformed_handshake_data\b",
        "This node cannot answer a hello: mostly it has no certificate (no certfile in the server "
        "section, or a file without one); seldom a caller that sends nonsense.",
        "Look at certfile in the server section; run `tlswright plan` for this host.",
        _OWN,
    ),
    row(
        "own-untrusted",
        "acceptor's log",
        "received CLIENT ALERT: Fatal - Unknown CA",
        rf"{_REFUSED}Unknown CA{_END}",
        "The caller does not trust the authority of this node's certificate.",
        f"The caller's ca.pem must hold it. {_PLAN_CALLER}",
        "cacertfile of the host that dials",
    ),
    row(
        "own-expired",
        "acceptor's log",
        "received CLIENT ALERT: Fatal - Certificate Expired",
        rf"{_REFUSED}Certificate Expired{_END}",
        "The caller says that this node's own certificate has expired or is not valid yet. Links "
        "that stand go on; new ones fail.",
        "Run `tlswright rotate leaves --host HOST` for this host: the node takes the new files "
        "within two minutes, without a restart. Compare the clocks.",
        _OWN,
    ),
    row(
        "own-key",
        "acceptor's log",
        "received CLIENT ALERT: Fatal - Decrypt Error",
        rf"{_REFUSED}Decrypt Error{_END}",
        "This node's private key does not belong to its certificate.",
        "Run `tlswright rotate leaves --host HOST` for this host: it makes both anew.",
        _OWN,
    ),
    row(
        "own-refused",
        "acceptor's log",
        "received CLIENT ALERT: Fatal - ",
        rf"{_REFUSED}(?:Handshake Failure|Bad Certificate|Certificate Unknown){_END}",
        "The caller refused this node's certificate: mostly it lacks the name that was dialled (a "
        "node dials the host part of the node name), or it is for clients only or self-signed.",
        "The log of the caller names the cause in a `TLS client` line: `tlswright explain "
        "--from-host HOST` for the host that dials. Then `tlswright plan` for this one.",
        "certfile of this host",
    ),
    row(
        "caller-refused",
        "acceptor's log",
        "generated SERVER ALERT: Fatal - ",
        rf"{_REFUSES}(?:Handshake Failure|Unexpected Message){_END}",
        "This node refused a caller in the handshake; the next line of its log says why.",
        "Explain both lines together: `tlswright explain --from-host HOST` for this host.",
        "log of this host",
    ),
)

_FROM_DIALLED: tuple[Row, ...] = (
    row(
        "dialled-untrusted",
        "initiator's log",
        "generated CLIENT ALERT: Fatal - Unknown CA",
        rf"{_DIALS_REFUSES}Unknown CA{_END}",
        "This node does not trust the authority of the certificate that it was shown, or an "
        "intermediate certificate was not sent.",
        "Run `tlswright plan` for both hosts: ca.pem of this one, node.pem of the other. A node "
        "dials other TLS servers too, such as LDAP.",
        f"{_OWN_CA}; certfile of the host that is dialled",
    ),
    row(
        "dialled-expired",
        "initiator's log",
        "generated CLIENT ALERT: Fatal - Certificate Expired",
        rf"{_DIALS_REFUSES}Certificate Expired{_END}",
        "The certificate of the node that was dialled has expired or is not valid yet.",
        "Run `tlswright rotate leaves --host HOST` for the host that is dialled; compare the "
        "clocks.",
        _DIALLED,
    ),
    row(
        "dialled-name",
        "initiator's log",
        "{bad_cert,hostname_check_failed}",
        rf"{_DIALS_REFUSES}Handshake Failure{_AND}\{{bad_cert,hostname_check_failed\}}",
        "The certificate of the node that was dialled lacks the host part of its node name. A "
        "wildcard does not count for Erlang without a match function.",
        "Run `tlswright plan` for the host that is dialled: its certificate must hold that name.",
        "certfile of the host that is dialled",
    ),
    row(
        "dialled-usage",
        "initiator's log",
        "{bad_cert,invalid_ext_key_usage}",
        rf"{_DIALS_REFUSES}Handshake Failure{_AND}\{{bad_cert,invalid_ext_key_usage\}}",
        "The certificate of the node that was dialled is for clients only (extended key usage "
        "without serverAuth).",
        "Issue it for both; certificates of this site's authority are.",
        _DIALLED,
    ),
    row(
        "dialled-chain",
        "initiator's log",
        "{bad_cert,max_path_length_reached}",
        rf"{_DIALS_REFUSES}Handshake Failure{_AND}\{{bad_cert,max_path_length_reached\}}",
        "More certificates stand between the dialled node's and the CA than depth allows here.",
        "Raise `depth` of the cluster in site.yaml and apply.",
        "depth in the client section of inter_node_tls.config",
    ),
    row(
        "dialled-key",
        "initiator's log",
        "generated CLIENT ALERT: Fatal - ",
        rf"{_DIALS_REFUSES}(?:Decrypt Error{_END}"
        rf'|Handshake Failure{_AND}\\?"Failed to verify CertificateVerify\\?")',
        "The private key of the node that was dialled does not belong to its certificate.",
        "Run `tlswright rotate leaves --host HOST` for the host that is dialled: it makes "
        "both anew.",
        _DIALLED,
    ),
    row(
        "dialled-self-signed",
        "initiator's log",
        "generated CLIENT ALERT: Fatal - Bad Certificate",
        rf"{_DIALS_REFUSES}Bad Certificate{_END}",
        "The node that was dialled shows a self-signed certificate that is not trusted here, or a "
        "malformed one.",
        "Run `tlswright plan` for the host that is dialled.",
        _DIALLED,
    ),
    row(
        "dialling-unusable",
        "initiator's log",
        "malformed_handshake_data",
        rf"{_DIALS_REFUSES}Handshake Failure{_AND}malformed_handshake_data\b",
        "This node cannot use its own certificate as a client: its certfile holds none, most "
        "likely.",
        "Look at certfile in the client section; run `tlswright plan` for this host.",
        _OWN,
    ),
    row(
        "refused-untrusted",
        "initiator's log",
        "received SERVER ALERT: Fatal - Unknown CA",
        rf"{_DIALS_REFUSED}Unknown CA{_END}",
        "The node that was dialled does not trust the authority of this one's certificate.",
        "Run `tlswright plan` for both hosts: ca.pem of the other, node.pem of this one.",
        "cacertfile of the host that is dialled",
    ),
    row(
        "refused-expired",
        "initiator's log",
        "received SERVER ALERT: Fatal - Certificate Expired",
        rf"{_DIALS_REFUSED}Certificate Expired{_END}",
        "This node's own certificate has expired or is not valid yet, says the node it dialled.",
        "Run `tlswright rotate leaves --host HOST` for this host; compare the clocks.",
        _OWN,
    ),
    row(
        "refused-no-certificate",
        "initiator's log",
        "received SERVER ALERT: Fatal - Certificate required",
        rf"{_DIALS_REFUSED}Certificate required{_END}",
        "This node sent no certificate when it dialled: it cannot read its certfile, or has none "
        "of an authority that the other node trusts.",
        "Look at certfile of the client section, its owner and mode; run `tlswright plan` for both "
        "hosts.",
        f"{_OWN}; cacertfile of the host that is dialled",
    ),
    row(
        "refused-version",
        "initiator's log",
        "received SERVER ALERT: Fatal - Protocol Version",
        rf"{_DIALS_REFUSED}Protocol Version{_END}",
        "This node and the one that it dialled have no TLS version in common.",
        "Set the same `versions` on every host: `tlswright plan` shows which differs.",
        "versions in inter_node_tls.config of both hosts",
    ),
    row(
        "refused",
        "initiator's log",
        "received SERVER ALERT: Fatal - ",
        rf"{_DIALS_REFUSED}(?:Handshake Failure|Bad Certificate|Insufficient Security){_END}",
        "The node that was dialled refused this one; only its own log says why.",
        "Run `tlswright explain --from-host HOST` for the host that is dialled.",
        "log of the host that is dialled",
    ),
    row(
        "dialled-refused",
        "initiator's log",
        "generated CLIENT ALERT: Fatal - ",
        rf"{_DIALS_REFUSES}Handshake Failure{_END}",
        "This node refused the one that it dialled; the next line of its log says why.",
        "Explain both lines together: `tlswright explain --from-host HOST` for this host.",
        "log of this host",
    ),
)

ROWS: tuple[Row, ...] = _FROM_CALLERS + _FROM_DIALLED
