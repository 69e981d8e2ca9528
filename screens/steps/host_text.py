"""Put a host of the draft and what was found of it into words.  Pure."""

from __future__ import annotations

from rich.text import Text

from app.engine.front import HostCheck
from app.quoting import calm
from app.remote.locked import locked_key
from app.site.convert import as_site
from app.site.draft import DraftHost
from screens.state import State
from screens.words import CHECK_WORDS, IDLE, cell, shown, word

DO = {
    "new-key": "t  trusts it once",
    "changed-key": "Find out why the key changed before you go on. If you made the host anew: e.",
    "login": "p  password   e  user, key file   c  again",
    "key": "p  passphrase of the key, or password   e  user, key file",
    "sudo": "p  sudo password   c  again",
    "unreachable": "e  address, port, jump host   c  again",
    "no-product": "Install the product there, then c looks again.",
    "unfit": "Mend it there, or o  own options; then c looks again.",
    "failed": "c  again   e  edit",
}
FIRST, ROWS = 3, 10
"""How many facts of the product stand before those of the host, and how many rows there are."""
SHORT = 20
"""How long an option's value may be to stand beside its key; a command does not."""


def roles_of(state: State) -> dict[str, tuple[str, ...]]:
    """Give the hosts of each role of the kind, in order."""
    kind = state.kind()
    roles = [role for role, _ in kind.roles] if kind else []
    return {r: tuple(h.name for h in state.draft.hosts if h.role == r) for r in roles}


def links_of(state: State) -> tuple[tuple[str, str], ...]:
    """Give (initiator, acceptor) of every link that the draft has so far."""
    kind, site = state.kind(), as_site(state.draft)
    found = kind.links(site, site.topologies[0]) if kind else ()
    return tuple((link.initiator, link.acceptor) for link in found)


def hosts_help(state: State) -> str:
    """Explain the step: what can be typed, what is looked at, and what the product has here."""
    kind = state.kind()
    roles = [role for role, _ in kind.roles] if kind else []
    first = (
        f" The first one becomes the {roles[0]}, Space changes a role." if len(roles) > 1 else ""
    )
    parts = [
        f"Type or paste hosts: one or many, `user@host:port` and ranges like {_range(roles)} work."
        f"{first}",
        "Each host is connected to at once, to look and not to touch: its key, your login, "
        "privilege, the product, its clock. A host key that is not known is shown with its "
        "fingerprint; t trusts it once and for all, and writes it to site.yaml.",
        "o gives one host options of its own, such as another port.",
    ]
    if kind is not None and kind.draws_links:
        parts.append("l on one host and l on another draws a link: the first dials the second.")
    return "\n\n".join(parts)


def _range(roles: list[str]) -> str:
    return f"{roles[1] if len(roles) > 1 else roles[0] if roles else 'host'}-[01-12]"


def _facts(check: HostCheck) -> list[str]:
    """Give what was found, what matters most first: a small pane shows but the first rows."""
    facts = {key: value for key, value in check.facts.items() if value not in ("", check.text)}
    host = [key for key in ("system", "login") if key in facts]
    own = [key for key in facts if key not in (*host, "names")]
    keys = [*own[:FIRST], *host, *own[FIRST:]]
    return [f"{key}: {calm(facts[key], 80)}" for key in keys[:ROWS]]


def login(host: DraftHost) -> str:
    """Give how we log in, in one word."""
    port = f":{host.port}" if host.port != 22 else ""
    if host.address == host.name:
        return f"{host.user}{port}" or "as configured"
    user = f"{host.user}@" if host.user else ""
    return f"{user}{host.address}{port}"


def cells(host: DraftHost, state: State) -> tuple[Text, ...]:
    """Give the row of a host."""
    check = state.checks.get(host.name)
    found = word(CHECK_WORDS, check.state if check else "busy")
    text = shown(found)
    product = check.facts.get("product", "") if check else ""
    if check is not None and check.state == "ok" and product:
        text = Text.assemble((f"{found.mark} ", found.style), calm(product, 80))
    role = (cell(host.role),) if len(roles_of(state)) > 1 else ()
    return (cell(host.name), *role, cell(login(host)), text)


def detail(host: DraftHost | None, state: State) -> Text:
    """Show what is known of a host and what can be done."""
    if host is None:
        kind, text = state.kind(), Text("Type or paste hosts below; i picks from ~/.ssh/config.")
        if kind is not None and len(kind.roles) > 1:
            text.append(f"\nThe first is the {kind.roles[0][0]}.")
        return text
    check = state.checks.get(host.name)
    if check is None:
        return Text(">> connecting, to look and not to touch")
    text = Text(calm(check.text, 400) + "\n")
    if check.state == "new-key" and check.fingerprint not in check.text:
        text.append(f"{calm(check.fingerprint, 100)}\n", style="bold")
    if check.state in DO:
        key = check.state == "login" and locked_key(check.text)
        text.append(f"{DO['key' if key else check.state]}\n", style="bold")
    own = state.draft.node_options.get(host.name, {})
    if own:
        words = (f"{key} {calm(plain, 60)}" if len(plain := str(value)) < SHORT else key
                for key, value in own.items())  # fmt: skip
        text.append(f"its own: {', '.join(words)}\n")
    if check.state == "ok":
        text.append("\n".join(_facts(check)), style=IDLE)
    elif check.hint:
        text.append(calm(check.hint, 300), style=IDLE)
    return text
