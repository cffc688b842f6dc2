"""Books that balance: what we metered and what providers say, side by side, with every gap explained.

`sides` reads the ledger's answers into cells (a provider, a day of UTC, a model), `cell` takes the gap of one cell
apart, `across` looks at cells beside each other (days, models), `book` adds them up, `judged` declares the judgements.
Which causes there are, in which order, and why, says decision 040.
"""

from tokometer.judgement.reconciliation.book import Book, Line, reconcile
from tokometer.judgement.reconciliation.causes import CAUSES, Cause
from tokometer.judgement.reconciliation.stated import Stated

__all__ = ["CAUSES", "Book", "Cause", "Line", "Stated", "reconcile"]
