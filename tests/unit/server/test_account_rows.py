"""How accounts stand is asked for all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from servers.inside import Inside, inside
from tokometer.accounts import ProviderAccount, SyncRun

_AT = datetime(2026, 11, 1, tzinfo=UTC)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL that is run meanwhile."""
    found: list[str] = []

    def ran(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", ran)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", ran)


def test_as_much_is_asked_for_many_accounts_as_for_one(tmp_path: Path) -> None:
    """Each has its own latest run in the list; the page and one account ask no more, either."""
    with inside(tmp_path / "data", tmp_path / "home") as server:
        kept = server.runtime.accounts.get()
        ids = [kept.provided.add(ProviderAccount(type="focus", title="a", paused=True)).id]
        many = {path: _asked(server, path) for path in ("/api/accounts", "/accounts", f"/api/accounts/{ids[0]}")}
        ids += [kept.provided.add(ProviderAccount(type="focus", title=title, paused=True)).id for title in "bcdef"]
        numbers = {id_: [kept.syncs.begin(SyncRun(account=id_, began=_AT)) for _ in range(2)] for id_ in ids[1:]}
        for path, count in many.items():
            assert _asked(server, path) == count, path
        rows = server.get("/api/accounts").json()["accounts"]
        latest = {one["id"]: one["run"] and one["run"]["number"] for one in rows}
        assert latest == {ids[0]: None, **{id_: found[-1] for id_, found in numbers.items()}}
        assert kept.syncs.latest("another") == {}


def _asked(server: Inside, path: str) -> int:
    """How many questions an address asks of the accounts."""
    with statements(server.runtime.accounts.get().engine) as found:
        assert server.get(path).status == 200
    return len(found)
