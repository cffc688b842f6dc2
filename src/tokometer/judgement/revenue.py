"""Revenue: what callers paid, told by records, rate cards and bills, and never twice.

A call that states its own revenue is believed. Any other is charged by the rate card of its team and model, where there
is one. A line of revenue in a bill counts unless calls of the team or model that it names have revenue by themselves or
by a card: then it is the bill for the same. A line that names neither always counts.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Matter
from tokometer.measures import Filter, Query, Question, Result
from tokometer.measures.query import MOST_VALUES
from tokometer.settings import RateCard, Settings

NONE_CONFIGURED: Final = "no revenue configured"
#: A call has revenue of its own if it states one that is not zero.
STATED: Final = "calls.revenue_stated"
_NANO: Final = Decimal("0.000000001")
_CARDED: Final = ("revenue", "cost", "requests", "prompt_tokens", "output_tokens", "total_tokens")
#: What cards and bills name calls by.
_NAMED_BY: Final = ("team", "model")
Key = tuple[Any, ...]


@dataclass(slots=True)
class Earned:
    """Revenue by where it is from, in USD; None where nothing says that there is any."""

    recorded: Decimal | None = None
    rated: Decimal | None = None
    billed: Decimal | None = None
    #: Lines of bills that are for the same as other revenue.
    left_out: Decimal | None = None

    @property
    def total(self) -> Decimal | None:
        """All of it that counts."""
        parts = [part for part in (self.recorded, self.rated, self.billed) if part is not None]
        return sum(parts, Decimal(0)) if parts else None

    @property
    def basis(self) -> str:
        """Where it is from, in words."""
        parts = {"records": self.recorded, "rate cards": self.rated, "bills": self.billed}
        return " + ".join(name for name, part in parts.items() if part is not None) or NONE_CONFIGURED


@dataclass(frozen=True, slots=True)
class _Group:
    """Calls with one value of the asked dimension, and of team and model as far as these matter."""

    name: Any
    team: str
    model: str
    row: Mapping[str, Any]


def earned(
    matter: Matter, settings: Settings
) -> Generator[tuple[Question, ...], tuple[Result, ...], dict[Any, Earned]]:
    """The revenue of the matter's calls and of bills, by the matter's dimension ('' without one)."""
    bills = yield from _bills(matter)
    by = _dimensions(matter, settings, bills)
    [calls] = yield (matter.query(*_CARDED, by=by),)
    groups = [_group(matter.by, row) for row in calls.rows]
    unstated = yield from _unstated(matter, settings, groups, by)
    found: dict[Any, Earned] = {}
    charged: set[tuple[str, str]] = set()
    for group in groups:
        into = found.setdefault(group.name, Earned())
        if group.row["revenue"]:
            into.recorded = (into.recorded or Decimal(0)) + group.row["revenue"]
            charged.add((group.team, group.model))
        card = settings.rate_card_for(team=group.team, model=group.model)
        fee = _fee(card, unstated.get((group.name, group.team, group.model), group.row)) if card else None
        if fee is not None:
            into.rated = (into.rated or Decimal(0)) + fee
            charged.add((group.team, group.model))
    for line in bills:
        _add(found.setdefault(line.name, Earned()), line, charged)
    for one in found.values():
        # Not before: rounded by group, the sum would depend on what it is grouped by.
        one.rated = None if one.rated is None else one.rated.quantize(_NANO)
    return found


def _bills(matter: Matter) -> Generator[tuple[Question, ...], tuple[Result, ...], list[_Group]]:
    """Lines of revenue, unless bills cannot be told by what the calls are chosen by."""
    where = matter.where_in("bills")
    if where is None:
        return []
    by = tuple(dict.fromkeys(name for name in (matter.by, *_NAMED_BY) if name))
    revenue = Query(
        measures=("bills.revenue",),
        by=tuple(f"bills.{name}" for name in by),
        where=(*where, Filter("bills.type", "=", ("revenue",))),
        since=matter.since,
        until=matter.until,
        tz=matter.tz,
    )
    [result] = yield (revenue,)
    return [_group(matter.by, row) for row in result.rows if row["revenue"]]


def _group(by: str, row: Mapping[str, Any]) -> _Group:
    return _Group(row[by] if by else "", row.get("team", ""), row.get("model", ""), row)


def _dimensions(matter: Matter, settings: Settings, bills: Sequence[_Group]) -> tuple[str, ...]:
    """What calls have to be told apart by: cards and bills may name teams and models."""
    teams = any(card.team for card in settings.rate_cards) or any(line.team for line in bills)
    models = any(card.model for card in settings.rate_cards) or any(line.model for line in bills)
    named = (("team",) if teams else ()) + (("model",) if models else ())
    return tuple(dict.fromkeys(name for name in (matter.by, *named) if name))


def _unstated(
    matter: Matter, settings: Settings, groups: Sequence[_Group], by: Sequence[str]
) -> Generator[tuple[Question, ...], tuple[Result, ...], dict[Key, Mapping[str, Any]]]:
    """Of groups with a card in which some calls state their own revenue: the others, which the card is for."""
    mixed = {
        (group.name, group.team, group.model)
        for group in groups
        if group.row["revenue"] and settings.rate_card_for(team=group.team, model=group.model)
    }
    if not mixed:
        return {}
    # No rollup tells these calls apart, so that no more of them are looked at than have to be.
    named = [
        Filter(f"calls.{name}", "in", tuple(sorted({key[place] for key in mixed})))
        for place, name in enumerate(_NAMED_BY, start=1)
        if name in by and len(mixed) <= MOST_VALUES
    ]
    [rest] = yield (matter.query(*_CARDED, by=by, where=(Filter(STATED, "=", ("no",)), *named)),)
    others = {(one.name, one.team, one.model): one.row for one in (_group(matter.by, row) for row in rest.rows)}
    return {key: others.get(key, {}) for key in mixed}


def _fee(card: RateCard, row: Mapping[str, Any]) -> Decimal | None:
    """What a card charges for calls; a price of all tokens is one of those of unknown direction, too."""
    if not row or not row["requests"]:
        return None
    output = row["output_tokens"]
    taken = row["total_tokens"] - output if card.per_mtok is not None else row["prompt_tokens"]
    return card.revenue(cost=row["cost"], input_tokens=taken, output_tokens=output, requests=row["requests"])


def _add(into: Earned, line: _Group, charged: set[tuple[str, str]]) -> None:
    """Count a line of a bill, or note that it is for what is counted already."""
    named = bool(line.team or line.model)
    same = named and any(line.team in ("", team) and line.model in ("", model) for team, model in charged)
    if same:
        into.left_out = (into.left_out or Decimal(0)) + line.row["revenue"]
    else:
        into.billed = (into.billed or Decimal(0)) + line.row["revenue"]
