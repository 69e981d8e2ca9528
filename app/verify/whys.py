"""Ask a product, on its own host, why a proof did not hold, and explain what it says."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.errors import TlswrightError
from app.findings import Finding
from app.kinds.base import Proof
from app.kinds.explaining import AT_THE_OTHER_END
from app.quoting import calm
from app.verify.explain import explain

if TYPE_CHECKING:
    from app.verify.checks import Probes

SECONDS = 40.0
MOST = 3
"""Each question takes a host half a minute at worst, and a broken cluster fails on every link."""


@dataclass(slots=True)
class Whys:
    """Let a few links of one verification be asked why; the same question is asked once."""

    most: int = MOST
    _asked: set[tuple[str, str]] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def admits(self, proof: Proof) -> bool:
        """Tell whether this proof may be asked about; may be called from several threads."""
        key = (proof.host, proof.why)
        with self._guard:
            if key not in self._asked and len(self._asked) >= self.most:
                return False
            self._asked.add(key)
            return True


def why(finding: Finding, proof: Proof, kind: str, probes: Probes) -> tuple[Finding, bool]:
    """Run the question of a proof that did not hold, once, and put what it tells into the finding.

    The second value says that the cause is known: not where nothing could be asked or explained,
    and not where it says no more than that the other end's log knows.
    """
    if finding.verdict != "fail" or not proof.why or not probes.whys.admits(proof):
        return finding, False
    remote = probes.remote(proof.host)
    if remote is None:
        return finding, False
    try:
        output = probes.answers.run(remote, proof.why, SECONDS)
    except TlswrightError:
        # The finding stands as it is; why it could not be explained helps nobody.
        return finding, False
    for found in explain(output.out.splitlines(), kind):
        evidence = calm(f"{finding.evidence}; {found.line}", 800)
        finding = replace(finding, evidence=evidence, cause=found.cause, remedy=found.remedy)
        return finding, found.file != AT_THE_OTHER_END
    return finding, False
