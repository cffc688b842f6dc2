"""Gauges as panels: one, or one a name, against thresholds and a target."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from generators.looked_at import HOSTILE, NOW, call, fragment, looking
from tokometer.dashboards.kinds import Gauge, Limits
from tokometer.dashboards.limits import health_limits
from tokometer.dashboards.panel import View
from tokometer.records import Record

_HEALTH = Gauge(
    id="x.health",
    title="Health",
    of="judgement.health_score",
    word="judgement.health_score.status",
    by="provider",
    top=3,
    worst=True,
    limits=health_limits,
)
_UPTIME = Gauge(
    id="x.uptime",
    title="Availability",
    of="calls.availability",
    low=0.9,
    high=1.0,
    target=lambda settings: settings.slo.availability,
    limits=lambda settings, _: Limits(settings.slo.availability, 0.95),
    nothing="No calls yet.",
    window="24h",
)


def _calls(provider: str, count: int = 10, failed: int = 0, minutes: float = 5) -> list[Record]:
    begin = NOW - timedelta(minutes=minutes)
    return [
        call(begin + timedelta(seconds=at), provider=provider, status="timeout" if at < failed else "ok")
        for at in range(count)
    ]


def _see(folder: Path, records: Iterable[Record], panel: Gauge = _HEALTH) -> View:
    with looking(folder, records) as context:
        return panel.view(context)


def test_a_dial_each(tmp_path: Path) -> None:
    """The most used have a dial; who is unwell has one before them, and who has no traffic says so."""
    records = [
        *_calls("openai", 40),
        *_calls("anthropic", 30),
        *_calls("mistral", 20, minutes=600),
        *_calls("groq", 5, failed=5),
        *_calls("xai", 6),
    ]
    dials = _see(tmp_path, records).shown["dials"]
    assert [(dial["label"], dial["word"]) for dial in dials] == [
        ("Anthropic", "Healthy"),
        ("Groq", "Critical"),
        ("OpenAI", "Healthy"),
    ]
    assert dials[1]["drawn"]["colour"] == "state-critical"


def test_no_data_has_no_arc(tmp_path: Path) -> None:
    """A provider without traffic has a dial without an arc and a dash for its value."""
    view = _see(tmp_path, _calls("mistral", minutes=600))
    [dial] = view.shown["dials"]
    assert (dial["value"], dial["word"], dial["drawn"]["arc"]) == (None, "No data", "")
    assert view.empty
    assert 'class="arc' not in fragment(_HEALTH, view)


def test_one_gauge_against_its_target(tmp_path: Path) -> None:
    """One bad minute of ten is 90 % of 99.9 %: below both limits, the target drawn as a tick."""
    records = [r for minute in range(10) for r in _calls("openai", 2, failed=2 * (minute == 0), minutes=30 - minute)]
    view = _see(tmp_path, records, _UPTIME)
    [dial] = view.shown["dials"]
    assert dial["value"] == 0.9
    assert (dial["standing"], dial["word"]) == ("critical", "Critical")
    assert dial["drawn"]["target"]["title"] == "Target: 99.9 %"
    assert [part["state"] for part in dial["drawn"]["scale"]] == ["critical", "warning", "good"]
    assert view.table.rows == [(0.9,)]


def test_what_is_at_its_limit_is_well(tmp_path: Path) -> None:
    """All minutes good is 100 %, and good."""
    [dial] = _see(tmp_path, _calls("openai"), _UPTIME).shown["dials"]
    assert (dial["value"], dial["standing"]) == (1.0, "good")


def test_nothing_says_what_is_missing(tmp_path: Path) -> None:
    """Without calls one gauge says why it is empty, and a grid has no dials."""
    view = _see(tmp_path / "one", [], _UPTIME)
    assert view.empty
    assert "No calls yet." in fragment(_UPTIME, view)
    grid = _see(tmp_path / "grid", [])
    assert grid.shown["dials"] == []
    assert "Nothing is known yet" in fragment(_HEALTH, grid)


def test_names_are_only_text(tmp_path: Path) -> None:
    """A provider may be called anything."""
    view = _see(tmp_path, [record for name in HOSTILE[:3] for record in _calls(name)])
    assert {dial["label"] for dial in view.shown["dials"]} == set(HOSTILE[:3])
    assert "<script" not in fragment(_HEALTH, view)
