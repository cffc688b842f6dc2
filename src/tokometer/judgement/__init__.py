"""What the numbers mean.

Takes plain numbers and query results, knows nothing of HTTP or drawing. May import `measures` and `records`; imported
by `charts`, `dashboards` and `server`.
"""

from tokometer.judgement.forecast import Day, Forecast, forecast

__all__ = ["Day", "Forecast", "forecast"]
