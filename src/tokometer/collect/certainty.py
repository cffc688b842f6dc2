"""How sure the prices of the stored calls are: which rest on assumptions, which are missing, what would mend that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from tokometer.measures import Filter, Query, Result
from tokometer.records.basis import ASSUMED, ASSUMPTIONS, PRICE_MENDS, REASONS, UNPRICED_PREFIX, USAGE_UNKNOWN

_TOTALS: Final = ("requests", "cost", "unpriced", "no_price", "usage_unknown", "assumed", "cost_assumed")
#: What stands for a call whose price was worked out before bases were kept.
_NO_PRICE, _NO_USAGE = "no-price", "no-usage"

Ask = Callable[[Query], Result]


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Calls of one model whose price is assumed, or missing, for one reason."""

    certainty: Literal["assumed", "unpriced"]
    #: Keys of :data:`ASSUMPTIONS`, or one of :data:`REASONS`.
    words: tuple[str, ...]
    provider: str
    model: str
    calls: int
    #: US dollars; None where the calls have no price.
    cost: Decimal | None

    @property
    def meaning(self) -> str:
        """What is assumed, or why there is no price."""
        known = {**ASSUMPTIONS, **REASONS}
        return " ".join(known.get(word, word) for word in self.words)

    @property
    def mend(self) -> str:
        """What would mend it."""
        return " ".join(dict.fromkeys(PRICE_MENDS[word] for word in self.words if word in PRICE_MENDS))

    @property
    def lack(self) -> Literal["no-price", "usage-unknown", ""]:
        """Why it has no price: none is known for the model, or nobody said what was used; empty where it has one."""
        if self.certainty != "unpriced":
            return ""
        return "usage-unknown" if self.words[0] in USAGE_UNKNOWN else "no-price"

    def told(self) -> dict[str, Any]:
        """As a JSON object; money is a decimal string."""
        return {
            "certainty": self.certainty,
            "lack": self.lack,
            "words": list(self.words),
            "provider": self.provider,
            "model": self.model,
            "calls": self.calls,
            "cost": None if self.cost is None else f"{self.cost:.9f}",
            "meaning": self.meaning,
            "mend": self.mend,
        }


@dataclass(frozen=True, slots=True)
class Doubt:
    """Calls of any model whose price is assumed, or missing, for one reason: the most calls first."""

    models: tuple[Uncertain, ...]

    @property
    def first(self) -> Uncertain:
        """Those of the model with the most calls, which tells what all of them have in common."""
        return self.models[0]

    @property
    def calls(self) -> int:
        """How many calls there are."""
        return sum(one.calls for one in self.models)

    @property
    def cost(self) -> Decimal | None:
        """What they cost, in US dollars; None where they have no price."""
        costs = [one.cost for one in self.models if one.cost is not None]
        return sum(costs, Decimal(0)) if costs else None


def by_reason(found: Sequence[Uncertain]) -> list[Doubt]:
    """The same, those of one reason together; the reason with the most calls first."""
    reasons: dict[tuple[str, ...], list[Uncertain]] = {}
    for one in found:
        reasons.setdefault((one.certainty, *one.words), []).append(one)
    return sorted((Doubt(tuple(models)) for models in reasons.values()), key=lambda doubt: -doubt.calls)


def totals(ask: Ask) -> Mapping[str, Any]:
    """Over all calls: `requests`, `cost`, `unpriced` (`no_price` and `usage_unknown`), `assumed`, `cost_assumed`."""
    result = ask(Query(measures=tuple(f"calls.{name}" for name in _TOTALS), since="all"))
    return result.rows[0] if result.rows else dict.fromkeys(_TOTALS, 0)


def uncertain(ask: Ask, known: Mapping[str, Any]) -> list[Uncertain]:
    """What is not exact, the most calls first. `known` is what :func:`totals` gave: where all is exact, that is all."""
    if not (known["assumed"] or known["unpriced"]):
        return []
    # Which assumptions they are, only the calls themselves know.
    rows = ask(
        Query(
            measures=("calls.requests", "calls.cost", "calls.usage_unknown"),
            by=("calls.price_basis", "calls.provider", "calls.model"),
            where=(Filter("calls.price_certainty", "in", ("assumed", "unpriced")),),
            since="all",
        )
    ).rows
    found = [one for row in rows for one in _told(row)]
    return sorted(found, key=lambda one: (-one.calls, one.provider, one.model, one.words))


def _told(row: Mapping[str, Any]) -> Iterator[Uncertain]:
    basis, who = row["price_basis"], (row["provider"], row["model"])
    if row["cost"] is not None and basis.startswith(ASSUMED):
        words = tuple(basis.removeprefix(ASSUMED).split(","))
        yield Uncertain("assumed", words, *who, row["requests"], row["cost"])
        return
    if basis.startswith(UNPRICED_PREFIX):
        yield Uncertain("unpriced", (basis.removeprefix(UNPRICED_PREFIX),), *who, row["requests"], None)
        return
    unknown = row["usage_unknown"]
    if unknown:
        yield Uncertain("unpriced", (_NO_USAGE,), *who, unknown, None)
    if row["requests"] > unknown:
        yield Uncertain("unpriced", (_NO_PRICE,), *who, row["requests"] - unknown, None)
