"""One thing that is wrong with a CA, in words."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from app.quoting import calm


@dataclass(frozen=True, slots=True)
class Flaw:
    """Say what it is, what comes of it, and what to do; a fatal one forbids the CA's use."""

    fatal: bool
    what: str
    why: str = ""
    remedy: str = ""

    @property
    def line(self) -> str:
        """Give it in one line, without the remedy."""
        return f"{self.what}. {self.why}".strip() if self.why else self.what


def short(one: x509.Certificate, *, issuer: bool = False) -> str:
    """Name a certificate for a sentence: by its common name where it has one."""
    name = one.issuer if issuer else one.subject
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(found[0].value) if found else name.rfc4514_string()
    return f"'{calm(text, 80).replace(chr(10), ' ')}'"
