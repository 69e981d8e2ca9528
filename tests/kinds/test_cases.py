"""Every kind makes of a site and its hosts what the case files say."""

from __future__ import annotations

import pytest

from app import kinds
from tests.kinds.cases import PASSWORD, Case, cases, outcome, plan_of

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_comes_out_as_its_file_says(case: Case) -> None:
    found, expected = outcome(case), case.data["expect"]
    assert found == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_store_password_is_shown(case: Case) -> None:
    if not {"problems", "refused"} & {k for k, v in case.data["expect"].items() if v}:
        assert PASSWORD not in str(plan_of(case).to_dict())


def test_every_kind_has_cases() -> None:
    assert {case.path.parent.name for case in CASES} == set(kinds.names())
