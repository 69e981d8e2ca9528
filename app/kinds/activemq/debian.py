"""What Debian's ActiveMQ package looks like on a host.

Instances stand in /etc/activemq/instances-available, enabled by a symbolic link in
instances-enabled; data under /var/lib/activemq/INSTANCE, run by the owner of /var/lib/activemq.
Source: the package's init script and README (ActiveMQ 5.17.2, Debian 12).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.kinds.activemq.jvm import DEFAULTS
from app.kinds.activemq.paths import variables
from app.observed import HostObservation, Survey
from app.quoting import calm

AVAILABLE = "/etc/activemq/instances-available"
ENABLED = "/etc/activemq/instances-enabled"
STATE = "/var/lib/activemq"
HOME = "/usr/share/activemq"
INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

SURVEY = Survey(
    digests=(f"{AVAILABLE}/*/tls/*", f"{AVAILABLE}/*/*.ks", f"{AVAILABLE}/*/*.jks",
             f"{AVAILABLE}/*/*.ts", f"{AVAILABLE}/*/*.p12"),
    texts=(
        f"{AVAILABLE}/*/activemq.xml",
        f"{AVAILABLE}/*/log4j.properties",
        f"{AVAILABLE}/*/options",
        DEFAULTS,
    ),
    needs=("awk",),
    commands=(
        ("enabled", f'cd "$ROOT{ENABLED}" 2>/dev/null && for i in *; do [ -d "$i" ] && '
         'printf "%s %s\\n" "$i" "$(basename "$(readlink -f "$i")")"; done; :'),
        ("user", f'ls -ld "$ROOT{STATE}" | awk \'{{print $3}}\''),
        ("group", f'id -gn "$(ls -ld "$ROOT{STATE}" | awk \'{{print $3}}\')"'),
        ("version", 'if [ -n "$ROOT" ]; then cat "$ROOT/usr/share/activemq/version"; else '
         "dpkg-query -W -f '${Version}' activemq; fi 2>/dev/null || :"),
        ("java", "java -version 2>&1 | head -n 1"),
        ("running", 'for f in "$ROOT/run/activemq/"*.pid; do grep -q activemq '
         '"/proc/$(cat "$f" 2>/dev/null)/cmdline" 2>/dev/null && basename "$f" .pid; done; :'),
        ("parts", 'cd "${ROOT:-/}" && for f in usr/share/activemq/lib/*.jar '
         'usr/share/activemq/lib/optional/*.jar var/lib/activemq/*/lib/*.jar; do '
         'case ${f##*/} in activemq-*|proton-j*|mqtt-client*) [ -e "$f" ] && echo "$f" ;; '
         'esac; done; :'),
        ("stored", f'cd "$ROOT{STATE}" 2>/dev/null && for i in */data/kahadb; do [ -d "$i" ] && '
         'echo "${i%%/*}"; done; :'),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instance:
    """One enabled instance: its name, and the folder that its link leads to."""

    name: str
    folder: str

    @property
    def config(self) -> str:
        """Give its XML file."""
        return f"{AVAILABLE}/{self.folder}/activemq.xml"

    @property
    def options(self) -> str:
        """Give the file with what its Java is given."""
        return f"{AVAILABLE}/{self.folder}/options"

    @property
    def data(self) -> str:
        """Give the folder of its log; the store lies below, where the package puts it."""
        return f"{STATE}/{self.name}/data"

    @property
    def known(self) -> dict[str, str]:
        """Give the system properties of its process: that of the data is the same for all."""
        return variables(
            HOME, f"{STATE}/{self.name}", f"{AVAILABLE}/{self.folder}", f"{STATE}/data"
        )


def enabled(seen: HostObservation) -> dict[str, Instance]:
    """Give the enabled instances by name."""
    rows = (line.split() for line in seen.out("enabled").splitlines())
    return {
        row[0]: Instance(*row) for row in rows
        if len(row) == 2 and all(INSTANCE.fullmatch(part) for part in row)
    }  # fmt: skip


def installed(seen: HostObservation) -> bool:
    """Tell whether the package is there."""
    return any(path.startswith(AVAILABLE) for path in seen.files)


def running(name: str, seen: HostObservation) -> str:
    """Say `yes` or `no`, or nothing where it was not found out."""
    if "running" not in seen.outputs:
        return ""
    return "yes" if name in seen.out("running").split() else "no"


def facts(instance: Instance, count: int, seen: HostObservation) -> dict[str, str]:
    """Give what is known of an instance but for what its file says."""
    file = seen.file(instance.config)
    return {
        "product": f"ActiveMQ {calm(seen.out('version'), 40) or '(version unknown)'}",
        "java": calm(seen.out("java"), 80) or "not found",
        "layout": f"Debian, instance {instance.name} of {count} enabled",
        "instance": instance.name,
        "config": instance.config,
        "folder": f"{AVAILABLE}/{instance.folder}",
        "data": instance.data,
        "log": f"{instance.data}/activemq.log",
        "owner": file.owner,
        "group": calm(seen.out("group"), 40) or file.group,
        "user": calm(seen.out("user"), 40) or file.owner,
        "log4j": "yes"
        if seen.file(f"{AVAILABLE}/{instance.folder}/log4j.properties").type == "file"
        else "",
        "instances": str(count),
        "running": running(instance.name, seen),
        "stored": "yes" if instance.name in seen.out("stored").split() else "",
        "version": calm(seen.out("version"), 40),
        "parts": calm(_parts(instance.name, seen), 400),
    }


def _parts(name: str, seen: HostObservation) -> str:
    """Give the jar files of the package and of one instance, those that protocols need."""
    own = f"{STATE}/{name}/lib/".lstrip("/")
    paths = seen.out("parts").splitlines()
    kept = (path for path in paths if path.startswith(("usr/share/activemq/", own)))
    return " ".join(dict.fromkeys(path.rpartition("/")[2] for path in kept))
