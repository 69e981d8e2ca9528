"""Ask a Survey of a host in one exec: the script that answers it, each word quoted."""

from __future__ import annotations

import re

from app.observed import Survey
from app.quoting import sh, sh_words
from app.remote.shipping import script
from app.remote.tools import groups


def survey_script(survey: Survey, root: str) -> str:
    """Give the whole script that answers a survey."""
    calls = [script("observe").rstrip("\n"), sh_words("survey", root, *groups(survey.needs))]
    texts = dict.fromkeys(survey.texts)
    for how, paths in (("text", texts), ("digest", dict.fromkeys(survey.digests))):
        for path in paths:
            if how == "text" or path not in texts:
                calls.append(_look(how, path, root))
    for number, (key, snippet) in enumerate(survey.commands):
        how = "seek" if key in survey.leads else "ask"
        calls.append(f"{how} {number} {max(1, survey.command_seconds)} {sh(snippet)}")
    calls.append("echo end")
    return "\n".join(calls) + "\n"


def _look(how: str, path: str, root: str) -> str:
    """Quote a path, but for `*` and `?`; a pattern that matches nothing names nothing."""
    if not path.startswith("/") or "\n" in path:
        raise ValueError(f"not an absolute path of one line: {path!r}")
    words = "".join(x if x in "*?" else sh(x) for x in re.split(r"([*?])", path) if x)
    if not set(path) & set("*?"):
        return f"look {how} {sh(root)}{words}"
    return (
        f"set +f; set -- {sh(root)}{words}; set -f; "
        f'if [ -e "$1" ] || [ -L "$1" ]; then look {how} "$@"; fi'
    )
