"""What can be filtered by: the values of dimensions, found by their names or by what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import Any, Final

from fastapi import APIRouter, Request

from tokometer.dashboards import Scope
from tokometer.dashboards.names import Names
from tokometer.measures import Filter, dimension_named
from tokometer.server.offered import findable
from tokometer.server.rendering import context_of
from tokometer.server.runtime import Runtime
from tokometer.server.scoped import parameters_of, scope_of

router: Final = APIRouter(tags=["panels"])


@router.get("/api/filters", summary="Values to filter by, with their requests")
def filters(request: Request, q: str = "") -> dict[str, Any] | list[Any]:
    """The largest values of each dimension that contain `q`, or whose dimension does: `[{name, title, values}]`.

    A value's `text` is its requests in the window under the filters of the other dimensions: as many as there will be
    when it is chosen. Those that are `chosen` come first.
    """
    runtime: Runtime = request.app.state.runtime
    scope = scope_of(request, {key: values for key, values in parameters_of(request).items() if key != "q"})
    groups = []
    chosen = dict(scope.where)
    left_out = dict(scope.without)
    titles = findable(runtime) | {name: dimension_named(f"calls.{name}").title for name in scope.filtered}
    wanted = q[:_LONGEST_TYPED].casefold().strip()
    for name, title in titles.items():
        # Who types `team` looks for teams, whatever they are called.
        named = bool(wanted) and wanted in f"{title} {name}".casefold()
        values = _values(runtime, scope, name, chosen.get(name, ()), "" if named else wanted)
        values = [one for one in values if one["value"] not in left_out.get(name, ())]
        if values:
            groups.append((not named, {"name": name, "title": title, "values": values}))
    return [group for _, group in sorted(groups, key=itemgetter(0))]


def _values(runtime: Runtime, scope: Scope, name: str, chosen: Sequence[str], wanted: str) -> list[dict[str, Any]]:
    """The values of a dimension with their requests under the filters of the others, those that are chosen first."""
    where, without = (tuple(given for given in pairs if given[0] != name) for pairs in (scope.where, scope.without))
    context = context_of(runtime, replace(scope, where=where, without=without), runtime.ask)
    largest = partial(context.query, scope.window, "requests", by=(name,), rank="requests", other=False)
    rows = list(largest(top=_LOOKED_AT).rows)
    if len(rows) >= _LOOKED_AT:
        # What is typed or chosen may be none of the largest.
        if wanted:
            rows += largest(top=_OFFERED, where=(Filter(f"calls.{name}", "contains", (wanted,)),)).rows
        if chosen:
            rows += largest(top=len(chosen), where=(Filter(f"calls.{name}", "in", tuple(chosen)),)).rows
    counts = {row[name] or "": row["requests"] or 0 for row in rows}
    names = Names(name, runtime.colours, ())
    offers = [value for value, count in counts.items() if value and count and value not in chosen]
    found = [value for value in (*chosen, *offers) if wanted in f"{value} {names.label(value)}".casefold()]
    return [
        {
            "value": value,
            "label": names.label(value),
            "text": f"{counts.get(value, 0):,}",
            "chosen": value in chosen,
        }
        for value in found[: max(_OFFERED, sum(value in chosen for value in found))]
    ]


#: Values of each dimension that the filter offers, and of the largest that it chooses those from.
_OFFERED: Final = 6
_LOOKED_AT: Final = 200
#: Characters of what is typed that are looked for.
_LONGEST_TYPED: Final = 200
