"""Values as ActiveMQ reads them: Spring and XBean see more in an attribute than XML does.

`${…}` is a placeholder, `#{…}` an expression, and a value that begins with `#` names a bean.  None
of them can be switched off, but each can be written so that it stands for itself: an expression
gives the one character, and what an expression gave is not looked at again; a doubled `#` at the
start is one.  Tried with XBean 4.5 and Spring 4.3 (ActiveMQ 5.17.2); source: XBeanNamespaceHandler,
StandardBeanExpressionResolver.
"""

from __future__ import annotations

import re

_OPENING = re.compile(r"([$#])\{")
_ESCAPED = re.compile(r"#\{'([$#])'\}\{")


def literal(text: str) -> str:
    """Write a text so that the broker reads exactly it, whatever it looks like."""
    safe = _OPENING.sub(r"#{'\1'}{", text)
    return f"#{safe}" if safe.startswith("#") else safe


def meant(value: str) -> str | None:
    """Give the text that an attribute stands for, or None where only the broker knows it."""
    if value.startswith("#"):
        value = value[1:]
        if not value.startswith("#"):
            return None
    if _OPENING.search(_ESCAPED.sub("", value)):
        return None
    return _ESCAPED.sub(r"\1{", value)
