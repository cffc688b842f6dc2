"""The list of refused records, on both engines."""

from __future__ import annotations

from collections.abc import Callable

from tokometer.ledger import Batch, Ledger
from tokometer.ledger.refused import list_refused
from tokometer.records import Refusal


def refusal(number: int, workspace: str = "default") -> Refusal:
    """A refusal; a higher number is a later one."""
    at = 1_790_000_000_000_000 + number
    return Refusal("api", "POST /api/calls", number, "model", "is missing", at, workspace)


def test_the_latest_come_first_and_page_by_page(new_ledger: Callable[[], Ledger]) -> None:
    """Refusals come back as they were given, the latest first, each page after the last."""
    ledger = new_ledger()
    given = [refusal(number) for number in (2, 0, 4, 1, 3)]
    ledger.commit(Batch(refusals=given))
    ledger.commit(Batch(refusals=given[:2]))
    pages = [list_refused(ledger, limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert pages == [[refusal(4), refusal(3)], [refusal(2), refusal(1)], [refusal(0)], []]


def test_each_sees_only_their_workspaces(new_ledger: Callable[[], Ledger]) -> None:
    """A workspace's refusals are listed for those who may see it."""
    ledger = new_ledger()
    ledger.commit(Batch(refusals=[refusal(1), refusal(2, "other"), refusal(3)]))
    assert list_refused(ledger, limit=9) == [refusal(3), refusal(1)]
    assert list_refused(ledger, limit=9, workspaces=("other", "default")) == [
        refusal(3),
        refusal(2, "other"),
        refusal(1),
    ]
