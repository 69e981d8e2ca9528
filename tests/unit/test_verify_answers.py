"""What several proofs ask of one host is asked once, and not believed for ever."""

from __future__ import annotations

from pathlib import Path

from app.model import Host
from app.quoting import sh
from app.verify.answers import FRESH_SECONDS, Answers
from tests.unit.verify_servers import ShellHost


def test_an_answer_is_shared_until_it_is_old_or_asked_anew(tmp_path: Path) -> None:
    host, now = ShellHost(Host("r1", "127.0.0.1")), [0.0]
    answers = Answers(lambda: now[0])
    count = f"echo >>{sh(str(tmp_path / 'calls'))}; wc -l <{sh(str(tmp_path / 'calls'))}"

    def asked(*, anew: bool = False) -> str:
        return answers.run(host, count, 10, anew=anew).out.strip()

    assert [asked(), asked()] == ["1", "1"]
    now[0] = FRESH_SECONDS - 1
    assert asked() == "1"
    assert [asked(anew=True), asked()] == ["2", "2"]
    now[0] += FRESH_SECONDS
    assert asked() == "3"
    assert Answers(lambda: now[0]).run(host, count, 10).out.strip() == "4"


def test_hosts_answer_for_themselves(tmp_path: Path) -> None:
    answers = Answers()
    one, other = (ShellHost(Host(name, "127.0.0.1")) for name in ("r1", "r2"))
    command = f"echo >>{sh(str(tmp_path / 'calls'))}; wc -l <{sh(str(tmp_path / 'calls'))}"
    said = [answers.run(host, command, 10).out.strip() for host in (one, other, one)]
    assert said == ["1", "2", "1"]
