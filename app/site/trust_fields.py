"""The questions about trust: whose CA it is, where its files are, and how long things live."""

from __future__ import annotations

from app.model import AuthoritySpec, Source
from app.site import checks
from app.site.catalogue import KindFacts
from app.site.draft import Draft
from app.site.field import Field
from app.site.schema import KEY_TYPES, TRUSTS


def trust_fields(draft: Draft, kind: KindFacts | None) -> tuple[Field, ...]:
    """Give the questions about trust, in the order of asking."""
    return (_trust(draft, kind), _source(), _ca_name(draft), *_files(draft), *_TRUST)


def _any_ca(draft: Draft) -> bool:
    return draft.authority.trust == "ca"


def _own_ca(draft: Draft) -> bool:
    return _any_ca(draft) and draft.authority.source == "own"


def _imported_ca(draft: Draft) -> bool:
    return _any_ca(draft) and draft.authority.source == "imported"


_PLAIN = AuthoritySpec()
_SOURCE_WORDS: dict[Source, str] = {
    "own": "made here, its key in the vault",
    "imported": "one that you have, its key in the vault",
    "outside": "others sign; requests go out, certificates come in",
}
_TRUST_WORDS = {TRUSTS[0]: "a certificate authority", TRUSTS[1]: "pinned peers, no CA"}


def _trust(draft: Draft, kind: KindFacts | None) -> Field:
    """Ask for the trust where the kind leaves a choice, or where what stands is none of its own."""
    known = kind.trusts if kind else TRUSTS
    asked = len(known) > 1 or draft.authority.trust not in known
    return Field(
        "trust", "trust", "Trust",
        "With a CA, hosts trust one issuer, and a new host needs nothing changed elsewhere. "
        "Pinned: each host trusts exactly the certificates of the peers that it has a link with.",
        type="choice", scope="authority", default=known[0],
        choices=tuple((trust, _TRUST_WORDS[trust]) for trust in known), visible=lambda _: asked,
    )  # fmt: skip


_KEY_WORDS = {
    "ec-p256": "elliptic curve P-256",
    "rsa-3072": "RSA with 3072 bits",
    "rsa-2048": "RSA with 2048 bits",
}


def _source() -> Field:
    return Field(
        "source", "trust", "Where the CA comes from",
        "One that is made here signs for these hosts alone; one that you have is read from its "
        "files. For an outside CA requests are written, which others sign (easy-rsa, openssl ca, "
        "cfssl and the like); the certificates are taken in.",
        type="choice", scope="authority", default="own",
        choices=tuple((source, words) for source, words in _SOURCE_WORDS.items()), visible=_any_ca,
    )  # fmt: skip


def _files(draft: Draft) -> tuple[Field, ...]:
    known = "as it was imported" if draft.authority.anchor else ""
    return (
        Field(
            "ca_file", "trust", "Its certificate (file)",
            "The CA's certificate and those above it up to the root, in any order: PEM, PKCS12, "
            "PKCS7 or JKS. It is read and judged before anything is made of it.",
            source=known, example="~/corp-ca.p12", empty=known or "~/corp-ca.p12",
            check=checks.identity, visible=_imported_ca,
        ),
        Field(
            "ca_key", "trust", "Its key (file)",
            "Where the key is in a file of its own. It goes into the vault and nowhere else; when "
            "it is encrypted, you are asked for its password.",
            source=known or "the same file", example="~/corp-ca.key",
            empty=known or "in the same file", check=checks.identity, visible=_imported_ca,
        ),
    )  # fmt: skip


_TRUST = (
    Field(
        "key_type", "trust", "Key type",
        "EC P-256 is small and fast, and known to all that is still maintained. Take RSA for old "
        "peers, and 2048 bits only where they bear no more.",
        type="choice", scope="authority", default=KEY_TYPES[0],
        choices=tuple((key, _KEY_WORDS[key]) for key in KEY_TYPES),
    ),
    Field(
        "ca_days", "trust", "CA lifetime (days)",
        "How long the CA is valid. It is rotated without an outage, but all hosts take part.",
        type="int", scope="authority", default=_PLAIN.ca_days,
        low=1, high=checks.MAX_DAYS, visible=_own_ca,
    ),
    Field(
        "leaf_days", "trust", "Certificate lifetime (days)",
        "How long each host's certificate is valid: `tlswright rotate --due` renews them in time.",
        type="int", scope="authority", default=_PLAIN.leaf_days,
        low=1, high=checks.MAX_DAYS,
    ),
)  # fmt: skip


def _ca_name(draft: Draft) -> Field:
    usual = f"{draft.site or 'prod-mq'} CA g{draft.authority.generation}"
    return Field(
        "name", "trust", "CA name",
        "Whose CA it is. Certificates call it NAME CA g1, where 1 is its generation; left empty, "
        f"the NAME is that of the site: {usual}.",
        scope="authority", source="the site's name", example=draft.site or "prod-mq",
        empty=usual, check=checks.authority_name, visible=_own_ca,
    )  # fmt: skip
