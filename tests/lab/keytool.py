"""Let Java say what is in a store on a host."""

from __future__ import annotations

import re

from tests.lab.host import LabHost
from tests.lab.site import CONFIG

TLS = "/etc/activemq/instances-available/main/tls"
_ROW = re.compile(r"^([^,\n]+), [^\n]*, (PrivateKeyEntry|trustedCertEntry),", re.MULTILINE)


def rows(host: LabHost, store: str) -> dict[str, str]:
    """Give alias -> kind of entry; store is `key` or `trust`, as the broker's XML names them."""
    found = re.search(rf'{store}Store="file:([^"]+)"', host.path(CONFIG).read_text())
    word = re.search(rf'{store}StorePassword="([^"]+)"', host.path(CONFIG).read_text())
    assert found is not None
    assert word is not None
    keytool = ["keytool", "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-list"]
    listed = host.run([*keytool, "-keystore", found[1], "-storepass", word[1]])
    return dict(_ROW.findall(listed.stdout))
