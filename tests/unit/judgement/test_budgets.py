"""Tests of tokometer.judgement.budgets: the merged view of budgets and objectives."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tokometer.accounts import Budget, Objective
from tokometer.judgement.budgets import check, limit_of, limited, lines, merged, scope_words
from tokometer.settings import Settings, SettingsError, read_settings

TOML = """
[budget]
monthly = 100
warning = 0.7
[budget.teams]
research = 30
[[budget.of]]
amount = 20.50
period = "day"
tz = "Europe/Berlin"
filters = { user = "ada", model = ["b", "a"] }
levels = [1, 0.5]
stops = false
"""


def _settings(folder: Path, text: str) -> Settings:
    path = folder / "tokometer.toml"
    path.write_text(text)
    return read_settings(path)


def _made(amount: str, **filters: list[str]) -> Budget:
    return Budget(id=f"made-{amount}", title="Made", amount=Decimal(amount), filters=filters)


def test_file_and_page_are_one_view(tmp_path: Path) -> None:
    """Every form of the file and what was made on the page become lines; the file's say that they are its."""
    settings = _settings(tmp_path, TOML)
    found = lines(merged(settings, [_made("7", team=["research"])], ()))
    assert [(one.title, one.amount, one.period, one.origin) for one in found] == [
        ("All calls", Decimal(100), "month", "file"),
        ("research", Decimal(30), "month", "file"),
        ("Model a or b, user ada", Decimal("20.50"), "day", "file"),
        ("Made", Decimal(7), "month", "page"),
    ]
    of = found[2]
    assert (of.tz, of.levels, of.stops) == ("Europe/Berlin", (0.5, 1.0), False)
    assert of.filters == (("model", ("a", "b")), ("user", ("ada",)))
    assert found[0].levels == (0.7, 1.0)
    # Budgets that are not in the settings yet come last, and ids stay when an amount changes.
    again = lines(_settings(tmp_path, TOML.replace("100", "200")), [_made("7")])
    assert [one.id for one in again[:3]] == [one.id for one in found[:3]]
    assert len({one.id for one in again}) == 4


def test_the_tightest_month_counts(tmp_path: Path) -> None:
    """Of several budgets of a month for the same, the tightest is its limit; days and wider filters are not."""
    settings = merged(_settings(tmp_path, TOML), [_made("7", team=["research"]), _made("9", key=["x", "y"])], ())
    assert limit_of(settings) == Decimal(100)
    assert limit_of(settings, "team", "research") == Decimal(7)
    assert limit_of(settings, "key", "x") is None
    assert limit_of(settings, "user", "ada") is None
    assert limited(settings, "team") == ["research"]


def test_objectives_of_the_page(tmp_path: Path) -> None:
    """An objective that was made on the page holds, and the file's wins where both are about the same."""
    file = _settings(tmp_path, '[[slo.override]]\nprovider = "openai"\nerror_rate = 0.5\n')
    made = [
        Objective(provider="openai", declared={"error_rate": 0.3, "p95_latency_ms": 5}),
        Objective(model="m", declared={"availability": 0.9}),
    ]
    settings = merged(file, (), made)
    assert settings.slo_for(provider="openai").error_rate == 0.5
    assert settings.slo_for(provider="openai").p95_latency_ms == 5
    assert settings.slo_for(model="m").availability == 0.9
    assert settings.slo_for(provider="azure") == file.slo


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[[budget.of]]\nperiod = 'day'", "budget.of[1].amount"),
        ("[[budget.of]]\namount = 1\nperiod = 'year'", "budget.of[1].period"),
        ("[[budget.of]]\namount = 1\ntz = 'Mars/Olympus'", "budget.of[1].tz"),
        ("[[budget.of]]\namount = 1\nlevels = []", "budget.of[1].levels"),
        ("[[budget.of]]\namount = 1\nlevels = [0]", "budget.of[1].levels[1]"),
        ("[[budget.of]]\namount = 1\nstops = 1", "budget.of[1].stops"),
        ("[[budget.of]]\namount = 1\nfilters = { team = [] }", "budget.of[1].filters.team"),
        ("[[budget.of]]\namount = 1\n[[budget.of]]\namount = 2", "budget.of[2]"),
        ("[budget]\nof = 1", "budget.of"),
    ],
)
def test_mistakes_are_told_by_key(tmp_path: Path, text: str, where: str) -> None:
    """A mistake in `[[budget.of]]` is told with its key."""
    with pytest.raises(SettingsError) as found:
        _settings(tmp_path, text)
    assert found.value.key == where


def test_dimensions_are_known_ones(tmp_path: Path) -> None:
    """A budget for a dimension that calls do not have is refused; labels are dimensions."""
    path = tmp_path / "tokometer.toml"
    check(_settings(tmp_path, "[[budget.of]]\namount = 1\nfilters = { 'label.customer' = 'x' }"), path)
    for name in ("temas", "hour"):
        with pytest.raises(SettingsError, match=f"budget.of.1..filters.{name}"):
            check(_settings(tmp_path, f"[[budget.of]]\namount = 1\nfilters = {{ {name} = 'x' }}"), path)


def test_words() -> None:
    """Filters are told in words."""
    assert scope_words(()) == "all calls"
    assert scope_words((("model", ("a", "b")), ("team", ("x",)))) == "model a or b, team x"
