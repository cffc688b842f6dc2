"""Answers of Vercel's AI Gateway that somebody saved: generations, and spend reports as JSON or CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.exported import ExportSource
from tokometer.sources.noticed import Noticed
from tokometer.sources.vercel_ai_gateway.rows import SOURCE, is_generation, is_report, records_of


class Exports(ExportSource):
    """See `sources.exported.ExportSource`."""

    name = SOURCE
    title = "Vercel AI Gateway"
    marks = (b"gen_", b"total_cost", b"totalCost", b"market_cost", b"marketCost")
    below = ("results", "data")

    def is_ours(self, row: Mapping[str, Any]) -> bool:
        """See `ExportSource.is_ours`."""
        return is_generation(row) or is_report(row)

    def records(self, row: dict[str, Any], noticed: Noticed, position: int) -> Iterable[Record]:
        """See `ExportSource.records`."""
        held = row.get("data")
        return records_of(held if isinstance(held, dict) else row, noticed, position)


FOUND: Final = Exports()
