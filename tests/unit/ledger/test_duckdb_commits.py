"""Tests of tokometer.ledger.duckdb.commits: the number of the last commit, in the ledger and beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.ledger import Batch, LedgerError, Missing
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.duckdb.commits import Books, Commit, Witness
from unit.ledger.test_ledger import call


def test_commits_are_counted_and_told(tmp_path: Path) -> None:
    """Both say the same after each commit, across restarts; what failed does not count."""
    path = tmp_path / "ledger.duckdb"
    for round_ in range(2):
        ledger = DuckDBLedger(path)
        for number in range(3):
            ledger.commit(Batch([call(number)]))
            assert ledger._instance.books.last == Witness(path).last
        assert ledger._instance.books.last.number == 3 * (round_ + 1)
        ledger.close()
        with pytest.raises(LedgerError, match="closed"):
            ledger.commit(Batch([call(9)]))
    assert Witness(path).last.number == 6


@pytest.mark.parametrize("content", [b"", b"7", b"7 8 9", b"\xff" * 64, b"x" * 100_000, b"7 8 0"])
def test_a_file_that_says_nothing_sensible_says_nothing(tmp_path: Path, content: bytes) -> None:
    """Damage of the small file is no loss of the ledger's, and the next commit mends it."""
    path = tmp_path / "ledger.duckdb"
    path.with_suffix(".commits").write_bytes(content)
    ledger = DuckDBLedger(path)
    assert ledger.missing is None
    ledger.commit(Batch([call(1)]))
    ledger.close()
    assert Witness(path).last.number == 1


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """A folder in its place, or a disk without room for it, costs the count and not the commit."""
    path = tmp_path / "ledger.duckdb"
    path.with_suffix(".commits").mkdir()
    ledger = DuckDBLedger(path)
    assert ledger.commit(Batch([call(1)])).accepted == 1
    assert ledger.missing is None
    ledger.close()


def test_what_is_missing_adds_up(tmp_path: Path) -> None:
    """A second loss is added to the first, since the earlier time; without one nothing is missing."""
    witness = Witness(tmp_path / "ledger.duckdb")
    witness.tell(Commit(10, 500))
    assert witness.missing(Books(Commit(10, 500))) is None
    assert witness.missing(Books(Commit(12, 700))) is None
    assert witness.missing(Books(Commit(7, 300))) == Missing(3, 300)
    assert witness.missing(Books(Commit(7, 300), Missing(2, 100))) == Missing(5, 100)
    assert witness.next(Books(Commit(7, 300))).last.number == 11
    witness.close()
    assert witness.path.stat().st_mode & 0o777 == 0o600
