"""What the fault suite shares: how much to try, from which seed."""

from __future__ import annotations

import pytest

from faults.budget import Budget

#: Asked here, before any worker starts: all of them have one seed.
_BUDGET = Budget.from_environment()


@pytest.fixture(scope="session")
def budget() -> Budget:
    """How much to try; see :class:`faults.budget.Budget`."""
    return _BUDGET


def pytest_report_header() -> str:
    """Say with what a failed run can be repeated."""
    return f"faults: FAULTS={'long' if _BUDGET.long else 'short'} FAULTS_SEED={_BUDGET.seed}"
