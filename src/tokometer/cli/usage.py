"""Usage as a report shows it: rows of tokens and cost per key, their models, and a total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Final, Literal

from tokometer.cli.options import DEFAULT_SINCE
from tokometer.records.plural import counted, verb

Kind = Literal["daily", "weekly", "monthly", "session", "model", "agent"]

#: What one row stands for, as dimensions; the model is always asked for as well.
DIMENSIONS: Final[dict[Kind, tuple[str, ...]]] = {
    "daily": ("calls.day",),
    "weekly": ("calls.week",),
    "monthly": ("calls.month",),
    # The day tells when a session was last active.
    "session": ("calls.session", "calls.source", "calls.project", "calls.day"),
    "model": (),
    "agent": ("calls.agent", "calls.source"),
}
_MEASURES: Final = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cache_write_tokens",
    "cache_read_tokens",
    "total_tokens",
    "cost",
    "unpriced",
    "assumed",
    "cost_assumed",
    "no_price",
    "usage_unknown",
)
#: So many models without a price are named.
_NAMED: Final = 5
#: Characters of each.
_LONGEST: Final = 60
_MONEY: Final = ("cost", "cost_assumed")


@dataclass(slots=True)
class Amount:
    """Calls, tokens and cost. `cost` is that of the priced calls; `unpriced` says how many are not in it.

    Of these, `no_price` are of models that no price is known for, and of `usage_unknown` nobody said what they used.
    `assumed` says how many of the priced calls have a price that rests on an assumption, `cost_assumed` what they cost.
    """

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0
    total_tokens: int = 0
    cost: Decimal = Decimal(0)
    unpriced: int = 0
    assumed: int = 0
    cost_assumed: Decimal = Decimal(0)
    no_price: int = 0
    usage_unknown: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row of an answer."""
        for name in _MEASURES:
            value = row[name]
            if value is not None:
                setattr(self, name, getattr(self, name) + (Decimal(value) if name in _MONEY else int(value)))

    @property
    def known_cost(self) -> Decimal | None:
        """The cost; None where no call has a price, or where those that have one cost nothing and others have none."""
        return None if self.unpriced and (not self.cost or self.unpriced >= self.requests) else self.cost

    def to_json(self) -> dict[str, Any]:
        """Numbers as they are, money as an exact decimal string, null for none."""
        values = {column.name: getattr(self, column.name) for column in fields(self)}
        values["cost"] = None if self.known_cost is None else f"{self.cost:.9f}"
        values["cost_assumed"] = f"{self.cost_assumed:.9f}"
        return values


@dataclass(slots=True)
class Row:
    """What one day, session, model or agent used."""

    key: str
    amount: Amount = field(default_factory=Amount)
    models: dict[str, Amount] = field(default_factory=dict)
    project: str = ""
    source: str = ""
    last_day: str = ""

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row of an answer."""
        self.amount.add(row)
        self.models.setdefault(row["model"] or "(unknown)", Amount()).add(row)
        self.project = self.project or row.get("project", "")
        self.source = self.source or row.get("source", "")
        self.last_day = max(self.last_day, row.get("day", ""))

    @property
    def costliest_first(self) -> list[tuple[str, Amount]]:
        """Its models, by cost."""
        return sorted(self.models.items(), key=lambda item: (-item[1].cost, -item[1].total_tokens, item[0]))


@dataclass(slots=True)
class Usage:
    """A whole report."""

    kind: Kind
    rows: list[Row]
    total: Amount
    #: Those that no price is known for.
    unpriced_models: list[str]


def missing_words(no_price: int, usage_unknown: int, models: Sequence[str] = ()) -> str:
    """How many calls a cost leaves out, and why; `models` are those without a price."""
    parts = []
    if no_price:
        named = ", ".join(_short(name) for name in models[:_NAMED])
        which = f": {named}{', …' if len(models) > _NAMED else ''}" if models else ""
        parts.append(f"{counted(no_price, 'call')} of {verb(no_price, 'a model', 'models')} without a price{which}")
    if usage_unknown:
        parts.append(f"{counted(usage_unknown, 'call')} of unknown usage (timeouts, or nobody said)")
    are = verb(no_price + usage_unknown, "is", "are")
    return f"{' and '.join(parts)} {are} not in the cost; `tokometer doctor` says more"


def _short(name: str) -> str:
    """A name in a sentence: cut in the middle where it is longer than anyone reads."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]}…{name[-(_LONGEST // 2 - 1) :]}"


def question(kind: Kind, *, since: str | None, until: str | None, tz: str) -> dict[str, Any]:
    """The query that a report needs."""
    asked: dict[str, Any] = {
        "measures": [f"calls.{name}" for name in _MEASURES],
        "by": [*DIMENSIONS[kind], "calls.model"],
        "since": since or DEFAULT_SINCE,
        "tz": tz,
    }
    if until:
        asked["until"] = until
    return asked


def usage(kind: Kind, answer: Iterable[Mapping[str, Any]]) -> Usage:
    """The report that the rows of an answer make."""
    rows: dict[str, Row] = {}
    total = Amount()
    unpriced = set()
    for row in answer:
        key = _key(kind, row)
        # Sessions are known by source and id, and two tools may use one id.
        found = rows.setdefault(f"{row['source']} {key}" if kind == "session" else key, Row(key))
        found.add(row)
        total.add(row)
        if row["no_price"]:
            unpriced.add(row["model"] or "(unknown)")
    return Usage(kind, sorted(rows.values(), key=_order(kind)), total, sorted(unpriced))


def _key(kind: Kind, row: Mapping[str, Any]) -> str:
    if kind == "agent":
        return str(row["agent"] or row["source"] or "(unknown)")
    name = {"daily": "day", "weekly": "week", "monthly": "month"}.get(kind, kind)
    text = str(row[name] or "(unknown)")
    return text[:7] if kind == "monthly" else text


def _order(kind: Kind) -> Any:  # noqa: ANN401 - a sort key
    """Days in order, sessions by when they were last active, models and agents by cost."""
    if kind == "session":
        return lambda row: (row.last_day, row.amount.cost, row.key)
    if kind in {"model", "agent"}:
        return lambda row: (-row.amount.cost, -row.amount.total_tokens, row.key)
    return lambda row: row.key
