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
        wanted = [path for path in paths if how == "text" or path not in texts]
        plain = [path for path in wanted if not set(path) & set("*?")]
        if plain:  # one call for all: the host starts one process for all of them, not one for each
            calls.append(f"look {how} {' '.join(_quoted(path, root) for path in plain)}")
        calls += [_look(how, path, root) for path in wanted if path not in plain]
    for number, (key, snippet) in enumerate(survey.commands):
        how = "seek" if key in survey.leads else "ask"
        calls.append(f"{how} {number} {max(1, survey.command_seconds)} {sh(snippet)}")
    calls.append("echo end")
    return "\n".join(calls) + "\n"


def _look(how: str, path: str, root: str) -> str:
    """Look at what a pattern names; one that matches nothing names nothing."""
    return (
        f"set +f; set -- {_quoted(path, root)}; set -f; "
        f'if [ -e "$1" ] || [ -L "$1" ]; then look {how} "$@"; fi'
    )


def _quoted(path: str, root: str) -> str:
    """Quote a path, but for `*` and `?`."""
    if not path.startswith("/") or "\n" in path:
        raise ValueError(f"not an absolute path of one line: {path!r}")
    return sh(root) + "".join(x if x in "*?" else sh(x) for x in re.split(r"([*?])", path) if x)
