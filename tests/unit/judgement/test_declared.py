"""Tests of tokometer.judgement.declared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from generators.told_answers import NOW, Teller
from tokometer.judgement.catalogue import JUDGEMENTS, judgement_named
from tokometer.judgement.declared import STANDING, Fact, Inquiry, Judgement, Matter, judge, text
from tokometer.measures import CUBES, Filter, QueryError
from tokometer.records.units import COUNT, PERCENT, UNITS
from tokometer.settings import Settings


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    [first] = yield (matter.query("requests"),)
    [second, _] = yield (matter.query("errors"), matter.query("cost", by=("model",), since="7d"))
    return [{"provider": row["provider"], "half": row["requests"] / 2, "more": len(second.rows)} for row in first.rows]


HALF = Judgement(
    name="half",
    title="Half",
    unit=COUNT,
    better="higher",
    description="Half of the calls.",
    formula="requests / 2",
    by=("", "provider"),
    facts=(Fact("more", COUNT, "integer"), text("said")),
    inquire=_inquire,
    standing=lambda row, _: "good" if row["half"] > 5 else "warning",
)


def _judge(teller: Teller, **matter: Any) -> Any:
    return judge(HALF, Matter(now=NOW, **matter), Settings(), teller)


def test_questions_and_answers() -> None:
    """A judgement asks step by step, of its matter's calls, and makes rows of the answers."""
    teller = Teller([[{"provider": "a", "requests": 20}, {"provider": "b", "requests": 4}], [{}, {}, {}], []])
    where = (Filter("calls.team", "=", ("search",)),)
    result = _judge(teller, by="provider", where=where, since="24h", tz="Europe/Berlin")
    assert [row["half"] for row in result.rows] == [10, 2]
    assert [row[STANDING] for row in result.rows] == ["good", "warning"]
    assert [(q.measures, q.by, q.since) for q in teller.asked] == [
        (("calls.requests",), ("calls.provider",), "24h"),
        (("calls.errors",), ("calls.provider",), "24h"),
        (("calls.cost",), ("calls.model",), "7d"),
    ]
    assert {(q.where, q.tz) for q in teller.asked} == {(where, "Europe/Berlin")}


def test_result() -> None:
    """Its result has typed columns in order, absent facts as unknown, and the window of its first question."""
    teller = Teller([[{"provider": "=a", "requests": 3}], [], []])
    result = _judge(teller, by="provider")
    assert [(c.name, c.unit, c.type) for c in result.columns] == [
        ("provider", "", "text"),
        ("half", "count", "number"),
        ("more", "count", "integer"),
        ("said", "", "text"),
        ("standing", "", "text"),
    ]
    assert result.to_csv().splitlines() == ["Provider,Half,More,Said,Standing", "'=a,1.5,0,,warning"]
    assert result.to_json()["rows"] == [{"provider": "=a", "half": 1.5, "more": 0, "said": None, "standing": "warning"}]
    assert (result.meta.since, result.meta.until) == (NOW - timedelta(days=1), NOW)


def test_by_what_it_does_not_know() -> None:
    """By a dimension that it has no answer for, it says which it has."""
    with pytest.raises(QueryError, match=r"judgement\.half is not asked by 'providr'; did you mean 'provider'"):
        _judge(Teller([]), by="providr")


def test_filters_in_other_cubes() -> None:
    """Filters are those of another cube where it has all of their dimensions, and none otherwise."""
    provider, agent = Filter("calls.provider", "=", ("a",)), Filter("calls.agent", "=", ("b",))
    matter = Matter(now=NOW, where=(provider,))
    assert matter.where_in("bills") == (Filter("bills.provider", "=", ("a",)),)
    assert Matter(now=NOW, where=(provider, agent)).where_in("bills") is None


@pytest.mark.parametrize("judgement", JUDGEMENTS.values(), ids=lambda one: one.name)
def test_declarations(judgement: Judgement) -> None:
    """Every judgement has words, known dimensions and units, and no column twice."""
    assert judgement.title
    assert judgement.description.endswith(".")
    assert judgement.formula
    assert not judgement.formula.endswith(".")
    assert judgement.thresholds
    assert judgement.unit.key in UNITS
    assert set(judgement.by) <= {"", *CUBES["calls"].dimensions}
    for by in judgement.by:
        names = [column.name for column in judgement.columns(by)]
        assert len(set(names)) == len(names)
    for fact in judgement.facts:
        assert fact.meaning, fact.name
        assert fact.unit is not None or fact.type in ("text", "time", "date", "flag"), fact.name


def test_names() -> None:
    """A judgement is found with or without its prefix, and a slip gets the nearest name."""
    assert judgement_named("health_score") is judgement_named("judgement.health_score") is JUDGEMENTS["health_score"]
    with pytest.raises(QueryError, match=r"did you mean 'judgement\.health_score'"):
        judgement_named("judgement.healthscore")
    assert PERCENT.key == "percent"
