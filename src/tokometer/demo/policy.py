"""What the demo's company has settled: its `tokometer.toml`, with budgets that fit what it spends."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tokometer.demo.models import OPUS, SOL
from tokometer.demo.rhythm import DAY
from tokometer.host.private import write_private
from tokometer.records import ModelCall, Record, to_datetime
from tokometer.settings import FILE_NAME

_NANO: Final = 1_000_000_000
#: A month's spending is foreseen from the last weeks', whole ones.
_WEEKS: Final = 28
#: Budgets as shares of what a month is foreseen to cost: some will not do.
_MONTHLY: Final = 0.94
_MODELS: Final = {OPUS.id: 0.9, SOL.id: 1.3}
_PROVIDERS: Final = {"anthropic": 1.3, "openai": 1.35, "google": 1.6, "together": 0.8}
_TEAMS: Final = {"platform": 1.35, "product": 1.08, "research": 1.5, "data": 1.3}

_REST: Final = """
[slo]
availability = 0.98
p95_latency_ms = 36000
error_rate = 0.025
period = "month"

[[slo.override]]          # models that think for long
provider = "deepseek"
p95_latency_ms = 60000

[[slo.override]]
provider = "moonshot"
p95_latency_ms = 90000

[[slo.override]]          # our own machines
provider = "ollama"
p95_latency_ms = 90000

[[rate_card]]             # charged within the company, at cost and a quarter
team = "data"
markup = 0.25

[[rate_card]]
team = "operations"
per_request = 0.02

[[device]]
match = "L40S"
price_per_hour = 0.95

[[device]]
match = "RTX A6000"
price_per_hour = 0.55

[[model]]
match = "Qwen3.8-27B"
active_parameters = 27_000_000_000
benchmark_cost_per_mtok = 0.45

[[model]]
match = "qwen3-coder:30b"
active_parameters = 3_300_000_000
"""


class Spending:
    """What a demo's calls cost in the last weeks before `now_us`, by what there are budgets for."""

    def __init__(self, now_us: int) -> None:
        self._now = now_us
        self._since = now_us - _WEEKS * DAY
        self._first = now_us
        self._total = 0
        self._by: dict[str, Counter[str]] = {name: Counter() for name in ("model", "provider", "team")}

    def add(self, records: Iterable[Record]) -> None:
        """Count the calls among records."""
        for record in records:
            if isinstance(record, ModelCall) and record.started_at >= self._since and record.cost:
                self._first = min(self._first, record.started_at)
                self._total += record.cost
                for name, spent in self._by.items():
                    spent[getattr(record, name)] += record.cost

    def write(self, data: Path) -> None:
        """Write the settings into the data folder."""
        write_private(data / FILE_NAME, self.settings().encode())

    def settings(self) -> str:
        """The settings, as TOML."""
        lines = ["# What the demo's company has settled. Made up, like everything here.", "", "[budget]"]
        lines += self._amount("monthly", self._total, _MONTHLY)
        for table, name, shares in (
            ("models", "model", _MODELS),
            ("providers", "provider", _PROVIDERS),
            ("teams", "team", _TEAMS),
        ):
            amounts = [line for key, share in shares.items() for line in self._amount(key, self._by[name][key], share)]
            lines += ["", f"[budget.{table}]", *amounts] if amounts else []
        return "\n".join(lines) + "\n" + _REST

    def _amount(self, key: str, spent: int, share: float) -> list[str]:
        """A line with a budget, in whole dollars of two digits that count; none where nothing was spent."""
        now = to_datetime(self._now)
        days = max((self._now - self._first) / DAY, 1)
        amount = spent / _NANO / days * monthrange(now.year, now.month)[1] * share
        if amount <= 0:
            return []
        return [f'"{key}" = {max(float(f"{amount:.2g}"), 0.01):.2f}']
