"""Values that bodies and addresses say are read in one way, and what is none is said at its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as examples_of
from hypothesis import settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.accounts import Invalid
from tokometer.server import given

_VIENNA = ZoneInfo("Europe/Vienna")
_READERS: dict[str, Callable[[str, Any], Any]] = {
    "day": given.day,
    "day_or_none": given.day_or_none,
    "moment": given.moment,
    "moment of a zone": lambda name, said: given.moment(name, said, _VIENNA),
    "dollars": given.dollars,
    "amount": lambda name, said: given.amount(name, said, 10**12, least=Decimal(-5)),
    "decimal": given.decimal,
    "number": lambda name, said: given.number(name, said, 0, 1e15),
    "whole": lambda name, said: given.whole(name, said, 1, 10),
    "switch": given.switch,
    "zone": given.zone,
    "currency": given.currency,
    "choice": lambda name, said: given.choice(name, said, ("a", "b")),
}
_ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
    st.dates().map(date.isoformat),
    st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat),
    st.decimals().map(str),
    st.sampled_from(
        ("1e999999999", "-1e-999999999", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00", "∞", "٣")
    ),
)


@pytest.mark.parametrize("name", _READERS)
@settings(max_examples=examples(60), deadline=None)
@examples_of(said=_ANYTHING)
def test_whatever_is_said_is_understood_or_refused_by_name(name: str, said: object) -> None:
    """Nothing else is raised, however odd it is; times are in UTC and within what records may have."""
    try:
        found = _READERS[name]("field", said)
    except Invalid as error:
        found = error
    if isinstance(found, Invalid):
        assert found.field == "field"
        assert found.reason
    if isinstance(found, datetime):
        assert found.tzinfo is UTC
        assert 2015 <= found.year <= 2100


@pytest.mark.parametrize(
    ("read", "said", "found"),
    [
        ("moment", "2026-03-02T10:00:00+02:00", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("moment of a zone", "2026-03-02", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("dollars", "12.50", Decimal("12.50")),
        ("decimal", 0.1, Decimal("0.1")),
        ("number", " 3.5 ", 3.5),
        ("switch", False, False),
    ],
)
def test_what_is_understood(read: str, said: object, found: object) -> None:
    """Exactly, as a body or a form says it."""
    assert _READERS[read]("field", said) == found


@pytest.mark.parametrize(
    ("read", "said", "reason"),
    [
        ("moment", "2026-03-02T10:00:00", "has no zone: write 2026-03-02T10:00:00Z"),
        ("moment", "1999-03-02T10:00:00Z", "has to be between 2015 and 2100"),
        ("dollars", "much", "has to be US dollars from 0 to 999,999,999"),
        ("dollars", "0.0000000001", "has more than 9 digits behind the point"),
        ("number", "nan", "has to be a number from 0 to 1,000,000,000,000,000"),
        ("decimal", "1e999999999", "has to be a number"),
        ("switch", 1, "has to be true or false"),
    ],
)
def test_what_is_refused(read: str, said: object, reason: str) -> None:
    """In words that say what would be right."""
    with pytest.raises(Invalid) as error:
        _READERS[read]("field", said)
    assert error.value.reason == reason


def test_a_month_is_its_days() -> None:
    """Its first day, and the first one after it."""
    assert given.month("month", "2026-12") == (date(2026, 12, 1), date(2027, 1, 1))
    for said in ("2026-13", "October", "", "2026-1", "9999-12"):
        with pytest.raises(Invalid, match="has to be a month: 2026-10"):
            given.month("month", said)
