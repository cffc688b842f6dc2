"""What is not kept for good goes in time, on both engines."""

from __future__ import annotations

import pytest

from tokometer.ledger import Batch, Ledger, LedgerError, Statement
from tokometer.ledger.noticed import list_noticed
from tokometer.ledger.retention import KEPT_DAYS, bodies_kept, drop_old, kept_days
from tokometer.records import ErrorDetail, LogLine, ModelCall, Notice

DAY = 86_400_000_000
NOW = 1_795_320_000_000_000


def logs(*days: int) -> list[LogLine]:
    """Log lines so many days ago."""
    return [LogLine(source="api", native_id=f"l{n}", started_at=NOW - n * DAY, message="m") for n in days]


def ids(ledger: Ledger, table: str) -> list[str]:
    """The ids in a table."""
    return [name for (name,) in ledger.fetch(Statement(f"SELECT native_id FROM {table} ORDER BY native_id"))]


def test_what_is_old_is_dropped_and_the_rest_stays(ledger: Ledger) -> None:
    """Log lines go after their days, details of errors after theirs, calls never; what is dropped may come again."""
    common = {"source": "api", "started_at": NOW - 100 * DAY}
    details = [
        ErrorDetail(source="api", native_id=f"e{n}", started_at=NOW - n * DAY, message="m") for n in (0, 6, 8, 100)
    ]
    batch = Batch([*logs(0, 13, 15, 100), *details, ModelCall(native_id="c", model="m", **common)])
    ledger.commit(batch)
    assert drop_old(ledger, KEPT_DAYS, NOW) == {"logs": 2, "error_details": 2, "notices": 0}
    assert ids(ledger, "logs") == ["l0", "l13"]
    assert ids(ledger, "error_details") == ["e0", "e6"]
    assert ids(ledger, "calls") == ["c"]
    assert drop_old(ledger, KEPT_DAYS, NOW) == {"logs": 0, "error_details": 0, "notices": 0}
    assert ledger.commit(batch).accepted == 4
    assert ledger.audit() == []


def test_names_that_are_not_met_any_more_are_dropped(ledger: Ledger) -> None:
    """One that was met again since keeps all of its count."""
    old, new = NOW - 91 * DAY, NOW - 89 * DAY
    for at, names in ((old, "ab"), (new, "bc")):
        ledger.commit(Batch(notices=[Notice("codex", "usage", name, "x", 2, at) for name in names]))
    assert drop_old(ledger, {"notices": 90}, NOW) == {"notices": 1}
    assert [(one.name, one.count) for one in list_noticed(ledger, limit=9)] == [("b", 4), ("c", 2)]
    ledger.commit(Batch(notices=[Notice("codex", "usage", "a", "x", 1, NOW)]))
    assert {one.name for one in list_noticed(ledger, limit=9)} == {"a", "b", "c"}


@pytest.mark.parametrize("table", ["calls", "cells", "scores", "models; DROP TABLE calls"])
def test_what_is_kept_for_good_cannot_be_dropped(ledger: Ledger, table: str) -> None:
    """Totals rest on it."""
    with pytest.raises(KeyError):
        ledger.prune(table, NOW)


def test_the_environment_says_how_long() -> None:
    """A number of days, or forever."""
    assert kept_days({}) == KEPT_DAYS
    assert kept_days({"TOKOMETER_KEEP_LOGS": "30"})["logs"] == 30
    assert "error_details" not in kept_days({"TOKOMETER_KEEP_ERROR_DETAILS": "Forever"})


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "two", "99999", "٣"])
def test_what_is_no_number_of_days_is_an_error(days: str) -> None:
    """And it says what would be right."""
    with pytest.raises(LedgerError, match="TOKOMETER_KEEP_LOGS is not a number of days"):
        kept_days({"TOKOMETER_KEEP_LOGS": days})


@pytest.mark.parametrize(("said", "kept"), [("", False), ("off", False), ("0", False), ("on", True), ("TRUE", True)])
def test_bodies_are_kept_where_that_is_switched_on(said: str, kept: bool) -> None:
    """They hold prompts: not unless somebody asks for it."""
    assert bodies_kept({"TOKOMETER_KEEP_BODIES": said}) is kept


def test_neither_on_nor_off_is_an_error() -> None:
    """Rather than guessing what was meant."""
    with pytest.raises(LedgerError, match="neither on nor off"):
        bodies_kept({"TOKOMETER_KEEP_BODIES": "perhaps"})
