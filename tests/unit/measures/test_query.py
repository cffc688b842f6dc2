"""Queries: from JSON and URLs and back, and what is said to those that cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.measures import CUBES, Calls, Filter, Query, QueryError
from tokometer.measures.axis import GRAINS
from tokometer.measures.query import OPS

MEASURES = sorted(measure.name for measure in Calls.measures.values())
DIMENSIONS = sorted(dimension.name for dimension in Calls.dimensions.values() if dimension.type == "text")

filters = st.builds(
    lambda dimension, op, values: Filter(dimension, op, tuple(values if op in ("in", "not in") else values[:1])),
    st.sampled_from(DIMENSIONS),
    st.sampled_from(OPS),
    st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1).map(str.strip), min_size=1, max_size=3),
)
queries = st.builds(
    lambda measures, by, **rest: Query(measures=tuple(measures), by=tuple(by), **rest),
    st.lists(st.sampled_from(MEASURES), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True),
    where=st.lists(filters, max_size=2).map(tuple),
    since=st.sampled_from(("7d", "today", "2025-01-01", "2025-01-01T00:00:00+05:30")),
    grain=st.sampled_from(("", "auto", *GRAINS)),
    tz=st.sampled_from(("UTC", "Asia/Kolkata")),
    limit=st.integers(0, 100),
    compare=st.sampled_from(("", "previous")),
    other=st.booleans(),
)


@given(query=queries)
def test_a_query_survives_json(query: Query) -> None:
    """A query as JSON text leads back to the same query."""
    assert Query.parse(json.loads(json.dumps(query.to_json()))) == query


@given(query=queries)
def test_a_query_survives_a_url(query: Query) -> None:
    """A query as URL parameters leads back to the same query."""
    assert Query.from_params(query.to_params()) == query


def test_declarations_stand_for_their_names() -> None:
    """Panels name measures by their declarations."""
    query = Query(measures=(Calls.cost,), by=(Calls.model,), order=("-cost",))  # type: ignore[arg-type]
    assert (query.measures, query.by, query.order) == (("calls.cost",), ("calls.model",), ("-calls.cost",))


def test_short_forms() -> None:
    """A single name needs no list, and names of calls no cube."""
    query = Query.parse({"measures": "cost", "by": "model", "where": "provider = openai", "limit": "5"})
    assert (query.measures, query.by, query.limit) == (("calls.cost",), ("calls.model",), 5)
    assert query.where == (Filter("calls.provider", "=", ("openai",)),)


def test_filters_in_urls() -> None:
    """A dimension's own name is a filter, and text filters take lists."""
    query = Query.from_params(
        [
            ("measure", "calls.cost,calls.requests"),
            ("calls.model", "a"),
            ("calls.model", "b,c"),
            ("where", "team in x, y"),
        ]
    )
    assert query.measures == ("calls.cost", "calls.requests")
    assert query.where == (Filter("calls.team", "in", ("x", "y")), Filter("calls.model", "in", ("a", "b,c")))


@pytest.mark.parametrize(
    ("given_", "field", "says"),
    [
        ({"measures": ["calls.cots"]}, "measures", "did you mean 'calls.cost'"),
        ({"measures": ["cost"], "by": ["calls.modle"]}, "by", "did you mean 'calls.model'"),
        ({"measures": ["nothing.at_all"]}, "measures", "calls.requests"),
        ({"measure": ["calls.cost"]}, "measure", "did you mean 'measures'"),
        ({}, "measures", "at least one"),
        ({"measures": []}, "measures", "at least one"),
        ({"measures": ["cost"], "grain": "dya"}, "grain", "did you mean 'day'"),
        ({"measures": ["cost"], "order": ["-requests"]}, "order", "not in the result"),
        ({"measures": ["cost", "tools.calls"]}, "by", "not of the same cube"),
        ({"measures": ["cost", "cost"]}, "measures", "twice"),
        ({"measures": ["cost"], "limit": -1}, "limit", "whole number"),
        ({"measures": ["cost"], "limit": 2.5}, "limit", "whole number"),
        ({"measures": ["cost"], "limit": True}, "limit", "whole number"),
        ({"measures": ["cost"], "top": 3}, "top", "dimension"),
        ({"measures": ["cost"], "compare": "next"}, "compare", "previous"),
        ({"measures": ["cost"], "compare": "previous", "by": ["day"]}, "compare", "grain"),
        ({"measures": [1.5]}, "measures", "no text"),
        ({"measures": {"a": 1}}, "measures", "no text"),
        ({"measures": ["cost"], "since": ["7d"]}, "since", "no text"),
        ({"measures": ["cost"], "where": [{"dimension": "model"}]}, "where", "dimension, op and values"),
        ({"measures": ["cost"], "where": [{"dimension": "model", "op": "like", "value": "x"}]}, "where", "operator"),
        ({"measures": ["cost"], "where": [{"dimension": "model", "values": []}]}, "where", "values"),
        ({"measures": ["cost"], "where": ["model"]}, "where", "no filter"),
        ({"measures": ["cost"], "where": [7]}, "where", "object or text"),
        ({"measures": ["cost"], "where": ["model in [1"]}, "where", "JSON"),
        ({"measures": ["cost"], "other": "maybe"}, "other", "true nor false"),
        ([], "query", "object"),
        (None, "query", "object"),
    ],
)
def test_what_cannot_be_asked(given_: Any, field: str, says: str) -> None:
    """The error names the field, and says what would be right."""
    with pytest.raises(QueryError) as caught:
        Query.parse(given_)
    assert caught.value.field == field
    assert says in caught.value.reason


def test_every_declaration_says_what_it_is() -> None:
    """Every measure and dimension has a title, a description that is a sentence, and a name of its cube."""
    for cube in CUBES.values():
        for declared in (*cube.measures.values(), *cube.dimensions.values()):
            assert declared.name.startswith(f"{cube.name}.")
            assert declared.title
            assert declared.description.endswith((".", "…"))


def test_drills_lead_somewhere() -> None:
    """What a click leads to is a dimension of the cube, or the records."""
    for cube in CUBES.values():
        records = {cube.name.removesuffix("s")}
        for declared in (*cube.measures.values(), *cube.dimensions.values()):
            assert set(declared.drill) <= cube.dimensions.keys() | records, declared.name
