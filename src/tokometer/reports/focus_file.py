"""A month in FOCUS as a file: the same bytes from the page, the API and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from tokometer.judgement.charges import month_of
from tokometer.measures import QueryError, dimension_named
from tokometer.measures.labels import label_of
from tokometer.records.redaction import redacted
from tokometer.reports.focus import AskRows, Version, as_csv, as_parquet, rows

Form = Literal["csv", "parquet"]
#: The most dimensions that become tags.
MOST_TAGS: Final = 10


class FocusError(ValueError):
    """A file that cannot be made: which part of what was asked for is wrong, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusFile:
    """A month (UTC) of which a file is made, as far as it has come."""

    period: str
    first: date
    last: date
    form: Form
    version: Version
    tags: Sequence[str]
    workspace: str = "default"

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"tokometer_focus-{self.version}_{self.period}.{self.form}"

    def made(self, ask: AskRows) -> bytes:
        """The file itself.

        Raises:
            QueryError: It cannot be asked.
        """
        found = rows(ask, self.first, self.last, self.tags, self.workspace)
        return (as_csv if self.form == "csv" else as_parquet)(found, self.version)


def focus_file(
    period: str, form: Form, version: Version, tags: Sequence[str] | None, rolled: Iterable[str], now: datetime
) -> FocusFile:
    """The file of a month, `2026-10`; '' is the one that runs.

    Args:
        period: Which month.
        form: What is written.
        version: Of FOCUS.
        tags: Further dimensions of calls that become tags; None for the labels that are rolled up.
        rolled: Those labels.
        now: What time it is.

    Raises:
        FocusError: There is no such month or dimension.
    """
    today = now.astimezone(UTC).date()
    period = period or f"{today:%Y-%m}"
    try:
        first, last = month_of(period)
    except ValueError:
        raise FocusError("period", f"{redacted(period, 20)!r} is no month; write 2026-10") from None
    last = min(last, max(first, today + timedelta(days=1)))
    if tags is None:
        tags = [label_of("calls", key).short for key in sorted(rolled)][:MOST_TAGS]
    for name in tags:
        try:
            dimension_named(f"calls.{name}")
        except QueryError as error:
            raise FocusError("tag", error.reason) from None
    if len(tags) > MOST_TAGS:
        raise FocusError("tag", f"at most {MOST_TAGS} dimensions become tags")
    return FocusFile(period=period, first=first, last=last, form=form, version=version, tags=tuple(tags))
