"""Kinds of our panels as panels of Grafana: one function a kind, of (the panel, the sight).

A panel of a known kind needs nothing here. What Grafana cannot draw is the nearest that it can, and says so (`note`).
"""

from collections.abc import Callable
from typing import Any, Final

from tokometer.dashboards.panel import Panel
from tokometer.reports.grafana.drawn import Drawn
from tokometer.reports.grafana.kinds import courses, parts, single, tables
from tokometer.reports.grafana.sight import Sight

#: By the kind that a panel names.
DRAWERS: Final[dict[str, Callable[[Any, Sight], Drawn]]] = {
    "advice": tables.draw_advice,
    "alerts": tables.draw_alerts,
    "balance": single.draw_elsewhere,
    "bridge": single.draw_bridge,
    "brief": single.draw_elsewhere,
    "bubble": parts.draw_bubble,
    "cards": tables.draw_cards,
    "cross": tables.draw_cross,
    "distribution": parts.draw_distribution,
    "feed": tables.draw_feed,
    "figures": single.draw_figures,
    "gapmap": single.draw_elsewhere,
    "gauge": single.draw_gauge,
    "grid": single.draw_grid,
    "heatmap": courses.draw_heatmap,
    "histogram": parts.draw_histogram,
    "incidents": tables.draw_incidents,
    "itemised": tables.draw_itemised,
    "matrix": tables.draw_matrix,
    "outlook": tables.draw_outlook,
    "periods": tables.draw_periods,
    "ranking": parts.draw_ranking,
    "series": courses.draw_series,
    "share": parts.draw_share,
    "stat": single.draw_stat,
    "tally": single.draw_tally,
    "treemap": parts.draw_treemap,
    "verdicts": tables.draw_verdicts,
    "waste": tables.draw_waste,
}


def drawn(panel: Panel, sight: Sight) -> Drawn:
    """A panel as Grafana's, with what it asks; a link to our page where its kind has no function here."""
    return DRAWERS.get(panel.kind, single.draw_elsewhere)(panel, sight)


__all__ = ["DRAWERS", "drawn"]
