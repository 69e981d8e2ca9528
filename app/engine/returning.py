"""Make a credential of what an outside CA gave back and the key that waited for it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.errors import Exit, PkiError
from app.pki.spec import IssueSpec
from app.plan.requested import Requests

if TYPE_CHECKING:
    from app.pki.authority import Authority
    from app.pki.credential import Credential
    from app.pki.vault import Vault


def credential_of(
    vault: Vault,
    requests: Requests,
    name: str,
    spec: IssueSpec,
    authority: Authority,
    now: datetime,
) -> Credential:
    """Give the credential of a name, judged once more: its record is a file that others may touch.

    Raises PkiError where it has not come back, or is not good any more.
    """
    from app.pki import awaiting
    from app.pki.credential import Credential
    from app.pki.judging import judge
    from app.pki.pem import read_bundle
    from app.pki.reading import load_der

    request = requests.get(name)
    lacks = "none was asked for" if request is None else request.lacks(spec, now)
    key = awaiting.load_key(vault, name)
    if request is None or lacks or key is None:
        why = lacks or "its key is not in the vault"
        kind, _, client = name.partition(":")
        ask = f"tlswright csr --{kind} {client}" if client else "tlswright csr"
        missing = PkiError(
            f"there is no certificate for {client or name} from the outside CA: {why}",
            hint=f"`{ask}` asks for it, `tlswright take FILE` takes it in.",
        )
        missing.exit_code = Exit.USAGE
        raise missing
    held = [load_der(one) for one in read_bundle(f"{request.certificate}{request.chain}".encode())
            .values()]  # fmt: skip
    judged = judge(held[0], spec, held[1:], authority.anchor, now)
    if judged.faults:
        raise PkiError(
            f"the certificate for {name} from the outside CA is not good: {judged.faults[0].line}",
            hint=judged.faults[0].remedy,
        )
    made = Credential(held[0], key, judged.chain)
    if not made.key_matches:
        raise PkiError(
            f"the certificate for {name} does not belong to the key that waits for it",
            hint="`tlswright take FILE` takes it in again.",
        )
    return made
