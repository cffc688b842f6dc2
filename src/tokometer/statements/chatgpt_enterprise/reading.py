"""What the analytics APIs of a ChatGPT workspace say.

Format: the public Admin API reference (chatgpt.com/public/admin/api-reference, OpenAPI 2.5) as others describe it, and
developers.openai.com/codex/enterprise/governance, read in November 2026. Two reports, each with a scope of its own:
`/analytics/workspaces/{id}/usage` (ChatGPT, Work and Codex: text tokens by person and day) and
`/analytics/codex/workspaces/{id}/usage` (threads, turns and credits by person and day). Days are Unix seconds, pages go
on by `next_page` as `page`. Totals are kept, not their parts by client or model: the parts need not add up to them.
Neither says money or seats; a bill comes of Codex credits by contract only. The CSV exports of the dashboards have no
documented form, and are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from tokometer.sources.polling import fetch_json
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, amount_of, midnight, object_of
from tokometer.statements.protocol import DAY, Asked, Portion, Stated

_PAGE: Final = 1_000
_ROW: Final = frozenset(
    {"object", "start_time", "end_time", "user_id", "actor", "email", "totals", "clients", "models", "code_attribution"}
)
_TOTALS: Final = frozenset(
    {
        *("threads", "turns", "credits", "uncached_text_input_tokens", "cached_text_input_tokens"),
        *("text_output_tokens", "text_total_tokens", "messages"),
    }
)
#: Totals that are kept as quantities.
_UNITS: Final = {"threads": "threads", "turns": "turns", "credits": "codex_credits", "messages": "messages"}


def report(product: str, name: str) -> Callable[[Asked, Portion], Iterator[Stated]]:
    """Reads what each person used on each day: of everything, or of `codex/`."""

    def read(asked: Asked, portion: Portion) -> Iterator[Stated]:
        lines = Lines(asked, name)
        for page in _pages(asked, product, portion.since, min(portion.until, midnight(asked.now) + DAY)):
            lines.read(page.raw("data"), lambda told: _use(lines, told, tokens=not product), _ROW)
        yield lines.stated()

    return read


def check(asked: Asked) -> Mapping[str, Any]:
    """Whether the key may ask for the usage of this workspace."""
    today = midnight(asked.now)
    product = "codex/" if asked.options.get("scope") == "codex" else ""
    page = next(_pages(asked, product, today - DAY, today, 1))
    return {"workspace": asked.options.get("workspace", ""), "people yesterday": "some" if page.raw("data") else "none"}


def _pages(asked: Asked, product: str, since: datetime, until: datetime, limit: int = _PAGE) -> Iterator[Told]:
    path = f"/v1/analytics/{product}workspaces/{quote(asked.options.get('workspace', ''), safe='')}/usage"
    query = {"start_time": str(int(since.timestamp())), "end_time": str(int(until.timestamp())), "limit": str(limit)}
    query |= {"group_by": "day"} if product else {}
    while True:
        page = object_of(fetch_json(asked.ask, path, query), path)
        yield page
        following = page.text("next_page", "next_cursor")
        if not page.yes("has_more") or not following:
            return
        query["page"] = following


def _use(lines: Lines, told: Told, *, tokens: bool) -> None:
    at = told.needed(told.moment("start_time"), "start_time")
    day = midnight(datetime.fromtimestamp(at // 1_000_000, UTC))
    actor, totals = told.within("actor"), told.within("totals")
    for name in totals.beside(_TOTALS):
        lines.noticed.add("usage", f"totals.{name}")
    user = actor.text("email") or told.text("email", "user_id") or actor.text("user_id", "id")
    counts = [(unit, amount_of(totals, name)) for name, unit in _UNITS.items()]
    if tokens:
        split = [totals.whole(name) for name in ("uncached_text_input_tokens", "cached_text_input_tokens")]
        output, whole = totals.whole("text_output_tokens"), totals.whole("text_total_tokens")
        known = any(value is not None for value in (*split, output))
        lines.usage(
            day,
            {"user": user},
            input_tokens=split[0],
            cache_read_tokens=split[1],
            output_tokens=output,
            unsplit_tokens=None if known else whole,
        )
    for unit, count in counts:
        if count:
            lines.usage(day, {"user": user, "quantity_unit": unit}, quantity=count)
