"""Bring the four files to sixteen hosts with Fabric, each beside its target and then renamed.

Usage: python -P -m tests.bench.with_fabric FOLDER PORT
"""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fabric import Connection

from tests.bench.sixteen import CALLS, FILES, HOSTS, WHERE, Sixteen


def main() -> None:
    """Do it on all hosts at once, with as many threads."""
    folder = Path(sys.argv[1])
    place = Sixteen(folder, int(sys.argv[2]), folder / "id", "")
    digests = {
        name: hashlib.sha256((place.source / name).read_bytes()).hexdigest() for name in FILES
    }

    def bring(host: Any) -> None:
        with Connection(
            host.address, user=host.user, port=host.port,
            connect_kwargs={"key_filename": host.identity, "look_for_keys": False,
                            "allow_agent": False},
        ) as connection:  # fmt: skip
            at = f"{host.root}/{WHERE}"
            names = " ".join(f"{at}/{name}" for name in FILES)
            said = connection.run(f"sha256sum {names}", hide=True, warn=True).stdout.split()
            changed = [name for name, digest in digests.items() if digest not in said]
            for name in changed:
                target = f"{at}/{name}"
                connection.put(str(place.source / name), f"{target}.new")
                mode = f"{FILES[name]:o}"
                connection.run(f"chmod {mode} {target}.new && mv {target}.new {target}", hide=True)
            if changed:
                connection.run(f"echo reloaded >>{host.root}/{CALLS}", hide=True)

    with ThreadPoolExecutor(HOSTS) as pool:
        list(pool.map(bring, place.hosts()))


if __name__ == "__main__":
    main()
