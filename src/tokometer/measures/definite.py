"""A question made definite: everything resolved that needs a clock, a calendar or the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tokometer.ledger import LedgerUnavailable, Readable
from tokometer.measures.ask import Ask, condition, needs_derivation
from tokometer.measures.atoms import Rank, Total
from tokometer.measures.axis import Axis, grain_for
from tokometer.measures.compile import counted_until_statement, earliest_statement, values_statement
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.errors import QueryError
from tokometer.measures.outcomes import COSTED, known
from tokometer.measures.query import Query
from tokometer.measures.windows import resolve
from tokometer.measures.zones import zone_info
from tokometer.records.time import QUARTER_US, now_us, to_us


def definite(
    ledger: Readable,
    query: Query,
    workspaces: Sequence[str],
    now: int | datetime | None,
    *,
    listed: bool = False,
) -> Ask:
    """What a query asks of the records of these workspaces, as of `now`. Settles the ledger.

    `listed`: the records themselves are asked for, with all that is told of them.

    Raises:
        QueryError: it cannot be asked.
    """
    if not workspaces:
        raise QueryError("workspaces", "nobody may see nothing: name at least one")
    moment_us = now_us() if now is None else to_us(now) if isinstance(now, datetime) else now
    tz = zone_info(query.tz)
    cube = query.cube
    settled = _settle(ledger)

    def first() -> int | None:
        [(quarter,)] = ledger.fetch(earliest_statement(cube.name, cube.table, workspaces, settled=settled))
        return int(quarter) * QUARTER_US if quarter else None

    window = resolve(query.since, query.until, tz, moment_us, first)
    grain = grain_for(window) if query.grain == "auto" else (query.grain or None)
    ask = Ask(
        query=query,
        axis=Axis(window, tz),
        grain=grain,  # type: ignore[arg-type]
        workspaces=tuple(workspaces),
        now=moment_us,
        conditions=tuple(condition(given) for given in query.where),
        rolled=ledger.rolled,
        settled=settled,
        aside=tuple(ledger.unsettled) if cube.name == "calls" else (),
    )
    if settled and cube.name == "calls" and any(isinstance(atom, Rank) for atom in ask.atoms):
        counted = ledger.fetch(counted_until_statement())
        ask = replace(ask, counted_until=int(counted[0][0]) if counted else 0)
    if cube.name == "changes" or ask.attributed:
        costed = cube.name == "changes" and (listed or _costed(ask))
        dialect = DIALECTS[ledger.engine]
        ask = replace(ask, outcomes=known(ledger, workspaces, dialect, settled=settled, costed=costed))
    return _derive(ledger, ask)


def _costed(ask: Ask) -> bool:
    """Whether it matters what the calls for changes add up to."""
    used = {name for atom in ask.atoms if isinstance(atom, Total) for name in (*atom.columns, *atom.minus)}
    used |= {atom.column for atom in ask.atoms if isinstance(atom, Rank)}
    return bool(used & COSTED)


def _settle(ledger: Readable) -> bool:
    """Bring the rollups up to date; whether they are. On a full disk, say, they cannot be, and records still answer."""
    try:
        ledger.settle()
    except LedgerUnavailable:
        return False
    return True


def _derive(ledger: Readable, ask: Ask) -> Ask:
    """Work out, in Python, the dimensions that no column holds, from the values that there are."""
    derived: dict[str, Mapping[str, str]] = {}
    for dimension in needs_derivation(ask.query):
        assert dimension.derive is not None
        # The period before may have seen other values: look at both.
        windows = [ask.window, ask.window.previous(ask.tz) if ask.query.compare else None]
        statements = [
            values_statement(ask.over(window), dimension, DIALECTS[ledger.engine]) for window in windows if window
        ]
        values = {value for statement in statements for (value,) in ledger.fetch(statement)}
        derived[dimension.name] = {value: dimension.derive(value) for value in sorted(values)}
    return replace(ask, derived=derived)
