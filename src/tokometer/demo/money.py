"""What the demo's calls cost and earn, and what the providers say about it: bills, credits, top-ups, balances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, Literal

from tokometer.demo.company import TEAMS
from tokometer.demo.incidents import Incident
from tokometer.demo.rhythm import DAY, HOUR
from tokometer.demo.statements import ACCOUNTS, SOURCE, Lines, Said, Statements
from tokometer.prices import PriceBook
from tokometer.records import Bill, ModelCall, Record, to_datetime

NANO: Final = 1_000_000_000

_FEE: Final = {team.name: int(team.fee * NANO) for team in TEAMS if team.fee}
#: These are paid beforehand: by how much the balance is topped up when it falls below a quarter of that, in dollars.
_PREPAID: Final = {"anthropic": 1_500, "openai": 800, "openrouter": 50, "deepseek": 25}


class Cashier:
    """Prices calls, sells some of them on, and keeps the providers' books."""

    def __init__(self, tag: str, workspace: str, book: PriceBook, troubles: tuple[Incident, ...], end: int) -> None:
        self._tag = tag
        self._workspace = workspace
        self._book = book
        self._troubles = troubles
        self._numbers = 0
        self._statements = Statements(tag, workspace, book, end)
        self._days: dict[int, dict[str, Lines]] = defaultdict(dict)
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
            lines = self._days[call.started_at // DAY].setdefault(call.provider, {})
            key = call.model, call.service_tier
            said = lines.get(key)
            if said is None:
                said = lines[key] = Said(*key)
            said.add(call)

    def close(self, before: int) -> Iterator[Record]:
        """What is stated of every day that ended by `before`."""
        for day in sorted(self._days):
            if (day + 1) * DAY > before:
                return
            yield from self._bill(day, self._days.pop(day))

    def _bill(self, day: int, providers: dict[str, Lines]) -> Iterator[Record]:
        spent: dict[str, int] = {}
        for provider, lines in sorted(providers.items()):
            records, spent[provider] = self._statements.of(day, provider, lines)
            yield from records
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

    def _line(
        self,
        day: int,
        provider: str,
        amount: int,
        *,
        type_: Literal["credit", "top_up", "balance"],
        line_item: str,
    ) -> Bill:
        self._numbers += 1
        month = to_datetime(day * DAY).strftime("%Y-%m")
        start = day * DAY if type_ == "credit" else (day + 1) * DAY - HOUR // 60
        return Bill(
            workspace=self._workspace,
            source=SOURCE if provider in ACCOUNTS else "api",
            account=ACCOUNTS.get(provider, ""),
            native_id=f"demo-{self._tag}-b{self._numbers:05x}",
            started_at=start,
            ended_at=(day + 1) * DAY,
            provider=provider,
            amount=amount,
            type=type_,
            line_item=line_item,
            invoice=f"demo-{provider}-{month}" if type_ == "credit" else "",
        )
