"""What a panel does not declare to use does not change it, and what it declares is what its page offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from generators.looked_at import NOW, call, looking
from tokometer.dashboards import DASHBOARDS, Panel
from tokometer.dashboards.context import Context
from tokometer.dashboards.kinds import Series
from tokometer.dashboards.scope import parse_scope
from tokometer.measures import Query
from tokometer.records import JobRun, Record, ToolCall, to_us

PANELS = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
#: Each choice of the viewer, and another one.
OTHER = {
    "range": {"range": "30d"},
    "compare": {"compare": "0"},
    "complete": {"complete": "1"},
    "trend": {"trend": "week"},
    "measure": {"measure": "requests"},
    "show": {"show": "percent"},
    "per": {"per": "request"},
}


def _records() -> Iterator[Record]:
    for days in (0.001, 0.1, 1, 2, 5, 9, 12, 20, 40):
        for number in range(3):
            at = NOW - timedelta(days=days)
            more = {"status": "timeout"} if number == 2 else {}
            yield call(at, number, model=f"m{number}", latency_us=1_000_000 * (1 + number), session_id="s", **more)
        yield ToolCall(source="api", native_id=f"t{days}", started_at=to_us(at), name="search", status="ok")
        yield JobRun(source="api", native_id=f"j{days}", started_at=to_us(at), job_id="j", name="j", status="error")


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A ledger, looked at as pages open."""
    with looking(tmp_path_factory.mktemp("looks"), _records()) as context:
        yield context


def _other(usual: Context, choices: Iterable[str]) -> Context:
    """The same, with these choices made otherwise."""
    chosen = {key: [value] for name in choices for key, value in OTHER[name].items()}
    return replace(usual, scope=parse_scope(chosen, (), NOW))


def _seen(panel: Panel, context: Context) -> tuple[object, ...]:
    view = panel.view(context)
    return view.shown, view.table, view.chart, view.window


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_what_is_not_declared_changes_nothing(usual: Context, panel: Panel) -> None:
    """An answer may be shared by viewers who differ only in choices that the panel does not use."""
    other = _other(usual, OTHER.keys() - {*panel.uses})
    assert other.scope.key(panel.uses) == usual.scope.key(panel.uses)
    assert _seen(panel, other) == _seen(panel, usual)


@pytest.mark.parametrize("panel", [panel for panel in PANELS if "complete" in panel.uses], ids=lambda panel: panel.id)
def test_the_viewers_window_is_followed(usual: Context, panel: Panel) -> None:
    """A panel about the viewer's window is about whole periods where the viewer asks for them."""
    if panel.window:
        pytest.skip("only a second figure is of the viewer's window")
    whole = _other(usual, ["complete"])
    assert panel.view(usual).window == usual.scope.window
    assert panel.view(whole).window == whole.scope.window


@pytest.mark.parametrize(
    ("range_", "before"),
    [("today", "2026-05-13..2026-05-13"), ("week", "2026-04-27..2026-05-03"), ("month", "2026-03-01..2026-03-31")],
)
def test_whole_periods_are_compared_with_whole_ones(tmp_path: Path, range_: str, before: str) -> None:
    """Last month is compared with all of the month before, however long, and so are weeks and days."""
    records = [call(NOW - timedelta(days=days), days) for days in range(90)]
    with looking(tmp_path, records, range=range_, complete="1") as context:
        [row] = context.query(context.scope.window, "requests", compare=True).rows
        since, _, until = before.partition("..")
        first, last = date.fromisoformat(since), date.fromisoformat(until)
        assert row["requests.previous"] == (last - first).days + 1
        [found] = context.ask(Query(measures=("calls.requests",), since=since, until=until)).rows
        assert row["requests.previous"] == found["requests"]


def test_cost_over_time_follows_the_unit() -> None:
    """Wherever cost is drawn over time it can be divided by requests, tokens and sessions."""
    drawn = [panel for panel in PANELS if isinstance(panel, Series) and "calls.cost" in panel.of]
    assert drawn
    assert [panel.id for panel in drawn if "per" not in panel.uses] == []


def test_every_board_marks_what_happened() -> None:
    """The main chart over time of each board bears marks of price changes and incidents."""
    for dashboard in DASHBOARDS.values():
        courses = [panel for panel in dashboard.panels if isinstance(panel, Series)]
        assert not courses or any(panel.marks for panel in courses), dashboard.id
