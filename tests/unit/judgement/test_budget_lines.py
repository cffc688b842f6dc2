"""Tests of tokometer.judgement.budget_lines, .spending and .periods."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.periods import running
from tokometer.judgement.spending import by_day, shared, total
from tokometer.measures import Filter
from tokometer.settings import BudgetLine, Settings


def _line(id_: str, amount: str = "100", **more: Any) -> BudgetLine:
    filters = tuple(sorted((name, tuple(values)) for name, values in more.pop("filters", {}).items()))
    return BudgetLine(id=id_, title=id_.capitalize(), amount=Decimal(amount), filters=filters, origin="page", **more)


def _days(cost: str, days: int, **beside: str) -> list[dict[str, Any]]:
    """So much a day, the last one today; today half a day's."""
    first = NOW.replace(hour=0) - timedelta(days=days - 1)
    rows = [{"time": first + timedelta(days=place), "cost": Decimal(cost), **beside} for place in range(days)]
    rows[-1]["cost"] /= 2
    return rows


def test_month_week_day() -> None:
    """Ten dollars a day: each budget is told of its own period, where that ends, and when it is used up."""
    lines = (_line("month"), _line("week", "30", period="week"), _line("day", "4", period="day"))
    spent = [[{"cost": Decimal(cost)}] for cost in ("95", "15", "5")]
    answers = [rows for cost in spent for rows in (cost, _days("10", 40))]
    month, week, day = judged("budgets", *answers, settings=Settings(own_budgets=lines))
    assert (month["budgets"], month["remaining"], month["projected"]) == (0.95, Decimal(5), Decimal(310))
    assert (month["seconds_left"], month["used_up_at"]) == (pytest.approx(43_200), NOW + timedelta(hours=12))
    assert (month["level"], month["standing"], month["ends"]) == (0.8, "critical", datetime(2026, 4, 1, tzinfo=UTC))
    # 10 March is a Tuesday: the week has five and a half days left.
    assert (week["projected"], week["passed"]) == (Decimal(70), pytest.approx(1.5 / 7))
    assert (day["budgets"], day["seconds_left"], day["level"]) == (1.25, 0, 1.0)


def test_one_question_for_many() -> None:
    """Budgets for values of one dimension share their questions, and each has its part of the answer."""
    names = {"a": ["a"], "b": ["b"], "both": ["a", "b"]}
    lines = tuple(_line(name, filters={"team": teams}) for name, teams in names.items())
    spent = [{"team": "a", "cost": Decimal(10)}, {"team": "b", "cost": None, "unpriced": 3}]
    teller = Teller([spent, _days("1", 9, team="a")])
    a, b, both = judged("budgets", teller=teller, settings=Settings(own_budgets=lines))
    assert teller.asked[0].where == (Filter("calls.team", "in", ("a", "b")),)
    assert (a["spent"], b["spent"], both["spent"], both["unpriced"]) == (Decimal(10), None, Decimal(10), 3)
    assert (b["budgets"], b["standing"], b["projected"]) == (None, "none", None)


def test_filters_choose_budgets() -> None:
    """Only budgets for what filters choose are told; nothing is asked where there are none."""
    settings = Settings(own_budgets=(_line("all"), _line("a", filters={"team": ["a"]})))
    only = Filter("calls.team", "in", ("a", "x"))
    [row] = judged("budgets", [], [], settings=settings, where=(only,))
    assert (row["budget"], row["spent"], row["budgets"]) == ("A", Decimal(0), 0.0)
    assert judged("budgets", settings=settings, where=(Filter("calls.team", "!=", ("a",)),)) == []
    assert judged("budgets", settings=settings, where=(Filter("calls.user", "=", ("a",)),)) == []


def test_many_are_asked_in_parts() -> None:
    """No question has so many groups that an answer would put some of them together."""
    lines = [_line(str(number), filters={"user": [f"u{number}"], "model": ["m", "n"]}) for number in range(500)]
    groups = shared(lines)
    assert sum(len(group.lines) for group in groups) == 500
    assert all(2 * len(group.lines) <= 400 for group in groups)


@pytest.mark.parametrize(
    ("period", "first", "end"),
    [
        ("day", date(2026, 3, 29), date(2026, 3, 30)),
        ("week", date(2026, 3, 23), date(2026, 3, 30)),
        ("month", date(2026, 3, 1), date(2026, 4, 1)),
    ],
)
def test_periods_where_clocks_change(period: Any, first: date, end: date) -> None:
    """On the day on which Berlin's clocks go forward periods begin and end at local midnight."""
    now = datetime(2026, 3, 29, 22 - 2, tzinfo=ZoneInfo("Europe/Berlin"))
    found = running(period, "Europe/Berlin", now)
    assert (found.first, found.end) == (first, end)
    assert found.ends.astimezone(ZoneInfo("Europe/Berlin")) == datetime(
        end.year, end.month, end.day, tzinfo=ZoneInfo("Europe/Berlin")
    )
    if period == "day":
        assert (found.ends - found.begins).total_seconds() == 23 * 3600


_CALLS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["m", "n"]),
        st.one_of(st.none(), st.integers(0, 10**12).map(lambda nano: Decimal(nano) / 10**9)),
        st.integers(0, 20),
    ),
    max_size=40,
)


def _rows(calls: list[tuple[str, str, Decimal | None, int]]) -> list[Mapping[str, Any]]:
    first = datetime(2026, 3, 1, tzinfo=UTC)
    return [
        {"team": team, "model": model, "cost": cost, "unpriced": int(cost is None), "time": first + timedelta(days=day)}
        for team, model, cost, day in calls
    ]


@given(_CALLS, st.randoms(use_true_random=False))
def test_order_moves_nothing(calls: list[tuple[str, str, Decimal | None, int]], order: random.Random) -> None:
    """In whatever order records come, what is spent of each budget is the same, to the last digit."""
    lines = (_line("a", filters={"team": ["a"]}), _line("an", filters={"team": ["a", "b"], "model": ["n"]}))
    rows = _rows(calls)
    mixed = list(rows)
    order.shuffle(mixed)
    for group in shared(lines):
        for line in group.lines:
            assert total(group.of(line, rows)) == total(group.of(line, mixed))
            assert by_day(group.of(line, rows), "UTC") == by_day(group.of(line, mixed), "UTC")


@given(_CALLS)
def test_parts_add_up(calls: list[tuple[str, str, Decimal | None, int]]) -> None:
    """What budgets of single values have spent adds up to what a budget of all of them has, and days to the whole."""
    whole = _line("whole", filters={"team": ["a", "b", "c"]})
    lines = (*(_line(name, filters={"team": [name]}) for name in "abc"), whole)
    [group] = shared(lines)
    rows = _rows(calls)
    parts = [total(group.of(line, rows))["cost"] for line in lines]
    assert sum(part for part in parts[:3] if part is not None) == (parts[3] or 0)
    days = by_day(group.of(whole, rows), "UTC")
    assert sum(value for _, value in days) == pytest.approx(float(parts[3] or 0))
    assert [day for day, _ in days] == sorted(day for day, _ in days)
