"""What is asked about a host, what the files say of it, and that they say nothing usable."""

from __future__ import annotations

from dataclasses import dataclass, field


class ConfigError(ValueError):
    """Say in one sentence, with the place, why the configuration gives no answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Say what is asked about: the name, and what is said besides, which wins over the files."""

    name: str
    port: int = 0
    user: str = ""
    jump: str = ""


@dataclass(slots=True)
class Settings:
    """Hold what was found: values by keyword, with the place that each came from."""

    values: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    host: str = ""
    port: int = 22
    user: str = ""

    def first(self, keyword: str, default: str = "") -> str:
        """Give the value of a keyword that has one."""
        return self.values.get(keyword, [default])[0]

    def all(self, keyword: str) -> list[str]:
        """Give the values of a keyword that may have several."""
        return list(self.values.get(keyword, ()))

    def yes(self, keyword: str, *, default: bool = False) -> bool:
        """Tell whether a switch is on."""
        return self.first(keyword, "yes" if default else "no") == "yes"
