"""A saved plan, compared with the plan as it would be made now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import StalePlanError, UsageError

Key = tuple[str, str, str]


def check_saved(saved: Mapping[str, Any], fresh: Mapping[str, Any]) -> None:
    """Refuse a saved plan that no longer says what would be done.

    A change of the saved plan that is not needed any more is fine: its target is as the plan would
    make it, so a half-done run can be applied again.  Anything else that differs, or is new, makes
    the plan stale.  Raises StalePlanError that names the first such file.
    """
    before = _saved_changes(saved)
    if saved.get("site") != fresh.get("site"):
        raise UsageError(
            f"this plan is for the site {saved.get('site')}, not for {fresh.get('site')}"
        )
    for key, change in _changes(fresh).items():
        phase, host, path = key
        meant = before.get(key)
        place = f"{host}:{path}" if path else host
        if meant is None:
            raise _stale(f"{place} needs a change that the plan does not hold", host)
        if meant.get("before") != change.get("before") and path:
            raise _stale(f"{place} is neither as the plan saw it nor as it would make it", host)
        if meant.get("commands") != change.get("commands"):
            raise _stale(f"{host} would run other commands than the plan says", host)
        if meant.get("diff") != change.get("diff"):
            raise _stale(f"{place} would be changed otherwise than the plan says ({phase})", host)


def _saved_changes(saved: Mapping[str, Any]) -> dict[Key, Mapping[str, Any]]:
    """Read a file's changes; raises UsageError for what no `plan -o` wrote."""
    try:
        if saved["version"] == 1:
            return _changes(saved)
    except (KeyError, TypeError, AttributeError):
        pass
    raise UsageError(
        "this file is not a plan of tlswright", hint="Make one: tlswright plan -o FILE"
    )


def _stale(text: str, host: str) -> StalePlanError:
    return StalePlanError(
        text, hint=f"Make a new plan; somebody or something changed {host} or the site."
    )


def _changes(plan: Mapping[str, Any]) -> dict[Key, Mapping[str, Any]]:
    found: dict[Key, Mapping[str, Any]] = {}
    for wave in plan["waves"]:
        for step in wave["steps"]:
            for member in step["members"]:
                rows = member["changes"] or [{"path": "", "diff": member["reason"], "before": ""}]
                for change in rows:
                    key = (wave["phase"], member["host"], change["path"])
                    found[key] = {**change, "commands": member.get("commands", [])}
    return found
