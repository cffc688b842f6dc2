"""Usage as Cursor's dashboard exports it, with the columns of today and of before."""

from __future__ import annotations

from pathlib import Path

from generators.left import text, together
from tokometer.conformance import Files

NEW = (
    "Date,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost"
)
OLD = "Date,Model,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost,Cost to you"


def row(*values: object) -> str:
    """A row, each value in quotes."""
    return ",".join(f'"{value}"' for value in values)


def export(header: str, *rows: str) -> str:
    """An export."""
    return "\n".join([header, *rows]) + "\n"


AUTO = row("2026-03-02T18:36:05.846Z", "Included", "auto", "No", 28342, 775, 105891, 21282, 156290, "0.19")
DEMAND = row("2026-03-02T13:35:04.658Z", "On-Demand", "gpt-5-codex", "No", 0, 8263, 66964, 1612, 76839, "$0.03")
PLAN = row("2026-03-02T12:00:00.000Z", "Included", "claude-4.5-sonnet", "Yes", 100, 10, 0, 20, 130, "Included")
FAILED = row("2026-03-02T11:00:00.000Z", "Errored, Not Charged", "gpt-5-codex", "No", 0, 0, 0, 0, 0, "NaN")
TWIN = row("2026-03-02T10:00:00.000Z", "On-Demand", "gpt-5-codex", "No", 0, 5, 0, 5, 10, "$1,000.50")

_JUNE = row("2025-06-02", "gpt-4o", 10, 5, 0, 15, 30, "$0.10", "$0.10")
_FREE = row("2025-06-03", "claude-4-sonnet", 12, 5, 100, 15, 127, "$0.10", "$0")


def _spoil(home: Path) -> None:
    """Break one number of one row."""
    path = home / "exports/march.csv"
    path.write_text(path.read_text().replace('"8263"', '"many"'))


TODAY = Files(
    "kinds",
    "document",
    [
        text("exports/march.csv", export(NEW, PLAN, FAILED, TWIN, TWIN)),
        together(
            text("exports/march.csv", export(NEW, AUTO, DEMAND, PLAN, FAILED, TWIN, TWIN)),
            # Another export that overlaps, in the other order.
            text("exports/again.csv", export(NEW, TWIN, TWIN, FAILED, PLAN)),
        ),
    ],
    {
        "calls": 6,
        "errors": 1,
        "input_tokens": 775 + 8_263 + 10 + 2 * 5,
        "cache_read_tokens": 105_891 + 66_964,
        "cache_write_tokens": 28_342 + 100,
        "output_tokens": 21_282 + 1_612 + 20 + 2 * 5,
        "cost_reported": 190_000_000 + 30_000_000 + 2 * 1_000_500_000_000,
    },
    named=("exports/march.csv", "exports/again.csv"),
    spoil=_spoil,
)
BEFORE = Files(
    "cost_to_you",
    "document",
    [text("exports/june.csv", export(OLD, _JUNE, _FREE))],
    {
        "calls": 2,
        "input_tokens": 5 + 5,
        # The first total proves the two inputs apart, the second one inside the other.
        "cache_write_tokens": 10 + 7,
        "cache_read_tokens": 100,
        "output_tokens": 30,
        "cost_reported": 100_000_000,
    },
    named=("exports/june.csv",),
)

EXAMPLES = [TODAY, BEFORE]
