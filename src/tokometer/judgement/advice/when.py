"""Advice about when, and on which tier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.advice.evidence import LEAST_CALLS, Evidence, key_of
from tokometer.judgement.advice.rule import ERRORS, matters, piece, rule, worth
from tokometer.judgement.declared import Row
from tokometer.records.units import PERCENT, USD, show

#: Hours of the day that make up the peak, as few of them as hold this share of the calls.
PEAK: Final = 0.6
#: An hour is bad where so many times as many calls fail as at other hours, and at least this share.
WORSE: Final = 3.0
BAD: Final = 0.05
_HOURS: Final = 24
_WORKDAYS: Final = 5


@rule(
    "batch_tier",
    "Scheduled work on the batch tier",
    assumption="A batch may take hours: a job's next step can wait for that.",
    how="Send the job's calls by the provider's batch API instead of one by one.",
)
def batch_tier(known: Evidence) -> Iterator[Row]:
    """Scheduled work, which nobody waits for, on the provider's cheaper batch tier."""
    for row in known.rows:
        if row["agent"] not in known.scheduled or not row["cost"] or row["requests"] < LEAST_CALLS:
            continue
        now, then = known.price(row, row["model"]), known.price(row, row["model"], tier="batch")
        # What it costs already tells whether it is on that tier.
        if now is None or then is None or row["cost"] < (now + then) / 2 or not worth(now - then, now, known):
            continue
        yield piece(
            f"Send {row['agent']} through the batch tier",
            now - then,
            f"The same tokens cost {show(then, USD)} there instead of {show(now, USD)}, at list prices.",
            f"All {row['requests']:,} calls are of scheduled jobs.",
            agent=row["agent"],
            model=row["model"],
            calls=row["requests"],
        )


@rule(
    "off_peak",
    "Scheduled work when tokens cost less",
    assumption="The job can run at another hour.",
    how="Move the job's hour in its schedule.",
)
def off_peak(known: Evidence) -> Iterator[Row]:
    """Jobs of a provider that asks less at some hours of the day."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in known.job_hours:
        if row["requests"] and row["cost"]:
            groups[key_of(row)].append(row)
    for (agent, _, model), rows in groups.items():
        calls = sum(row["requests"] for row in rows)
        now = _priced(known, rows, None)
        hours = {hour: _priced(known, rows, hour) for hour in range(_HOURS)} if calls >= LEAST_CALLS and now else {}
        told = {hour: then for hour, then in hours.items() if then is not None}
        if not told or now is None:
            continue
        hour = min(told, key=lambda at: (told[at], at))
        if worth(now - told[hour], now, known):
            yield piece(
                f"Run {agent} at {hour:02d}:00 or later",
                now - told[hour],
                f"The same tokens of {model} cost {show(told[hour], USD)} then instead of {show(now, USD)}.",
                f"{calls:,} calls of scheduled jobs; the provider's price depends on the hour.",
                agent=agent,
                model=model,
                calls=calls,
            )


def _priced(known: Evidence, rows: list[Mapping[str, Any]], hour: int | None) -> Decimal | None:
    """What rows by hour cost at list prices at their hours, or all at one; None where a price is unknown."""
    told = [known.price(row, row["model"], at=known.at_hour(row["hour"] if hour is None else hour)) for row in rows]
    return None if None in told else sum((one for one in told if one is not None), Decimal(0))


@rule(
    "job_hour",
    "A job at a bad hour",
    assumption="At another hour as few of its calls would fail as do at its other hours.",
    how="Move the job's hour in its schedule.",
)
def job_hour(known: Evidence) -> Iterator[Row]:
    """Jobs whose calls fail far more often at one hour than at others, and are paid for."""
    paid = {(row["agent"], row["hour"]): row["cost"] or Decimal(0) for row in known.job_failures}
    calls: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row in known.job_hours:
        one = calls[row["agent"]][row["hour"]]
        one[0] += row["requests"]
        one[1] += row["errors"]
    for agent, hours in calls.items():
        for hour, (count, errors) in sorted(hours.items()):
            others = sum(one[0] for at, one in hours.items() if at != hour)
            failed = sum(one[1] for at, one in hours.items() if at != hour)
            if count < LEAST_CALLS or others < LEAST_CALLS:
                continue
            rate, usual = errors / count, failed / others
            saving = paid.get((agent, hour), Decimal(0)) * Decimal(1 - usual / rate if rate else 0)
            if rate < BAD or rate < WORSE * usual or not matters(saving, known):
                continue
            yield piece(
                f"Move {agent} away from {hour:02d}:00",
                saving,
                f"Calls that failed at that hour cost {show(paid[agent, hour], USD)}.",
                f"{show(rate, PERCENT)} of {count:,} calls failed then, {show(usual, PERCENT)} of {others:,} at other "
                "hours.",
                agent=agent,
                calls=errors,
                counts=ERRORS,
            )


@rule(
    "peak_hours",
    "When most is asked",
    assumption="Work that can wait meets fewer rate limits outside of these hours.",
    how="Schedule heavy work before or after them.",
)
def peak_hours(known: Evidence) -> Iterator[Row]:
    """The hours in which most calls fall on working days, for whoever has rate limits or work that can wait."""
    whole = sum(row["requests"] for row in known.hours)
    by_hour = [0] * _HOURS
    for row in known.hours:
        if row["weekday"] <= _WORKDAYS:
            by_hour[row["hour"]] += row["requests"]
    if whole < LEAST_CALLS * _HOURS:
        return
    found = next(
        (
            (begin, length, held)
            for length in range(1, _HOURS // 2 + 1)
            for begin in range(_HOURS - length + 1)
            if (held := sum(by_hour[begin : begin + length])) >= PEAK * whole
        ),
        None,
    )
    if found is None:
        return
    begin, length, held = found
    yield piece(
        f"Peak: {begin:02d}:00 to {begin + length:02d}:00 on working days",
        None,
        "Work that can wait meets fewer rate limits outside of these hours.",
        f"{show(held / whole, PERCENT)} of {whole:,} calls fall into them.",
        calls=held,
    )
