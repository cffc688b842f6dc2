"""Feeds, spreads and slices: what can be asked, and what is said of what cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tokometer.ledger.schema import RECORDS
from tokometer.measures import CUBES, Feed, QueryError, Slices, Spread
from tokometer.measures.facts import FACTS, SHOWN
from tokometer.measures.questions import MOST_RECORDS

FILTER = {"dimension": "calls.model", "op": "=", "values": ["gpt-5"]}


@pytest.mark.parametrize(
    "question",
    [
        Feed(),
        Feed(columns=("calls.at", "provider", "label.team"), where=(FILTER,), limit=7, newest=False, tz="Asia/Kolkata"),  # type: ignore[arg-type]
        Feed(cube="logs", since="7d", until="today"),
        Spread(of="ttft", by=("model", "calls.hour"), where=(FILTER,), top=3, other=False),  # type: ignore[arg-type]
        Slices(by="calls.provider", where=(FILTER,), since="7d"),  # type: ignore[arg-type]
    ],
)
def test_a_question_survives_json_and_can_be_a_key(question: Any) -> None:
    """Each leads back to the same question, which is equal and has the same hash."""
    again = type(question).parse(json.loads(json.dumps(question.to_json())))
    assert again == question
    assert hash(again) == hash(question)


@pytest.mark.parametrize(
    ("kind", "given", "field", "said"),
    [
        (Feed, {"cube": "cals"}, "cube", "calls"),
        (Feed, {"columns": ["latency"]}, "columns", "latency_ms"),
        (Feed, {"columns": ["logs.message"]}, "columns", "message"),
        (Feed, {"columns": ["at", "calls.at"]}, "columns", "twice"),
        (Feed, {"limit": 0}, "limit", "1 to 100,000"),
        (Feed, {"limit": MOST_RECORDS + 1}, "limit", "0 to 100,000"),
        (Feed, {"cube": "logs", "where": [FILTER]}, "where", "no dimension of logs"),
        (Feed, {"newst": True}, "newst", "newest"),
        (Feed, "calls", "feed", "object"),
        (Spread, {"of": "latncy"}, "of", "latency"),
        (Spread, {"by": ["logs.level"]}, "by", "same cube"),
        (Spread, {"by": ["calls.modl"]}, "by", "calls.model"),
        (Spread, {"top": 3}, "top", "needs a dimension"),
        (Slices, {"by": "model"}, "by", "provider"),
        (Slices, {"where": ["logs.level = info"]}, "where", "no dimension of calls"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_field_and_what_was_meant(
    kind: Any, given: Any, field: str, said: str
) -> None:
    """The error names the field, and what is close or what there is."""
    with pytest.raises(QueryError) as caught:
        kind.parse(given)
    assert caught.value.field == field
    assert said in caught.value.reason


@pytest.mark.parametrize("cube", CUBES)
def test_facts_and_dimensions_have_names_of_their_own(cube: str) -> None:
    """A column's name says which it is, a feed has columns by itself, and each cube's table has what they read."""
    assert not FACTS[cube].keys() & CUBES[cube].dimensions.keys()
    assert set(Feed(cube=cube).columns) == set(SHOWN[cube])
    assert CUBES[cube].table in RECORDS
