"""What the exit codes mean: the one table that help and README show."""

from __future__ import annotations

from app.errors import Exit

MEANINGS: tuple[tuple[Exit, str], ...] = (
    (Exit.OK, "done, or nothing to do"),
    (Exit.BUG, "a bug in tlswright"),
    (Exit.USAGE, "a flag, an answer, site.yaml or the passphrase is missing or wrong"),
    (Exit.CHANGES, "plan: there are changes to make"),
    (Exit.FAILED, "a host failed and has its old state back"),
    (Exit.UNREACHABLE, "a host could not be reached or logged in to"),
    (Exit.PREFLIGHT, "the checks before a run refuse it"),
    (Exit.FINDINGS, "verify found something wrong, or take a certificate that is not good"),
    (Exit.EXPIRING, "status: a certificate is due or ends soon"),
    (Exit.EXPIRED, "status: a certificate has expired"),
    (Exit.STALE, "the plan is stale, or a rollback would lose a later change"),
    (Exit.LOCKED, "another run holds the site"),
    (Exit.CANCELLED, "stopped by you before anything was changed"),
    (Exit.MIXED, "stopped part way: apply goes on, rollback takes it back"),
    (Exit.INTERRUPTED, "interrupted by Ctrl-C; a run that was started goes on"),
)


def table() -> str:
    """Give the table as lines of text."""
    return "\n".join(f"  {int(code):>3}  {text}" for code, text in MEANINGS)
