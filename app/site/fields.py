"""Declare every question of the wizard once.

The screens, the line prompts of `--plain` and the flags of `init` all ask these fields; a kind's
options become fields too.  How a field looks is not said here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.model import AuthoritySpec, Scalar, Source
from app.site import checks
from app.site.catalogue import KindFacts, Kinds, hosts_example
from app.site.draft import Draft, Step
from app.site.options import Option, problem
from app.site.schema import KEY_TYPES, TRUSTS

FieldType = Literal["text", "int", "bool", "choice", "hosts", "names", "links"]
Scope = Literal["site", "authority", "host", "option", "node"]
Answer = Scalar | tuple[str, ...] | tuple[tuple[str, str], ...]


# A kind's option of such a name is asked by --option-NAME, so that no flag means two things.
_TAKEN_FLAGS = frozenset(
    (
        "all",
        "ascii",
        "at",
        "ca-days",
        "ca-name",
        "color",
        "debug",
        "dir",
        "due",
        "headless",
        "help",
        "host",
        "json",
        "jsonl",
        "key-type",
        "kind",
        "leaf-days",
        "link",
        "name",
        "no-color",
        "out",
        "passphrase-file",
        "plain",
        "quiet",
        "shape",
        "site",
        "source",
        "stop",
        "theme",
        "trust",
        "user",
        "verbose",
        "version",
        "yes",
    )
)


def _fine(_: str) -> str:
    return ""


def _always(_: Draft) -> bool:
    return True


def _matters(option: Option) -> Callable[[Draft], bool]:
    """Give what tells whether an option is asked for a draft."""
    if option.by_hand:
        return lambda draft: any(host.reach == "bundle" for host in draft.hosts)
    if option.several:
        return lambda draft: sum(host.role == option.several for host in draft.hosts) > 1
    return _always


@dataclass(frozen=True, slots=True)
class Field:
    """Describe one question.

    `scope` says whose answer it is: the site's, the authority's, each host's, the topology's
    option, or an option of each node.  `source` says where the default comes from; `check` judges
    one text (of a list: each item), empty for good; `empty` is what holds where the answer is left
    empty, in words; `visible` tells whether to ask it at all.
    `low` and `high` bound numbers.  `choices` are (value, words that explain it).  `lead` is what
    must be known before it is answered.
    """

    key: str
    step: Step
    label: str
    help: str
    type: FieldType = "text"
    scope: Scope = "site"
    default: Answer = ""
    source: str = "recommended"
    example: str = ""
    empty: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    check: Callable[[str], str] = _fine
    visible: Callable[[Draft], bool] = _always
    low: int = 0
    high: int = 2**31
    required: bool = False
    option: Option | None = None
    lead: str = ""

    @property
    def flag(self) -> str:
        """Give the flag of `init` that answers it, empty for what is asked of each host."""
        if self.scope in ("host", "node"):
            return ""
        word = self.key.replace("_", "-")
        if self.scope == "option":
            return f"--option-{word}" if word in _TAKEN_FLAGS else f"--{word}"
        names = {"name": "ca-name", "hosts": "host", "links": "link", "site": "name"}
        return "--" + names.get(word, word)

    @property
    def secret(self) -> bool:
        """Tell whether the answer goes into the vault."""
        return self.option is not None and self.option.secret

    @property
    def port(self) -> bool:
        """Tell whether it is the number of a port that the product listens on."""
        return self.option is not None and self.option.type == "port"

    def problem(self, value: Answer) -> str:
        """Say what is wrong with an answer by itself; empty when nothing is."""
        if self.option is not None and not isinstance(value, tuple):
            return problem(self.option, value)
        if self.required and value in ("", ()):
            return "needs an answer"
        if self.type == "bool":
            return "" if isinstance(value, bool) else "must be yes or no"
        if self.type == "int":
            return self._number(value)
        if isinstance(value, tuple):
            words = (word for one in value for word in ((one,) if isinstance(one, str) else one))
            return next((text for word in words if (text := self.check(word))), "")
        if self.type == "choice":
            choices = tuple(word for word, _ in self.choices)
            return "" if value in choices else f"must be {' or '.join(choices)}"
        return self.check(str(value))

    def _number(self, value: Answer) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            return "must be a whole number"
        inside = self.low <= value <= self.high
        return "" if inside else f"must be from {self.low} to {self.high}"


def fields(
    draft: Draft, kinds: Kinds, step: Step | None = None, *, secrets: bool = False
) -> tuple[Field, ...]:
    """Give the questions that apply to a draft as it is now, in the order of asking.

    Secret options, whose answers go into the vault and never into a draft, are among them on
    request only.
    """
    kind = kinds.load(draft.kind) if draft.kind in kinds.names() else None
    trust = (_trust(draft, kind), _source(draft), _ca_name(draft), *_TRUST)
    found = (
        *_topology(kinds, kind), *_hosts(kind), _names(kind), *trust, *_options(kind, secrets),
    )  # fmt: skip
    return tuple(f for f in found if step in (None, f.step) and f.visible(draft))


def field(draft: Draft, kinds: Kinds, key: str, scope: Scope | None = None) -> Field:
    """Give one question by its key; raises KeyError when it is not asked now."""
    for one in fields(draft, kinds):
        if one.key == key and scope in (None, one.scope):
            return one
    raise KeyError(key)


def _topology(kinds: Kinds, kind: KindFacts | None) -> tuple[Field, ...]:
    titles = tuple((name, kinds.load(name).title) for name in kinds.names())
    shapes = tuple((shape, shape) for shape in kind.shapes) if kind else ()
    return (
        Field(
            "kind", "topology", "Product",
            "What talks over the links that you want to secure.",
            type="choice", choices=titles, default=titles[0][0] if titles else "", required=True,
        ),
        Field(
            "shape", "topology", "Shape", "Who dials whom.",
            type="choice", choices=shapes, default=shapes[0][0] if shapes else "",
            source="usual", visible=lambda _: len(shapes) > 1,
        ),
        Field(
            "site", "topology", "Site name",
            "A short name for all of this: it appears in the CA's name and in every report.",
            example="prod-mq", check=checks.site_name, required=True,
        ),
    )  # fmt: skip


def _hosts(kind: KindFacts | None) -> tuple[Field, ...]:
    roles = kind.roles if kind else ()
    first = f" The first one becomes the {roles[0][0]}." if len(roles) > 1 else ""
    return (
        Field(
            "hosts", "hosts", "Hosts",
            "The machines, one a line or with commas between: name or address, with user@ before "
            f"and :port after it where SSH needs them. Ranges work.{first}",
            type="hosts", default=(), source="", example=hosts_example(kind), required=True,
        ),
        Field(
            "role", "hosts", "Role", "What this host is among the others.",
            type="choice", scope="host", choices=roles, source="order of the hosts",
            default=roles[0][0] if roles else "", visible=lambda _: len(roles) > 1,
        ),
        *_LOGIN,
        Field(
            "links", "hosts", "Extra links",
            "Links beyond those that the shape implies: who dials>whom.",
            type="links", default=(), source="none needed", example="host-a>host-b",
            visible=lambda draft: len(draft.hosts) > 2 and kind is not None and kind.draws_links,
        ),
    )  # fmt: skip


_LOGIN = (
    Field(
        "address", "hosts", "Address", "The name or IP address that SSH connects to.",
        scope="host", source="as typed", example="host-a.example.net", check=checks.dialled_name,
        required=True,
    ),
    Field(
        "port", "hosts", "SSH port", "The port of the host's SSH server.",
        type="int", scope="host", default=22, source="SSH's own", low=1, high=65535,
    ),
    Field(
        "user", "hosts", "SSH user",
        "The user to log in as; empty takes the one from ~/.ssh/config, else your own.",
        scope="host", source="~/.ssh/config", empty="as in ~/.ssh/config, else yours",
        example="root", check=checks.user,
    ),
    Field(
        "privilege", "hosts", "Privilege",
        "How root rights are had on the host: by logging in as root, or through sudo.",
        type="choice", scope="host", default="root",
        choices=(("root", "log in as root"), ("sudo", "log in as a user who may sudo")),
    ),
    Field(
        "identity", "hosts", "Key file",
        "The private key for SSH; empty takes the agent and what ~/.ssh/config says.",
        scope="host", source="agent or ~/.ssh/config", empty="agent, or as in ~/.ssh/config",
        example="~/.ssh/id_ed25519", check=checks.identity,
    ),
    Field(
        "jump", "hosts", "Jump host", "The machine to go through, where there is no direct way.",
        scope="host", source="none", empty="none, or as in ~/.ssh/config",
        example="ops@gate.example.net", check=checks.jump,
    ),
)  # fmt: skip


def _names(kind: KindFacts | None) -> Field:
    return Field(
        "names", "names", "Names that peers dial",
        "Every name and address under which the other nodes dial this one, the preferred first. "
        "The certificate carries exactly these; a name that is missing here is refused by its "
        "peers.",
        type="names", scope="host", default=(), source="the address", check=checks.dialled_name,
        example="host-a.example.net, 10.4.7.10", lead=kind.naming if kind else "",
    )  # fmt: skip


def _any_ca(draft: Draft) -> bool:
    return draft.authority.trust == "ca"


def _own_ca(draft: Draft) -> bool:
    return _any_ca(draft) and draft.authority.source == "own"


_PLAIN = AuthoritySpec()
_SOURCE_WORDS: dict[Source, str] = {
    "own": "made here, its key in the vault",
    "imported": "made elsewhere, its key in the vault",
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


def _source(draft: Draft) -> Field:
    """Ask whose CA it is; an imported one is chosen by importing it."""
    known = [s for s in _SOURCE_WORDS if s != "imported" or draft.authority.source == s]
    return Field(
        "source", "trust", "CA",
        "With an outside CA tlswright writes a signing request for each host, waits until they are "
        "signed elsewhere (easy-rsa, openssl ca, cfssl, your company's own), and takes the "
        "certificates in.",
        type="choice", scope="authority", default="own",
        choices=tuple((s, _SOURCE_WORDS[s]) for s in known), visible=_any_ca,
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


def secret_fields(draft: Draft, kinds: Kinds) -> tuple[Field, ...]:
    """Give the questions whose answers go into the vault."""
    return tuple(f for f in fields(draft, kinds, "options", secrets=True) if f.secret)


def own_fields(draft: Draft, kinds: Kinds) -> tuple[Field, ...]:
    """Give the options that one host may have of its own: the node's, and its ports."""
    found = fields(draft, kinds, "options")
    return tuple(f for f in found if f.scope == "node" or (f.option and (f.port or f.option.each)))


def _options(kind: KindFacts | None, secrets: bool) -> tuple[Field, ...]:
    options = kind.options if kind else ()
    return tuple(_of_option(o, kind.name) for o in options if kind and (secrets or not o.secret))


def _of_option(option: Option, kind: str) -> Field:
    numbers = {"int": "int", "port": "int", "bool": "bool", "choice": "choice"}
    port = option.type == "port"
    return Field(
        option.key,
        "options",
        option.label,
        option.help,
        type=numbers.get(option.type, "text"),  # type: ignore[arg-type]
        scope="node" if option.scope == "node" else "option",
        default=option.default,
        source=f"usual for {kind}",
        choices=tuple((choice, choice) for choice in option.choices),
        low=1 if port else option.low,
        high=65535 if port else option.high,
        visible=_matters(option),
        option=option,
    )
