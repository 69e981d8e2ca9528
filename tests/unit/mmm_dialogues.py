"""One connection between the sockets of the 2.x stand-in, and what the TLS library says of it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.unit.mmm_certificates import Issuer, Pair
from tests.unit.mmm_processes import AGENT, PERL, REUSE, address, block

_LISTEN = r"""
use strict; use warnings; use MMM::Common::Socket; use IO::Socket::SSL; $| = 1;
my ($where, $port, %block) = @ARGV;
my %more = map { $_ => delete $block{$_} } grep { /^SSL_/ } keys %block;
IO::Socket::SSL::set_defaults(%more) if %more;
my $socket = eval { MMM::Common::Socket::listener({socket => \%block}, $where, $port) };
if (!$socket) { print $@; exit 1 }
print "listening\n";
$socket->timeout(3);
my $client = $socket->accept;
if (!$client) { print IO::Socket::SSL::errstr(); exit 0 }
my $line = <$client>;
print defined $line ? 'heard ' . $line : 'silence ' . IO::Socket::SSL::errstr();
print {$client} "hello\n";
"""
_SEND = r"""
use strict; use warnings; use MMM::Common::Socket; use IO::Socket::SSL; $SIG{PIPE} = 'IGNORE';
my ($where, $port, %block) = @ARGV;
my %more = map { $_ => delete $block{$_} } grep { /^SSL_/ } keys %block;
IO::Socket::SSL::set_defaults(%more) if %more;
my $socket = eval { MMM::Common::Socket::sender({socket => \%block}, $where, $port, 10) };
my $why = $@ =~ /can't be used/ || $block{type} ne 'ssl' ? $@ : IO::Socket::SSL::errstr();
if (!$socket) { print $why; exit 1 }
print {$socket} "hello there\n";
my $line = <$socket>;
print defined $line ? 'heard ' . $line : 'silence ' . IO::Socket::SSL::errstr();
"""
# The sender gave up before it dialled: nobody will come to the listener.
_AT_HOME = re.compile(r".{0,300}can't be used|Failed to load|SSL Version|Invalid certificate auth")


class Said(NamedTuple):
    """What both ends said in the end: `heard …`, or the library's words."""

    listener: str
    sender: str


def dialogue(
    listener: Mapping[str, str],
    sender: Mapping[str, str],
    *,
    where: str = "",
    port: int = AGENT,
    dialled: str = "",
) -> Said:
    """Open one connection; the blocks may hold SSL_ options besides those of 2.x.

    `dialled` is the name that the sender uses, where it is not the address.
    """
    place = where or address()
    environment = {
        "PATH": os.environ["PATH"], "LC_ALL": "C",
        "PERL5LIB": f"{PERL / 'shared'}:{PERL / 'two/lib'}",
        # Without it the next dialogue at this address would meet TIME_WAIT.
        "PERL5OPT": REUSE,
    }  # fmt: skip
    with subprocess.Popen(
        ["perl", "-e", _LISTEN, place, str(port), *_words(listener)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        errors="replace",
        env=environment, start_new_session=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        try:
            first = server.stdout.readline()
            if first != "listening\n":
                return Said(first + server.stdout.read(), "")
            done = subprocess.run(
                ["perl", "-e", _SEND, dialled or place, str(port), *_words(sender)],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment,
                timeout=30, start_new_session=True,
            )  # fmt: skip
            if not _AT_HOME.match(done.stdout):
                server.wait(10)
        finally:
            server.kill()
        return Said(server.stdout.read(), done.stdout)


def _words(block: Mapping[str, str]) -> list[str]:
    return [word for pair in ({"type": "plain"} | dict(block)).items() for word in pair]


@dataclass
class Makers:
    """The site's CA, another one, and blocks of options for one fresh address."""

    folder: Path
    ca: Issuer
    other: Issuer
    where: str
    _number: Iterator[int] = field(default_factory=count)

    @classmethod
    def new(cls, folder: Path) -> Makers:
        """Make both CAs, and take an address."""
        return cls(folder, Issuer(folder, "ca"), Issuer(folder, "other"), address())

    def pair(self, issuer: Issuer | None = None, **how: object) -> Pair:
        """Issue a certificate for the address, unless told otherwise."""
        given = {"sans": (self.where,), **how}
        return (issuer or self.ca).issue(f"p{next(self._number)}", **given)  # type: ignore[arg-type]

    def good(self, **how: object) -> dict[str, str]:
        """Give a block that holds all that is needed."""
        return block(self.pair(**how), self.ca.file)  # type: ignore[arg-type]

    def talk(self, listener: dict[str, str], sender: dict[str, str]) -> Said:
        """Open one connection at the address."""
        return dialogue(listener, sender, where=self.where)
