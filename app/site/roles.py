"""How hosts are named on the command line: each by a flag of its role."""

from __future__ import annotations

_TAKEN = frozenset(
    (
        "dials", "help", "identity", "json", "jump", "kind", "link", "name", "plain", "privilege",
        "quiet", "set", "site", "trust", "version", "yes",
    )
)  # fmt: skip
NODE = "--node"
PLACE = "NAME=[USER@]ADDRESS[:PORT]"


def role_flag(role: str) -> str:
    """Give the flag of a role, `--hub`; empty where that word means something else to `init`."""
    return "" if role in _TAKEN else f"--{role}"


def host_words(role: str, place: str) -> tuple[str, str]:
    """Give the words that name a host in a role; `place` is as PLACE says."""
    if not role:
        return NODE, place
    flag = role_flag(role)
    return (flag, place) if flag else (NODE, f"{role}:{place}")
