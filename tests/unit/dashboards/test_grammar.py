"""A panel is one declaration: what it takes to add one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tokometer.dashboards import DASHBOARDS, Panel, kinds
from tokometer.dashboards.answers import described
from tokometer.dashboards.kinds import Stat
from tokometer.dashboards.panel import Section
from tokometer.dashboards.scope import parse_scope
from tokometer.server import panels, rendering, runtime

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src" / "tokometer"
BOARDS = SOURCE / "dashboards" / "boards"
PANELS = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]


def test_adding_a_panel_touches_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value in a board's list is all: it is declared, answered, drawn, explained and given as CSV."""
    added = Stat(id="overview.added", title="Timeouts ({range})", of="calls.timeouts", how="Calls that took too long.")
    board = DASHBOARDS["overview"]
    monkeypatch.setitem(DASHBOARDS, "overview", replace(board, sections=(*board.sections, Section((added,)))))
    rendering.panels.cache_clear()
    rendering.home_of.cache_clear()
    found = runtime.start(tmp_path, demo=False, discover=False, home=tmp_path, env={})
    try:
        scope = parse_scope({"range": ["30d"]}, (), found.now())
        reply = json.loads(panels.rendered(found, rendering.panels()["overview.added"], scope).body)
    finally:
        found.close()
        monkeypatch.undo()
        rendering.panels.cache_clear()
        rendering.home_of.cache_clear()
    assert reply["title"] == "Timeouts (30d)"
    assert "Timeouts (30d)" in reply["html"]
    assert reply["rows"] == [["calls.timeouts", 0, 0]]


def test_nothing_outside_of_the_boards_names_a_panel() -> None:
    """No template, script or module knows of a single panel."""
    ids = {panel.id for panel in PANELS}
    named = []
    for path in SOURCE.rglob("*"):
        if path.suffix in (".py", ".html", ".js", ".css") and BOARDS not in path.parents:
            text = path.read_text(encoding="utf-8")
            named += [f"{path.name}: {name}" for name in ids if f'"{name}"' in text or f"'{name}'" in text]
    assert not named


def test_boards_hold_values_only() -> None:
    """A board declares; whatever has to be computed belongs to a kind."""
    for path in BOARDS.glob("*.py"):
        assert "class " not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_panel_is_declared_whole(panel: Panel) -> None:
    """A panel says what it is good for and what it rests on, and its kind has a template and a skeleton."""
    assert type(panel).__name__ in kinds.__all__
    assert panel.how.endswith(".")
    assert panel.measures
    assert all(described(name).description for name in panel.measures)
    templates = SOURCE / "server" / "templates" / "panels"
    assert (templates / f"{panel.kind}.html").is_file()
    assert (templates / f"{panel.kind}.wait.html").is_file()


def test_ids_are_unique_and_of_their_board() -> None:
    """An id begins with its dashboard's, and no two panels share one; nor do two pages a key."""
    ids = [panel.id for panel in PANELS]
    assert len(set(ids)) == len(ids)
    for dashboard in DASHBOARDS.values():
        assert all(panel.id.startswith(f"{dashboard.id}.") for panel in dashboard.panels)
        assert dashboard.about.endswith(".")
    keys = [dashboard.key for dashboard in DASHBOARDS.values()]
    assert len(set(keys)) == len(keys)


def test_panels_lead_to_other_dashboards() -> None:
    """What a panel leads to is a dashboard that there is, and another than its own."""
    for one in DASHBOARDS.values():
        for panel in one.panels:
            known = (DASHBOARDS.keys() - {one.id}) | {"units", "what-if"}
            assert not panel.leads or panel.leads in known, panel.id
