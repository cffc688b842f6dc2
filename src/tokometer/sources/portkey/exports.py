"""Portkey's logs exports: a row a line of JSON, or CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.exported import ExportSource
from tokometer.sources.noticed import Noticed
from tokometer.sources.portkey.rows import NAMING, SOURCE, records_of


class Exports(ExportSource):
    """See `sources.exported.ExportSource`."""

    name = SOURCE
    title = "Portkey"
    marks = (b"ai_model", b"ai_org", b"req_units", b"created_at", b"trace_id")
    below = ("data",)

    def is_ours(self, row: Mapping[str, Any]) -> bool:
        """See `ExportSource.is_ours`."""
        return any(row.keys() >= names for names in NAMING)

    def records(self, row: dict[str, Any], noticed: Noticed, position: int) -> Iterable[Record]:
        """See `ExportSource.records`."""
        return records_of(row, noticed, position)


FOUND: Final = Exports()
