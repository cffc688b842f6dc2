"""How accounts with providers stand, and what each sync of them came to. The program keeps it, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Table, func, or_, select

from tokometer.accounts.connected import AccountState, SyncRun, Version
from tokometer.accounts.database import lock, reading, writing
from tokometer.accounts.tables_connected import ACCOUNT_STATES, STATEMENT_VERSIONS, SYNC_RUNS

#: Processes that share a database take leases one after the other.
_LEASES: Final = 7_420_013
#: Runs of an account that are kept.
_RUNS: Final = 500
#: Ids that one question names.
_CHUNK: Final = 400


class Syncs:
    """The states, runs and versions of all accounts. Thread-safe: each call is a transaction of its own.

    None of it is a change of what people made, so the version of the accounts stays.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # -- states --------------------------------------------------------------------------------------------------------

    def states(self, workspace: str) -> dict[str, AccountState]:
        """How each account stands, by its id; one that was never synced is not in it."""
        asked = select(ACCOUNT_STATES).where(ACCOUNT_STATES.c.workspace == workspace)
        with reading(self._engine) as connection:
            return {row.account: _state(row) for row in connection.execute(asked)}

    def state(self, workspace: str, account: str) -> AccountState:
        """How one stands; one that was never synced has nothing in it."""
        with reading(self._engine) as connection:
            return self._state_in(connection, workspace, account)

    def note(self, workspace: str, account: str, **values: Any) -> AccountState:  # noqa: ANN401 - fields of a state
        """Give fields of a state other values."""
        with writing(self._engine) as connection:
            self._put(connection, workspace, account, values)
            return self._state_in(connection, workspace, account)

    def forget(self, workspace: str, account: str) -> None:
        """Drop everything that is kept of an account here, because there is no such account any more."""
        with writing(self._engine) as connection:
            for table in (ACCOUNT_STATES, SYNC_RUNS, STATEMENT_VERSIONS):
                connection.execute(table.delete().where(table.c.workspace == workspace, table.c.account == account))

    # -- leases --------------------------------------------------------------------------------------------------------

    def take(self, workspace: str, account: str, holder: str, now: datetime, seconds: float) -> bool:
        """Have nobody else sync an account for so long; False where somebody else does just now.

        Whoever has taken it takes it again to keep it.
        """
        free = or_(
            ACCOUNT_STATES.c.holder.in_(("", holder)),
            ACCOUNT_STATES.c.holder_until.is_(None),
            ACCOUNT_STATES.c.holder_until <= now,
        )
        values = {"holder": holder, "holder_until": now + timedelta(seconds=seconds)}
        of = ACCOUNT_STATES.c.workspace == workspace, ACCOUNT_STATES.c.account == account
        with writing(self._engine) as connection:
            lock(connection, _LEASES)
            if connection.execute(select(ACCOUNT_STATES.c.account).where(*of)).first() is None:
                self._put(connection, workspace, account, values)
                return True
            return bool(connection.execute(ACCOUNT_STATES.update().where(*of, free).values(**values)).rowcount)

    def renew(self, workspace: str, account: str, holder: str, now: datetime, seconds: float) -> bool:
        """Keep a lease; False where it has been lost to somebody else."""
        of = ACCOUNT_STATES.c.workspace == workspace, ACCOUNT_STATES.c.account == account
        mine = ACCOUNT_STATES.update().where(*of, ACCOUNT_STATES.c.holder == holder)
        with writing(self._engine) as connection:
            return bool(connection.execute(mine.values(holder_until=now + timedelta(seconds=seconds))).rowcount)

    def let_go(self, workspace: str, account: str, holder: str) -> None:
        """Let somebody else sync it."""
        of = ACCOUNT_STATES.c.workspace == workspace, ACCOUNT_STATES.c.account == account
        with writing(self._engine) as connection:
            mine = ACCOUNT_STATES.update().where(*of, ACCOUNT_STATES.c.holder == holder)
            connection.execute(mine.values(holder="", holder_until=None))

    # -- runs ----------------------------------------------------------------------------------------------------------

    def begin(self, run: SyncRun) -> int:
        """Write down that a run begins, by whoever holds the account; returns its number.

        Whatever of the account was said to run still was broken off: whoever did it is gone.
        """
        table = SYNC_RUNS
        of = table.c.workspace == run.workspace, table.c.account == run.account
        with writing(self._engine) as connection:
            lost = table.update().where(*of, table.c.state == "running")
            connection.execute(lost.values(state="broken_off", ended=run.began))
            values = {one.name: getattr(run, one.name) for one in fields(run) if one.name != "number"}
            [number] = connection.execute(table.insert().values(**values)).inserted_primary_key or (0,)
            kept = select(table.c.number).where(*of).order_by(table.c.number.desc()).limit(1).offset(_RUNS)
            oldest = connection.execute(kept).scalar()
            if oldest is not None:
                connection.execute(table.delete().where(*of, table.c.number <= oldest))
        return int(number)

    def update(self, number: int, **values: Any) -> None:  # noqa: ANN401 - fields of a run
        """Give fields of a run other values."""
        with writing(self._engine) as connection:
            connection.execute(SYNC_RUNS.update().where(SYNC_RUNS.c.number == number).values(**values))

    def runs(self, workspace: str, account: str = "", most: int = 50) -> list[SyncRun]:
        """Runs, the latest first; of one account, if it is named."""
        of = (SYNC_RUNS.c.account == account,) if account else ()
        asked = select(SYNC_RUNS).where(SYNC_RUNS.c.workspace == workspace, *of)
        with reading(self._engine) as connection:
            rows = connection.execute(asked.order_by(SYNC_RUNS.c.number.desc()).limit(most))
            return [_run(row) for row in rows]

    def latest(self, workspace: str) -> dict[str, SyncRun]:
        """The latest run of each account, by its id; one that was never synced is not in it. One question for all."""
        of = SYNC_RUNS.c.workspace == workspace
        numbers = select(func.max(SYNC_RUNS.c.number)).where(of).group_by(SYNC_RUNS.c.account)
        with reading(self._engine) as connection:
            rows = connection.execute(select(SYNC_RUNS).where(of, SYNC_RUNS.c.number.in_(numbers)))
            return {row.account: _run(row) for row in rows}

    def run(self, workspace: str, number: int) -> SyncRun | None:
        """One of them; None where there is none."""
        asked = select(SYNC_RUNS).where(SYNC_RUNS.c.workspace == workspace, SYNC_RUNS.c.number == number)
        with reading(self._engine) as connection:
            row = connection.execute(asked).first()
            return None if row is None else _run(row)

    # -- versions ------------------------------------------------------------------------------------------------------

    def keep_versions(self, versions: Iterable[Version]) -> None:
        """Keep what lines said before; what is kept already is not kept twice, so that it can be done again."""
        waiting = list(versions)
        table = STATEMENT_VERSIONS
        with writing(self._engine) as connection:
            for at in range(0, len(waiting), _CHUNK):
                chunk = waiting[at : at + _CHUNK]
                first = chunk[0]
                of = (
                    table.c.workspace == first.workspace,
                    table.c.account == first.account,
                    table.c.native_id.in_({one.native_id for one in chunk}),
                )
                # The last one of each line: what is told again is told before anything else could be.
                known: dict[tuple[str, str], str] = {}
                for row in connection.execute(select(table).where(*of).order_by(table.c.number)):
                    known[row.record, row.native_id] = _compared(row.was, row.became)
                new = [one for one in chunk if known.get((one.record, one.native_id)) != _compared(one.was, one.became)]
                if new:
                    connection.execute(table.insert(), [_version_row(one) for one in new])

    def versions(self, workspace: str, account: str, native_id: str = "", most: int = 200) -> list[Version]:
        """What lines of an account said before, the latest first; of one line, if it is named."""
        table = STATEMENT_VERSIONS
        of = (table.c.native_id == native_id,) if native_id else ()
        asked = select(table).where(table.c.workspace == workspace, table.c.account == account, *of)
        with reading(self._engine) as connection:
            rows = connection.execute(asked.order_by(table.c.number.desc()).limit(most))
            return [Version(**{one.name: getattr(row, one.name) for one in fields(Version)}) for row in rows]

    # -- rows ----------------------------------------------------------------------------------------------------------

    @staticmethod
    def _state_in(connection: Connection, workspace: str, account: str) -> AccountState:
        of = ACCOUNT_STATES.c.workspace == workspace, ACCOUNT_STATES.c.account == account
        row = connection.execute(select(ACCOUNT_STATES).where(*of)).first()
        return AccountState(account=account, workspace=workspace) if row is None else _state(row)

    @staticmethod
    def _put(connection: Connection, workspace: str, account: str, values: Mapping[str, Any]) -> None:
        table: Table = ACCOUNT_STATES
        of = table.c.workspace == workspace, table.c.account == account
        if not connection.execute(table.update().where(*of).values(**values)).rowcount:
            blank = AccountState(account=account, workspace=workspace)
            row = {one.name: getattr(blank, one.name) for one in fields(blank)} | dict(values)
            connection.execute(table.insert().values(**row))


def _state(row: Row[Any]) -> AccountState:
    return AccountState(**{one.name: getattr(row, one.name) for one in fields(AccountState)})


def _run(row: Row[Any]) -> SyncRun:
    return SyncRun(**{one.name: getattr(row, one.name) for one in fields(SyncRun)})


def _version_row(version: Version) -> dict[str, Any]:
    return {one.name: getattr(version, one.name) for one in fields(version) if one.name != "number"}


def _compared(was: Mapping[str, Any], became: Mapping[str, Any]) -> str:
    return json.dumps([was, became], sort_keys=True)
