"""Tables, as the registry finds them."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.table.found import FOUND
from tokometer.sources.table.polled import POLLED

SOURCE: Final = Source(
    name="table",
    title="Tables",
    family="own",
    about="Any table of SQLite, CSV, Parquet, PostgreSQL or MySQL, by a map from its columns.",
    found=FOUND,
    polled=POLLED,
)
