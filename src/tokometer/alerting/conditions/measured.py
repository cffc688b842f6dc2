"""Conditions on whatever can be measured: beyond a value, changed, far from the season, or nothing at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.alerting.condition import Condition, Inquiry, Param, Reading, declare
from tokometer.alerting.figures import counting, figures, named, number, question
from tokometer.alerting.rule import Terms
from tokometer.alerting.situation import Situation
from tokometer.judgement.season import Season
from tokometer.records.units import PERCENT, show

#: How often what lies far back is asked for.
_RARELY: Final = timedelta(minutes=5)
#: Days that tell what is usual.
_SEASON: Final = 28


def _threshold(terms: Terms, situation: Situation) -> Inquiry:
    least = terms.given["least_records"] or 0
    found = yield from figures(terms, situation, counted=bool(least))
    bound = terms.given["value"]
    recover = terms.given["recover"] if terms.given["recover"] is not None else bound
    above = terms.given["op"] == "above"
    readings = []
    for value, figure in found.items():
        now = figure.now
        known = figure.records is None or figure.records >= least
        beyond = now is not None and known and (now > bound if above else now < bound)
        back = now is None or (now <= recover if above else now >= recover)
        words = f"{terms.title} {show(now, terms.unit)}, {terms.given['op']} {show(bound, terms.unit)}"
        readings.append(
            Reading(value=value, holds=beyond, over=back and not beyond, measured=now, against=bound, words=words)
        )
    return readings


THRESHOLD: Final = declare(
    Condition(
        name="threshold",
        title="Is above or below a value",
        meaning="the measure over the window is above (or below) a value",
        read=_threshold,
        phrase="is {op} {value}",
        of="any",
        each="any",
        window="24h",
        takes=(
            Param(name="op", title="It is", form="word", words=("above", "below"), default="above"),
            Param(name="value", title="Value", required=True, unit="measure", meaning="in the measure's own unit"),
            Param(
                name="recover",
                title="Over when back at",
                unit="measure",
                meaning="so that it does not come and go; else the value",
            ),
            Param(
                name="least_records",
                title="Only of at least",
                form="whole",
                least=0,
                unit="records",
                meaning="fewer are no evidence: a rate of three calls",
            ),
        ),
        example={"measure": "calls.cost", "window": "24h", "each": "user", "value": 50, "recover": 40},
    )
)


def _change(terms: Terms, situation: Situation) -> Inquiry:
    found = yield from figures(terms, situation, compare=True)
    given, readings = terms.given, []
    recover = given["recover"] if given["recover"] is not None else given["percent"]
    for value, figure in found.items():
        now, before = figure.now, figure.before
        known = now is not None and before is not None and before > 0 and before >= (given["least"] or 0)
        moved = (now - before) / before * 100 if known and now is not None and before is not None else None
        size = 0.0 if moved is None else _size(moved, given["direction"])
        words = f"{terms.title} {show(now, terms.unit)}, {show(before, terms.unit)} in the period before"
        if moved is not None:
            words += f" ({'+' if moved >= 0 else ''}{show(moved / 100, PERCENT)})"
        readings.append(
            Reading(
                value=value,
                holds=size >= given["percent"],
                over=size < given["percent"] and size <= recover,
                measured=now,
                against=before,
                words=words,
            )
        )
    return readings


def _size(moved: float, direction: str) -> float:
    return abs(moved) if direction == "either" else moved if direction == "up" else -moved


CHANGE: Final = declare(
    Condition(
        name="change",
        title="Has changed against the period before",
        meaning="the measure over the window is so many percent more (or less) than over the period before it",
        read=_change,
        phrase="is {percent} {direction} on the period before",
        of="measure",
        each="any",
        window="24h",
        takes=(
            Param(name="direction", title="Which way", form="word", words=("up", "down", "either"), default="up"),
            Param(name="percent", title="By at least", required=True, least=0.1, most=100_000, unit="%"),
            Param(name="recover", title="Over when below", least=0, most=100_000, unit="%", meaning="else the same"),
            Param(
                name="least",
                title="Only if it was at least",
                least=0,
                unit="measure",
                meaning="nothing is said where the period before had less",
            ),
        ),
        example={"measure": "calls.cost", "window": "24h", "each": "model", "percent": 50, "least": 10},
    )
)


def _anomaly(terms: Terms, situation: Situation) -> Inquiry:
    hourly = terms.given["period"] == "hour"
    until = _last(situation.now, terms, hourly=hourly)
    since = until - timedelta(days=_SEASON)
    [result] = yield (question(terms, since=since.isoformat(), until=until.isoformat(), grain=terms.given["period"]),)
    short = terms.measure.partition(".")[2]
    courses: dict[str, dict[datetime, float | None]] = {}
    for row in result.rows:
        courses.setdefault(named(row, terms.each), {})[row["time"].astimezone(UTC)] = number(row[short])
    readings = [_judged(value, course, terms) for value, course in courses.items()]
    return [one for one in readings if one is not None]


def _last(now: datetime, terms: Terms, *, hourly: bool) -> datetime:
    """The end of the last whole period."""
    local = now.astimezone(terms.zone)
    if hourly:
        return local.replace(minute=0, second=0, microsecond=0)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _judged(value: str, course: dict[datetime, float | None], terms: Terms) -> Reading | None:
    """The last whole period against what is usual then; None where too little is known to say what that is."""
    *before, last = sorted(course)
    known = [(at.astimezone(terms.zone), course[at] or 0.0) for at in before]
    first = next((place for place, (_, used) in enumerate(known) if used), len(known))
    season, now = Season(known[first:]), course[last]
    if now is None or not season.known:
        return None
    usual = season.of(last.astimezone(terms.zone), now)
    size = _size(usual.score or 0.0, terms.given["direction"])
    enough = abs(now - usual.expected) >= (terms.given["least"] or 0)
    words = f"{terms.title} {show(now, terms.unit)} in the last whole {terms.given['period']}, "
    words += f"{show(usual.expected, terms.unit)} is usual then"
    holds = size >= terms.given["sensitivity"] and enough
    return Reading(value=value, holds=holds, over=not holds, measured=now, against=usual.expected, words=words)


ANOMALY: Final = declare(
    Condition(
        name="anomaly",
        title="Is far from what the season has",
        meaning=(
            "the last whole hour (or day) is far from what is usual at that hour and weekday by the last four weeks: "
            "so many times as far as values usually stray"
        ),
        read=_anomaly,
        phrase="of the last whole {period} is {sensitivity} times as far {direction} as values stray",
        of="measure",
        each="any",
        pace=_RARELY,
        takes=(
            Param(name="period", title="Of each", form="word", words=("hour", "day"), default="hour"),
            Param(name="direction", title="Which way", form="word", words=("up", "down", "either"), default="up"),
            Param(name="sensitivity", title="Times the variation", default=4.0, least=1, most=100),
            Param(name="least", title="Only if it is off by", least=0, unit="measure", meaning="less is not told"),
        ),
        example={"measure": "calls.cost", "each": "provider", "period": "hour", "sensitivity": 5, "least": 1},
    )
)


def _no_data(terms: Terms, _situation: Situation) -> Inquiry:
    counts = counting(terms.cube)
    short = counts.partition(".")[2]
    asked = [question(terms, counts)]
    if terms.each:
        asked.append(question(terms, counts, since=terms.given["seen"]))
    answers = yield tuple(asked)
    many: dict[str, Any] = {named(row, terms.each): row[short] for row in answers[0].rows}
    known = list(many) if not terms.each else [named(row, terms.each) for row in answers[1].rows if row[short]]
    readings = []
    for value in dict.fromkeys([*known, *many]):
        there = float(many.get(value) or 0)
        words = f"no records for {terms.window}" if not there else f"{there:,.0f} records in {terms.window}"
        readings.append(Reading(value=value, holds=not there, over=bool(there), measured=there, words=words))
    return readings


_SEEN: Final = Param(
    name="seen",
    title="Of those seen within",
    form="word",
    words=("24h", "7d", "30d"),
    default="7d",
    meaning="whose values are told apart: those that had records in this time",
)
NO_DATA: Final = declare(
    Condition(
        name="no_data",
        title="Nothing comes any more",
        meaning="there is no record at all in the window; with a dimension: of a value that had some before",
        read=_no_data,
        phrase="has no records",
        of="measure",
        each="any",
        window="24h",
        takes=(_SEEN,),
        example={"measure": "samples.readings", "window": "15m", "each": "host"},
    )
)


def _unpriced(terms: Terms, situation: Situation) -> Inquiry:
    found = yield from figures(terms, situation)
    readings = []
    for value, figure in found.items():
        many = figure.now or 0
        words = f"{many:,.0f} call{'' if many == 1 else 's'} that no price is known for"
        readings.append(Reading(value=value, holds=many > 0, over=not many, measured=many, words=words))
    return readings


UNPRICED: Final = declare(
    Condition(
        name="unpriced_model",
        title="A model without a price is used",
        meaning="calls of known usage that no price is known for; told of each model",
        read=_unpriced,
        phrase="has calls that no price is known for",
        measure="calls.no_price",
        each="model",
        window="24h",
        example={"window": "24h"},
    )
)
SILENT: Final = declare(
    Condition(
        name="source_silent",
        title="A source has gone silent",
        meaning="a source that had calls before has none in the window; told of each source",
        read=_no_data,
        phrase="has no calls any more",
        each="source",
        window="24h",
        takes=(_SEEN,),
        example={"window": "6h"},
    )
)
