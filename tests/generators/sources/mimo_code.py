"""The database of MiMo Code: OpenCode's under another name."""

from __future__ import annotations

from generators.sources import opencode
from generators.sources.kilo_cli import under
from tokometer.conformance import Files

DATABASE = ".local/share/mimocode/mimocode.db"

SQLITE = Files(
    "sqlite",
    "database",
    [under(DATABASE, step) for step in opencode.ROWS],
    # Anthropic's models have prices.
    {name: total for name, total in opencode.TOTALS.items() if name != "cost_reported"},
    spoil=under(DATABASE, opencode.spoil),
)

EXAMPLES = [SQLITE]
