"""Version 6 of the schema: records that wait until our clock has come to them, and rollups that could not be built.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from typing import Final

from tokometer.ledger.tables import Table, columns_of

TABLES: Final = (
    Table(
        "aside",
        columns_of("id: id\ntime: due\nname: workspace source kind\ntext: place\njson: body\nid: refusal"),
        ("id",),
    ),
    Table(
        "unsettled",
        columns_of("name: rollup\nsmall: quarter\ntext: reason\ntime: since"),
        ("rollup", "quarter"),
    ),
)
