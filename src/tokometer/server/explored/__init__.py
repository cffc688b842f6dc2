"""The pages of one record, one trace, one session and one error, and the same as JSON.

Shows what :mod:`tokometer.explorer` finds; may import everything that `server` may.
"""

from tokometer.server.explored.api import router as api
from tokometer.server.explored.pages import router as pages

__all__ = ["api", "pages"]
