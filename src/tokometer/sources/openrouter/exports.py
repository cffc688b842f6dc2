"""Exports of OpenRouter's: its activity as CSV (a call a row) or JSON (a day of a model a row), and generations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.exported import ExportSource
from tokometer.sources.noticed import Noticed
from tokometer.sources.openrouter.rows import SOURCE, is_activity, is_generation, records_of


class Exports(ExportSource):
    """See `sources.exported.ExportSource`."""

    name = SOURCE
    title = "OpenRouter"
    marks = (b"generation_id", b"gen-", b"native_tokens_prompt", b"endpoint_id")
    below = ("data",)

    def is_ours(self, row: Mapping[str, Any]) -> bool:
        """See `ExportSource.is_ours`."""
        return is_generation(row) or (is_activity(row) and "endpoint_id" in row)

    def records(self, row: dict[str, Any], noticed: Noticed, position: int) -> Iterable[Record]:
        """See `ExportSource.records`."""
        held = row.get("data")
        return records_of(held if isinstance(held, dict) else row, noticed, position)


FOUND: Final = Exports()
