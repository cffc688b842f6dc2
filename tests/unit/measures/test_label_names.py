"""Names of labels in queries: any key, in JSON, in text and in parameters."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.measures import Filter, Query, QueryError, dimension_named
from tokometer.measures.labels import Label
from tokometer.records.labels import MAX_KEY, cleaned

KEYS = st.text(min_size=1, max_size=MAX_KEY).filter(lambda key: bool(cleaned(key)) and cleaned(key) == key)


@given(key=KEYS, value=st.text(max_size=20), op=st.sampled_from(("=", "!=", "in", "not in", "contains", "prefix")))
def test_a_query_by_any_label_comes_back(key: str, value: str, op: str) -> None:
    """From JSON, from parameters in a URL, and its filters from text."""
    label = Label(key=key)
    label.name = dimension_named(f"calls.label.{key}").name if not key.startswith('"') else ""
    name = label.name or dimension_named("calls.label." + _json(key)).name
    assert dimension_named(name).key == key  # type: ignore[attr-defined]
    query = Query(
        measures=("calls.cost",),
        by=(name, "calls.model"),
        where=(Filter(name, op, (value,)),),  # type: ignore[arg-type]
        order=(f"-{name}",),
    )
    assert Query.parse(query.to_json()) == query
    whole = parse_qsl(urlencode(query.to_params(), errors="replace"), keep_blank_values=True)
    if value == value.encode("utf-8", "replace").decode():
        again = Query.from_params(whole)
        assert (again.by, again.order) == (query.by, query.order)
        assert again.where[0].dimension == name
        if op in ("in", "not in") or value == value.strip():
            assert again == query


def _json(key: str) -> str:
    import json

    return json.dumps(key)


@pytest.mark.parametrize(
    ("text", "key", "op", "values"),
    [
        ("calls.label.team = a", "team", "=", ("a",)),
        ("calls.label.team=a", "team", "=", ("a",)),
        ("calls.label.team!=a", "team", "!=", ("a",)),
        ("label.team = a", "team", "=", ("a",)),
        ("calls.label.my-key in a, b", "my-key", "in", ("a", "b")),
        ("calls.label.my key not in a", "my key", "not in", ("a",)),
        ("calls.label.a.b contains x = y", "a.b", "contains", ("x = y",)),
        ('calls.label."made in = x" prefix y', "made in = x", "prefix", ("y",)),
        ('calls.label."say \\"hi\\"" = y', 'say "hi"', "=", ("y",)),
        ("calls.label.Größe = groß", "Größe", "=", ("groß",)),
    ],
)
def test_filters_in_text(text: str, key: str, op: str, values: tuple[str, ...]) -> None:
    """A key up to the first operator, or in quotes."""
    given = Filter.parse(text)
    assert dimension_named(given.dimension).key == key  # type: ignore[attr-defined]
    assert (given.op, given.values) == (op, values)


def test_parameters_name_labels() -> None:
    """As filters and in lists, where a comma in a key stands in quotes."""
    query = Query.from_params(
        [("measure", "calls.cost"), ("by", 'calls.label."a, b",calls.model'), ("calls.label.team", "x")]
    )
    assert query.by == ("calls.label.a, b", "calls.model")
    assert query.where == (Filter("calls.label.team", "in", ("x",)),)


@pytest.mark.parametrize("name", ["calls.label.", "calls.label." + "k" * 65, 'calls.label."x\\"', "calls.label.\n"])
def test_what_no_key_can_be(name: str) -> None:
    """Is said to be none."""
    with pytest.raises(QueryError, match="key"):
        dimension_named(name)


def test_labels_of_other_cubes() -> None:
    """Every cube has them; two cubes do not mix."""
    assert Query(measures=("tools.calls",), by=("tools.label.x",)).by == ("tools.label.x",)
    with pytest.raises(QueryError, match="same cube"):
        Query(measures=("tools.calls",), by=("calls.label.x",))
