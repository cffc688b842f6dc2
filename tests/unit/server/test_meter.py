"""Counters for Prometheus never go back, and are of a bounded number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tokometer.server.meter import OTHER, UNKNOWN, Meter


@given(st.lists(st.integers(0, 1_000), min_size=1))
def test_a_counter_never_goes_back(values: list[int]) -> None:
    """Whatever the ledger says later, a series has the highest that it ever had."""
    meter = Meter()
    told = [meter.raised("requests_total", "", value) for value in values]
    assert told == sorted(told)
    assert told[-1] == max(values)


@given(st.lists(st.tuples(st.text(), st.text())))
def test_names_have_series_as_long_as_there_is_room(keys: list[tuple[str, str]]) -> None:
    """The first names keep series of their own, and all later ones share one: a sum over all stays whole."""
    meter = Meter()
    places = {key: meter.place("pair", key, 3) for key in keys}
    own = {key for key, place in places.items() if place != (OTHER, OTHER)}
    assert own - {(OTHER, OTHER)} == set(list(dict.fromkeys(keys))[:3]) - {(OTHER, OTHER)}
    assert all(meter.place("pair", key, 3) == place for key, place in places.items())


def test_no_name_is_unknown() -> None:
    """Prometheus takes an empty label for none at all."""
    assert Meter().place("pair", ("openai", ""), 3) == ("openai", UNKNOWN)
