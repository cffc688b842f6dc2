"""The guide: every panel of the dashboards, what it is good for, what it rests on, and how it differs from ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tokometer.dashboards.answers import described
from tokometer.dashboards.panel import Dashboard, Panel, own_window
from tokometer.reports.grafana.board import pace_of, title_of
from tokometer.reports.grafana.drawn import Drawn
from tokometer.reports.grafana.kinds import drawn
from tokometer.reports.grafana.sight import Sight


def guide(boards: Iterable[Dashboard], sight: Sight) -> str:
    """All dashboards as Markdown."""
    lines = [
        "# Every panel in Grafana",
        "",
        "Made by `tokometer grafana export` from the dashboards' declarations. Numbers are those of our own pages, to",
        "the last digit: each panel asks for the rows behind the panel of the same name there.",
    ]
    for board in boards:
        paces = [sight.every(board.id, panel) for panel in board.panels]
        lines += ["", f"## {board.title}", "", f"{board.about} Renewed every {pace_of(paces)}.", ""]
        for panel in board.panels:
            lines += [*_panel(board, panel, drawn(panel, sight), sight), ""]
    return "\n".join(lines).rstrip() + "\n"


def _panel(board: Dashboard, panel: Panel, shape: Drawn, sight: Sight) -> Iterator[str]:
    kind = shape.panel.build().type_val
    yield f"### {title_of(board, panel)}"
    yield ""
    yield panel.how
    yield ""
    own = own_window(panel)
    rests = ", ".join(f"{described(name).title} (`{name}`)" for name in panel.measures)
    yield f"* Shows: {rests}."
    yield f"* Drawn as: {kind}. {shape.note}".rstrip()
    yield f"* Window: {own[:1].lower() + own[1:] if own else 'the time range above'}."
    yield f"* Its own pace: {sight.every(board.id, panel):g} s."
    steps = _thresholds(shape)
    if steps:
        yield f"* Thresholds: {steps}."


def _thresholds(shape: Drawn) -> str:
    """`green below 0.02, orange from 0.02, red from 0.05`."""
    found = shape.panel.build().field_config
    steps = found.defaults.thresholds.steps if found and found.defaults.thresholds else []
    if len(steps) < 2:  # noqa: PLR2004 - one colour is no threshold
        return ""
    first, *others = ((one.value, one.color) for one in steps)
    below = [] if first[1] == "transparent" else [f"{first[1]} below {others[0][0]:g}"]
    return ", ".join([*below, *(f"{colour} from {value:g}" for value, colour in others)])
