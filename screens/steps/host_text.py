"""Put a host of the draft and what was found of it into words.  Pure."""

from __future__ import annotations

from rich.text import Text

from app.quoting import calm
from app.remote.locked import locked_key
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
    "failed": "c  again   e  edit",
}
SHORT = 20
"""How long an option's value may be to stand beside its key; a command does not."""


def roles_of(state: State) -> dict[str, tuple[str, ...]]:
    """Give the hosts of each role of the kind, in order."""
    kind = state.kind()
    roles = [role for role, _ in kind.roles] if kind else []
    return {r: tuple(h.name for h in state.draft.hosts if h.role == r) for r in roles}


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
    return (
        cell(host.name),
        Text(host.role),
        cell(login(host)),
        text,
    )


def detail(host: DraftHost | None, state: State) -> Text:
    """Show what is known of a host and what can be done."""
    if host is None:
        return Text("Type or paste hosts below; i picks from ~/.ssh/config.\nThe first is the hub.")
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
        rows = [f"{key}: {calm(value, 80)}" for key, value in check.facts.items()]
        text.append("\n".join(rows[:8]), style=IDLE)
    elif check.hint:
        text.append(calm(check.hint, 300), style=IDLE)
    return text
