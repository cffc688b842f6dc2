"""Addresses of pages."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from tokometer.dashboards import addresses
from tokometer.measures import Filter, Query

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


@given(TEXTS, TEXTS)
def test_a_query_comes_back_from_its_address(model: str, agent: str) -> None:
    """Whatever is filtered by, the page that a link leads to is asked for the same records."""
    where = (Filter("calls.model", "not in", (model,)), Filter("calls.agent", "in", (agent, "a,b")))
    query = Query(measures=("calls.cost",), where=where, since="30d", tz="Asia/Kolkata")
    parts = urlsplit(addresses.records(query))
    assert parts.path == "/explore"
    assert Query.from_params(parse_qsl(parts.query, keep_blank_values=True)) == query
    # One value is a list of one: a text would lose the spaces at its ends.
    one = Query(
        measures=query.measures, where=(Filter("calls.model", "!=", (model,)), where[1]), since="30d", tz=query.tz
    )
    assert addresses.records(one) == addresses.records(query)


@given(TEXTS)
def test_ids_may_hold_anything(identity: str) -> None:
    """Slashes, spaces and signs of an id stay what they are."""
    for address in (addresses.trace(identity), addresses.session(identity)):
        assert dict(parse_qsl(urlsplit(address).query, keep_blank_values=True)) == {"id": identity}


def test_a_dashboard_without_parameters_has_a_plain_address() -> None:
    """There is no question mark without a question."""
    assert addresses.dashboard("usage") == "/usage"
    assert addresses.dashboard("usage", [("range", "7d"), ("model", "a b")]) == "/usage?range=7d&model=a+b"
