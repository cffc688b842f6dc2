"""The billing export of Google Cloud as files, as a kind of account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tokometer.records import Notice, Record, RecordError, to_datetime
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.google.billing_rows import KNOWN, add, charge_of, is_of_a_model, unflattened
from tokometer.statements.google_bills.rows import rows_of
from tokometer.statements.lines import Lines
from tokometer.statements.protocol import SOURCE, AccountKind, Asked, Of, Option, Stated

_REPORT: Final = "bill"
_LONGEST: Final = 60


def _uploaded(content: bytes, name: str, asked: Asked) -> Iterator[Stated]:
    """The lines of an uploaded file, added up by day; rows about no model are left out, and counted.

    Raises:
        PollError: It is no such file.
    """
    lines = Lines(asked, _REPORT)
    accounts: set[str] = set()
    all_of_them = asked.options.get("rows") == "all"
    read = left_out = 0
    for some in rows_of(content):
        kept = []
        for row in some:
            whole = _whole(row)
            read += 1
            if all_of_them or not isinstance(whole, dict) or is_of_a_model(_service(whole)):
                kept.append(whole)
                accounts.add(_account(whole))
            else:
                left_out += 1
        lines.read(kept, lambda told: add(lines, charge_of(told)), KNOWN)
    if not read:
        raise PollError(f"{name}: has no rows")
    yield from _by_day(lines.stated(), accounts.pop() if len(accounts) == 1 else "", name)
    if left_out:
        place = f"{asked.title}: {name}"
        notice = Notice(SOURCE, "charge", "lines about no model", place, left_out, workspace=asked.workspace)
        yield Stated(notices=[notice])


def _by_day(stated: Stated, account: str, name: str) -> Iterator[Stated]:
    """Each day of the billing account by itself: that is what a file speaks for, as a query may leave others out."""
    days: dict[str, list[Record]] = {}
    for record in stated.records:
        days.setdefault(f"{to_datetime(record.started_at):%Y-%m-%d}", []).append(record)
    for day, records in days.items():
        yield Stated(records, of=Of(f"{day} {account}".strip(), export=name))
    yield Stated(refusals=stated.refusals, notices=stated.notices)


def _account(row: Any) -> str:  # noqa: ANN401 - whatever a file holds
    found = row.get("billing_account_id") if isinstance(row, dict) else None
    return found[:_LONGEST] if isinstance(found, str) else ""


def _whole(row: Any) -> Any:  # noqa: ANN401 - whatever a file holds
    """A row with the objects that its names with dots mean; one that cannot be is refused by whoever reads it."""
    if not isinstance(row, dict):
        return row
    try:
        return dict(unflattened(row))
    except RecordError:
        return row


def _service(row: Mapping[str, Any]) -> str:
    service = row.get("service")
    return Told(service).text("description", "id") if isinstance(service, dict) else str(service or "")


def _check(_: Asked) -> Mapping[str, Any]:
    return {"files": "are uploaded"}


KIND: Final = AccountKind(
    name="google_bills",
    title="Google Cloud bills as files",
    about="What each day cost, net of credits, by SKU and project: the billing export in BigQuery, saved as CSV, JSON "
    "or Parquet and uploaded. Nothing has to be reached for it.",
    provider="vertex",
    options=(
        Option(
            name="rows",
            title="Which lines",
            help="Those about models, or every line of the bill",
            choices=("models", "all"),
            default="models",
        ),
    ),
    no_balance="Google Cloud bills in arrears: there is no balance.",
    check=_check,
    every=6 * 3_600,
    uploads=_uploaded,
    accepts=(".csv", ".json", ".ndjson", ".jsonl", ".parquet"),
)
