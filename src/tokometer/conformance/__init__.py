"""The conformance kit: what every source has to stand, whoever wrote it.

A source brings examples of what its tool leaves behind, sends or answers, made by a generator, with the totals that are
right. `checks` plays them as the world does: again, in another order, cut off, rotated, damaged, interrupted. The
totals must not move. docs/how-to/write-a-source.md shows how to use it; our own sources pass it as well.
"""

from tokometer.conformance.example import Answers, Example, Files, Requests

__all__ = ["Answers", "Example", "Files", "Requests"]
