"""Points of series: kept once, corrected by the latest word, and gone with their series, in both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.accounts import Hardware, Invalid, NotThere, Series
from tokometer.accounts.accounts import Accounts
from tokometer.accounts.series import MOST_POINTS
from tokometer.judgement.owned import with_owned
from tokometer.settings import Settings

DAY = date(2026, 3, 1)


@given(
    sent=st.lists(st.dictionaries(st.integers(0, 20), st.integers(0, 5), max_size=8), max_size=5),
    number=st.uuids(),
)
def test_the_latest_word_counts(accounts: Accounts, sent: list[dict[int, int]], number: object) -> None:
    """However often what is sent, each day has the value that was sent last, and the revision tells of each change."""
    series = accounts.series.add(Series(name=f"s{number}"[:40]))
    known: dict[date, float] = {}
    for points in sent:
        told = {DAY + timedelta(days=at): float(value) for at, value in points.items()}
        before = accounts.series.get("default", series.id).revision
        added, changed = accounts.series.put("default", series.id, told)
        assert added == len(told.keys() - known.keys())
        assert changed == sum(known[day] != value for day, value in told.items() if day in known)
        assert accounts.series.get("default", series.id).revision == before + bool(added + changed)
        known |= told
        assert accounts.series.put("default", series.id, told) == (0, 0)
    assert accounts.series.points(series.id) == dict(sorted(known.items()))
    assert accounts.series.counts().get(series.id, 0) == len(known)
    accounts.series.remove("default", series.id)
    assert accounts.series.points(series.id) == {}


def test_points_go_with_their_series_or_stay_with_it(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is stopped in the middle of removing one has removed nothing."""
    series = accounts.series.add(Series(name="whole"))
    accounts.series.put("default", series.id, {DAY: 1.0})
    monkeypatch.setattr(accounts.series, "record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        accounts.series.remove("default", series.id)
    assert accounts.series.points(series.id) == {DAY: 1.0}
    assert accounts.series.get("default", series.id).name == "whole"


def test_two_at_once_lose_nothing(accounts: Accounts) -> None:
    """Points that come from many sides at the same time are all there, each day once."""
    series = accounts.series.add(Series(name="crowd"))
    sent = [{DAY + timedelta(days=at): float(who) for at in range(10)} for who in range(4)]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda points: accounts.series.put("default", series.id, points), sent))
    assert sum(added for added, _ in told) == 10
    assert accounts.series.counts()[series.id] == 10
    assert accounts.series.get("default", series.id).revision == series.revision + 4
    accounts.series.remove("default", series.id)


def test_bounds_and_workspaces(accounts: Accounts) -> None:
    """A series has so many days and no more, and another workspace cannot write to it."""
    series = accounts.series.add(Series(name="bounded"))
    many = {DAY + timedelta(days=at): 1.0 for at in range(MOST_POINTS)}
    assert accounts.series.put("default", series.id, many) == (MOST_POINTS, 0)
    with pytest.raises(Invalid):
        accounts.series.put("default", series.id, {DAY - timedelta(days=1): 1.0})
    with pytest.raises(NotThere):
        accounts.series.put("other", series.id, {DAY: 2.0})


def test_settings_know_them_and_read_only_what_has_changed(accounts: Accounts) -> None:
    """Machines and series are in the settings in force; points of a series that is as it was are not read again."""
    series = accounts.series.add(Series(name="orders", unit="order"))
    accounts.series.put("default", series.id, {DAY: 5.0})
    accounts.hardware.add(
        Hardware(title="Atlas", match="atlas-01", price=Decimal(5), bought=datetime(2026, 3, 1, tzinfo=UTC))
    )
    first = with_owned(Settings(), accounts, "default")
    again = with_owned(Settings(), accounts, "default", first)
    assert [one.host for one in first.own_machines] == ["atlas-01"]
    found = {one.name: one for one in first.own_series}
    assert found["orders"].points == ((DAY, 5.0),)
    assert first == again
    assert all(one is other for one, other in zip(first.own_series, again.own_series, strict=True))
    accounts.series.put("default", series.id, {DAY: 6.0})
    changed = with_owned(Settings(), accounts, "default", again)
    assert changed != again
    assert {one.name: one for one in changed.own_series}["orders"].points == ((DAY, 6.0),)
