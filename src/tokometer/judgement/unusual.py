"""Anomalies of cost, tokens, error rate and latency in a window, past or present, and what explains most of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace as with_fields

from tokometer.judgement.anomalies import Anomaly, anomalies
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.explained import DIMENSIONS, Explanation, explain, questions
from tokometer.measures import Filter, Query, Result
from tokometer.measures.zones import zone_info
from tokometer.records.providers import value_name
from tokometer.records.units import MS, PERCENT, RATIO, REQUESTS, TIMES, TOKENS, USD, Unit, show
from tokometer.settings import Settings

#: What is looked at in all, and by which dimensions.
OF: Final[Mapping[str, Unit]] = {"cost": USD, "total_tokens": TOKENS, "error_rate": PERCENT, "p95_latency": MS}
WORDS: Final = {"cost": "Cost", "total_tokens": "Tokens", "error_rate": "Error rate", "p95_latency": "p95 latency"}
BY: Final = ("provider", "model", "agent", "team")
MOST_NAMES: Final = 10
#: Longer windows are looked at by the day; how far back the season is learned from, by the hour and by the day.
_BY_HOUR: Final = timedelta(days=10)
_HOURS_BACK: Final = timedelta(days=28)
_DAYS_BACK: Final = timedelta(days=56)
#: Rows that are told, and of these those that are explained.
MOST_ROWS: Final = 40
_EXPLAINED: Final = 12
#: Failed calls before an error rate is an anomaly, and how many spreads of chance more than usual.
_LEAST_ERRORS: Final = 5
_CHANCE: Final = 4.0
#: What one name has too much of matters from this part of what all calls have in such a period on: an hour, a day.
_MATTERS: Final = {False: 1.0, True: 0.2}
#: From so many spreads and times the usual on it is critical.
_GRAVE: Final = (8.0, 3.0)


@dataclass(frozen=True, slots=True)
class Found:
    """An anomaly of a measure, of one value of a dimension ('' of '': all calls)."""

    of: str
    by: str
    name: str
    anomaly: Anomaly
    #: Calls of its periods.
    requests: int

    @property
    def times(self) -> float:
        """How many times the usual it was; a rate at its peak."""
        value, usual = self.values
        return value / usual if usual > 0 else float("inf")

    @property
    def values(self) -> tuple[float, float]:
        """What it was and what is usual: added up, or of a rate at its peak."""
        one = self.anomaly
        added = self.of in ("cost", "total_tokens")
        return (one.value, one.expected) if added else (one.peak, one.peak_expected)


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    [asked] = yield (matter.query("requests", by=()),)
    since, until = asked.meta.since, asked.meta.until
    daily = until - since > _BY_HOUR
    dimensions = (matter.by,) if matter.by else BY
    answers = yield tuple(_series(matter, by, since, until, daily=daily) for by in ("", *dimensions))
    start = since.astimezone(zone_info(matter.tz))
    least = _least(answers[0], daily=daily)
    found = [] if matter.by else list(_find(answers[0], "", start, {}, settings, daily=daily))
    for by, answer in zip(dimensions, answers[1:], strict=True):
        found += _find(answer, by, start, least, settings, daily=daily)
    told = sorted(distinct(found), key=lambda one: (one.anomaly.start, one.anomaly.score), reverse=True)[:MOST_ROWS]
    worst = sorted(told, key=lambda one: -one.anomaly.score)[:_EXPLAINED]
    parts = yield tuple(one for each in worst for one in questions(_about(matter, each), each.of, *_span(each)))
    known = {
        id(one): explain(one.of, one.by, one.anomaly.expected, *parts[2 * at : 2 * at + 2])
        for at, one in enumerate(worst)
    }
    return [({matter.by: one.name} if matter.by else {}) | _row(one, known.get(id(one))) for one in told]


def _series(matter: Matter, by: str, since: datetime, until: datetime, *, daily: bool) -> Query:
    back = _DAYS_BACK if daily else _HOURS_BACK
    asked = matter.query(
        *("cost", "total_tokens", "requests", "errors", "p95_latency"),
        by=(by,) if by else (),
        since=(since - back).isoformat(),
        until=until.isoformat(),
        grain="day" if daily else "hour",
    )
    asked = with_fields(asked, until=until.isoformat())
    return with_fields(asked, top=MOST_NAMES, other=False, order=("-calls.cost",)) if by else asked


def _least(whole: Result, *, daily: bool) -> dict[str, float]:
    """How much too much matters, of what adds up."""
    count = max(1, len(whole.rows))
    return {
        of: _MATTERS[daily] * sum(float(row[of] or 0) for row in whole.rows) / count for of in ("cost", "total_tokens")
    }


def _find(
    answer: Result, by: str, since: datetime, least: Mapping[str, float], settings: Settings, *, daily: bool
) -> Iterator[Found]:
    """The anomalies of all series of an answer, where too much is at least so much."""
    zone = since.tzinfo if isinstance(since.tzinfo, ZoneInfo) else zone_info("UTC")
    series: dict[str, dict[datetime, Mapping[str, Any]]] = {}
    for row in answer.rows:
        series.setdefault(row[by] or "" if by else "", {})[row["time"].astimezone(UTC)] = row
    for name, rows in series.items():
        if by and not name:
            # What nobody has named is no one's.
            continue
        times = list(_times(min(rows).astimezone(zone), answer.meta.until.astimezone(zone), daily=daily))
        for of in OF:
            points = [
                point for at in times if (point := _point(of, at, rows.get(at.astimezone(UTC)), settings)) is not None
            ]
            matters = least.get(of, 0.0)
            if not any(value >= matters for at, value in points if at >= since):
                continue
            for one in anomalies(points, since):
                if one.excess < matters:
                    continue
                begin, end = one.start.astimezone(UTC), one.end.astimezone(UTC)
                within = [row for at, row in rows.items() if begin <= at < end]
                if of != "error_rate" or _is_more_than_chance(one, rows[one.peak_at.astimezone(UTC)], settings):
                    yield Found(of, by, name, one, sum(row["requests"] for row in within))


def _times(first: datetime, until: datetime, *, daily: bool) -> Iterator[datetime]:
    """The starts of complete periods from the first on."""
    zone: Any = first.tzinfo
    at = first
    while True:
        if daily:
            # Wall-clock arithmetic: days are not all of one length.
            after = (at + timedelta(days=1)).replace(tzinfo=zone)
        else:
            after = (at.astimezone(UTC) + timedelta(hours=1)).astimezone(zone)
        if after.astimezone(UTC) > until.astimezone(UTC):
            return
        yield at
        at = after


def _point(of: str, at: datetime, row: Mapping[str, Any] | None, settings: Settings) -> tuple[datetime, float] | None:
    """A period's value; of a rate none where too few calls tell it."""
    if of in ("cost", "total_tokens"):
        return at, float(row[of] or 0) if row else 0.0
    if row is None or row["requests"] < settings.thresholds.least_requests:
        return None
    if of == "error_rate":
        return at, row["errors"] / row["requests"]
    return None if row[of] is None else (at, float(row[of]))


def _is_more_than_chance(one: Anomaly, row: Mapping[str, Any], settings: Settings) -> bool:
    """Whether so many calls fail by chance hardly ever, where as many fail as usual."""
    usual = one.peak_expected * row["requests"]
    enough = row["errors"] >= max(_LEAST_ERRORS, usual + _CHANCE * max(1.0, usual) ** 0.5)
    return enough and one.peak > settings.thresholds.error_rate_warning


def distinct(found: Sequence[Found]) -> list[Found]:
    """One of each event: what is seen in all calls, or else in most, is not told again of what it is made of."""
    rank = {by: place for place, by in enumerate(("", *BY))}
    kept: list[Found] = []
    for one in sorted(found, key=lambda each: (each.by != "", -each.anomaly.excess, rank.get(each.by, 0))):
        same = (
            other
            for other in kept
            if other.of == one.of
            and other.by != one.by
            and one.anomaly.start < other.anomaly.end
            and other.anomaly.start < one.anomaly.end
        )
        if not any(same):
            kept.append(one)
    # Cost that rose as tokens did is one event.
    costs = [one.anomaly for one in kept if one.of == "cost"]
    return [one for one in kept if one.of != "total_tokens" or not any(_meet(one.anomaly, other) for other in costs)]


def _meet(one: Anomaly, other: Anomaly) -> bool:
    return one.start < other.end and other.start < one.end


def _about(matter: Matter, found: Found) -> Matter:
    only = (Filter(f"calls.{found.by}", "in", (found.name,)),) if found.by else ()
    return replace(matter, where=(*matter.where, *only), by="")


def _span(found: Found) -> tuple[datetime, datetime]:
    return found.anomaly.start, found.anomaly.end


def _row(found: Found, explanation: Explanation | None) -> Row:
    one, unit = found.anomaly, OF[found.of]
    value, usual = found.values
    what = WORDS[found.of] if not found.by else f"{WORDS[found.of]} of {found.by} {value_name(found.by, found.name)}"
    return {
        "anomalies": found.times if usual > 0 else None,
        "what": what,
        "of": found.of,
        "dimension": found.by,
        "name": found.name,
        "start": one.start,
        "end": one.end,
        "current": value,
        "usual": usual,
        "unit": unit.key,
        "said": f"{show(value, unit)} instead of {show(usual, unit)}",
        "score": one.score,
        "requests": found.requests,
        "grade": "critical" if _is_grave(found) else "warning",
        "why": explanation.words if explanation else "",
        "explained": explanation.share if explanation else None,
        **{
            name: explanation.parts.get(name, "") if explanation else "" for name in (f"by_{one}" for one in DIMENSIONS)
        },
    }


def _is_grave(found: Found) -> bool:
    score, times = _GRAVE
    return found.anomaly.score >= score and found.times >= times


def _standing(row: Row, _: Settings) -> Standing:
    return "critical" if row["grade"] == "critical" else "warning"


ANOMALIES: Final = Judgement(
    name="anomalies",
    title="Times the usual",
    unit=TIMES,
    better="lower",
    description=(
        "Hours or days of the window in which cost, tokens, the error rate or the p95 latency were far above what is "
        "usual at that hour and weekday, in all calls or of one provider, model, agent or team, the latest first, each "
        "with the part of the calls that explains most of the rise."
    ),
    formula=(
        "usual = level of the week around + profile of the hour + effect of the weekday, all of them medians on an "
        "asinh scale; told from 3.5 robust spreads, 1.5 times the usual and a quarter of the mean on; of one "
        "name where it is as much as all calls have in an hour, or in a fifth of a day. By the hour, "
        "with 28 days before, by the day with 56 where the window is longer than 10 days. Rates need `least_requests` "
        "calls, an error rate more failed calls than chance gives. The part's share of the rise is what it had beyond "
        "its usual share of what is usual"
    ),
    by=("", *BY, "project", "user"),
    facts=(
        text("what", "of what it is", title="What"),
        text("of", "`cost`, `total_tokens`, `error_rate` or `p95_latency`"),
        text("dimension", "of which dimension, where not of all calls"),
        text("name", "of which value of it"),
        Fact("start", type="time", title="From", meaning="when it began"),
        Fact("end", type="time", title="Until", meaning="the end of its last hour or day"),
        Fact("current", RATIO, meaning="what it was: added up, or of a rate at its peak"),
        Fact("usual", RATIO, meaning="what is usual, in the same unit"),
        text("unit", "`usd`, `tokens`, `percent` (a ratio from 0 to 1) or `ms`"),
        text("said", "both in words", title="Was"),
        Fact("score", RATIO, title="Spreads", meaning="how many robust spreads its peak is above what is usual"),
        Fact("requests", REQUESTS, "integer", meaning="calls of its hours or days"),
        text("why", "the part of the calls that explains most of the rise", title="What explains it"),
        text("grade", "`warning` or `critical`", title="Is"),
        share("explained", "that part's share of the rise", "Explained"),
        *(text(f"by_{name}", f"the {name} of that part, where it is of one") for name in DIMENSIONS),
    ),
    thresholds="critical from 8 spreads and 3 times the usual on, warning otherwise",
    inquire=_inquire,
    standing=_standing,
)
