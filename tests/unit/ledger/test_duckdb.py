"""What only the embedded ledger has: one file, one process, versions on disk."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tokometer.ledger import Batch, LedgerError, LedgerLocked, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.migrations import MIGRATIONS, Migration, current_version
from tokometer.ledger.opening import cache_folder, data_folder, open_ledger
from tokometer.records import ModelCall
from unit.ledger.test_ledger import call


def test_another_process_is_told_who_may_be_holding_the_file(tmp_path: Path) -> None:
    """A second process gets an error that says what to do."""
    ledger = DuckDBLedger(tmp_path / "ledger.duckdb")
    script = (
        "import sys; from pathlib import Path; from tokometer.ledger import LedgerLocked;"
        "from tokometer.ledger.opening import open_ledger\n"
        "try: open_ledger(Path(sys.argv[1]))\n"
        "except LedgerLocked as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "open in another process" in done.stdout
    ledger.close()


def test_marks_survive_a_restart(tmp_path: Path) -> None:
    """A ledger closed before it settled settles after it is opened."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    ledger.commit(Batch([call(1)]))
    ledger.close()
    again = DuckDBLedger(tmp_path / "l.duckdb")
    assert again.settle() == 1
    assert again.settle() == 0
    assert again.fetch(Statement("SELECT sum(requests) FROM cells")) == [(1,)]
    again.close()
    again.close()
    with pytest.raises(LedgerError, match="closed"):
        again.commit(Batch([call(2)]))


def test_an_old_ledger_is_migrated_and_a_newer_one_refused(tmp_path: Path) -> None:
    """Steps run once, in order; a ledger from the future is left alone."""
    path = tmp_path / "l.duckdb"
    DuckDBLedger(path).close()
    now = current_version()
    steps = (
        *MIGRATIONS,
        Migration(now + 1, "add a column", lambda _engine: ["ALTER TABLE bills ADD COLUMN note VARCHAR DEFAULT ''"]),
        Migration(now + 2, "fill it", lambda _engine: ["UPDATE bills SET note = 'x'"]),
    )
    for _ in range(2):
        ledger = DuckDBLedger(path, migrations=steps)
        assert ledger.stats()["schema_version"] == now + 2
        ledger.close()
    with pytest.raises(LedgerError, match="newer"):
        DuckDBLedger(path)


def test_the_data_folder_is_found_where_people_expect(tmp_path: Path) -> None:
    """The variable wins, then XDG, then the home folder."""
    assert data_folder({"TOKOMETER_DATA": "/x/y"}, tmp_path) == Path("/x/y")
    assert data_folder({"XDG_DATA_HOME": "/x"}, tmp_path) == Path("/x/tokometer")
    assert data_folder({}, tmp_path) == tmp_path / ".local/share/tokometer"


def test_the_cache_folder_is_the_users_or_the_data_folders(tmp_path: Path) -> None:
    """XDG's or the home's where they can be written; a user without a home keeps such things with the data."""
    data = tmp_path / "data"
    assert cache_folder(data, tmp_path, {}) == tmp_path / ".cache/tokometer"
    assert cache_folder(data, tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "x")}) == tmp_path / "x/tokometer"
    (tmp_path / "file").touch()
    assert cache_folder(data, tmp_path / "file", {}) == data / "cache"


def test_a_file_that_is_no_ledger_gets_a_clear_error(tmp_path: Path) -> None:
    """Opening something else does not end in a stack of engine internals, and does not touch the file."""
    (tmp_path / "ledger.duckdb").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="is damaged"):
        open_ledger(tmp_path)
    assert (tmp_path / "ledger.duckdb").read_bytes().startswith(b"not a database")
    assert issubclass(LedgerLocked, LedgerError)


def test_resting_writes_the_log_into_the_file(tmp_path: Path) -> None:
    """After a rest there is no long log left to replay, and nothing is lost."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    log = tmp_path / "l.duckdb.wal"
    ledger.commit(Batch([call(number) for number in range(8_000)]))
    assert log.stat().st_size > 2_000_000
    ledger.rest()
    ledger.rest()
    assert not log.exists() or log.stat().st_size < 100_000
    assert ledger.fetch(Statement("SELECT count(*) FROM calls")) == [(8_000,)]
    ledger.close()
    ledger.rest()


def test_a_settle_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rebuilt rollups could not be made durable, the next settle rebuilds them."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    ledger.commit(Batch([call(1)]))

    class Failing:
        """The settle's cursor, whose commit fails."""

        def __getattr__(self, name: str) -> object:
            return getattr(cursor, name)

        def commit(self) -> None:
            raise OSError("no")

    cursor = ledger._instance.settling._cursor
    with monkeypatch.context() as broken:
        broken.setattr(ledger._instance.settling, "_cursor", Failing())
        with pytest.raises(OSError, match="no"):
            ledger.settle()
    assert ledger.settle() == 1
    assert ledger.audit() == []
    ledger.close()


def test_too_little_memory_is_said_and_undone(tmp_path: Path) -> None:
    """A batch that DuckDB has no memory for is an error that can be answered with "later", and leaves nothing."""
    ledger = DuckDBLedger(tmp_path / "small.duckdb", memory_limit="20MB")
    try:
        # Nowhere to go for what does not fit.
        ledger._instance.connection.execute("SET temp_directory = ''")
        chance = random.Random(1)
        texts = (chance.randbytes(3_000).hex() for _ in range(20_000))
        with pytest.raises(LedgerError, match=r"nothing of it was .*Out of Memory"):
            ledger.commit(Batch([call(at, session_id=text) for at, text in enumerate(texts)]))
        assert ledger.commit(Batch([call(0)])).accepted == 1
        assert ledger.fetch(Statement("SELECT count(*) FROM calls")) == [(1,)]
    finally:
        ledger.close()


def test_settings_for_much_at_once_are_taken_back(tmp_path: Path) -> None:
    """One thread and a short log while it lasts, also where two import at once; what is committed meanwhile is kept."""
    ledger = DuckDBLedger(tmp_path / "ledger.duckdb")
    settings = Statement("SELECT current_setting('threads'), current_setting('checkpoint_threshold')")
    before = ledger.fetch(settings)
    with ledger.bulk():
        with ledger.bulk():
            inside = ledger.fetch(settings)
        assert ledger.fetch(settings) == inside
        ledger.commit(Batch([ModelCall(source="s", native_id="n", started_at=1_788_249_600_000_000)]))
    assert inside[0][0] == 1
    assert inside != before
    assert ledger.fetch(settings) == before
    assert ledger.fetch(Statement("SELECT count(*) FROM calls")) == [(1,)]
    ledger.close()


def test_it_is_asked_whether_it_is_ready_only_after_somebody_has_asked(tmp_path: Path) -> None:
    """What nobody has used since is as it was: a question would wake DuckDB's threads, every two seconds."""
    ledger = DuckDBLedger(tmp_path / "ledger.duckdb")
    ledger.ready()
    asks = ledger._instance.asks
    ledger.ready()
    assert ledger._instance.asks == asks
    ledger.fetch(Statement("SELECT 1"))
    ledger.ready()
    assert ledger._instance.asks == asks + 2
    ledger.close()
    with pytest.raises(LedgerError):
        ledger.ready()
