"""What Grafana puts into an address is what one of our pages would be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.reports.grafana.parameters import ParameterError, page_parameters

DIMENSIONS: Final = {"provider": "Provider", "model": "Model"}
QUARTER: Final = timedelta(minutes=15)
#: From 2001 to 2100, in milliseconds.
TIMES: Final = st.integers(1_000_000_000_000, 4_102_444_800_000)


@given(TIMES, TIMES)
def test_a_range_is_rounded_outwards(one: int, other: int) -> None:
    """The window has all of the range, begins and ends at quarter hours, and is less than one longer at each end."""
    since, until = sorted((one, other))
    found = page_parameters([("from", str(since)), ("to", str(until))], DIMENSIONS)
    first, last = (datetime.fromisoformat(found[name][0]) for name in ("since", "until"))
    begin, end = (datetime.fromtimestamp(moment / 1000, UTC) for moment in (since, until))
    assert found["range"] == ["custom"]
    assert first <= begin < first + QUARTER
    assert end <= last <= max(end, first) + QUARTER
    assert last > first
    assert not any(moment.minute % 15 or moment.second or moment.microsecond for moment in (first, last))


@given(st.lists(st.text(min_size=1).filter(lambda text: text not in ("All", "$__all")), max_size=5))
def test_values_of_variables_stay_as_they_are(values: list[str]) -> None:
    """Whatever is in a name, `var-…` is one value."""
    found = page_parameters([("var-model", value) for value in values], DIMENSIONS)
    assert found.get("model", []) == values


@pytest.mark.parametrize("value", ["", "All", "$__all"])
@pytest.mark.parametrize("name", ["var-provider", "provider"])
def test_all_is_no_filter(name: str, value: str) -> None:
    """Grafana's words for every value filter nothing."""
    assert page_parameters([(name, value)], DIMENSIONS) == {}


def test_all_of_older_versions_is_no_filter() -> None:
    """Some hand on the value for All without the variable's name."""
    assert page_parameters([("$__all", ""), ("var-model", "a")], DIMENSIONS) == {"model": ["a"]}


@pytest.mark.parametrize(("text", "values"), [("a,b", ["a", "b"]), ("{a,b}", ["a", "b"]), ("a", ["a"]), ("{a}", ["a"])])
def test_lists_by_hand(text: str, values: list[str]) -> None:
    """Without `var-`, commas are between values, with or without braces."""
    assert page_parameters([("provider", text)], DIMENSIONS) == {"provider": values}


@pytest.mark.parametrize(
    ("zone", "ours"), [("utc", "UTC"), ("browser", "UTC"), ("", "UTC"), ("Asia/Tokyo", "Asia/Tokyo")]
)
def test_zones(zone: str, ours: str) -> None:
    """Grafana's words for a zone are IANA's names, or UTC."""
    assert page_parameters([("tz", zone)], DIMENSIONS) == {"tz": [ours]}


def test_variables_of_our_dashboards_are_no_filters() -> None:
    """Addresses that hold all variables can be asked."""
    assert page_parameters([("var-datasource", "x"), ("var-tokometer", "y")], DIMENSIONS) == {}


@pytest.mark.parametrize(
    "pairs",
    [
        [("from", "1")],
        [("from", "soon"), ("to", "1")],
        [("from", "9" * 30), ("to", "1")],
        [("var-x", "1")],
        [("x", "")],
    ],
)
def test_mistakes_are_named(pairs: list[tuple[str, str]]) -> None:
    """What cannot be understood is refused by its name."""
    with pytest.raises(ParameterError, match=pairs[0][0]):
        page_parameters(pairs, DIMENSIONS)
