"""Tests of tokometer.judgement.slo and tokometer.judgement.burn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.declared import Matter
from tokometer.judgement.slo import target_of
from tokometer.measures import Filter
from tokometer.settings import Settings, Slo, SloOverride

TARGETS = Slo(availability=0.999, p95_latency_ms=500.0, error_rate=0.01)
SETTINGS = Settings(slo=TARGETS)


def _measured(**given: Any) -> dict[str, Any]:
    """10,000 minutes of which 13 were bad, 100,000 calls of which 920 failed."""
    found = {"requests": 100_000, "errors": 920, "active_minutes": 10_000, "bad_minutes": 13}
    found |= given
    found["error_rate"] = found["errors"] / found["requests"] if found["requests"] else None
    minutes = found["active_minutes"]
    found["availability"] = (minutes - found["bad_minutes"]) / minutes if minutes else None
    return found


def test_objectives() -> None:
    """Each objective has its target, what it is, whether it is met, and how much of its budget is left."""
    spread = [
        {"value_ms": 100.0, "count": 93_000},
        {"value_ms": 500.0, "count": 1_000},
        {"value_ms": 523.0, "count": 6_000},
    ]
    rows = {row["objective"]: row for row in judged("slo", [_measured()], spread, settings=SETTINGS)}
    availability = rows["availability"]
    # Ten of 10,000 minutes may be bad, 13 were.
    assert (availability["target"], availability["current"], availability["compliant"]) == (0.999, 0.9987, False)
    assert (availability["allowed"], availability["spent"]) == (pytest.approx(10), 13)
    assert availability["slo"] == pytest.approx(-0.3)
    latency = rows["p95_latency"]
    # 5,000 of 100,000 calls may take more than half a second, 6,000 did.
    assert (latency["target"], latency["current"], latency["compliant"]) == (500.0, 523.0, False)
    assert (latency["allowed"], latency["spent"], latency["slo"]) == (5000.0, 6000, pytest.approx(-0.2))
    errors = rows["error_rate"]
    # 1,000 calls may fail, 920 did: 8 % of the budget is left, which is little.
    assert (errors["compliant"], errors["slo"], errors["standing"]) == (True, pytest.approx(0.08), "warning")
    assert {row["standing"] for row in (availability, latency)} == {"critical"}
    assert {row["overall_compliant"] for row in rows.values()} == {False}
    assert {row["period"] for row in rows.values()} == {"month"}


def test_all_met() -> None:
    """Where all are met with room to spare, all is good."""
    rows = judged("slo", [_measured(errors=100, bad_minutes=0)], [{"value_ms": 400.0, "count": 99}], settings=SETTINGS)
    assert {row["standing"] for row in rows} == {"good"}
    assert {row["overall_compliant"] for row in rows} == {True}


def test_unmeasured() -> None:
    """What cannot be measured is neither met nor missed, and the others decide."""
    rows = judged("slo", [_measured(errors=100, bad_minutes=0)], [], settings=SETTINGS)
    latency = rows[1]
    assert (latency["compliant"], latency["slo"], latency["standing"]) == (None, None, "none")
    assert latency["overall_compliant"] is True
    nothing = _measured(requests=0, errors=0, active_minutes=0, bad_minutes=0)
    for row in judged("slo", [nothing], [], settings=SETTINGS):
        assert (row["slo"], row["compliant"], row["overall_compliant"], row["standing"]) == (None, None, None, "none")


def test_periods() -> None:
    """Each provider is judged over the period of its own objectives; each period is asked once."""
    settings = Settings(
        slo=TARGETS, slo_overrides=(SloOverride(provider="b", period="7d"), SloOverride(model="x", period="7d"))
    )
    month = [{"provider": "a", **_measured()}, {"provider": "b", **_measured(errors=1)}]
    week = [{"provider": "b", **_measured(errors=3)}]
    teller = Teller([month, [], week, []])
    rows = judged("slo", teller=teller, by="provider", settings=settings)
    spent = {(row["provider"], row["period"]): row["spent"] for row in rows if row["objective"] == "error_rate"}
    assert spent == {("a", "month"): 920, ("b", "7d"): 3}
    assert [question.since for question in teller.asked] == ["month", "month", "7d", "7d"]


def test_a_window_that_is_insisted_on() -> None:
    """With a window that the asker insists on, all objectives are judged over it."""
    teller = Teller([[_measured()], []])
    [row, *_] = judged("slo", teller=teller, settings=SETTINGS, since="24h", insists=True)
    assert [question.since for question in teller.asked] == ["24h", "24h"]
    assert row["period"] == "24h to now"


@given(st.lists(st.tuples(st.floats(1, 2000), st.integers(1, 1000)), min_size=1, max_size=30, unique_by=lambda b: b[0]))
def test_latency_and_its_budget_agree(buckets: list[tuple[float, int]]) -> None:
    """The p95 is above its target exactly where more of the budget is spent than there is."""
    ordered = sorted(buckets)
    calls = sum(count for _, count in ordered)
    rank, passed = -(-95 * calls // 100), 0
    p95 = next(value for value, count in ordered if (passed := passed + count) >= rank)
    spread = [{"value_ms": value, "count": count} for value, count in ordered]
    latency = judged("slo", [_measured()], spread, settings=SETTINGS)[1]
    assert latency["current"] == p95
    assert latency["compliant"] == (latency["spent"] <= latency["allowed"])


# -- burn rate ---------------------------------------------------------------------------------------------------------


def _burn(rates: list[float | None], requests: int = 1000, **given: Any) -> dict[str, Any]:
    """Both rows, of error rates over 5 and 30 minutes, 1, 6 and 72 hours."""
    answers = [[{"requests": requests, "error_rate": rate, "availability": 1.0}] for rate in rates]
    return {row["objective"]: row for row in judged("burn_rate", *answers, settings=SETTINGS, **given)}


@pytest.mark.parametrize(
    ("rates", "alert"),
    [
        # Error rates of 14.4, 6 and 1 times the allowed 1 %, over the long and the short window.
        ([0.144, 0.0, 0.144, 0.0, 0.0], "critical"),
        ([0.143, 0.0, 0.2, 0.0, 0.0], "ok"),
        ([0.2, 0.06, 0.143, 0.06, 0.0], "warning"),
        ([0.2, 0.05, 0.143, 0.06, 0.01], "notice"),
        ([0.0, 0.0, 0.0, 0.01, 0.01], "notice"),
        ([0.0, 0.0, 0.0, 0.009, 0.02], "ok"),
        ([None, None, None, None, 0.02], "ok"),
        ([None, None, None, None, None], "no data"),
    ],
)
def test_alerts(rates: list[float | None], alert: str) -> None:
    """An alert needs both of its windows, the long and the short one, to burn too fast."""
    row = _burn(rates)["error_rate"]
    assert row["alert"] == alert
    assert row["burn_rate"] == (None if rates[2] is None else pytest.approx(rates[2] / 0.01))
    grades = {"critical": "critical", "warning": "warning", "notice": "warning", "ok": "good", "no data": "none"}
    assert row["standing"] == grades[alert]


def test_few_calls_raise_no_alert() -> None:
    """A handful of calls is no evidence."""
    assert _burn([1.0] * 5, requests=19)["error_rate"]["alert"] == "ok"
    assert _burn([1.0] * 5, requests=20)["error_rate"]["alert"] == "critical"


def test_availability_burns_by_its_own_budget() -> None:
    """1 % of bad minutes of 0.1 % allowed is ten times too fast."""
    answers = [[{"provider": "a", "requests": 1000, "error_rate": 0.0, "availability": 0.99}]] * 5
    rows = judged("burn_rate", *answers, by="provider", settings=SETTINGS)
    assert [(row["provider"], row["objective"]) for row in rows] == [("a", "availability"), ("a", "error_rate")]
    assert rows[0]["burn_rate"] == pytest.approx(10)
    assert rows[0]["alert"] == "warning"


# -- whose objectives --------------------------------------------------------------------------------------------------

_OWN = (
    SloOverride(provider="p", error_rate=0.02),
    SloOverride(model="m", error_rate=0.03),
    SloOverride(provider="p", model="m", error_rate=0.04),
)


def _is(dimension: str, *values: str, op: Any = "in") -> Filter:
    return Filter(f"calls.{dimension}", op, values)


@pytest.mark.parametrize(
    ("by", "name", "where", "target"),
    [
        ("", "", (), 0.01),
        ("provider", "p", (), 0.02),
        ("model", "m", (), 0.03),
        ("model", "m", (_is("provider", "p"),), 0.04),
        ("provider", "p", (_is("model", "m"),), 0.04),
        ("", "", (_is("provider", "p"),), 0.02),
        ("", "", (_is("provider", "p", op="="), _is("model", "m")), 0.04),
        # Of several, or of all but one, nobody's own objectives hold.
        ("", "", (_is("provider", "p", "q"),), 0.01),
        ("", "", (_is("provider", "p", op="!="),), 0.01),
        ("provider", "q", (_is("team", "p"),), 0.01),
    ],
)
def test_whose_objectives(by: str, name: str, where: tuple[Filter, ...], target: float) -> None:
    """A row is held to the objectives of its provider, its model, or both: by its name, or by what is filtered."""
    settings = Settings(slo=TARGETS, slo_overrides=_OWN)
    assert target_of(settings, Matter(by=by, where=where, now=NOW), name).error_rate == target
