"""The list of what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from generators.looked_at import HOSTILE, NOW, call, looking
from tokometer.dashboards.alarms import TOLD
from tokometer.dashboards.kinds import Alerts
from tokometer.dashboards.panel import View
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.records import Record
from tokometer.settings import Budget, Settings

_PANEL = Alerts(id="x.alerts", title="Alerts", window="24h")


def _minutes(minutes_ago: int, minutes: int, provider: str, status: str) -> list[Record]:
    return [
        call(NOW - timedelta(minutes=minutes_ago - at, seconds=1), n, provider=provider, status=status)
        for at in range(minutes)
        for n in range(10)
    ]


def _see(folder: Path, records: Iterable[Record], settings: Settings | None = None, **chosen: str) -> View:
    with looking(folder, records, settings, **chosen) as context:
        return _PANEL.view(context)


def test_the_worst_comes_first(tmp_path: Path) -> None:
    """What goes on is critical and stands above what is over, whatever judgement it comes from."""
    records = [
        *_minutes(400, 30, "openai", "server_error"),
        *_minutes(300, 300, "openai", "ok"),
        *_minutes(20, 20, "groq", "server_error"),
    ]
    view = _see(tmp_path, records)
    severities = [row["severity"] for row in view.shown["rows"]]
    assert severities == sorted(severities, key=["Critical", "Warning", "Over"].index)
    lines = {(row["label"], row["headline"]): row for row in view.shown["rows"]}
    assert lines["Groq", "Down"]["severity"] == "Critical"
    assert lines["Groq", "Down"]["ago"] == "21 min ago"
    # The last call failed a minute ago: it would be tried again.
    assert lines["Groq", "Circuit breaker half-open"]["severity"] == "Warning"
    assert lines["OpenAI", "Was down"]["severity"] == "Over"
    assert lines["OpenAI", "Was down"]["detail"] == "100 % of the calls failed for 30 min"


def test_budgets(tmp_path: Path) -> None:
    """A budget that is used up says how much was spent of what."""
    settings = Settings(budget=Budget(monthly=Decimal(20), teams=(("research", Decimal(5)),)))
    view = _see(tmp_path, [call(NOW, at, team="research") for at in range(6)], settings)
    found = {row["name"]: (row["headline"], row["detail"]) for row in view.shown["rows"]}
    assert found["research"] == ("Budget used up", "$6.00 of $5.00 spent")
    assert "" not in found


def test_all_is_well(tmp_path: Path) -> None:
    """Where all calls succeed, or there are none, nothing is listed."""
    assert _see(tmp_path, _minutes(60, 60, "openai", "ok")).empty
    assert _see(tmp_path / "empty", []).empty


def test_filters_of_the_page_hold(tmp_path: Path) -> None:
    """Filtered by a provider, there is only what is about it."""
    records = [*_minutes(20, 20, "groq", "server_error"), *_minutes(20, 20, "openai", "server_error")]
    view = _see(tmp_path, records, provider="groq")
    assert {row["name"] for row in view.shown["rows"] if row["by"]} == {"groq"}


def test_names_are_only_text(tmp_path: Path) -> None:
    """A provider may be called anything."""
    view = _see(tmp_path, [one for name in HOSTILE for one in _minutes(20, 20, name, "timeout")])
    assert {row["label"] for row in view.shown["rows"] if row["by"]} == set(HOSTILE)


def test_every_source_is_a_judgement() -> None:
    """What alarms are told of is declared."""
    assert set(TOLD) <= set(JUDGEMENTS)
