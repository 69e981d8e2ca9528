"""Put the keys in the order in which a login tries them.

As ssh does: certificates that are named, keys of the agent that are named, its other keys, key
files.  A certificate beside a key is tried before the key itself, for a host bears few attempts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.quoting import calm
from app.remote.agent import Agent, AgentKey
from app.remote.certificate import SUFFIX, CertificateProblem, read_certificate
from app.remote.config import Target
from app.remote.keys import KeyProblem, KeyRing, Signer, openssh_public, public_line

_CERTIFICATE: Final = "-cert.pub"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Name a key; `signer` is None for a file that is still to be opened, at `path`."""

    name: str
    type: str
    blob: bytes
    signer: Signer | None = None
    path: Path | None = None


@dataclass(slots=True)
class Candidates:
    """Hold where keys come from; what cannot be used is told in `problems`."""

    target: Target
    ring: KeyRing
    agent: Agent | None
    held: tuple[AgentKey, ...]
    now: float
    problems: list[str]
    _publics: dict[Path, tuple[str, bytes] | None] = field(default_factory=dict)
    _tried: set[bytes] = field(default_factory=set)

    def __iter__(self) -> Iterator[Candidate]:
        """Give the keys in order, each once."""
        self._publics = {path: _public(path) for path in self.target.identities}
        for path in self.target.certificates:
            yield from self._certificate(path)
        named = {pair[1] for pair in self._publics.values() if pair}
        for key in sorted(self.held, key=lambda key: self._plain(key) not in named):
            if self._plain(key) in named or not self.target.identities_only:
                yield from self._held(key)
        for path in self.target.identities:
            yield from self._file(path)

    def _certificate(self, path: Path) -> Iterator[Candidate]:
        """Give a named certificate with whatever signs for it: the agent, or a key file."""
        found = self._read(path, told=True)
        if found is None:
            return
        (type_, blob), plain = found
        name = f"certificate {path}"
        for key in self.held:
            if key.blob in (blob, plain):
                yield self._once(Candidate(name, type_, blob, self._by_agent(key, type_, blob)))
                return
        for file, public in self._publics.items():
            if public is None or public[1] == plain:
                try:
                    signer = self.ring.signer(file)
                except (KeyProblem, OSError) as error:
                    if public is not None:
                        self.problems.append(f"key {file}: {_reason(error)}")
                        return
                    continue
                if signer.blob == plain:
                    yield self._once(Candidate(name, type_, blob, signer.certified(type_, blob)))
                    return
        self.problems.append(f"{name}: none of the keys is the one that it certifies")

    def _held(self, key: AgentKey) -> Iterator[Candidate]:
        name = f"agent key {(key.comment or key.type).replace(';', ',')}"
        beside = [p for p, pair in self._publics.items() if pair and pair[1] == key.blob]
        for path in beside if not self.target.certificates else []:
            if found := self._read(Path(f"{path}{_CERTIFICATE}")):
                (type_, blob), _ = found
                signer = self._by_agent(key, type_, blob)
                yield self._once(Candidate(f"{name} with its certificate", type_, blob, signer))
        if key.blob not in self._tried:
            signer = self._by_agent(key, key.type, key.blob)
            yield self._once(Candidate(name, key.type, key.blob, signer))

    def _file(self, path: Path) -> Iterator[Candidate]:
        name, public = f"key {path}", self._publics[path]
        if not path.exists():
            if self.target.named and not (public and public[1] in self._tried):
                self.problems.append(f"{name}: no such file")
            return
        if not self.target.certificates and (found := self._read(Path(f"{path}{_CERTIFICATE}"))):
            (type_, blob), _ = found
            if blob not in self._tried:
                yield self._once(Candidate(f"{name} with its certificate", type_, blob, path=path))
        if public is None or public[1] not in self._tried:
            yield self._once(Candidate(name, *(public or ("", b"")), path=path))

    def _once(self, candidate: Candidate) -> Candidate:
        self._tried.add(candidate.blob)
        return candidate

    def _by_agent(self, key: AgentKey, type_: str, blob: bytes) -> Signer:
        agent = self.agent
        assert agent is not None
        return Signer(type_, blob, lambda data, algorithm: agent.sign(key.blob, data, algorithm))

    def _plain(self, key: AgentKey) -> bytes:
        if not key.type.endswith(SUFFIX):
            return key.blob
        try:
            return read_certificate(key.blob).key
        except CertificateProblem:
            return key.blob

    def _read(self, path: Path, *, told: bool = False) -> tuple[tuple[str, bytes], bytes] | None:
        """Read a user's certificate and give it with the key that it certifies."""
        try:
            text = path.read_text("utf-8", "replace")
        except OSError as error:
            if told:
                self.problems.append(f"certificate {path}: {error.strerror or 'unreadable'}")
            return None
        pair = public_line(text)
        try:
            if pair is None:
                raise CertificateProblem("is no certificate")
            found = read_certificate(pair[1])
            reason = "is a host's, not a user's" if found.for_host else found.ended(self.now)
            if reason:
                raise CertificateProblem(reason)
        except CertificateProblem as error:
            self.problems.append(f"certificate {path}: it {error}")
            return None
        return pair, found.key


def _public(path: Path) -> tuple[str, bytes] | None:
    """Give the public part of a key, from the file beside it or from itself."""
    try:
        found = public_line(Path(f"{path}.pub").read_text("utf-8", "replace"))
    except OSError:
        found = None
    if found is not None:
        return found
    try:
        with path.open("rb") as file:
            return openssh_public(file.read(64 * 1024))
    except OSError:
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return calm(error.strerror or "cannot be read", 100)
    return str(error)
