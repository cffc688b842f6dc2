"""Heat maps: what stands in which cell, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from generators.looked_at import HOSTILE, NOW, call, looking
from tokometer.dashboards.kinds import HeatMap
from tokometer.dashboards.kinds.heatmap import availability_states
from tokometer.dashboards.panel import View
from tokometer.records import Record

_HOUR = timedelta(hours=1)
_UPTIME = HeatMap(
    id="x.uptime",
    title="Uptime",
    of="calls.availability",
    by="provider",
    limits=availability_states,
    words=("Up", "Degraded", "Down"),
)
_USE = HeatMap(id="x.use", title="Use", of="calls.requests", by="model")
_PEAKS = HeatMap(id="x.peaks", title="Peak hours", of="calls.requests")


@dataclass(frozen=True)
class Seen:
    """A view's cells by the words of their tooltips."""

    view: View

    @property
    def tips(self) -> list[Any]:
        """What is said of the cells: title, lines, what a click filters by."""
        assert self.view.chart
        return list(self.view.chart["tips"])

    def cell(self, title: str) -> list[str]:
        """What is said of the only cell with such a title."""
        [told] = [rows for name, rows, _ in self.tips if name == title]
        return [text for _, text in told]

    def drawn(self, title: str) -> dict[str, Any]:
        """The mark of that cell, by field."""
        assert self.view.chart
        at = [name for name, *_ in self.tips].index(title)
        points = self.view.chart["data"]["points"]
        return dict(zip(points["fields"], points["rows"][at], strict=True))

    @property
    def rows(self) -> list[str]:
        """The names of the rows, from the top down."""
        return list(dict.fromkeys(name.split(" · ")[0] for name, *_ in self.tips))


def _see(folder: Path, panel: HeatMap, records: Iterable[Record], **chosen: str) -> Seen:
    with looking(folder, records, **chosen) as context:
        return Seen(panel.view(context))


def test_states_of_hours(tmp_path: Path) -> None:
    """An hour is up, degraded or down by its share of good minutes; one without calls is no data."""
    hour = datetime(2026, 5, 15, 9, tzinfo=UTC)
    records = [call(hour + timedelta(minutes=at)) for at in range(50)]
    # One bad minute of fifty-one is 98.04 %, four of four are 0.
    records.append(call(hour + timedelta(minutes=50), status="timeout"))
    records += [call(hour + _HOUR + timedelta(minutes=at), status="server_error") for at in range(4)]
    records.append(call(hour - _HOUR))
    seen = _see(tmp_path, _UPTIME, records, range="24h")
    day = "Fri 15 May 2026"
    assert seen.cell(f"OpenAI · {day}, 08:00 – 09:00") == ["100 %", "Up"]
    assert seen.cell(f"OpenAI · {day}, 09:00 – 10:00")[1] == "Degraded"
    assert seen.cell(f"OpenAI · {day}, 10:00 – 11:00") == ["0 %", "Down"]
    assert seen.cell(f"OpenAI · {day}, 11:00 – 12:00")[0] == "No data"
    assert seen.drawn(f"OpenAI · {day}, 11:00 – 12:00")["edge"] == 1
    assert len(seen.tips) == 24


def test_whoever_was_there_lately_has_a_row(tmp_path: Path) -> None:
    """A provider without calls in the window is shown without data, not left out."""
    records = [call(NOW - _HOUR), call(NOW - timedelta(days=9), provider="anthropic")]
    seen = _see(tmp_path, _UPTIME, records, range="24h")
    assert seen.rows == ["Anthropic", "OpenAI"]
    assert all(text == "No data" for name, told, _ in seen.tips for _, text in told[:1] if "Anthropic" in name)


def test_nothing_used_is_zero_and_before_the_first_call_is_unknown(tmp_path: Path) -> None:
    """What adds up is 0 where there were no calls, and not known on days before there was a ledger."""
    seen = _see(tmp_path, _USE, [call(NOW - timedelta(days=3)), call(NOW - timedelta(days=1))], range="30d")
    assert seen.cell("gpt-5 · Tuesday 12 May 2026") == ["1"]
    assert seen.cell("gpt-5 · Wednesday 13 May 2026") == ["0"]
    assert seen.cell("gpt-5 · Monday 11 May 2026") == ["No data"]
    zero, unknown = (seen.drawn(f"gpt-5 · {day} May 2026") for day in ("Wednesday 13", "Monday 11"))
    assert (zero["edge"], unknown["edge"]) == (0, 1)


@pytest.mark.parametrize(("tz", "cell"), [("UTC", "Mon · 22:00 – 23:00"), ("Asia/Kolkata", "Tue · 03:00 – 04:00")])
def test_peak_hours_are_the_viewers(tmp_path: Path, tz: str, cell: str) -> None:
    """A call at 22:10 UTC on a Monday is one at 03:40 on a Tuesday in India."""
    seen = _see(tmp_path, _PEAKS, [call(datetime(2026, 5, 11, 22, 10, tzinfo=UTC))], range="week", tz=tz)
    assert seen.cell(cell) == ["1"]
    # Friday evening has not come yet.
    assert seen.cell("Fri · 23:00 – 00:00") == ["No data"]
    assert len(seen.tips) == 7 * 24


@pytest.mark.parametrize("panel", [_UPTIME, _USE, _PEAKS], ids=lambda panel: panel.id)
def test_nothing_at_all(tmp_path: Path, panel: HeatMap) -> None:
    """An empty ledger gives an empty view."""
    view = _see(tmp_path, panel, []).view
    assert view.empty
    assert not view.table.rows


def test_names_are_only_text(tmp_path: Path) -> None:
    """Whatever a model is called stands in its tooltip whole, and is what a click filters by."""
    seen = _see(tmp_path, _USE, [call(NOW - _HOUR, model=name) for name in HOSTILE], range="24h")
    assert set(seen.rows) == set(HOSTILE)
    assert {pick[1] for *_, pick in seen.tips} == set(HOSTILE)
    assert seen.view.chart
    assert all(len(text) < 60 for layout in seen.view.chart["layouts"] for text in layout["signals"]["ylabels"])


def test_table_is_what_is_drawn(tmp_path: Path) -> None:
    """Every known cell that is not made up of nothing is a row of the table."""
    records = [call(NOW - at * _HOUR, number=n) for at in range(5) for n in range(at + 1)]
    seen = _see(tmp_path, _USE, records, range="24h")
    assert sum(row[-1] for row in seen.view.table.rows if row[-1]) == 15
    drawn = [text for _, told, _ in seen.tips for _, text in told if text not in ("0", "No data")]
    assert sorted(drawn) == sorted(str(row[-1]) for row in seen.view.table.rows if row[-1])
