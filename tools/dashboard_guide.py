"""The guide to the dashboards, from their declarations: tables of `reference/dashboards.md`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokometer.dashboards import Dashboard, Panel

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"


def dashboards() -> str:
    """Every dashboard: whom it answers what, its picture, and its panels."""
    from tokometer.dashboards import DASHBOARDS

    return "\n".join(_dashboard(dashboard) for dashboard in DASHBOARDS.values())


def _dashboard(dashboard: Dashboard) -> str:
    from tokometer.dashboards import RANGES

    marked = [panel.title for panel in dashboard.panels if getattr(panel, "marks", False)]
    words = [
        f"At `/{dashboard.id}`, keys `g` `{dashboard.key}`; opens with *{RANGES[dashboard.range]}*.",
        f"Follows {_listed(_controls(dashboard))}." if _controls(dashboard) else "",
        f"Price changes and incidents are marked on {_listed(_shorter(marked))}." if marked else "",
    ]
    picture = IMAGES / f"{dashboard.id}-light.png"
    shown = f"![{dashboard.title}, on demo data](../images/{picture.name})\n\n" if picture.exists() else ""
    head = f"## {dashboard.title}\n\n{dashboard.about}\n\n{' '.join(filter(None, words))}\n\n{shown}"
    rows = (row for section in dashboard.sections for panel in section.panels for row in [_row(dashboard, panel)])
    return head + _table("panel | how to read it | kind | window | renewed | from", rows)


def _row(dashboard: Dashboard, panel: Panel) -> tuple[str, ...]:
    from tokometer.dashboards import titled

    title = titled(panel, default=dashboard.range)
    return (
        f"**{title}**<br>[`/api/panels/{panel.id}.csv`](#csv)",
        panel.how,
        f"[{type(panel).__name__}](#kinds-of-panels)",
        _window(panel),
        f"{panel.every} s",
        "<br>".join(_link(name) for name in panel.measures if not _is_doubt(name)),
    )


def _window(panel: Panel) -> str:
    from tokometer.dashboards.panel import own_window

    if getattr(panel, "trend", False) is True and panel.kind == "series":
        return "the trend's"
    if own := own_window(panel):
        return own
    if panel.window:
        return "all time"
    return "the chosen one" if "range" in panel.uses else "its own"


def _controls(dashboard: Dashboard) -> list[str]:
    used = {choice for panel in dashboard.panels for choice in panel.uses}
    words = {
        "range": "the range",
        "complete": "*Whole periods*",
        "compare": "*vs previous*",
        "show": "*Tables show*",
        "per": "*Costs over time*",
        "trend": "*Daily, Weekly, Monthly*",
        "measure": "*Cost, Tokens, Requests*",
    }
    return [word for choice, word in words.items() if choice in used]


def _link(name: str) -> str:
    """`calls.cost`, with a link to where it is defined."""
    cube, _, rest = name.partition(".")
    if cube == "judgement":
        anchor = re.sub(r"[^\w\-]", "", f"judgement{rest.partition('.')[0]}")
        return f"[`{rest}`](judgements.md#{anchor})"
    return f"[`{name}`](measures.md#{cube})"


def _is_doubt(name: str) -> bool:
    """True for what only says how sure a cost is: it stands beside every cost."""
    from tokometer.dashboards.certainty import CERTAINTY

    return name.removeprefix("calls.") in CERTAINTY


def kinds() -> str:
    """The kinds of panels, by what their classes say of them."""
    from tokometer.dashboards import DASHBOARDS

    panels = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
    classes = {type(panel).__name__: type(panel) for panel in panels}
    rows = (
        (
            name,
            (classes[name].__doc__ or "").partition("\n\n")[0].replace("\n    ", " "),
            str(sum(type(panel) is classes[name] for panel in panels)),
        )
        for name in sorted(classes)
    )
    return _table("kind | what it shows | panels", rows)


def ranges() -> str:
    """The ranges of the menu."""
    from tokometer.dashboards import RANGES

    return _table("`range` | title", ((f"`{name}`", title) for name, title in RANGES.items()))


def _shorter(titles: list[str]) -> list[str]:
    return [f"*{title.replace(' ({range})', '')}*" for title in titles]


def _listed(words: list[str]) -> str:
    """`a, b and c`."""
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else "".join(words)


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    from sections import table

    return table(head, rows)
