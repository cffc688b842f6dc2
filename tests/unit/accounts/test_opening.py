"""Opening what people make: where it is kept, who may read it, and what is said when it cannot be opened."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from servers.postgres import PASSWORD, PROGRAMS, Server, postgres
from tokometer.accounts import (
    AccountsDamaged,
    AccountsError,
    AccountsNewer,
    AccountsUnavailable,
    AccountsWhenAsked,
    Note,
    SavedView,
    open_accounts,
)
from tokometer.accounts.tables import METADATA
from tokometer.accounts.upgrading import _STEPS, HEAD

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL."""
    with postgres() as one:
        yield one


def test_nothing_is_made_or_loaded_until_it_is_asked_for(tmp_path: Path) -> None:
    """A program that asks for nothing that people make pays nothing for it."""
    code = (
        "import sys, pathlib; from tokometer.accounts import AccountsWhenAsked\n"
        f"one = AccountsWhenAsked(pathlib.Path({str(tmp_path)!r})); print(one.is_there, 'sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    assert not list(tmp_path.iterdir())


def test_the_file_is_for_its_user_alone(tmp_path: Path) -> None:
    """What people write down nobody else on the machine can read, nor what SQLite puts beside it."""
    accounts = open_accounts(tmp_path)
    accounts.notes.add(Note(since=AT, text="deployed"))
    files = sorted(tmp_path.glob("accounts.db*"))
    assert [one.name for one in files] == ["accounts.db", "accounts.db-shm", "accounts.db-wal"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    accounts.close()


def test_a_new_database_has_the_tables_of_today(tmp_path: Path) -> None:
    """The steps make exactly the tables that the program asks."""
    accounts = open_accounts(tmp_path)
    with accounts.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    accounts.close()


def test_the_last_step_is_the_head() -> None:
    """The number that spares Alembic is that of the last step."""
    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_two_that_open_it_at_once(tmp_path: Path) -> None:
    """Whoever opens it while another makes its tables waits for them."""
    code = (
        f"import pathlib; from tokometer.accounts import open_accounts; open_accounts(pathlib.Path({str(tmp_path)!r}))"
    )
    several = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(one.communicate()[1], one.returncode) for one in several] == [("", 0)] * 3


def test_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    """A database that a newer Tokometer wrote is refused, in words, and not touched."""
    open_accounts(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(AccountsNewer, match=r"newer Tokometer .*9999"):
        open_accounts(tmp_path)
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A damaged file is named, and what it does not hold."""
    (tmp_path / "accounts.db").write_bytes(b"no database at all, but long enough to look like one" * 100)
    shelf = AccountsWhenAsked(tmp_path)
    with pytest.raises(AccountsDamaged, match="usage is not in it"):
        shelf.get()
    assert "accounts.db is damaged" in shelf.trouble
    (tmp_path / "accounts.db").unlink()
    assert shelf.get().notes.all("default") == []
    assert shelf.trouble == ""
    shelf.close()


def test_one_that_somebody_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever cannot write because another does says so after a while, and can read all the time."""
    monkeypatch.setattr("tokometer.accounts.database._PATIENCE", 0.1)
    accounts = open_accounts(tmp_path)
    with closing(sqlite3.connect(tmp_path / "accounts.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(AccountsUnavailable, match="locked"):
            accounts.notes.add(Note(since=AT, text="deployed"))
        assert accounts.notes.all("default") == []
        other.execute("ROLLBACK")
    accounts.notes.add(Note(since=AT, text="deployed"))
    accounts.close()


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """What is no file is refused, not waited for."""
    import os

    os.mkfifo(tmp_path / "accounts.db")
    with pytest.raises(AccountsUnavailable):
        open_accounts(tmp_path)


@pytest.mark.parametrize("url", ["mysql://u@h/d", "no address", "sqlite:///x.db"])
def test_addresses_that_are_none_of_postgresqls(tmp_path: Path, url: str) -> None:
    """Only PostgreSQL can keep it elsewhere."""
    with pytest.raises(AccountsError, match="postgresql://USER@HOST/DATABASE"):
        open_accounts(tmp_path, url)


def test_threads_change_at_once(tmp_path: Path) -> None:
    """Changes of several threads follow each other; none is lost."""
    accounts = open_accounts(tmp_path)

    def add(number: int) -> None:
        for turn in range(10):
            accounts.views.add(SavedView(page="usage", name=f"{number}-{turn}"))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(accounts.views.of_page("default", "usage")) == 40
    assert accounts.version == 40
    accounts.close()


@pytest.mark.skipif(not PROGRAMS, reason="there is no PostgreSQL: sh tools/debian.sh postgresql")
def test_a_real_postgresql(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL keeps the same, with its password from the environment, however many open it at once."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    problems: list[BaseException] = []

    def opened() -> None:
        try:
            open_accounts(tmp_path, server.url).close()
        except AccountsError as error:
            problems.append(error)

    threads = [threading.Thread(target=opened) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert problems == []
    accounts = open_accounts(tmp_path, server.url)
    with accounts.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    view = accounts.views.add(SavedView(page="usage", name="Mine", query="range=30d"))
    assert accounts.views.set_default("default", view.id).is_default
    note = accounts.notes.add(Note(since=AT, text="deployed", filters={"provider": ["openai"]}))
    assert accounts.notes.within("default", AT, datetime(2026, 3, 3, tzinfo=UTC)) == [note]
    accounts.notes.change("default", note.id, text="rolled back")
    assert [one.did for one in accounts.changes("default")] == ["changed", "added", "changed", "added"]
    accounts.close()
    with pytest.raises(AccountsUnavailable):
        open_accounts(tmp_path, f"postgresql://meter@127.0.0.1:1/{server.port}")
