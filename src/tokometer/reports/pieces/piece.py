"""Which function makes the piece of which kind of panel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tokometer.reports.answered import Answered
from tokometer.reports.blocks import Block, Piece
from tokometer.reports.pieces import charts, figures, tables

#: By kind of panel: what it shows as blocks.
KINDS: Final[Mapping[str, Callable[[dict[str, Any], Answered], Iterator[Block]]]] = {
    "advice": tables.advice,
    "alerts": tables.alerts,
    "balance": tables.brief,
    "bridge": figures.bridge,
    "brief": tables.brief,
    "bubble": charts.bubble,
    "cards": tables.cards,
    "cross": tables.cross,
    "distribution": charts.distribution,
    "feed": tables.feed,
    "figures": figures.figures,
    "gapmap": charts.heatmap,
    "gauge": figures.gauge,
    "grid": tables.grid,
    "heatmap": charts.heatmap,
    "histogram": charts.histogram,
    "incidents": tables.incidents,
    "itemised": tables.itemised,
    "matrix": tables.matrix,
    "outlook": figures.outlook,
    "periods": figures.periods,
    "ranking": tables.ranking,
    "series": charts.series,
    "share": charts.share,
    "stat": figures.stat,
    "tally": figures.tally,
    "treemap": charts.treemap,
    "verdicts": tables.verdicts,
    "waste": tables.waste,
}


def piece_of(answer: Answered) -> Piece:
    """A panel's answer as it stands on paper."""
    shown = answer.view.shown
    blocks = list(KINDS.get(answer.panel.kind, tables.plain)(shown, answer))
    own = answer.own_window
    subs = [str(shown.get("sub") or "")]
    if own and own.casefold() not in subs[0].casefold() and not shown.get("of_window"):
        subs.append(own)
    return Piece(
        answer.panel.id,
        answer.title,
        blocks,
        " · ".join(filter(None, subs)),
        answer.panel.width,
        list(answer.remarks),
    )
