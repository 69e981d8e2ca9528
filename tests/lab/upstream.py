"""Lay ActiveMQ out on a lab host as upstream's archive does, with the jars that Debian ships.

The start script is Debian's own copy of upstream's, with the defaults that upstream has: home found
from where the script lies, settings from bin/env, the pid file beside the data.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.host import LabHost
from tests.until import until

VERSION = "5.17.2"

_SCRIPT = r"""
s#ACTIVEMQ_HOME="/usr/share/activemq"#ACTIVEMQ_HOME="`getActiveMQHome`"#
s#ACTIVEMQ_BASE="/var/lib/activemq"#ACTIVEMQ_BASE="$ACTIVEMQ_HOME"#
s#ACTIVEMQ_USER="activemq"#ACTIVEMQ_USER=""#
s#ACTIVEMQ_PIDFILE="/run/activemq.pid"#ACTIVEMQ_PIDFILE="$ACTIVEMQ_DATA/activemq.pid"#
s#"/usr/share/activemq/activemq-options"#"/etc/default/activemq $ACTIVEMQ_HOME/bin/env"#
"""
_UNPACK = r"""
set -eu
home=$1 user=$2 version=$3
rm -f /etc/default/activemq
getent passwd "$user" >/dev/null || useradd --system --user-group --create-home "$user"
mkdir -p "$home/bin" "$home/conf" "$home/data" "$home/lib/optional" "$home/tmp"
for jar in /usr/share/activemq/lib/*.jar /usr/share/activemq/lib/optional/*.jar; do
  part=${jar#/usr/share/activemq/lib/}
  case $part in activemq-*) part=${part%.jar}-$version.jar ;; esac
  ln -s "$(readlink -f "$jar")" "$home/lib/$part"
done
cp -L /usr/share/activemq/bin/activemq.jar "$home/bin/activemq.jar"
printf %s "$SCRIPT" | sed -f - /usr/bin/activemq >"$home/bin/activemq"
chmod 755 "$home/bin/activemq"
printf 'ACTIVEMQ_OPTS_MEMORY="-Xms64M -Xmx256M"\n' >"$home/bin/env"
sed -e 's#\${activemq.base}/data#${activemq.data}#' \
  /etc/activemq/instances-available/main/activemq.xml >"$home/conf/activemq.xml"
printf %s "$LOGGING" >"$home/conf/log4j.properties"
chown -R "$user:$user" "$home"
chmod 640 "$home/conf/activemq.xml"
"""
_LOGGING = """\
log4j.rootLogger=INFO, logfile
log4j.appender.logfile=org.apache.log4j.RollingFileAppender
log4j.appender.logfile.file=${activemq.data}/broker.log
log4j.appender.logfile.layout=org.apache.log4j.PatternLayout
log4j.appender.logfile.layout.ConversionPattern=%d | %-5p | %m | %c | %t%n
"""
_UNIT = """\
[Unit]
Description=A broker of our own
[Service]
Type=forking
User={user}
ExecStart={home}/bin/activemq start
[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Unpacked:
    """One broker of upstream's layout on a host."""

    host: LabHost
    home: str
    user: str

    @property
    def config(self) -> str:
        """Its XML file."""
        return f"{self.home}/conf/activemq.xml"

    def add_unit(self, name: str) -> None:
        """Give it a unit of its own."""
        text = _UNIT.format(user=self.user, home=self.home)
        self.host.path(f"/etc/systemd/system/{name}").write_text(text)
        self.host.run(["systemctl", "daemon-reload"])

    def pids(self) -> list[str]:
        """Give the processes that run it, by number."""
        listed = self.host.run(["pgrep", "-ax", "java"], check=False).stdout.splitlines()
        return [line.split()[0] for line in listed if f"-Dactivemq.home={self.home}/" in line]

    def wait(self, port: int = 61616) -> None:
        """Wait until it listens."""
        seconds = 90
        until(
            lambda: self.host.run(["ss", "-Hlnt", f"sport = :{port}"]).stdout.strip(),
            seconds,
            f"port {port} on {self.host.name}",
        )


def unpack(host: LabHost, home: str, user: str) -> Unpacked:
    """Put it there, owned by its user; nothing is started."""
    words = ["/usr/bin/env", f"SCRIPT={_SCRIPT}", f"LOGGING={_LOGGING}", "/bin/sh", "-c", _UNPACK]
    host.run([*words, "unpack", home, user, VERSION])
    return Unpacked(host, home, user)
