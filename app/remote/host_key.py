"""Judge the key that a host offers: by what the site pins, by known_hosts, by their CAs.

Unknown, changed and revoked keys stop us, as do certificates that are not good; nothing here is
ever asked.  After `check_host_key` in sshconnect.c.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from app.errors import HostKeyError
from app.model import Host
from app.remote.algorithms import choose
from app.remote.certificate import (
    SIGNATURES,
    SUFFIX,
    Certificate,
    CertificateProblem,
    read_certificate,
)
from app.remote.config import Target
from app.remote.known_command import CommandFailed
from app.remote.known_hosts import HostKey, KnownHosts
from app.remote.revoked import revoked_by

_CONSOLE: Final = (
    "compare the fingerprint on the host's own console: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub"
)


@dataclass(frozen=True, slots=True)
class Judge:
    """Hold what is known of one host, in the site and in the user's files."""

    host: Host
    target: Target
    known: KnownHosts

    @property
    def keys(self) -> tuple[HostKey, ...]:
        """Give the keys that are right: the one that the site pins, else those that are known.

        A key that is known without a port does for every port, as with ssh.
        """
        pinned = HostKey.parse(self.host.host_key)
        if pinned:
            return (pinned,)
        return next(filter(None, map(self.known.keys, self._names)), ())

    @property
    def authorities(self) -> tuple[HostKey, ...]:
        """Give the CAs that may certify this host; none where the site pins a key."""
        if self.host.host_key:
            return ()
        return tuple(ca for name in self._names for ca in self.known.authorities(name))

    def types(self, spoken: Iterable[str]) -> tuple[str, ...]:
        """Put the key types that we know first, so that a known host does not look changed.

        Certificates come first where a CA may certify the host, and are not asked for otherwise.
        """
        plain = [name for name in spoken if not name.endswith(SUFFIX)]
        wanted = {t for key in self.keys for t in _algorithms(key.type)}
        certified = [f"{name}{SUFFIX}" for name in plain] if self.authorities else []
        return (*certified, *sorted(plain, key=lambda name: name not in wanted))

    def told(self, offered: HostKey | None = None) -> Judge:
        """Add what the user's KnownHostsCommand says of the host, or of the key that it offers.

        A key that the site pins is right without it.  Raises HostKeyError where it fails.
        """
        command = self.target.known_command
        if command is None or self.host.host_key:
            return self
        known = self.known
        try:
            for name in self._names:
                known = known.with_lines(command.ask(name, offered))
        except CommandFailed as error:
            raise HostKeyError(
                f"KnownHostsCommand ({command.words[0]}) {error}", host=self.host.name, offered="",
                pinned="?", hint="ssh would not connect either: mend the command, or pin the key",
            ) from error  # fmt: skip
        return replace(self, known=known)

    def judge(self, offered: HostKey, blob: bytes, now: float) -> None:
        """Raise HostKeyError unless the key, or the certificate whose blob is given, is right."""
        certificate = self._certificate(offered, blob) if offered.type.endswith(SUFFIX) else None
        if certificate is not None:
            whole = HostKey(offered.type, base64.b64encode(blob).decode())
            offered = HostKey(*certificate.key_line.split())
            ca = HostKey(*certificate.ca_line.split())
            self._refuse_revoked(ca, "the CA's key for")
            self._refuse_revoked(offered, "the key of", certificate=whole)
            if ca in self.authorities:
                self._judge_certificate(certificate, offered, now)
                return
        self._refuse_revoked(offered, "the key of")
        if offered not in self.keys:
            raise self._wrong(offered)

    @property
    def _names(self) -> tuple[str, ...]:
        address = self.target.address.lower()
        return tuple(dict.fromkeys([self.target.known_name, self.target.alias or address]))

    def _certificate(self, offered: HostKey, blob: bytes) -> Certificate:
        try:
            return read_certificate(blob)
        except CertificateProblem as error:
            raise HostKeyError(
                f"the certificate of {self.target.address} {error}", host=self.host.name,
                offered="", hint="have the host's key certified anew by its CA",
            ) from error  # fmt: skip

    def _judge_certificate(self, found: Certificate, offered: HostKey, now: float) -> None:
        try:
            listed = dict(self.target.algorithms).get("casignaturealgorithms", "")
            name = self.target.alias or self.target.address.lower()
            found.judge_host(name, now, choose(listed, SIGNATURES))
        except CertificateProblem as error:
            raise HostKeyError(
                f"the certificate of {self.target.address} {error}", host=self.host.name,
                offered="", pinned=found.ca_line,
                hint="have the host's key certified anew by its CA, for the name that is dialled",
            ) from error  # fmt: skip

    def _refuse_revoked(
        self, key: HostKey, what: str, *, certificate: HostKey | None = None
    ) -> None:
        where = "in known_hosts"
        hit = any(self.known.revoked(name, key) for name in self._names)
        shown = (key,) if certificate is None else (key, certificate)
        for path in self.target.revoked:
            if not hit and self._listed(path, shown):
                hit, where = True, f"by {path}"
        if hit:
            raise HostKeyError(
                f"{what} {self.target.address} is revoked {where}: {key.fingerprint}",
                host=self.host.name,
                offered="",
                pinned=key.line,
                hint="give the host a new key, or take the @revoked line away if it is wrong",
            )

    def _listed(self, path: Path, keys: tuple[HostKey, ...]) -> bool:
        """Ask a RevokedHostKeys file; one that gives no answer lets nobody in."""
        try:
            return revoked_by(path, *keys)
        except OSError as error:
            raise HostKeyError(
                f"the revoked keys in {path} cannot be read: {error.strerror or error}",
                host=self.host.name, offered="", pinned="?",
                hint="RevokedHostKeys in the ssh configuration names this file",
            ) from error  # fmt: skip

    def _wrong(self, offered: HostKey) -> HostKeyError:
        right, address = self.keys, self.target.address
        seen = f"{offered.type} {offered.fingerprint}"
        if not right:
            return HostKeyError(
                f"the key of {address} is not known yet: {seen}", host=self.host.name,
                offered=offered.line, hint=_CONSOLE,
            )  # fmt: skip
        before = ", ".join(f"{key.type} {key.fingerprint}" for key in right)
        source = "pinned in the site" if self.host.host_key else "in known_hosts"
        return HostKeyError(
            f"the key of {address} has changed: it offers {seen}, {source} is {before}",
            host=self.host.name,
            offered=offered.line,
            pinned=right[0].line,
            hint="somebody may be in between; if the host was set up anew, pin its new key",
        )


def _algorithms(key_type: str) -> tuple[str, ...]:
    return ("rsa-sha2-512", "rsa-sha2-256") if key_type == "ssh-rsa" else (key_type,)
