"""The list of records behind a number: as a page (`/explore`), and as JSON, CSV and Parquet (`/api/records`).

Asks what :mod:`tokometer.measures.listing` answers; may import everything that `server` may.
"""

from tokometer.server.listed.api import router as api
from tokometer.server.listed.pages import router as pages

__all__ = ["api", "pages"]
