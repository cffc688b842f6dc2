"""A dashboard as a report: what it says first, its panels in rows, and notes on how sure its numbers are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tokometer.dashboards import Context, Dashboard, Panel
from tokometer.dashboards.certainty import mark_of
from tokometer.judgement.certainty import CERTAINTY
from tokometer.reports.answered import Answered
from tokometer.reports.blocks import Dials, Figures, Lanes, Piece
from tokometer.reports.paper import Paper, Part, Placed, Report
from tokometer.reports.pieces import piece_of
from tokometer.reports.rows import about

#: Twelfths of a row.
_ROW: Final = 12
#: A table with more columns than this takes the whole width, as do more figures or dials than this.
_FEW_COLUMNS, _FEW_FIGURES, _FEW_DIALS = 4, 3, 3
#: Reports with more panels than this begin with a table of contents.
_SHORT: Final = 7


def report_of(
    dashboard: Dashboard,
    context: Context,
    ask: Callable[[Panel], Answered],
    *,
    paper: Paper = "a4",
    demo: bool = False,
) -> Report:
    """Ask every panel of a dashboard and put the answers on paper.

    `ask` gives a panel's answer; it may raise, which ends it.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    parts = []
    for section in dashboard.sections:
        pieces = [piece_of(ask(panel)) for panel in section.panels]
        parts.append(Part(section.title, list(_rows(pieces))))
    scope = context.scope
    offset = scope.now.utcoffset()
    return Report(
        dashboard.title,
        about(dashboard, scope)[1:],
        parts,
        _notes(context),
        paper,
        demo,
        sum(len(row) for part in parts for row in part.rows) > _SHORT,
        int(scope.now.timestamp()),
        int(offset.total_seconds() // 60) if offset else 0,
    )


def _notes(context: Context) -> list[str]:
    """How sure the money is, and how numbers are written."""
    sure = context.query(context.scope.window, "cost", *CERTAINTY).rows
    row = sure[0] if sure else {}
    mark = mark_of(row) if row else ""
    if mark:
        return [f"Cost in this period: {mark}.", _READING]
    known = "Every call in this period has an exact price." if row and row.get("cost") is not None else ""
    return [note for note in (known, _READING) if note]


_READING: Final = (
    "Figures are rounded as on the page, with the exact amount below where it differs; the Excel, CSV and Parquet "
    "files of the same page have every digit. ≈ marks amounts that contain assumed prices; what has no known price "
    "is counted and named, never shown as $0. A dash is what is not known."
)


def _rows(pieces: Sequence[Piece]) -> Iterator[list[Placed]]:
    """Pieces in rows as on a page, each row filled."""
    row: list[Placed] = []
    for piece in pieces:
        span = _span(piece)
        if row and sum(one.span for one in row) + span > _ROW:
            yield _stretched(row)
            row = []
        row.append(Placed(piece, span))
    if row:
        yield _stretched(row)


def _stretched(row: list[Placed]) -> list[Placed]:
    """The same row without room that is left."""
    taken = sum(one.span for one in row)
    if taken == _ROW:
        return row
    share, rest = divmod(_ROW - taken, len(row))
    return [Placed(one.piece, one.span + share + (at < rest)) for at, one in enumerate(row)]


def _span(piece: Piece) -> int:
    """How wide a piece stands on paper, which is narrower than a screen."""
    figures = max((len(block.items) for block in piece.blocks if isinstance(block, Figures)), default=0)
    dials = max((len(block.items) for block in piece.blocks if isinstance(block, Dials)), default=0)
    wide = any(isinstance(block, Lanes) for block in piece.blocks)
    if piece.columns > _FEW_COLUMNS or figures > _FEW_FIGURES or dials > _FEW_DIALS or wide:
        return _ROW
    if all(isinstance(block, Figures) for block in piece.blocks):
        return 3 if piece.width <= 3 else 4 if piece.width <= 4 else 6  # noqa: PLR2004 - quarters, thirds, halves
    if piece.width <= 4 and not piece.columns:  # noqa: PLR2004 - thirds
        return 4
    return 6 if piece.width <= 8 else _ROW  # noqa: PLR2004 - what leaves room on a screen is half a page
