"""What cost, requests and tokens will come to: at the month's end, 30 and 90 days ahead, in all or by a dimension."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace as with_fields

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.forecast import Day, Forecast, forecast
from tokometer.judgement.month import HISTORY, Month
from tokometer.measures import Query, Result
from tokometer.measures.zones import zone_info
from tokometer.records.units import COUNT, REQUESTS, TOKENS, USD, Unit
from tokometer.settings import Settings

#: Names of a dimension that are forecast: those with most of the measure in the history.
MOST_NAMES: Final = 20
#: Days ahead that are told beside the month's end.
AHEAD: Final = (30, 90)
NOT_ENOUGH: Final = "not enough history"
#: Dimensions by which there are forecasts.
BY: Final = (
    *("", "provider", "model", "family", "team", "user", "project", "agent", "api_key", "account"),
    *("environment", "operation", "source", "repository", "service_tier", "region", "workspace"),
)
MEASURES: Final = ("cost", "requests", "total_tokens")
_NANO: Final = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Course:
    """The days of one name up to now, and what is expected of those to come."""

    history: Sequence[Day]
    #: What today has used up to now.
    today: float
    #: What the running month has used up to now.
    month_so_far: float
    month: Month

    def until(self, end: date, so_far: float = 0.0) -> Forecast | None:
        """What is used from now on until a day begins, with what was used so far; None with too little history."""
        today = Day(self.month.today, self.today)
        return forecast(self.history, so_far, today, self.month.elapsed, end)

    def to_month_end(self) -> Forecast | None:
        """The running month's total."""
        return self.until(self.month.end, self.month_so_far)

    def ahead(self, days: int) -> Forecast | None:
        """The total of so many days from now on, today's rest being the first."""
        return self.until(self.month.today + timedelta(days=days))


def question(matter: Matter, measure: str, most: int = MOST_NAMES) -> Query:
    """The days that forecasts of a measure rest on, of the largest names of the matter's dimension."""
    asked = matter.query(measure, since=HISTORY, grain="day")
    return with_fields(asked, top=most, other=False, order=(f"-calls.{measure}",)) if matter.by else asked


def courses(result: Result, by: str, measure: str, month: Month) -> dict[str, Course]:
    """The answer to :func:`question` by name; the first day of use is rarely a whole one and is left out."""
    found: dict[str, dict[date, float]] = {}
    for row in result.rows:
        days = found.setdefault(row[by] or "" if by else "", {})
        days[row["time"].astimezone(month.zone).date()] = float(row[measure] or 0)
    return {name: _course(days, month) for name, days in found.items()}


def _course(days: Mapping[date, float], month: Month) -> Course:
    used = [day for day, value in days.items() if value > 0 and day < month.today]
    begin = min(used) + timedelta(days=1) if used else month.today
    history = [
        Day(day, days.get(day, 0.0))
        for day in (begin + timedelta(days=place) for place in range((month.today - begin).days))
    ]
    so_far = sum(value for day, value in days.items() if day >= month.first)
    return Course(history, days.get(month.today, 0.0), so_far, month)


def _inquire(measure: str, number: Callable[[float], Any]) -> Callable[[Matter, Settings], Inquiry]:
    name = f"{measure}_forecast"

    def inquire(matter: Matter, _: Settings) -> Inquiry:
        [daily] = yield (question(matter, measure),)
        month = Month(matter.now, zone_info(matter.tz))
        found = courses(daily, matter.by, measure, month)
        rows = [
            ({matter.by: label} if matter.by else {}) | _row(name, course, number)
            for label, course in found.items()
            if course.history or course.today
        ]
        return sorted(rows, key=lambda row: (-(row["next_30"] or 0), str(row.get(matter.by, ""))))

    return inquire


def _row(name: str, course: Course, number: Callable[[float], Any]) -> Row:
    end, *ahead = course.to_month_end(), *(course.ahead(days) for days in AHEAD)
    row: Row = {"so_far": number(course.month_so_far), name: None if end is None else number(end.estimate)}
    for found, label in zip((end, *ahead), ("", *(f"_{days}" for days in AHEAD)), strict=True):
        if label:
            row[f"next{label}"] = None if found is None else number(found.estimate)
        row[f"low{label}"] = None if found is None else number(found.low)
        row[f"high{label}"] = None if found is None else number(found.high)
    month = ahead[0]
    return row | {
        "error": None if month is None else month.error,
        "naive_error": None if month is None else month.naive_error,
        "days": len(course.history),
        "note": NOT_ENOUGH if end is None else "" if month is None or month.seasonal else "weekdays not yet told apart",
    }


def _no_standing(_row: Row, _: Settings) -> Standing:
    return "none"


def _usd(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_NANO)


def _declare(measure: str, title: str, unit: Unit, number: Callable[[float], Any]) -> Judgement:
    kind: Any = "money" if unit is USD else "integer"
    what = title.lower()

    def fact(name: str, meaning: str, called: str = "") -> Fact:
        return Fact(name, unit, kind, title=called, meaning=meaning)

    return Judgement(
        name=f"{measure}_forecast",
        title=f"{title} at the month's end",
        unit=unit,
        type=kind,
        better="lower" if unit is USD else "",
        description=(
            f"The {what} that is expected by the end of the running month and in the next 30 and 90 days, with the "
            "80 % interval and how far off such forecasts were when they were made as of past days, beside the last "
            f"week repeated. By a dimension, of its {MOST_NAMES} largest names of the last {HISTORY[:-1]} days."
        ),
        formula=(
            "so far + the mean of six smoothers of the days, with a damped trend and the shares of weekdays, each "
            "weighed by its back-tested error; the interval from those errors and, with little history, the spread of "
            "single days. Unknown with fewer than three whole days, and of 90 days with fewer than 23"
        ),
        by=BY,
        facts=(
            fact("so_far", "of the running month up to now"),
            fact("low", "the lower end of the month's 80 % interval", "Month, low"),
            fact("high", "its upper end", "Month, high"),
            *(
                one
                for days in AHEAD
                for one in (
                    fact(f"next_{days}", f"expected in the next {days} days, from now on", f"Next {days} days"),
                    fact(f"low_{days}", "the lower end of its 80 % interval", f"{days} days, low"),
                    fact(f"high_{days}", "its upper end", f"{days} days, high"),
                )
            ),
            share("error", "mean back-tested error of forecasts of 30 days", "Back-tested error"),
            share("naive_error", "the same of the last week repeated", "Last week repeated"),
            Fact("days", COUNT, "integer", title="Days of history", meaning="whole days that it rests on"),
            text("note", f"`{NOT_ENOUGH}`, or that weekdays are not told apart yet"),
        ),
        window=HISTORY,
        thresholds="none: what is too much is for a budget to say (`judgement.budgets`)",
        inquire=_inquire(measure, number),
        standing=_no_standing,
    )


COST_FORECAST: Final = _declare("cost", "Cost", USD, _usd)
REQUEST_FORECAST: Final = _declare("requests", "Requests", REQUESTS, round)
TOKEN_FORECAST: Final = _declare("total_tokens", "Tokens", TOKENS, round)
