"""The secrets of one run: the vault's authority and passwords, and the keys born in this run."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.engine.returning import credential_of
from app.engine.sharing import Holders
from app.errors import Exit, PkiError
from app.kinds.resources import AbsentWant, FileResource, KeyWant, LiteralWant, TrustWant
from app.model import Site
from app.pki import keeping
from app.pki.secret import Secret
from app.pki.spec import IssueSpec
from app.plan.adopted import MARK, Adopted
from app.plan.deployed import Deployed, fingerprint
from app.plan.requested import Requests

if TYPE_CHECKING:
    from app.pki.authority import Authority
    from app.pki.credential import Credential
    from app.pki.vault import Vault


_GIVEN = {"imported": "ca import", "outside": "take --anchor"}


def with_root(deployed: Deployed, root: Authority) -> Deployed:
    """Record the site's CA, with the certificates between it and what hosts trust.

    Raises PkiError where hosts run with another CA under the same generation: what they hold would
    be taken for what it is not.
    """
    from app.pki import pem
    from app.pki.reading import der

    known = deployed.authorities.get(root.generation, "")
    running = any(node.facts is not None for node in deployed.nodes.values())
    if running and known and fingerprint(known) != root.facts().sha256:
        raise PkiError(
            f"the hosts run with another CA as generation {root.generation} than {root.name!r}",
            hint="Another CA is another generation: set `name` under `authority` in site.yaml "
            "back, or raise `generation`.",
        )
    anchor = pem.pem_cert(root.anchor_der).decode()
    below = "".join(pem.pem_cert(der(one)).decode() for one in root.presented)
    return deployed.with_authority(root.generation, anchor, below)


class Keyring:
    """Issue credentials and build store bytes for one run.

    Private keys live in this object only, and only until the run ends.  Without a vault (a first
    plan) passwords are made up and forgotten, and nothing can be issued.  `holders` get a shared
    credential by hand: for them the vault keeps it.  `requests` are those to an outside CA, which
    issues in our place.  `adopted` are certificates that hosts trusted before and go on to trust.
    """

    def __init__(
        self,
        site: Site,
        vault: Vault | None,
        holders: Holders = MappingProxyType({}),
        requests: Requests = MappingProxyType({}),
        adopted: Adopted = MappingProxyType({}),
    ) -> None:
        self._site, self._vault, self._holders = site, vault, holders
        self._requests = requests
        self._kept = {one.sha256: one.der for kept in adopted.values() for one in kept}
        self._own: dict[str, Credential] = {}
        self._new: dict[str, Credential] = {}
        self._taken: dict[str, bool] = {}
        self._made_up: dict[tuple[str, str], Secret] = {}
        self._lock = threading.Lock()

    def password(self, host: str, store: str) -> Secret:
        """Give a store's password: the kept one, or a new one that `save` keeps."""
        from app.pki.passwords import new_password

        with self._lock:
            if self._vault is not None:
                return keeping.password_for(self._vault, host, store)
            return self._made_up.setdefault((host, store), new_password())

    def kept(self) -> tuple[Secret, ...]:
        """Give every password that the vault holds, saved or not."""
        if self._vault is None:
            return ()
        names = tuple(self._vault.keys())
        kept = (name for name in names if name.startswith(("password/", "option/")))
        return tuple(Secret((self._vault.get(name) or b"").decode()) for name in kept)

    def option_secrets(self) -> Mapping[str, Secret]:
        """Give the secret options that the vault keeps, by key."""
        if self._vault is None:
            return {}
        prefix = "option/"
        found = {}
        for key in tuple(self._vault.keys()):
            if key.startswith(prefix):
                found[key.removeprefix(prefix)] = Secret((self._vault.get(key) or b"").decode())
        return found

    def authority(self, generation: int) -> Authority | None:
        """Give one generation of the site's CA, None where the vault does not hold it."""
        spec = self._site.authority
        if spec.trust != "ca" or self._vault is None:
            return None
        name = spec.name or self._site.name
        if generation not in keeping.authority_generations(self._vault, name):
            return None
        return keeping.load_authority(self._vault, name, generation)

    def ensure_authority(self, now: datetime) -> Authority | None:
        """Give the site's CA; None under pinned trust.

        An own one is made and kept when there is none yet.  Raises PkiError for another one that is
        not in the vault, and for one that is not what site.yaml says.
        """
        from app.pki.authority import create_root

        spec = self._site.authority
        if spec.trust != "ca" or self._vault is None:
            return None
        name = spec.name or self._site.name
        if spec.generation not in keeping.authority_generations(self._vault, name):
            if spec.source != "own":
                missing = PkiError(
                    f"the vault does not hold the {spec.source} CA {name!r} g{spec.generation}",
                    where=self._site.path,
                    hint=f"`tlswright {_GIVEN[spec.source]} FILE` puts it there; or check `name` "
                    "and `generation` under `authority`.",
                )
                missing.exit_code = Exit.USAGE
                raise missing
            root = create_root(name, spec.generation, spec.key_type, spec.ca_days, now)
            keeping.store_authority(self._vault, root)
            self._vault.save()
        authority = keeping.load_authority(self._vault, name, spec.generation)
        _require_meant(self._site, authority)
        return authority

    def adopt(self, name: str, credential: Credential) -> None:
        """Take a credential that the vault has kept for the one of this name."""
        with self._lock:
            self._new[name] = credential

    def hold(self, own: Mapping[str, Credential]) -> None:
        """Let these be what is issued: keys that hosts had before, and keep."""
        self._own.update(own)

    def held(self, name: str) -> Credential | None:
        """Give the credential of this name that its host had before and keeps, if there is one."""
        return self._own.get(name)

    def save(self) -> None:
        """Keep what is new before anything that depends on it leaves this machine."""
        if self._vault is not None:
            self._vault.save()

    def waiting(self, name: str) -> Credential | None:
        """Give the shared credential of this name that the vault keeps for a host by hand."""
        if self._vault is None:
            return None
        for host, kind in self._holders.get(name.partition("/")[0], ()):
            found = keeping.load_credential(self._vault, host, f"{kind}/{name}")
            if found is not None:
                return found
        return None

    def shared(self) -> Mapping[str, str]:
        """Give the fingerprint of each shared credential that the vault keeps, by its name."""
        found = ((name, self.waiting(name)) for name in self._holders)
        return {name: one.facts().sha256 for name, one in found if one is not None}

    def keep(self, name: str, made: Credential) -> None:
        """Keep a shared credential for each host that gets it by hand; `save` writes it."""
        for host, kind in self._holders.get(name.partition("/")[0], ()):
            if self._vault is not None:
                keeping.store_credential(self._vault, host, f"{kind}/{name}", made)

    def issue(
        self, node: str, spec: IssueSpec, now: datetime, shown: frozenset[str] = frozenset()
    ) -> Credential:
        """Issue the node's new credential, once per run.

        A shared one that waits for a host by hand, and that is not `shown` by the others already
        (fingerprints), is theirs too; a new one is kept for that host.
        """
        from app.pki.authority import issue, self_sign

        with self._lock:
            if node in self._new:
                return self._new[node]
            kept = self.waiting(node)
            if kept is not None and self._takes(node, shown) and not self.faults(kept, spec):
                return self._new.setdefault(node, kept)
        if node in self._own:
            made = self._own[node]
        elif spec.self_signed:
            made = self_sign(spec, now)
        else:
            authority = self.ensure_authority(now)
            if authority is None or self._vault is None:
                raise PkiError("nothing can be issued without the vault")
            if authority.source == "outside":
                made = credential_of(self._vault, self._requests, node, spec, authority, now)
            else:
                made = issue(authority, spec, now)
        with self._lock:
            if node not in self._new:
                self.keep(node, made)
            return self._new.setdefault(node, made)

    def faults(self, kept: Credential, spec: IssueSpec) -> tuple[str, ...]:
        """Say in which ways a credential that the vault keeps is not what is wanted now."""
        issuer = ""
        if not spec.self_signed and self._site.authority.source == "outside":
            # The CA may have put in more, and another subject: it was judged when it came back.
            return kept.lacks(spec)
        if not spec.self_signed and self._site.authority.source != "own":
            assert self._vault is not None, "it was kept in a vault"
            authority = keeping.load_authority(self._vault, spec.issuer, spec.generation)
            issuer = authority.certificate.subject.rfc4514_string()
        return kept.satisfies(spec, issuer)

    def _takes(self, name: str, shown: frozenset[str]) -> bool:
        """Decide once whether what waits is taken: a pair for dialling goes with the other."""
        base = name.partition("/")[0]
        if base not in self._taken:
            waiting = self.waiting(base)
            self._taken[base] = waiting is not None and waiting.facts().sha256 not in shown
        return self._taken[base]

    def issued(self, node: str) -> Credential | None:
        """Give the credential that this run issued for a node, if it did."""
        return self._new.get(node)

    def certificate(self, reference: str, deployed: Deployed, kind: str) -> bytes:
        """Give the certificate (DER) that a trust reference names."""
        what, _, rest = reference.partition(":")
        known = deployed.authorities.get(int(rest), "") if what == "ca" else ""
        if known:
            return _der(known)
        if what == MARK:
            if rest not in self._kept:
                raise PkiError(f"the certificate with SHA-256 {rest} is kept no more")
            return self._kept[rest]
        if what == "ca":
            spec = self._site.authority
            if self._vault is None:
                raise PkiError("the CA's certificate cannot be had without the vault")
            name = spec.name or self._site.name
            return keeping.load_authority(self._vault, name, int(rest)).anchor_der
        node, _, which = rest.rpartition(":")
        made = self._new.get(node)
        recorded = deployed.node(kind, node)
        if made is not None and (which == "next" or recorded is None):
            return made.cert_der
        if recorded is None or not recorded.certificate:
            raise PkiError(f"the certificate of {node} is not known")
        return _der(recorded.certificate)

    def build(self, resource: FileResource, deployed: Deployed, kind: str) -> bytes:
        """Build the bytes of one file, and open them again before they are shipped."""
        want = resource.want
        if isinstance(want, LiteralWant):
            return want.data
        if isinstance(want, AbsentWant):
            return b""
        password = self.password(resource.host, f"{kind}/{want.store}")
        if isinstance(want, TrustWant):
            return self._trust_store(want, password, deployed, kind)
        return self._key_store(want, password)

    def _trust_store(
        self, want: TrustWant, password: Secret, deployed: Deployed, kind: str
    ) -> bytes:
        from app.pki import stores

        entries = {alias: self.certificate(ref, deployed, kind) for alias, ref in want.entries}
        data = stores.trust_store(entries, want.format, password)
        if want.format != "PEM":
            stores.check_trust_store(data, password, entries)
        return data

    def _key_store(self, want: KeyWant, password: Secret) -> bytes:
        from app.pki import pem, stores

        credential = self._new.get(want.credential)
        if credential is None:
            raise PkiError(f"no key was made for {want.credential} in this run")
        if want.part == "key":
            return pem.pem_key(credential, password if want.encrypted else None)
        if want.part == "chain":
            return pem.pem_chain(credential)
        data = stores.key_store(credential, want.format, password, want.alias)
        stores.check_key_store(data, password, credential, want.alias)
        return data


def _der(pem: str) -> bytes:
    return base64.b64decode("".join(pem.strip().splitlines()[1:-1]))


def _require_meant(site: Site, authority: Authority) -> None:
    """Refuse a CA that is not the one of which site.yaml speaks."""
    spec = site.authority
    if authority.source != spec.source:
        raise PkiError(
            f"site.yaml says that the CA {authority.name!r} g{authority.generation} is "
            f"{spec.source}, the one in the vault is {authority.source}",
            where=site.path,
            hint="Another CA is another generation: set `source` back.",
        )
    if spec.anchor and spec.anchor != authority.facts().sha256:
        raise PkiError(
            f"the CA {authority.name!r} g{authority.generation} in the vault is not the one in "
            f"site.yaml: its SHA-256 is {authority.facts().sha256}",
            where=site.path,
            hint="Set `anchor` under `authority` back, or put back the vault that goes with it.",
        )
