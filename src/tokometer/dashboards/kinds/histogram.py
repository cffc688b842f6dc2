"""How durations are distributed: how many calls took how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from tokometer.dashboards.answers import described, rows_of
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Bucket, Quantile, columns
from tokometer.dashboards.figure import figure
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.measures import Spread
from tokometer.records.units import MS

#: The quantiles that are marked.
_MARKED: Final = (("p50", "p50"), ("p95", "p95"), ("p99", "p99"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram(Placed):
    """Latencies or times to first token of one window, in ranges that grow, with their quantiles marked."""

    kind: ClassVar[str] = "histogram"
    of: Literal["latency", "ttft"] = "latency"
    width: int = 6

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(f"calls.{name}_{self.of}" for name, _ in _MARKED)

    def view(self, context: Context) -> View:
        """The buckets of the histogram that the quantiles come from, so that both agree."""
        window = context.window(self.window)
        since, until = window.asked
        spread = context.ask(
            Spread(of=self.of, where=context.where(), since=since, until=until, tz=context.scope.zone.key)
        )
        buckets = [Bucket(row["low_ms"], row["high_ms"], row["count"]) for row in spread.rows if row["count"]]
        rows = rows_of(context, self.measures, window=window)
        row: dict[str, Any] = rows[0] if rows else {}
        marked = [
            (label, name, row.get(name))
            for (_, label), name in zip(_MARKED, self.measures, strict=True)
            if row.get(name) is not None
        ]
        count = sum(bucket.count for bucket in buckets)
        shown = {
            "sub": window.title if self.window and "{range}" not in self.title else "",
            "figures": [(label, figure(name, value)) for label, name, value in marked],
            "count": f"{count:,}",
            "alt": f"{described(self.measures[0]).title} and slower: "
            + ", ".join(f"{label} {figure(name, value).exact}" for label, name, value in marked),
        }
        quantiles = [Quantile(label, float(value or 0)) for label, _, value in marked]
        chart = columns(buckets, MS, quantiles=quantiles, fact=f"{self.of}_ms") | {"of": self.measures[0]}
        table = Table(("low_ms", "high_ms", "count"), [(one.low, one.high, one.count) for one in buckets])
        return View(shown, table, window, chart if buckets else None, empty=not buckets)
