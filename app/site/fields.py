"""Declare every question of the wizard once.

The screens, the line prompts of `--plain` and the flags of `init` all ask these fields; a kind's
options become fields too.  How a field looks is not said here.
"""

from __future__ import annotations

from collections.abc import Callable

from app.site import checks
from app.site.catalogue import KindFacts, Kinds, hosts_example
from app.site.draft import Draft, Step
from app.site.field import Answer, Field, FieldType, Scope, always
from app.site.options import Option
from app.site.trust_fields import trust_fields

__all__ = [
    "Answer", "Field", "FieldType", "Scope", "field", "fields", "own_fields", "secret_fields",
]  # fmt: skip


def fields(
    draft: Draft, kinds: Kinds, step: Step | None = None, *, secrets: bool = False
) -> tuple[Field, ...]:
    """Give the questions that apply to a draft as it is now, in the order of asking.

    Secret options, whose answers go into the vault and never into a draft, are among them on
    request only.
    """
    kind = kinds.load(draft.kind) if draft.kind in kinds.names() else None
    found = (
        *_topology(kinds, kind), *_hosts(kind), _names(kind), *trust_fields(draft, kind),
        *_options(kind, secrets),
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
        "jump", "hosts", "Jump host",
        "The machine to go through, where there is no direct way: user@host:22, a name of "
        "~/.ssh/config, or another host of this site; several with commas between, the nearest "
        "first. `none` goes there directly, whatever ~/.ssh/config says.",
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


def _matters(option: Option) -> Callable[[Draft], bool]:
    """Give what tells whether an option is asked for a draft."""
    if option.by_hand:
        return lambda draft: any(host.reach == "bundle" for host in draft.hosts)
    if option.several:
        return lambda draft: sum(host.role == option.several for host in draft.hosts) > 1
    return always


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
