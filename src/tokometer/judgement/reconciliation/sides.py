"""The sides of a reconciliation, in cells: what was metered, reported and billed of a provider's model on a day.

Money is whole nano-dollars (int). Tokens are vectors over :data:`BUCKETS`, by service tier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.reconciliation.names import meeting, tier_of

#: Prompt tokens first, as calls have them; then what came out.
BUCKETS: Final = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
OUTPUT: Final = 4
NANO: Final = 9
Row = Mapping[str, Any]
Vector = list[int]
#: Of which tokens a line of a bill is, by its `token_type`; 5 and 1 hour of writes are one there.
_TOKEN_TYPES: Final = {"input": 0, "cache_read": 1, "cache_write": 2, "output": OUTPUT}
_TOKENS: Final = ("tokens", "token")
_NO_TOKENS: Final = (0, 0, 0, 0, 0)


def nothing() -> Vector:
    """A vector of no tokens."""
    return [0, 0, 0, 0, 0]


@dataclass(slots=True)
class Used:
    """What was used in one service tier, as one side has it."""

    requests: int = 0
    tokens: Vector = field(default_factory=nothing)
    #: Metered: what it cost, and how many of its tokens have no price.
    cost: int = 0
    unpriced: int = 0
    #: Tokens of unknown direction; of no bucket.
    unsplit: int = 0

    @property
    def total(self) -> int:
        """All of its tokens."""
        return sum(self.tokens) + self.unsplit


@dataclass(slots=True)
class Charged:
    """What the bill has."""

    #: Usage, and what it would have cost without discounts.
    usage: int = 0
    listed: int = 0
    #: Credits, refunds and corrections.
    credits: int = 0
    invoiced: int = 0
    lines: int = 0
    #: Of `usage`: what stands in lines of another currency.
    foreign: int = 0
    unconverted: int = 0
    #: Tokens by tier, where lines say how many of which kind; and how many in all, where they do not say which.
    tokens: dict[str, Vector] = field(default_factory=dict)
    unsplit: float = 0.0
    #: Names of tiers of lines.
    tiers: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.usage + self.credits


@dataclass(slots=True)
class Cell:
    """A provider's model on a day of UTC, by one further name (a project, a key) where that was asked for."""

    provider: str
    day: date
    model: str
    of: str = ""
    metered: dict[str, Used] = field(default_factory=dict)
    reported: dict[str, Used] = field(default_factory=dict)
    billed: Charged = field(default_factory=Charged)
    #: The names of the model as each side has it, for links: of calls, and of statements.
    called: set[str] = field(default_factory=set)
    stated: set[str] = field(default_factory=set)
    #: What the report reckons that it cost.
    estimated: int = 0

    @property
    def cost(self) -> int:
        """What was metered."""
        return sum(used.cost for used in self.metered.values())

    @property
    def gap(self) -> int:
        """How much more was billed than metered."""
        return self.billed.total - self.cost


Key = tuple[str, date, str, str]


@dataclass(slots=True)
class Cells:
    """Cells by what they are about."""

    found: dict[Key, Cell] = field(default_factory=dict)
    #: Providers whose bills name models; others are held against each other by day.
    named: set[str] = field(default_factory=set)

    def at(self, provider: str, row: Row, of: str) -> Cell:
        """The cell of a row."""
        day = row["day"]
        raw = row.get("model") or ""
        model = meeting(raw, provider) if raw else ""
        other = str(row.get(of) or "") if of else ""
        key = provider, day, model, other
        cell = self.found.get(key)
        if cell is None:
            cell = self.found[key] = Cell(provider, day, model, other)
        return cell


def nano(value: Decimal | None) -> int:
    """US dollars as whole nano-dollars; nothing where that is unknown."""
    return 0 if value is None else int(value.scaleb(NANO))


def usd(value: int) -> Decimal:
    """Nano-dollars as US dollars."""
    return Decimal(value).scaleb(-NANO)


def read(metered: Iterable[Row], reported: Iterable[Row], billed: Sequence[Row], of: str = "") -> Cells:
    """The cells that rows of the three sides are about."""
    cells = Cells()
    for row in metered:
        _meter(cells.at(row["provider"], row, of), row)
    for row in reported:
        _report(cells.at(row["provider"], row, of), row)
    for row in billed:
        if row.get("model"):
            cells.named.add(row["provider"])
        _bill(cells.at(row["provider"], row, of), row)
    return cells


def _meter(cell: Cell, row: Row) -> None:
    used = _used(cell.metered, row)
    used.cost += nano(row["cost"])
    used.unpriced += (row["total_tokens"] or 0) - (row["priced_tokens"] or 0)
    _add(used.tokens, row, row["cache_write_5m_tokens"] or 0, row["cache_write_1h_tokens"] or 0)
    cell.called.add(row["model"] or "")


def _report(cell: Cell, row: Row) -> None:
    used = _used(cell.reported, row)
    written, hour = row["cache_write_tokens"] or 0, row["cache_write_1h_tokens"] or 0
    unknown = row["cache_write_unknown_tokens"] or 0
    # Written for a time that the report does not tell: as long as the metered ones are.
    known = [used.tokens for used in cell.metered.values()]
    fives, hours = sum(one[2] for one in known), sum(one[3] for one in known)
    longer = unknown * hours // (fives + hours) if fives + hours else 0
    _add(used.tokens, row, written - hour - longer, hour + longer)
    cell.estimated += nano(row["estimated_cost"])
    cell.stated.add(row["model"] or "")


def _used(tiers: dict[str, Used], row: Row) -> Used:
    """What is used in the tier of a row, with what it says of any side."""
    tier = tier_of(row["service_tier"] or "")
    used = tiers.get(tier)
    if used is None:
        used = tiers[tier] = Used()
    used.requests += row["requests"] or 0
    used.unsplit += row["unsplit_tokens"] or 0
    return used


def _add(to: Vector, row: Row, fives: int, hours: int) -> None:
    to[0] += row["input_tokens"] or 0
    to[1] += row["cache_read_tokens"] or 0
    to[2] += fives
    to[3] += hours
    to[4] += row["output_tokens"] or 0


def _bill(cell: Cell, row: Row) -> None:
    bill, amount = cell.billed, nano(row["amount"])
    given = nano(row["credits"])
    if row["type"] == "credit":
        # What is granted is no part of what is to be paid; what is taken off it is.
        bill.credits += min(given, 0)
    elif row["type"] == "adjustment":
        bill.credits += amount
    elif row["type"] == "usage":
        bill.usage += amount
        bill.listed += nano(row["listed"])
        if row["currency"] not in ("", "USD"):
            bill.foreign += amount
        _count(bill, row)
    else:
        return
    bill.invoiced += (amount or min(given, 0)) if row["invoice"] else 0
    bill.lines += row["lines"] or 0
    bill.unconverted += row["unconverted"] or 0
    cell.stated.add(row["model"] or "")


def _count(bill: Charged, row: Row) -> None:
    """The tokens that lines of usage say they are of."""
    if row["quantity_unit"] not in _TOKENS or not row["quantity"]:
        return
    bucket = _TOKEN_TYPES.get(row["token_type"] or "")
    if bucket is None:
        bill.unsplit += row["quantity"]
        return
    tier = tier_of(row["service_tier"] or "")
    bill.tokens.setdefault(tier, nothing())[bucket] += round(row["quantity"])
    bill.tiers.add(tier)
