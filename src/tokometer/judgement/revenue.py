"""Revenue: what callers paid, told by records, rate cards and bills, and never twice.

A call that states its own revenue is believed. Any other is charged by the rate card that holds for it, where there is
one (:mod:`tokometer.judgement.cards`); monthly fees count by the day. A line of revenue in a bill counts unless calls
of the team or model that it names have revenue by themselves or by a card: then it is the bill for the same. A line
that names neither always counts.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.cards import by_day, dimensions_of
from tokometer.judgement.charging import Charging
from tokometer.judgement.declared import Matter
from tokometer.measures import Filter, Query, Question, Result
from tokometer.measures.query import MOST_VALUES
from tokometer.settings import Settings

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
    """Calls with one value of the asked dimension, and of what cards and bills tell them apart by."""

    name: Any
    team: str
    model: str
    #: All that they are told apart by.
    key: Key
    row: Mapping[str, Any]


def earned(
    matter: Matter, settings: Settings
) -> Generator[tuple[Question, ...], tuple[Result, ...], dict[Any, Earned]]:
    """The revenue of the matter's calls and of bills, by the matter's dimension ('' without one)."""
    bills = yield from _bills(matter)
    by = _dimensions(matter, settings, bills)
    [calls] = yield (matter.query(*_CARDED, by=by),)
    groups = [_group(matter.by, by, row) for row in calls.rows]
    charging = Charging(settings)
    unstated = yield from _unstated(matter, charging, groups, by)
    found: dict[Any, Earned] = {}
    charged: set[tuple[str, str]] = set()
    for group in groups:
        into = found.setdefault(group.name, Earned())
        if group.row["revenue"]:
            into.recorded = (into.recorded or Decimal(0)) + group.row["revenue"]
            charged.add((group.team, group.model))
        fee = charging.charge(group.row, unstated.get(group.key, group.row))
        if fee is not None:
            into.rated = (into.rated or Decimal(0)) + fee
            charged.add((group.team, group.model))
    for name, fee in charging.fees(matter, calls.meta, [group.row for group in groups]).items():
        into = found.setdefault(name, Earned())
        into.rated = (into.rated or Decimal(0)) + fee
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
    return [_group(matter.by, by, row) for row in result.rows if row["revenue"]]


def _group(asked: str, by: Sequence[str], row: Mapping[str, Any]) -> _Group:
    key = tuple(row.get(name, "") for name in by)
    return _Group(row[asked] if asked else "", row.get("team", ""), row.get("model", ""), key, row)


def _dimensions(matter: Matter, settings: Settings, bills: Sequence[_Group]) -> tuple[str, ...]:
    """What calls have to be told apart by: cards and bills may name teams and models, cards of the page labels, too."""
    teams = any(card.team for card in settings.rate_cards) or any(line.team for line in bills)
    own = settings.own_cards
    models = any(card.model for card in settings.rate_cards) or any(line.model for line in bills)
    models = models or any(len(card.rates) > 1 for card in own)
    named = (("team",) if teams else ()) + (("model",) if models else ()) + (("day",) if by_day(own) else ())
    return tuple(dict.fromkeys(name for name in (matter.by, *named, *dimensions_of(own)) if name))


def _unstated(
    matter: Matter, charging: Charging, groups: Sequence[_Group], by: Sequence[str]
) -> Generator[tuple[Question, ...], tuple[Result, ...], dict[Key, Mapping[str, Any]]]:
    """Of groups with a card in which some calls state their own revenue: the others, which the card is for."""
    mixed = [group for group in groups if group.row["revenue"] and charging.has_card(group.row)]
    if not mixed:
        return {}
    # No rollup tells these calls apart, so that no more of them are looked at than have to be.
    named = [
        Filter(f"calls.{name}", "in", tuple(sorted({group.row[name] for group in mixed})))
        for name in _NAMED_BY
        if name in by and len(mixed) <= MOST_VALUES
    ]
    [rest] = yield (matter.query(*_CARDED, by=by, where=(Filter(STATED, "=", ("no",)), *named)),)
    others = {one.key: one.row for one in (_group(matter.by, by, row) for row in rest.rows)}
    return {group.key: others.get(group.key, {}) for group in mixed}


def _add(into: Earned, line: _Group, charged: set[tuple[str, str]]) -> None:
    """Count a line of a bill, or note that it is for what is counted already."""
    named = bool(line.team or line.model)
    same = named and any(line.team in ("", team) and line.model in ("", model) for team, model in charged)
    if same:
        into.left_out = (into.left_out or Decimal(0)) + line.row["revenue"]
    else:
        into.billed = (into.billed or Decimal(0)) + line.row["revenue"]
