"""From a panel's answer to what stands on paper: one function for each kind of panel.

A kind that has none is a table of its rows, so that a new kind can be exported before anyone thinks of paper.
"""

from tokometer.reports.pieces.piece import piece_of

__all__ = ["piece_of"]
