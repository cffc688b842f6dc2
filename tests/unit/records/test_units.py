"""Values are written as the pages' rules say, and never say more than they are."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records.units import COUNT, MS, NOTHING, PERCENT, UNITS, USD, Unit, exact, plain, show

CASES = json.loads((Path(__file__).parent / "format_cases.json").read_text())

numbers = st.one_of(
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9),
)
units = st.sampled_from(sorted(UNITS))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['value']} {case['unit']}")
def test_a_value_reads_as_agreed(case: dict[str, object]) -> None:
    """The cases that the page's own formatter is held to as well."""
    value = Decimal(case["value"]) if isinstance(case["value"], str) else case["value"]
    unit = UNITS[case["unit"]]
    assert show(value, unit) == case["expected"]
    assert exact(value, unit) == case["exact"]


def test_the_examples_of_the_design() -> None:
    """1,234 · 12.3 k · 3.3 M; $0.0042, $47.50, $12.3 k; 840 ms, 4.2 s, 3 min; 98.9 %."""
    assert [show(n, COUNT) for n in (1234, 12_300, 3_300_000)] == ["1,234", "12.3 k", "3.3 M"]
    assert [show(Decimal(n), USD) for n in ("0.0042", "47.5", "12300")] == ["$0.0042", "$47.50", "$12.3 k"]
    assert [show(n, MS) for n in (840, 4200, 180_000)] == ["840 ms", "4.2 s", "3 min"]
    assert show(0.989, PERCENT) == "98.9 %"


@given(value=numbers, key=units)
def test_whatever_the_number_it_can_be_written(value: float, key: str) -> None:
    """Any int, float or decimal, infinities and denormals included, in any unit; without exponents."""
    for text in (show(value, UNITS[key]), exact(value, UNITS[key]), plain(value)):
        assert not re.search(r"\d[eE]|nan|inf", text)


@given(value=numbers)
def test_plain_loses_nothing(value: float) -> None:
    """What a CSV holds reads back as the same number."""
    text = plain(value)
    if text:
        assert Decimal(text) == Decimal(repr(value) if isinstance(value, float) else value)
        assert float(text) == float(value)
    else:
        assert value != value or abs(value) == float("inf")  # noqa: PLR0124 - only NaN differs from itself


@given(value=numbers, key=units)
def test_exact_loses_nothing(value: float, key: str) -> None:
    """On hover every digit is there, with separators."""
    unit = UNITS[key]
    text = exact(value, unit)
    if text == NOTHING:
        return
    number = Decimal(re.sub(r"[^\d.-]", "", text.replace(unit.symbol, "") if unit.symbol else text))
    original = Decimal(repr(value) if isinstance(value, float) else value)
    assert number == (original.scaleb(2) if unit.style == "share" else original)


@given(first=st.integers(0, 10**15), second=st.integers(0, 10**15), key=st.sampled_from(["count", "usd", "watts"]))
def test_a_larger_value_never_reads_smaller(first: int, second: int, key: str) -> None:
    """Rounding keeps order, across every threshold."""
    low, high = sorted((first, second))
    assert _read(show(low, UNITS[key])) <= _read(show(high, UNITS[key]))


@given(value=st.integers(1, 10**14), key=st.sampled_from(["count", "tokens", "usd", "watts"]))
def test_what_is_shown_is_within_half_a_per_cent(value: int, key: str) -> None:
    """Three significant digits."""
    assert abs(_read(show(value, UNITS[key])) - value) <= value * Decimal("0.005")


def _read(text: str) -> Decimal:
    number, letter, watts = re.fullmatch(r"\$?([\d,.]+) ?([kMBGTPE]?)(W?)", text).groups()
    power = "kMGTPE" if watts else "kMBT"
    return Decimal(number.replace(",", "")).scaleb(3 * (power.index(letter) + 1) if letter else 0)


@given(value=st.floats(0, 1, exclude_max=True, exclude_min=True))
def test_a_share_is_complete_or_nothing_only_when_it_is(value: float) -> None:
    """Neither 100 % nor 0 % is claimed for what is merely close."""
    assert show(value, PERCENT) not in ("100 %", "0 %")


@given(value=st.integers(1, 10**12))
def test_a_negative_value_is_its_positive_with_a_sign(value: int) -> None:
    """Deltas read like values."""
    for unit in (COUNT, USD, MS):
        assert show(-value, unit) == f"-{show(value, unit)}"


@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_every_unit_is_declared_in_full(unit: Unit) -> None:
    """Key, title and Grafana's id are there, and nothing is written as nothing."""
    assert unit.key == unit.key.lower()
    assert unit.title
    assert unit.grafana
    for nothing in (None, float("nan"), float("inf"), Decimal("NaN")):
        assert (show(nothing, unit), exact(nothing, unit), plain(nothing)) == (NOTHING, NOTHING, "")


@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_a_unit_is_documented_with_an_example_that_holds(unit: Unit) -> None:
    """The reference shows each unit as it is shown."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "providers.md"
    row = next(line for line in page.read_text().splitlines() if line.startswith(f"| `{unit.key}` |"))
    _, title, grafana, example, shown = (cell.strip() for cell in row.strip("|").split("|"))
    assert (title, grafana) == (unit.title, f"`{unit.grafana}`")
    assert shown == show(Decimal(example), unit)
