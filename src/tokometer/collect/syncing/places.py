"""Which portions of a report are to be read, and where each was left: a place in the ledger's cursors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from tokometer.records import to_datetime
from tokometer.statements import Asked, Portion, Report
from tokometer.statements.protocol import days

#: Under which the ledger keeps the places of an account.
_SOURCE: Final = "statements/{}"
#: Where an account's clock and ours differ, a day is not taken to be over by a few minutes.
_SLACK: Final = timedelta(hours=1)


class Place(msgspec.Struct, array_like=True):
    """Where a portion was left, as the ledger keeps it."""

    #: When it was read (microseconds since the epoch): what was stated of it then is kept.
    asked: int
    mark: str = ""
    #: The ids of the lines that it stated, of each kind of record, 16 bytes each, one behind the other.
    ids: dict[str, bytes] = {}
    refused: int = 0


def source_of(account: str) -> str:
    """The source of the cursors of an account."""
    return _SOURCE.format(account)


def name_of(report: Report, portion: Portion) -> str:
    """The place of the cursor of a portion."""
    return f"{report.name}/{portion.name}"


def decoded(state: bytes) -> Place | None:
    """A place as it was kept; None where it cannot be read: the portion is read again, which is harmless."""
    try:
        return msgspec.msgpack.decode(state, type=Place)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def encoded(place: Place) -> bytes:
    """The same as bytes."""
    return msgspec.msgpack.encode(place)


def portions_of(report: Report, asked: Asked, known: Mapping[str, bytes]) -> list[Portion]:
    """The portions of a report that are to be read now, the newest first.

    Those that were read after nothing of them could change any more are not; nor are files that are what they were.

    Raises:
        PollError: Which there are cannot be told now.
    """
    all_of_them: Iterable[Portion]
    if report.list is not None:
        all_of_them = report.list(asked)
    else:
        first = (asked.now - report.first).replace(hour=0, minute=0, second=0, microsecond=0)
        all_of_them = days(first, asked.now, report.portion)
    due = [one for one in all_of_them if not _is_known(report, one, known.get(name_of(report, one), b""))]
    return sorted(due, key=lambda one: (one.since, one.name), reverse=True)


def known_until(asked: datetime, portions: Sequence[Portion]) -> datetime:
    """Up to when a report is known, of which these portions were read at a time."""
    return min([asked, *(one.until for one in portions[:1])])


def is_settled(report: Report, portion: Portion, asked: datetime) -> bool:
    """Whether nothing of a portion can change any more once it was asked for at a time; a file is what it is."""
    return bool(portion.mark) or asked >= portion.until + report.late + _SLACK


def _is_known(report: Report, portion: Portion, state: bytes) -> bool:
    place = decoded(state) if state else None
    return place is not None and place.mark == portion.mark and is_settled(report, portion, to_datetime(place.asked))
