"""What a call costs, at the price of its own time.

Reads the user's own prices (`prices.toml`) first and the public catalogue (genai-prices) second; what neither knows is
unpriced, which is not 0. Knows records, not where they are stored. Sources never price; the writer and the importer do.

Only the book is offered here, because every command that prices pays for what this module imports; the errors of
`prices.toml` are in :mod:`tokometer.prices.overrides`, explanations in :mod:`tokometer.prices.explanation`.
"""

from tokometer.prices.book import PriceBook

__all__ = ["PriceBook"]
