"""What RabbitMQ and its CLI tools say when TLS between nodes goes wrong, measured with 3.10.

Lines were taken from Erlang/OTP 25 nodes that met each mistake on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.kinds.explaining import Row
from app.kinds.rabbitmq import explanations_alerts as alerts
from app.kinds.rabbitmq import explanations_cluster as cluster
from app.kinds.rabbitmq import explanations_files as files
from app.kinds.rabbitmq import explanations_probe as probe

_BROKEN_OFF = ("bad_ssl_dist_optfile,", "{parse_error,")
_ALERT = "ALERT: Fatal - "
_PREFIX_MAX = 200

ADVICE = {
    "no certificate refused": (
        "Set verify_peer and fail_if_no_peer_cert in the server section: in Erlang, verify_peer "
        "alone still lets in a peer that shows no certificate. The node reads the option file only "
        "when it starts."
    ),
    "foreign CA refused": (
        "Set verify_peer in the server section, and let cacertfile hold the cluster's own CA only: "
        "whoever has a certificate of any CA in it is let in. The node reads the option file only "
        "when it starts."
    ),
    "plain text refused": (
        "The node runs without TLS, whatever its files say: its environment (a drop-in of the "
        "unit) overrides rabbitmq-env.conf, or it was not restarted."
    ),
}
"""Remedies for wrong dials that were accepted, by what was tried."""

NAMES_PEERS = False
"""No line about an alert tells whose connection it was."""

ROWS: tuple[Row, ...] = files.ROWS + probe.ROWS + alerts.ROWS + cluster.ROWS


def joined(lines: Sequence[str]) -> list[str]:
    """Join the lines of one message that only together say what happened.

    An alert has its detail in the next line, an Erlang term is broken where it gets long, and
    RabbitMQ writes the same prefix before every line.
    """
    whole: list[str] = []
    last = ""
    for line in lines:
        rest = line[_shared(last, line) :].lstrip()
        if whole and _goes_on(last, rest):
            whole[-1] = f"{whole[-1].rstrip()} {rest}"
        else:
            whole.append(line)
        last = line
    return whole


def _shared(one: str, other: str) -> int:
    """Count the characters that two lines begin with alike."""
    for index, (left, right) in enumerate(zip(one[:_PREFIX_MAX], other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other), _PREFIX_MAX)


def _goes_on(last: str, rest: str) -> bool:
    return (
        (rest.startswith("- ") and _ALERT in last)
        or (last.rstrip().endswith(_BROKEN_OFF) and rest != "")
        or (rest.startswith("args: ") and "osiris_util:" in last)
    )
