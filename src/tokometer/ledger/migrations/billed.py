"""Version 9 of the schema: reports of usage by providers, and what their bills say beside amounts.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tokometer.ledger.protocol import Engine
from tokometer.ledger.tables import Column, Table, columns_of

#: What each table gets.
COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "bills": columns_of("money: stated_amount? list_amount?\nname: report api_key user service_tier token_type")
}
#: The tables that are new.
TABLES: Final = (
    Table(
        "reported",
        columns_of(
            """id: id
            small: quarter
            time: started_at
            name: workspace source
            text: native_id trace_id span_id parent_id
            int: revision origin
            name: machine account region
            int: label_set?
            name: provider
            time: ended_at
            name: report model project api_key user team service_tier operation
            int: requests? input_tokens? cache_read_tokens? cache_write_5m_tokens? cache_write_1h_tokens?
            int: cache_write_unknown_tokens? output_tokens? reasoning_tokens? unsplit_tokens?
            float: quantity?
            name: quantity_unit
            money: estimated_cost?"""
        ),
        ("id",),
    ),
)


def statements(engine: Engine) -> Iterator[str]:
    """The rest of the step: what a line in another currency says is no US dollars. It can be run again."""
    where = "WHERE currency NOT IN ('', 'USD') AND stated_amount IS NULL AND amount IS NOT NULL"
    if engine == "clickhouse":
        yield "ALTER TABLE bills MODIFY COLUMN amount Nullable(Decimal(18, 9))"
        yield f"ALTER TABLE bills UPDATE stated_amount = amount, amount = NULL {where} SETTINGS mutations_sync = 2"
    else:
        yield "ALTER TABLE bills ALTER COLUMN amount DROP NOT NULL"
        yield f"UPDATE bills SET stated_amount = amount, amount = NULL {where}"
