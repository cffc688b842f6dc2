"""Exports of LiteLLM's table of spend logs: JSON (a list, a page of its API, rows one a line) or CSV of the database.

Read where somebody names them: `tokometer import litellm-spend-logs.csv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.exported import ExportSource
from tokometer.sources.litellm.payload import SOURCE, records_of
from tokometer.sources.litellm.spend_logs import COLUMNS, NAMING, payload_of
from tokometer.sources.noticed import Noticed


class SpendLogs(ExportSource):
    """See `sources.exported.ExportSource`."""

    name = SOURCE
    title = "LiteLLM"
    marks = (b"request_id", b"call_type")
    below = ("data",)

    def is_ours(self, row: Mapping[str, Any]) -> bool:
        """See `ExportSource.is_ours`."""
        return row.keys() >= NAMING

    def records(self, row: dict[str, Any], noticed: Noticed, position: int) -> Iterable[Record]:
        """See `ExportSource.records`."""
        return of_row(row, noticed, position)


def of_row(row: Mapping[str, Any], noticed: Noticed, position: int | None = None) -> list[Record]:
    """The records of a row of the spend logs.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    for column in row.keys() - COLUMNS:
        if row[column] not in (None, "", [], {}):
            noticed.add("field", str(column), position)
    return list(records_of(payload_of(row), noticed, position, row=True))


FOUND: Final = SpendLogs()
