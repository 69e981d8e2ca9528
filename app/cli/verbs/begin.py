"""The verb `init`: make a site from flags, without a screen."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

from app.cli.context import Context
from app.cli.verbs.ca import add_ca_flags, candidate_of, show_candidate
from app.cli.verbs.hosts import hosts_of
from app.errors import Exit, UsageError
from app.model import AuthoritySpec, Host, Scalar, Site, Topology, Trust
from app.site.catalogue import KindFacts
from app.site.options import Option
from app.site.roles import NODE, PLACE, role_flag
from app.site.schema import KEY_TYPES, TRUSTS


def _roles() -> dict[str, list[str]]:
    """Give the roles that have a flag of their own, each with what it is in the kinds that have it.

    What is said there is drawn by argparse, which takes a percent sign for its own.
    """
    from app import kinds

    found: dict[str, list[str]] = {}
    for kind in map(kinds.load, kinds.names()):
        for role, words in kind.roles:
            if role_flag(role) not in ("", NODE):
                found.setdefault(role, []).append(f"{kind.name}: {words}".replace("%", "%%"))
    return found


def flags_init(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `init`."""
    from app import kinds

    add = parser.add_argument
    add("--name", default="", help="the site's name; the directory's by default")
    names = ", ".join(kinds.names())
    add("--kind", default="activemq", help=f"the product: {names}; activemq by default")
    add(
        NODE,
        action="append",
        default=[],
        metavar=f"[ROLE:]{PLACE}",
        help="a host in a role, for instance hub:hub=root@10.0.0.1; the role may be left out where "
        "the product has but one (repeat)",
    )
    for role, owners in _roles().items():
        words = f"{'; '.join(owners)}; short for --node {role}:… (repeat)"
        add(role_flag(role), action="append", default=[], metavar=PLACE, help=words)
    add(
        "--dials",
        action="append",
        default=[],
        metavar="HOST=NAME[,NAME…]",
        help="the names and addresses that peers dial this host by, the first one first; its "
        "ADDRESS where there is none (repeat)",
    )
    add(
        "--link",
        action="append",
        default=[],
        metavar="FROM:TO",
        help="a link beyond those of the shape, where the product has such (repeat)",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="[HOST.]KEY=VALUE",
        help="an option of the product; site.yaml lists them all with their defaults (repeat)",
    )
    add(
        "--trust",
        choices=TRUSTS,
        help="trust by a CA, or by pinned certificates",
    )
    add(
        "--key-type",
        choices=KEY_TYPES,
        default="ec-p256",
        help="the type of every key",
    )
    add("--leaf-days", type=int, default=397, help="the life of a certificate")
    add("--ca-days", type=int, default=3650, help="the life of the CA")
    add_ca_flags(parser, "--ca-certificate")
    add(
        "--source",
        choices=["own", "outside"],
        default="own",
        help="outside: others sign; requests are written out, certificates taken back in "
        "(--ca-certificate: what hosts are to trust)",
    )
    add("--identity", default="", metavar="FILE", help="the SSH key for every host")
    add("--privilege", choices=["root", "sudo"], default="root", help="how the login becomes root")
    add("--jump", default="", metavar="HOST", help="a jump host for every host")


def init(context: Context) -> Exit:
    """Write site.yaml and make the vault with the CA; changes nothing on any host."""
    from app import kinds
    from app.engine.request import Answers
    from app.site.write import save_site

    flags = context.flags
    if context.places.site.exists():
        raise UsageError(
            f"{context.places.site} exists already",
            hint="Edit it, or open the wizard with `tlswright`; -C DIR names another directory.",
        )
    site, front, places = _site(context, kinds.load(flags.kind)), context.front(), context.places
    outside, candidate = site.authority.source == "outside", None
    imports = _imports(flags) and not outside
    given = [Path(flags.ca_certificate)] if outside and flags.ca_certificate else []
    if given:
        front.read_anchor(site, given)
    if imports:
        candidate = candidate_of(context, site, flags.ca_certificate, flags.ca_key)
        show_candidate(context, candidate)
        candidate.authority(site.name, 1)
    passphrase = context.passphrase(confirm=True)
    context.directory.mkdir(parents=True, exist_ok=True)
    if candidate is not None:
        site = front.keep_ca(site, passphrase, candidate)
    save_site(site, places.site)
    facts = front.create_vault(site, passphrase)
    if given:
        facts = front.set_anchor(site, Answers(passphrase), given).facts
    holds = "the keys that wait" if outside else "the CA's key"
    lines = [f"site   {places.site}", f"vault  {places.vault}   back it up: it holds {holds}"]
    if facts is not None:
        lines += [f"CA     {facts.subject}, until {facts.not_after:%Y-%m-%d}"]
        lines += [f"       SHA-256 {facts.sha256}"]
    made = {"site": str(places.site), "vault": str(places.vault)}
    authority = facts.to_dict() if facts is not None else None
    context.terminal.show(flags.json, {**made, "authority": authority}, *lines)
    anchor = outside and facts is None
    context.terminal.say(f"next: tlswright {'take --anchor FILE' if anchor else 'plan'}")
    return Exit.OK


def _imports(flags: argparse.Namespace) -> bool:
    """Tell whether the CA is one from files; raises UsageError for flags that do not go along."""
    if not flags.ca_certificate:
        for flag, value in (("--ca-key", flags.ca_key),
                            ("--ca-key-password-file", flags.ca_key_password_file)):  # fmt: skip
            if value:
                raise UsageError(
                    f"{flag} is for a CA that was made elsewhere",
                    hint="Name its certificate too: --ca-certificate FILE.",
                )
        if flags.source == "outside" and flags.trust == "pinned":
            raise UsageError(
                "--source outside and --trust pinned exclude each other",
                hint="Pinned trust has no CA: leave one of the two out.",
            )
        return False
    if flags.source == "outside" and (flags.ca_key or flags.ca_key_password_file):
        raise UsageError(
            "--source outside and --ca-key exclude each other",
            hint="With its key here the CA is imported: leave --source out.",
        )
    if flags.trust == "pinned":
        raise UsageError(
            "--ca-certificate and --trust pinned exclude each other",
            hint="Pinned trust has no CA: leave one of the two out.",
        )
    return True


def _site(context: Context, kind: KindFacts) -> Site:
    flags = context.flags
    hosts: dict[str, Host] = {}
    roles: dict[str, tuple[str, ...]] = {}
    for role, host in hosts_of(flags, kind):
        if host.name in hosts:
            raise UsageError(
                f"the host {host.name} is given twice",
                hint="A host has one role, and a name of its own.",
            )
        itself = flags.jump.split(",")[0] in (host.name, host.address)
        hosts[host.name] = replace(
            host, identity=flags.identity, privilege=flags.privilege,
            jump="" if itself else flags.jump,
        )  # fmt: skip
        roles[role] = (*roles.get(role, ()), host.name)
    for text in flags.dials:
        name, names = _pair(text, "--dials", "HOST=NAME[,NAME…]")
        if name not in hosts:
            raise UsageError(f"--dials names the host {name!r}, which is not given")
        hosts[name] = replace(hosts[name], names=tuple(n.strip() for n in names.split(",")))
    known = {option.key: option for option in kind.options}
    topology_options, node_options = _options(flags.set, known, hosts)
    topology = Topology(
        kind.name, kind.shapes[0], roles, _links(flags.link, kind), topology_options, node_options
    )
    name = flags.name or context.directory.name
    trust = _trust(flags.trust or kind.trusts[0], kind)
    authority = AuthoritySpec(
        trust, name, flags.source, key_type=flags.key_type, ca_days=flags.ca_days,
        leaf_days=flags.leaf_days,
    )  # fmt: skip
    return Site(name, authority, hosts, (topology,), str(context.places.site))


def _trust(word: str, kind: KindFacts) -> Trust:
    for trust in kind.trusts:
        if word == trust:
            return trust
    raise UsageError(
        f"--trust {word}: {kind.name} cannot do with it", hint=f"Give {' or '.join(kind.trusts)}."
    )


def _pair(text: str, flag: str, form: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageError(f"{flag} {text!r} is not understood", hint=f"Write {form}.")
    return key, value


def _links(texts: list[str], kind: KindFacts) -> tuple[tuple[str, str], ...]:
    if texts and not kind.draws_links:
        raise UsageError(
            f"--link {texts[0]}: links of {kind.name} are not drawn",
            hint=f"Leave it out: its shape, {kind.shapes[0]}, says who dials whom.",
        )
    return tuple(_link(text) for text in texts)


def _link(text: str) -> tuple[str, str]:
    a, sign, b = text.partition(":")
    if not sign or not a or not b:
        raise UsageError(f"--link {text!r} is not understood", hint="Write FROM:TO.")
    return a, b


def _options(
    texts: list[str], options: dict[str, Option], hosts: dict[str, Host]
) -> tuple[dict[str, Scalar], dict[str, dict[str, Scalar]]]:
    shared: dict[str, Scalar] = {}
    own: dict[str, dict[str, Scalar]] = {}
    for text in texts:
        left, value = _pair(text, "--set", "[HOST.]KEY=VALUE")
        host, _, key = left.rpartition(".")
        option = options.get(key)
        if option is None or option.secret:
            why = "is kept in the vault: `tlswright vault set`" if option else "is no option"
            raise UsageError(f"{key!r} {why}", hint=f"Options: {', '.join(sorted(options))}.")
        if host and host not in hosts:
            raise UsageError(f"--set names the host {host!r}, which is not given")
        target = own.setdefault(host, {}) if host else shared
        target[key] = _scalar(option, value)
    return shared, own


def _scalar(option: Option, text: str) -> Scalar:
    if option.type == "bool":
        if text.lower() not in ("true", "false"):
            raise UsageError(f"{option.key} must be true or false")
        return text.lower() == "true"
    if option.type in ("int", "port"):
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise UsageError(f"{option.key} must be a whole number")
        return int(text)
    return text
