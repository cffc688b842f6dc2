"""What the numbers mean.

A judgement is declared in a module of its own and listed in `catalogue`; `declared` says what one is and asks it,
`asked` reads questions from outside. Takes plain numbers and answers of measures, knows nothing of HTTP or drawing. May
import `measures`, `prices`, `settings` and `records`; imported by `charts`, `dashboards`, `server` and `cli`.
"""

from tokometer.judgement.forecast import Day, Forecast, forecast

__all__ = ["Day", "Forecast", "forecast"]
