"""What is written for an outside CA: the requests, and what its operator needs to sign them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from app.pki.requests import extension_lines
from app.plan.requested import Requested
from app.rendering import render_template

README = "README.txt"
PROFILES = "cfssl-profiles.json"
MARK = "# by tlswright: openssl ca -extfile, for "


def file_name(credential: str) -> str:
    """Give a credential's name as it stands in front of `.csr`: safe in every shell and path.

    Names of hosts stay as they are, and have no underscore: no two credentials share a name.
    """
    safe = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "_" for c in credential)
    if safe == credential and not safe.startswith((".", "-")):
        return safe
    if credential.endswith("/client") and "_" not in safe[: -len("_client")]:
        return safe
    return f"{safe.lstrip('.-')[:40]}_{sha256(credential.encode()).hexdigest()[:8]}"


def request_files(site: str, requests: Iterable[Requested], now: datetime) -> dict[str, bytes]:
    """Give every file by its name: a request and its extensions each, and how to sign them."""
    found = sorted(requests, key=lambda one: one.name)
    files: dict[str, bytes] = {}
    for one in found:
        name, encipher = file_name(one.name), one.spec.key_type.startswith("rsa")
        files[f"{name}.csr"] = one.csr.encode()
        text = f"{MARK}{name}.csr\n{extension_lines(one.spec, encipher=encipher)}"
        files[f"{name}.ext"] = text.encode()
    days = max(one.spec.days for one in found)
    files[PROFILES] = _profiles(days, encipher=any(o.spec.key_type[0] == "r" for o in found))
    text = render_template(
        "requests/README.txt.j2",
        site=site,
        day=f"{now:%Y-%m-%d}",
        stamp=f"{now:%Y%m%d-%H%M%S}",
        days=days,
        peers=any(one.spec.usage == "peer" for one in found),
        clients=any(one.spec.usage == "client" for one in found),
        requests=[
            {
                "file": f"{file_name(one.name)}.csr",
                "names": ", ".join(san.value for san in one.spec.sans) or one.spec.subject,
            }
            for one in found
        ],
    )
    files[README] = text.encode()
    return files


def _profiles(days: int, *, encipher: bool) -> bytes:
    """Give the profiles that cfssl signs with; it counts in hours."""
    usages = ["digital signature", *(["key encipherment"] if encipher else [])]
    profiles = {
        "peer": {"usages": [*usages, "server auth", "client auth"], "expiry": f"{days * 24}h"},
        "client": {"usages": [*usages, "client auth"], "expiry": f"{days * 24}h"},
    }
    return (json.dumps({"signing": {"profiles": profiles}}, indent=1) + "\n").encode()
