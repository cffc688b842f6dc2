"""Which files state which statement."""

from __future__ import annotations

import os
from pathlib import Path

from tests.unit.statements.focus.files import as_csv, lines, portions, read, row, total


def _write(path: Path, content: bytes, changed: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (changed, changed))


def test_a_newer_export_replaces_an_older_one(tmp_path: Path) -> None:
    """Of two exports of the same month the newer counts; a month has one name, and another mark."""
    _write(tmp_path / "october.csv", as_csv([row(), row(SkuId="gone")]), 1_000)
    [before] = portions(tmp_path)
    _write(tmp_path / "october, corrected.csv", as_csv([row(BilledCost="5")]), 2_000)
    [after] = portions(tmp_path)
    assert (before.name, before.since.isoformat()) == (after.name, "2026-10-01T00:00:00+00:00")
    assert before.mark != after.mark
    assert total(read(tmp_path)) == 5


def test_exports_of_sub_accounts_add_up(tmp_path: Path) -> None:
    """An older file that tells of another sub-account is no older version of the same."""
    _write(tmp_path / "one.csv", as_csv([row(SubAccountId="1", BilledCost="1")]), 1_000)
    _write(tmp_path / "two.csv", as_csv([row(SubAccountId="2", BilledCost="2")]), 2_000)
    assert total(read(tmp_path)) == 3


def test_of_an_older_export_counts_what_a_newer_one_does_not_tell_of(tmp_path: Path) -> None:
    """The sub-accounts that both have are not counted twice."""
    both = [row(SubAccountId="1", BilledCost="1"), row(SubAccountId="2", BilledCost="2")]
    _write(tmp_path / "both.csv", as_csv(both), 1_000)
    [before] = portions(tmp_path)
    _write(tmp_path / "one, corrected.csv", as_csv([row(SubAccountId="1", BilledCost="5")]), 2_000)
    [after] = portions(tmp_path)
    assert total(read(tmp_path)) == 7
    assert before.mark != after.mark


def test_folders_that_name_a_period(tmp_path: Path) -> None:
    """Of a folder for each run below one for the period, the newest run counts, all of its pieces."""
    period = tmp_path / "focus" / "data" / "BILLING_PERIOD=2026-10"
    _write(period / "run-1" / "focus-00001.csv.gz", as_csv([row(BilledCost="9")], packed=True), 1_000)
    _write(period / "run-2" / "focus-00001.csv.gz", as_csv([row(BilledCost="1")], packed=True), 2_000)
    _write(period / "run-2" / "focus-00002.csv.gz", as_csv([row(BilledCost="2")], packed=True), 2_001)
    azure = tmp_path / "export" / "20260901-20260930"
    _write(azure / "run-a" / "part_0_0001.csv", as_csv([row(BilledCost="4", BillingPeriodStart="2026-09-01")]), 1_000)
    assert [one.since.month for one in portions(tmp_path)] == [9, 10]
    assert total(read(tmp_path)) == 7


def test_a_file_of_several_months_is_a_statement_for_each(tmp_path: Path) -> None:
    """Each billing period of a file is a statement by itself, and no line is in two."""
    rows = [row(), row(BillingPeriodStart="2026-11-01T00:00:00Z", ChargePeriodStart="2026-11-02T00:00:00Z")]
    rows[1]["ChargePeriodEnd"] = "2026-11-02T01:00:00Z"
    _write(tmp_path / "bill.csv", as_csv(rows), 1_000)
    assert [one.name for one in portions(tmp_path)] == ["2026-10-01 111111111111", "2026-11-01 111111111111"]
    assert len({one.native_id for one in lines(read(tmp_path))}) == len(lines(read(tmp_path))) == 2
