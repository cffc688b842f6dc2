"""LiteLLM's proxy as a kind of account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.litellm import LiteLLM
from providers.reading import read, told_by
from providers.serving import serving


def _filled(proxy: LiteLLM) -> LiteLLM:
    for at in range(10):
        proxy.add(
            f"2026-11-{10 + at // 3}",
            f"model-{at % 2}",
            f"key-{at % 3}",
            f"0.{10 + at}",
            100,
            completion_tokens=10,
            cache_read_input_tokens=30,
            cache_creation_input_tokens=5,
        )
    proxy.add("2026-11-19", "", "key-0", 0.5)
    return proxy


def test_spend_of_every_model_and_key_is_read_over_all_pages() -> None:
    """A day that stands on two pages is one; what no key or model accounts for is a line without one."""
    proxy = _filled(LiteLLM(shown=2))
    proxy.more = {"flat_cost": 0.0, "a_new_one": 7}
    with serving(proxy) as url:
        found = read("litellm", url, proxy.key)
    assert found.cost == sum((Decimal(str(row["spend"])) for row in proxy.rows), Decimal(0))
    assert (found.sum("requests"), found.sum("output_tokens")) == (11, 100)
    assert (found.sum("input_tokens"), found.sum("cache_read_tokens")) == (650, 300)
    assert found.sum("cache_write_unknown_tokens") == 50
    assert {one.api_key for one in found.bills} >= {"", "alias of key-0"}
    assert {one.team for one in found.bills if one.api_key} == {"Research"}
    assert {one.name for one in found.notices} == {"metrics.a_new_one"}
    assert not found.refusals


def test_budgets_of_keys_and_teams_are_gauges() -> None:
    """Keys come in pages; one without a budget has none."""
    proxy = LiteLLM()
    proxy.keys = [{"key_alias": f"k{at}", "spend": at, "max_budget": 5 if at else None} for at in range(5)]
    with serving(proxy) as url:
        found = read("litellm", url, proxy.key)
    assert (found.samples["litellm.key.spend"], found.samples["litellm.key.budget"]) == (10, 20)
    assert (found.samples["litellm.team.spend"], found.samples["litellm.team.budget"]) == (3.5, 10)


def test_an_old_proxy_tells_days_by_model() -> None:
    """One without daily activity is asked for its spend logs, which add up days."""
    proxy = _filled(LiteLLM(old=True))
    with serving(proxy) as url:
        found = read("litellm", url, proxy.key)
    assert round(found.cost, 8) == sum((Decimal(str(row["spend"])) for row in proxy.rows), Decimal(0))
    assert not found.reported


_SPENT = st.integers(0, 10**6).map(lambda cents: str(Decimal(cents) / 10_000))
_ROW = st.tuples(st.integers(1, 20), st.sampled_from(["", "a", "b"]), st.sampled_from(["x", "y", "z"]), _SPENT)


@settings(max_examples=60, deadline=None)
@given(st.lists(_ROW, max_size=12), st.integers(1, 4), st.integers(0, 3))
def test_no_way_of_paging_loses_or_doubles_anything(
    rows: list[tuple[int, str, str, str]], page: int, shown: int
) -> None:
    """However many rows a page has, and however few keys it breaks down, the sum is that of all rows."""
    proxy = LiteLLM(page=page, shown=shown)
    for day, model, key, spend in rows:
        proxy.add(f"2026-11-{day:02d}", model, key, spend, 7)
    found = told_by(proxy, "litellm", "daily", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
    assert round(found.cost, 8) == sum((Decimal(row[3]) for row in rows), Decimal(0))
    assert (found.sum("requests"), found.sum("input_tokens")) == (len(rows), 7 * len(rows))
