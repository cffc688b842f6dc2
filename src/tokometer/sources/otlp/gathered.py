"""What a request told, whatever its signal, and reading what it is made of one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from tokometer.records import Notice, Record, RecordError, Refusal, mistake
from tokometer.records.fitting import fit_to_tell
from tokometer.records.gate import Aside, admit
from tokometer.sources.otlp.build import SOURCE
from tokometer.sources.otlp.signals import Shape
from tokometer.sources.otlp.unread import Unread

T = TypeVar("T")
#: Topic and name of what went unread.
Strange = Iterable[tuple[str, str]]


@dataclass(slots=True)
class Gathered:
    """What a request held."""

    records: list[Record] = field(default_factory=list)
    #: What tells of usage and cannot be believed.
    refusals: list[Refusal] = field(default_factory=list)
    #: The index of the span, log record or data point that each record is made of.
    positions: list[int] = field(default_factory=list)
    #: Records of those that are refused because our clock does not believe them yet.
    aside: list[Aside] = field(default_factory=list)
    #: Spans, log records or data points.
    count: int = 0
    #: Those of which nothing is kept.
    skipped: int = 0
    #: What stood in them and no rule understood.
    notices: list[Notice] = field(default_factory=list)


def gather(
    one_by_one: Iterable[T | RecordError],
    read: Callable[[T], tuple[list[Record], Strange]],
    shape: Shape,
    at: int,
    first: int = 0,
) -> Gathered:
    """Read what a request is made of, one by one: what is wrong with one costs only that.

    `read` gives the records of one and what of it went unread, or raises; `at` is our clock in microseconds since the
    epoch.
    """
    place = shape.place
    told, unread = Gathered(), Unread(SOURCE, place)
    records: list[Record] = []
    positions: list[int] = []
    for index, one in enumerate(one_by_one, first):
        told.count += 1
        try:
            if isinstance(one, RecordError):
                raise one  # noqa: TRY301 - handled with what reading raises
            made, strange = read(one)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this one, and the others count
            wrong = mistake(error)
            reason = f"{wrong.reason} ({shape.what} {index})"
            told.refusals.append(
                Refusal(source=SOURCE, place=place, position=index, field=wrong.field, reason=reason, at=at)
            )
            continue
        if strange:
            unread.add(index, strange)
        if made:
            records.extend(made)
            positions.extend([index] * len(made))
        else:
            told.skipped += 1
    admitted = admit(records, place, positions, at)
    told.records, told.positions, told.aside = admitted.records, admitted.positions, admitted.aside
    told.refusals, told.notices = fit_to_tell(told.refusals + admitted.refusals, unread.notices(at) + admitted.notices)
    return told
