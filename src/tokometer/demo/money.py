"""What the demo's calls cost and earn, and what the providers say about it: bills, credits, top-ups, balances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final, Literal

from tokometer.demo.company import TEAMS
from tokometer.demo.incidents import Incident
from tokometer.demo.rhythm import DAY, HOUR
from tokometer.prices import PriceBook
from tokometer.records import Bill, ModelCall, to_datetime

NANO: Final = 1_000_000_000

_FEE: Final = {team.name: int(team.fee * NANO) for team in TEAMS if team.fee}
#: These are paid beforehand: by how much the balance is topped up when it falls below a quarter of that, in dollars.
_PREPAID: Final = {"anthropic": 1_500, "openai": 800, "openrouter": 50, "deepseek": 25}
#: How far a provider's bill is from what was metered, at most: rounding, other clocks, retries they count.
_SKEW: Final = 0.011
_NOISE: Final = 0.006
#: The daily line that a bill is rounded to: whole micro-dollars.
_ROUNDED: Final = 1_000


class Cashier:
    """Prices calls, sells some of them on, and keeps the providers' books."""

    def __init__(self, tag: str, workspace: str, rng: Random, book: PriceBook, troubles: tuple[Incident, ...]) -> None:
        self._tag = tag
        self._workspace = workspace
        self._rng = rng
        self._book = book
        self._troubles = troubles
        self._numbers = 0
        self._skew: dict[str, float] = {}
        self._days: dict[int, dict[tuple[str, str], list[int]]] = defaultdict(dict)
        self._balance = {provider: amount * NANO for provider, amount in _PREPAID.items()}

    def price(self, calls: list[ModelCall]) -> None:
        """Fill in what calls cost, what their gateway reported and what they earned."""
        self._book.apply(calls)
        for call in calls:
            cost = call.cost_priced
            if call.source == "litellm":
                call.cost_reported = cost
                fee = _FEE.get(call.team)
                if fee and call.status == "ok" and call.environment == "production":
                    call.revenue = fee + (cost or 0)
            elif call.provider == "openrouter":
                call.cost_reported = cost
            if cost:
                day = self._days[call.started_at // DAY]
                entry = day.get((call.provider, call.model))
                if entry is None:
                    entry = day[call.provider, call.model] = [0, 0]
                entry[0] += cost
                entry[1] += _tokens(call)

    def close(self, before: int) -> Iterator[Bill]:
        """The bills of every day that ended by `before`."""
        for day in sorted(self._days):
            if (day + 1) * DAY > before:
                return
            yield from self._bill(day, self._days.pop(day))

    def _bill(self, day: int, lines: dict[tuple[str, str], list[int]]) -> Iterator[Bill]:
        spent: dict[str, int] = defaultdict(int)
        for (provider, model), (cost, tokens) in sorted(lines.items()):
            amount = self._billed(provider, cost)
            spent[provider] += amount
            yield self._line(
                day, provider, amount, model=model, line_item=model, quantity=float(tokens), quantity_unit="tokens"
            )
        for trouble in self._troubles:
            if trouble.name == "outage" and trouble.end // DAY + 1 == day and spent.get(trouble.provider):
                credit = -(spent[trouble.provider] // 5)
                yield self._line(
                    day, trouble.provider, credit, type_="credit", line_item="Service credit for an outage"
                )
        for provider, amount in _PREPAID.items():
            self._balance[provider] -= spent.get(provider, 0)
            if self._balance[provider] < amount * NANO // 4:
                self._balance[provider] += amount * NANO
                yield self._line(day, provider, amount * NANO, type_="top_up", line_item="Automatic top-up")
            yield self._line(day, provider, self._balance[provider], type_="balance", line_item="Balance at midnight")

    def _billed(self, provider: str, cost: int) -> int:
        skew = self._skew.get(provider)
        if skew is None:
            skew = self._skew[provider] = self._rng.uniform(-_SKEW / 3, _SKEW)
        noise = self._rng.uniform(-_NOISE, _NOISE)
        return round(cost * (1 + skew + noise) / _ROUNDED) * _ROUNDED

    def _line(
        self,
        day: int,
        provider: str,
        amount: int,
        *,
        type_: Literal["usage", "credit", "top_up", "balance"] = "usage",
        model: str = "",
        line_item: str = "",
        quantity: float | None = None,
        quantity_unit: str = "",
    ) -> Bill:
        self._numbers += 1
        month = to_datetime(day * DAY).strftime("%Y-%m")
        start = day * DAY if type_ in ("usage", "credit") else (day + 1) * DAY - HOUR // 60
        return Bill(
            workspace=self._workspace,
            source="api",
            native_id=f"demo-{self._tag}-b{self._numbers:05x}",
            started_at=start,
            ended_at=(day + 1) * DAY,
            provider=provider,
            amount=amount,
            type=type_,
            line_item=line_item,
            model=model,
            invoice=f"demo-{provider}-{month}" if type_ in ("usage", "credit") else "",
            quantity=quantity,
            quantity_unit=quantity_unit,
        )


def _tokens(call: ModelCall) -> int:
    parts: Iterable[int | None] = (
        call.input_tokens,
        call.cache_read_tokens,
        call.cache_write_5m_tokens,
        call.cache_write_1h_tokens,
        call.cache_write_unknown_tokens,
        call.output_tokens,
    )
    return sum(part or 0 for part in parts)
