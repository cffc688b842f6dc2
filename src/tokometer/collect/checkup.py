"""How well the meter itself is: what the sources have, how much of it has a price, whether the ledger is sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from tokometer.collect.certainty import totals, uncertain
from tokometer.collect.kept import kept_by_source, source_title
from tokometer.collect.overlapping import overlap_json
from tokometer.host.there import is_there
from tokometer.ledger import Ledger, LedgerError
from tokometer.ledger.aside import waits
from tokometer.ledger.noticed import list_noticed, noticed_by_source, noticed_json
from tokometer.ledger.overlaps import overlaps
from tokometer.ledger.refused import list_refused, refused_by_source
from tokometer.ledger.unsettled import unsettled_json
from tokometer.measures import Query, Result, run
from tokometer.prices import PriceBook
from tokometer.records import to_datetime
from tokometer.sources.registry import SOURCES

#: Refusals and discrepancies that a check-up lists in full.
_MOST: Final = 100
_LATEST: Final = 5
_BOOKKEEPING: Final = {
    "bytes",
    "schema_version",
    "refusals",
    "notices",
    "cursors",
    "meta",
    "dirty_quarters",
    "dirty_sessions",
    "aside",
    "unsettled",
}


def examine(
    ledger: Ledger, book: PriceBook, *, home: Path, env: Mapping[str, str], audit: bool = False
) -> dict[str, Any]:
    """A check-up as a JSON object: what there is of sources, prices, notices and the ledger.

    `plug_ins` are those that cannot be used; `audit` is null unless it was asked for.
    """
    kept = kept_by_source(lambda query: run(ledger, query))
    refused, noticed = refused_by_source(ledger), {name: met for name, (met, _) in noticed_by_source(ledger).items()}
    names = [*SOURCES, *sorted({*kept, *refused, *noticed} - set(SOURCES))]
    return {
        "sources": [
            {
                **_source(name, home, env),
                "calls": kept.get(name, {}).get("calls", 0),
                "kept": kept.get(name, {}),
                "refused": refused.get(name, 0),
                "not_understood": noticed.get(name, 0),
            }
            for name in names
        ],
        "plug_ins": [broken._asdict() for broken in SOURCES.broken],
        "overlaps": [overlap_json(overlap) for overlap in overlaps(ledger)],
        "prices": _prices(ledger, book),
        "notices": _notices(ledger),
        "ledger": _ledger(ledger),
        "audit": _audit(ledger) if audit else None,
    }


def _source(name: str, home: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """What a source is, and where its files are; `files` is null of one that leaves none."""
    source = SOURCES.get(name)
    found = None if source is None else source.found
    roots = [] if found is None else list(dict.fromkeys(found.roots(home, env)))
    folders = [root for root in roots if is_there(root)]
    return {
        "name": name,
        "title": source_title(name),
        "folders": [str(root) for root in folders],
        # Also where nothing is: whoever keeps things elsewhere sees what to set.
        "looked": [str(root) for root in roots],
        "files": None if found is None else len({path for root in folders for path in found.files(root)}),
        "taken_at": [] if source is None else [push.path for push in source.pushed],
        "asked": source is not None and source.polled is not None,
    }


def _prices(ledger: Ledger, book: PriceBook) -> dict[str, Any]:
    query = Query(
        measures=("calls.requests", "calls.unpriced", "calls.no_price", "calls.usage_unknown"),
        by=("calls.provider", "calls.model"),
        since="all",
        order=("-calls.no_price", "-calls.unpriced"),
    )
    rows = run(ledger, query).rows

    def ask(query: Query) -> Result:
        return run(ledger, query)

    known = totals(ask)
    return {
        "version": book.version,
        "calls": sum(row["requests"] for row in rows),
        "unpriced": known["unpriced"],
        "no_price": known["no_price"],
        "usage_unknown": known["usage_unknown"],
        "assumed": known["assumed"],
        "cost_assumed": f"{known['cost_assumed']:.9f}",
        "uncertain": [one.told() for one in uncertain(ask, known)],
        "unpriced_models": [
            {
                "provider": row["provider"],
                "model": row["model"],
                "calls": row["unpriced"],
                "no_price": row["no_price"],
                "usage_unknown": row["usage_unknown"],
            }
            for row in rows
            if row["unpriced"]
        ],
    }


def _notices(ledger: Ledger) -> dict[str, Any]:
    by_source = noticed_by_source(ledger)
    return {
        "count": sum(count for count, _ in by_source.values()),
        "names": sum(names for _, names in by_source.values()),
        "by_source": {source: count for source, (count, _) in by_source.items()},
        "listed": [noticed_json(noticed) for noticed in list_noticed(ledger, limit=_MOST)],
    }


def _ledger(ledger: Ledger) -> dict[str, Any]:
    stats = ledger.stats()
    missing = ledger.missing
    return {
        "engine": ledger.engine,
        "trouble": _trouble(ledger),
        "missing": missing and {"commits": missing.commits, "since": _moment(missing.since)},
        "schema": stats["schema_version"],
        "bytes": stats["bytes"],
        "rows": {name: count for name, count in stats.items() if name not in _BOOKKEEPING},
        "unsettled": [unsettled_json(row) for row in ledger.unsettled[:_MOST]],
        "refused": stats["refusals"],
        "waiting": _waiting(ledger),
        "latest_refusals": [
            {
                "at": to_datetime(refusal.at).isoformat(),
                "source": refusal.source,
                "place": refusal.place,
                "position": refusal.position,
                "field": refusal.field,
                "reason": refusal.reason,
            }
            for refusal in list_refused(ledger, limit=_LATEST)
        ],
    }


def _waiting(ledger: Ledger) -> dict[str, Any]:
    """What is refused only until our clock has come to it."""
    found = waits(ledger)
    next_due = None if found.next_due is None else to_datetime(found.next_due).isoformat()
    return {"count": found.count, "by_source": dict(found.by_source), "next_due": next_due}


def _trouble(ledger: Ledger) -> str | None:
    """Why records cannot be taken just now."""
    try:
        ledger.ready()
    except LedgerError as error:
        return str(error)
    return None


def _moment(at: int) -> str | None:
    return to_datetime(at).isoformat() if at else None


def _audit(ledger: Ledger) -> dict[str, Any]:
    started = perf_counter()
    found = ledger.audit()
    return {
        "seconds": round(perf_counter() - started, 3),
        "count": len(found),
        "discrepancies": [
            {
                "table": one.table,
                "key": {name: str(value) for name, value in one.key.items()},
                "column": one.column,
                "stored": str(one.stored),
                "expected": str(one.expected),
            }
            for one in found[:_MOST]
        ],
    }
