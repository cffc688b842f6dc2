"""Reports that come as pages of time buckets with rows: how OpenAI and Anthropic tell of usage and costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from tokometer.records import Record, Refusal, mistake, to_us
from tokometer.sources.noticed import Noticed
from tokometer.sources.polling import checked
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.protocol import SOURCE, Asked, Portion, Stated

#: Pages of one question; nobody has as many.
_MOST_PAGES: Final = 2_000
#: Amounts are read as they are written, never as binary fractions.
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)

#: What makes records of a row: the row, the start and end of its bucket (microseconds since the epoch).
Rows = Callable[[Told, int, int], Iterable[Record]]


def exact_json(asked: Asked, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An answer's object, its fractions as decimals.

    Raises:
        PollError: There is no good answer, or it is no object.
    """
    answer = asked.ask(path, query, headers={"Accept": "application/json"})
    try:
        found = _DECODER.decode(checked(answer, path))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise PollError(f"{path} answers something that is not JSON") from error
    if not isinstance(found, dict):
        raise PollError(f"{path} answers something that is no object")
    return found


def pages(asked: Asked, path: str, query: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The `data` of each page of an answer that says `has_more` and `next_page`.

    Raises:
        PollError: A page cannot be had, or they lead in a circle.
    """
    page, met = "", set[str]()
    for _ in range(_MOST_PAGES):
        answer = exact_json(asked, path, {**query, "page": page} if page else query)
        data = answer.get("data")
        if not isinstance(data, list):
            raise PollError(f"{path} answers without a list called data")
        yield data
        page = str(answer.get("next_page") or "")
        if not answer.get("has_more"):
            return
        if not page or page in met:
            raise PollError(f"{path} says that there is more, and not where")
        met.add(page)
    raise PollError(f"{path} has no end")


def listed(
    asked: Asked, path: str, query: Mapping[str, Any], after: str, most: int = 100
) -> Iterator[Mapping[str, Any]]:
    """The objects of a list that goes on after the id of its last one; `after` is what that is called in a question.

    Raises:
        PollError: It cannot be had.
    """
    last = ""
    for _ in range(most):
        answer = exact_json(asked, path, {**query, after: last} if last else query)
        data = [one for one in answer.get("data") or () if isinstance(one, dict)]
        yield from data
        before, last = last, str(answer.get("last_id") or (data[-1].get("id") if data else "") or "")
        if not answer.get("has_more") or not last or last == before:
            return


def stated_rows(
    asked: Asked,
    portion: Portion,
    answers: Iterable[list[Any]],
    report: str,
    times: tuple[str, str],
    known: frozenset[str],
    rows: Rows,
) -> Iterator[Stated]:
    """What pages of buckets state: a row that cannot be believed is refused, and those around it are not.

    `times` are the names of a bucket's start and end, `known` the names that a row may have: others are noticed.
    """
    place = f"{asked.title}: {report} {portion.name}"
    position = 0
    for data in answers:
        stated, noticed = Stated(), Noticed(SOURCE, place)
        for bucket in data:
            told = Told(bucket if isinstance(bucket, dict) else {})
            try:
                since, until = (told.needed(told.moment_utc(name), name) for name in times)
                found = list(told.each("results"))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this bucket
                stated.refusals.append(_refused(place, position, error, asked))
                continue
            if not to_us(portion.since) <= since < to_us(portion.until):
                # Buckets are of whole days, and a portion is too; what lies outside is another portion's.
                continue
            for row in found:
                try:
                    stated.records.extend(rows(row, since, until))
                    for name in row.beside(known):
                        noticed.add("field", name, position)
                except Exception as error:  # noqa: BLE001 - as above, of this row
                    stated.refusals.append(_refused(place, position, error, asked))
                position += 1
        stated.notices = noticed.all()
        yield stated


def _refused(place: str, position: int, error: Exception, asked: Asked) -> Refusal:
    wrong = mistake(error)
    return Refusal(SOURCE, place, position, wrong.field, wrong.reason, to_us(asked.now), asked.workspace)
