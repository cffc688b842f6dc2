"""Tests of tokometer.judgement.asked."""

from __future__ import annotations

from typing import Any

import pytest

from generators.told_answers import NOW, Teller
from tokometer.judgement.asked import Asked, parse, parse_params
from tokometer.measures import Filter, Query, QueryError, Result
from tokometer.settings import Settings


def _asked(**given: Any) -> Asked:
    found = parse({"measures": ["judgement.health_score"], **given})
    assert isinstance(found, Asked)
    return found


def _measured(name: str, error_rate: float) -> dict[str, Any]:
    beside = {"p95_latency": 1.0, "availability": 1.0, "requests": 9}
    return {"provider": name, "error_rate": error_rate, **beside}


def _answer(asked: Asked) -> Result:
    rows = [_measured("b", 0.0), _measured("a", 0.05)]
    known = [{"provider": name, "requests": 1} for name in ("b", "a", "c")]
    return asked.answer(Settings(), NOW, Teller([rows, known]))


def test_measures_stay_queries() -> None:
    """A question for measures is the query that it always was, and errors are its own."""
    given = {"measures": ["calls.cost"], "by": ["calls.model"], "since": "7d"}
    assert parse(given) == Query(measures=("calls.cost",), by=("calls.model",), since="7d")
    assert parse_params([("measure", "cost"), ("calls.model", "a")]) == Query(
        measures=("calls.cost",), where=(Filter("calls.model", "in", ("a",)),)
    )
    with pytest.raises(QueryError, match="an object, not list"):
        parse([])
    with pytest.raises(QueryError, match="name at least one"):
        parse({})


@pytest.mark.parametrize("by", ["provider", "calls.provider", ["calls.provider"]])
def test_a_judgement(by: object) -> None:
    """A judgement is asked with filters, window and zone like measures; the dimension may have its cube's name."""
    found = _asked(by=by, where=["calls.team = search"], tz="Europe/Berlin")
    assert (found.judgement.name, found.by, found.insists) == ("health_score", "provider", False)
    assert (found.query.where, found.query.tz) == ((Filter("calls.team", "=", ("search",)),), "Europe/Berlin")
    assert _asked(since="7d").insists


def test_params() -> None:
    """In a URL it is written like any query."""
    found = parse_params([("measure", "judgement.health_score"), ("by", "calls.provider"), ("calls.model", "a")])
    assert isinstance(found, Asked)
    assert found.query.where == (Filter("calls.model", "in", ("a",)),)


def test_bare_name() -> None:
    """The name alone does where no measure has it."""
    found = parse({"measures": "burn_rate"})
    assert isinstance(found, Asked)
    assert isinstance(parse({"measures": "errors"}), Query)


def test_order_and_limit() -> None:
    """Rows are sorted by any column, unknown ones last, and cut."""
    names = [row["provider"] for row in _answer(_asked(by="provider", order=["health_score"])).rows]
    assert names == ["a", "b", "c"]
    names = [row["provider"] for row in _answer(_asked(by="provider", order=["-judgement.health_score"])).rows]
    assert names == ["b", "a", "c"]
    assert [row["provider"] for row in _answer(_asked(by="provider", order=["-calls.provider"], limit=1)).rows] == ["c"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"measures": ["judgement.healt_score"]}, r"did you mean 'judgement\.health_score'"),
        ({"measures": ["judgment.health_score"]}, r"did you mean 'judgement\.health_score'"),
        ({"measures": ["judgement.health_score", "calls.cost"]}, "stands alone"),
        ({"measures": ["judgement.health_score"], "grain": "day"}, "grain: a judgement takes no such field"),
        ({"measures": ["judgement.health_score"], "by": ["calls.provider", "calls.model"]}, "by one dimension, not 2"),
        ({"measures": ["judgement.health_score"], "where": ["nonsense"]}, "is no filter"),
        (
            {"measures": ["judgement.breaker"], "since": "7d"},
            r"since: judgement\.breaker is always about its own",
        ),
    ],
)
def test_mistakes(given: dict[str, Any], message: str) -> None:
    """What is wrong is named, with what would be right."""
    with pytest.raises(QueryError, match=message):
        parse(given)


def test_unknown_order() -> None:
    """An order by what is not in the result says what is."""
    with pytest.raises(QueryError, match="did you mean 'status'"):
        _answer(_asked(by="provider", order=["statu"]))
