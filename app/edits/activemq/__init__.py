"""Edit activemq.xml in place: what a TLS broker needs is merged in, everything else stays.

Decisions where the file leaves a choice:

- a section that stands twice is refused: ActiveMQ silently keeps the last one only;
- `brokerName="${…}"` is kept, with a note: only the broker knows its value;
- placeholders in store attributes and URIs that tlswright sets are replaced, with a note;
- user names and passwords are written so that the broker reads exactly them (see `values`);
- a transportConnector is ours by its name, or by TLS of the same protocol on the wanted port:
  then its name stays; a plain connector on that port is refused;
- a wanted listener that is the sole one of its protocol takes the place of the one that is there,
  whatever its port; where there are several and none on the port, nobody guesses;
- a networkConnector is ours by its name; one without a name by its exact target.  A foreign name
  with the same target stays untouched, with a note;
- `needClientAuth=true` is ensured, unless the wanted URI itself says `needClientAuth=false`;
- verifyHostName never stays on a transportConnector that is ours: together with needClientAuth
  it silently switches client authentication off (ActiveMQ 5.17.2).
"""

from app.edits.activemq.edit import edit_broker
from app.edits.activemq.model import (
    BrokerEdit,
    BrokerView,
    ConnectorView,
    EditResult,
    NetworkConnector,
    NetworkView,
    SslContext,
    SslView,
    TransportConnector,
)
from app.edits.activemq.values import literal, meant
from app.edits.activemq.view import read_broker

__all__ = [
    "BrokerEdit",
    "BrokerView",
    "ConnectorView",
    "EditResult",
    "NetworkConnector",
    "NetworkView",
    "SslContext",
    "SslView",
    "TransportConnector",
    "edit_broker",
    "literal",
    "meant",
    "read_broker",
]
