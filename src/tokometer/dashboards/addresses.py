"""Where things have their pages: one function per kind of page, for links from panels, reports and everything else.

Addresses are paths with a query, without a host. Ids of sessions and traces come from elsewhere and may hold anything,
so they are in the query.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from tokometer.measures import Filter, Query

#: What the ids of dashboards begin with that somebody has made: in the page, or as a file.
OWN: Final = ("own-", "file-")
#: The same with a list of values, which an address keeps to the last space.
_LISTED: Final = {"=": "in", "!=": "not in"}
#: The page of lists of records.
EXPLORE: Final = "/explore"


def records(query: Query) -> str:
    """The list of the records that are behind the answer to a query: those that its first measure counts.

    The parameters are those of `/api/query` (:meth:`tokometer.measures.Query.to_params`), of which `measure`, `where`,
    `since`, `until` and `tz` matter; further ones are the page's own (`column`, `sort`, `search`, `after`).
    """
    params = [("measure", name) for name in query.measures[:1]] + [("where", listed(one)) for one in query.where]
    params += [("since", query.since), ("until", query.until), ("tz", query.tz)]
    return f"{EXPLORE}?{urlencode([(name, value) for name, value in params if value])}"


def listed(one: Filter) -> str:
    """A filter as the text of a parameter."""
    op: Any = _LISTED.get(one.op, one.op)
    return str(Filter(one.dimension, op, one.values))


def record(cube: str, record_id: str) -> str:
    """The page of one record, by its id in the ledger: of a call, an error's details, a job's run."""
    return f"/record?{urlencode({'cube': cube, 'id': record_id})}"


def trace(trace_id: str, span_id: str = "") -> str:
    """The page of a trace, opened at one of its spans."""
    return f"/trace?{urlencode({'id': trace_id} | ({'span': span_id} if span_id else {}))}"


def session(session_id: str, source: str = "") -> str:
    """The page of a session; of one source, where two have used the same id."""
    return f"/session?{urlencode({'id': session_id} | ({'source': source} if source else {}))}"


def error(record_id: str) -> str:
    """The page of a call that failed, by the call's id in the ledger."""
    return f"/error?{urlencode({'id': record_id})}"


def dashboard(dashboard_id: str, params: Sequence[tuple[str, str]] = ()) -> str:
    """A dashboard, looked at with these parameters of a page (`range`, `tz`, filters)."""
    home = "boards/" if dashboard_id.startswith(OWN) else ""
    return f"/{home}{dashboard_id}?{urlencode(params)}".rstrip("?")
