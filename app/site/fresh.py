"""The text of a new site.yaml: its values, and what else could stand there as comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.model import Scalar, Site, Topology
from app.site.catalogue import Kinds
from app.site.options import Option
from app.site.plain import to_plain
from app.site.render import block, entry
from app.site.scalars import scalar_text
from app.site.schema import AUTHORITY_DEFAULTS, KEY_TYPES, TRUSTS
from app.site.tree import Plain

_HEADER = """\
# What this site should be: who trusts whom, and where.  tlswright reads it, its wizard changes it
# in place, and you may edit it; keep it in version control.  No secrets here: those are in the
# vault beside this file.  Commented keys show their defaults.
"""

_NOTES: dict[str, str] = {
    "name": "the CA's common name, that of the site when empty",
    "source": "own, imported by `tlswright ca import`, or outside",
    "key_type": " or ".join(KEY_TYPES),
    "ca_days": "life of the CA in days",
    "leaf_days": "life of each certificate in days",
}


def new_text(site: Site, kinds: Kinds) -> str:
    """Write a site into a file that explains itself."""
    plain = to_plain(site, kinds)
    trusts = [t for t in TRUSTS if all(t in kinds.load(o.kind).trusts for o in site.topologies)]
    lines = [
        *entry("version", plain["version"], 0),
        *entry("site", plain["site"], 0),
        "",
        "# What makes trust on this site.",
        *_authority(plain.get("authority", {}), " or ".join(trusts)),
        "",
        "# Where the nodes run and how to log in: address, port, user, privilege (root or sudo),",
        "# identity, jump, names (those that peers dial), host_key (the pinned key).",
        "# A host that SSH does not reach: `reach: bundle`, and `system: windows` where it is one.",
        *entry("hosts", plain["hosts"], 0),
        "",
        "# Which product runs on them, in which roles.",
        "topologies:",
    ]
    for topology, values in zip(site.topologies, plain["topologies"], strict=True):
        lines += _topology(topology, values, kinds)
    return _HEADER + "\n".join(lines) + "\n"


def _authority(values: Mapping[str, Plain], trusts: str) -> list[str]:
    only = "" if " or " in trusts else ", the only one here"
    notes = {"trust": f"{trusts}{only}", **_NOTES}
    shown = {key: note for key, note in notes.items() if key not in values}
    comments = [_comment(key, AUTHORITY_DEFAULTS[key], note, 2) for key, note in shown.items()]
    return ["authority:", *block(values, 2), *comments]


def _topology(topology: Topology, values: dict[str, Plain], kinds: Kinds) -> list[str]:
    kind = kinds.load(topology.kind)
    full = {"kind": topology.kind, "shape": topology.shape, **values}
    options = full.pop("options", {})
    nodes = full.pop("nodes", {})
    first, *rest = block(full, 4)
    lines = [f"  - {first.lstrip()}", *rest]
    declared = [o for o in kind.options if not o.secret and o.scope == "topology"]
    if declared or options:
        lines += ["    options:", *block(options, 6), *_unset(declared, options)]
    if nodes:
        return [*lines, *entry("nodes", nodes, 4)]
    own = [o for o in kind.options if not o.secret and o.scope == "node"]
    return [*lines, *(_own(own, topology.hosts[0]) if own and topology.hosts else [])]


def _own(declared: Iterable[Option], host: str) -> list[str]:
    """Show where a host's own options would stand, and which there are."""
    values = ", ".join(f"{scalar_text(o.key)}: {scalar_text(o.default)}" for o in declared)
    return [
        f"{'    # nodes:':<40}  # what one host has of its own, such as",
        f"    #   {scalar_text(host)}: {{{values}}}",
    ]


def _unset(declared: Iterable[Option], options: Mapping[str, Scalar]) -> list[str]:
    return [_comment(o.key, o.default, o.label, 6) for o in declared if o.key not in options]


def _comment(key: str, value: Plain, note: str, indent: int) -> str:
    text = f"{' ' * indent}# {scalar_text(key)}: {scalar_text(value)}"
    return f"{text:<40}  # {' '.join(note.split())}"
