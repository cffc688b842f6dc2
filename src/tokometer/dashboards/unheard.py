"""Which of the viewer's filters a panel cannot follow: what it counts or judges has no such dimension."""

from __future__ import annotations

from tokometer.dashboards.answers import JUDGED, judgement_of
from tokometer.dashboards.panel import Panel
from tokometer.dashboards.scope import Scope
from tokometer.measures import CUBES, dimension_named


def unheard(panel: Panel, scope: Scope) -> list[str]:
    """Titles of the viewer's filters that what the panel counts has no dimension for."""
    cubes = [CUBES[cube] for cube in dict.fromkeys(name.partition(".")[0] for name in panel.measures) if cube in CUBES]
    return [
        dimension_named(f"calls.{name}").title
        for name in scope.filtered
        if cubes and not any(cube.name == "calls" or name in cube.dimensions for cube in cubes)
    ]


def unknown(panel: Panel, scope: Scope) -> list[str]:
    """Titles of the viewer's filters under which nothing can be told of what the panel judges."""
    cubes = {judgement_of(name)[0].cube if name.startswith(JUDGED) else "calls" for name in panel.measures}
    if len(cubes) != 1 or "calls" in cubes:
        return []
    known = CUBES[cubes.pop()].dimensions
    return [dimension_named(f"calls.{name}").title for name in scope.filtered if name not in known]
