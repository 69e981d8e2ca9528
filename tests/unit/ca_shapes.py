"""Authorities in shapes that hurt, as openssl makes them, and who refuses what they sign."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.unit.openssl_ca import BELOW, CA, EC, ROOT, RSA, Made, make

NO_IDS = ("subjectKeyIdentifier=none", "authorityKeyIdentifier=none")


@dataclass(frozen=True)
class Shape:
    """Say how to make a CA, what is to be said of it, and which peer refuses it.

    `under` makes it an intermediate of a good root, or of a root with these arguments.
    `refused_by` is `openssl`, `java`, `strict` (openssl's -x509_strict), `old` (peers that are too
    old to be here), or empty for what all bear.
    """

    name: str
    says: str
    refused_by: str = ""
    under: dict[str, Any] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def fatal(self) -> bool:
        """Tell whether it must forbid the CA's use."""
        return self.refused_by not in ("", "strict")

    def make(self, folder: Path, root: Made) -> tuple[Made, ...]:
        """Make it; gives its path, lowest first."""
        if self.under is None:
            return (make(folder, self.name, **self.arguments),)
        above = make(folder, f"{self.name} root", **self.under) if self.under else root
        return make(folder, self.name, by=above, **self.arguments), above


def _ext(*lines: str) -> dict[str, Any]:
    return {"extensions": lines}


def _curve(name: str) -> dict[str, Any]:
    return {"key": (*EC[:3], f"ec_paramgen_curve:{name}")}


_NAMES = "nameConstraints=critical,"
_FLAT = _ext("basicConstraints=critical,CA:true,pathlen:0", *ROOT[1:])
_SMALL = {"key": (*RSA[:3], "rsa_keygen_bits:1024")}
_NO_SIGN = ("basicConstraints=critical,CA:true", "keyUsage=critical,cRLSign")
SHAPES: tuple[Shape, ...] = (
    Shape("not a CA", "is not a CA", "openssl", None, _ext("basicConstraints=critical,CA:false")),
    Shape("bare", "is not a CA", "openssl", None, _ext("subjectKeyIdentifier=hash")),
    Shape("leaf between", "is not a CA", "openssl", {}, _ext("basicConstraints=CA:false")),
    Shape("no signing", "keyCertSign is missing", "openssl", None, _ext(*_NO_SIGN, *ROOT[2:])),
    Shape("none below", "keyCertSign is missing", "openssl", {}, _ext(*_NO_SIGN, *BELOW[2:])),
    Shape("expired", "has expired on", "openssl", None, {"life": (-20, -2)}),
    Shape("under an end", "has expired on", "openssl", {"life": (-20, -2)}),
    Shape("future", "is not valid before", "openssl", None, {"life": (5, 50)}),
    Shape("soon", "'soon' ends on", "", None, {"life": (-5, 100)}),
    Shape("too deep", "allows 0 CAs below it, and there are 1", "openssl", _FLAT),
    Shape("no ids", "no authority key identifier", "strict", {}, _ext(*CA, *NO_IDS)),
    Shape("no SKI", "has no subject key identifier", "strict", {}, _ext(*CA, NO_IDS[0])),
    Shape("no usage", "(no key usage)", "strict", {}, _ext(CA[0], *BELOW[2:])),
    Shape("soft", "not marked critical", "strict", {},
          _ext("basicConstraints=CA:true", *BELOW[1:])),
    Shape("server", "for certificates of servers only", "openssl", {},
          _ext(*BELOW, "extendedKeyUsage=serverAuth")),
    Shape("client", "for certificates of clients only", "openssl", None,
          _ext(*ROOT, "extendedKeyUsage=clientAuth")),
    Shape("mail", "neither for servers nor for clients", "openssl", {},
          _ext(*BELOW, "extendedKeyUsage=emailProtection")),
    Shape("elsewhere", "may not sign for hub.example.com", "openssl", {},
          _ext(*BELOW, f"{_NAMES}permitted;DNS:example.org")),
    Shape("root elsewhere", "may not sign for hub.example.com", "openssl", None,
          _ext(*ROOT, f"{_NAMES}permitted;DNS:.example.org")),
    Shape("excluding", "may not sign for hub.example.com", "openssl", {},
          _ext(*BELOW, f"{_NAMES}excluded;DNS:example.com")),
    Shape("addresses", "may not sign for 192.0.2.7", "openssl", {},
          _ext(*BELOW, f"{_NAMES}permitted;IP:10.0.0.0/255.0.0.0")),
    Shape("directory", "only for subjects within a directory", "openssl", {},
          _ext(*BELOW, f"{_NAMES}permitted;dirName:dn", "[dn]", "O=Corp")),
    Shape("SHA-1", "was signed with SHA-1", "openssl", {}, {"digest": "sha1"}),
    Shape("MD5", "was signed with MD5", "openssl", {}, {"digest": "md5"}),
    Shape("small", "has only 1024 bits", "openssl", None, _SMALL),
    Shape("small root", "has only 1024 bits", "openssl", _SMALL),
    Shape("koblitz", "lies on the curve secp256k1", "java", None, _curve("secp256k1")),
    Shape("brainpool", "lies on the curve brainpoolP256r1", "java", {}, _curve("brainpoolP256r1")),
    Shape("policy", "demands a certificate policy", "java", {},
          _ext(*BELOW, "policyConstraints=requireExplicitPolicy:0")),
    Shape("unknown", "critical extension that few know (1.2.3.4)", "openssl", {},
          _ext(*BELOW, "1.2.3.4=critical,ASN1:UTF8String:x")),
    Shape("serial", "names its issuer by serial number too", "", {},
          _ext(*CA, "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid,issuer:always")),
    Shape("edwards", "is of the kind Ed25519", "old", {"key": ("-algorithm", "ED25519"),
                                                       "digest": "default"}),
)  # fmt: skip
GOOD: tuple[Shape, ...] = (
    Shape("good", ""),
    Shape("good below", "", "", {}),
    Shape("P-384", "", "", None, _curve("P-384")),
    Shape("old root, new CA", "", "", {"digest": "sha1", "key": RSA}),
    Shape("for both", "", "", {}, _ext(*BELOW, "extendedKeyUsage=serverAuth,clientAuth")),
    Shape("our names", "", "", {}, _ext(*BELOW, f"{_NAMES}permitted;DNS:example.com")),
)
