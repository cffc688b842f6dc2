"""Our measures in PromQL, over what `/metrics` exposes. What Prometheus cannot tell has no expression.

Counters are scraped, and `increase` and `rate` extrapolate between scrapes: these numbers are near those of our pages,
and not the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: The dimensions that the metrics have.
DIMENSIONS: Final = ("provider", "model")
_ALL: Final = 'provider=~"$provider",model=~"$model"'
_PROVIDER: Final = 'provider=~"$provider"'
_FAILED: Final = 'status!~"ok|cancelled"'
_QUANTILES: Final = {"calls.p50_latency": 0.5, "calls.p95_latency": 0.95, "calls.p99_latency": 0.99}
_BUCKETS: Final = "tokometer_request_duration_seconds_bucket"
_DURATION: Final = "tokometer_request_duration_seconds"


def expression(measure: str, by: str, window: str) -> str:
    """A measure over a window (`$__range`, `5m`), by a dimension or of everything; '' where there is none."""
    if by not in ("", *DIMENSIONS):
        return ""
    if measure in _QUANTILES or measure == "calls.mean_latency":
        return "" if by == "model" else _timed(measure, by, window)
    if measure in _GAUGES:
        return "" if by == "model" else _GAUGES[measure](by)
    return _counted(measure, by, window)


def _sum(metric: str, by: str, window: str, more: str = "", function: str = "increase") -> str:
    chosen = ",".join(filter(None, (_ALL, more)))
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} ({function}(tokometer_{metric}{{{chosen}}}[{window}]))"


def _counted(measure: str, by: str, window: str) -> str:
    requests = _sum("requests_total", by, window)
    errors = _sum("requests_total", by, window, _FAILED)
    tokens = _sum("tokens_total", by, window)
    prompt, output = (_sum("tokens_total", by, window, f'kind{op}"output"') for op in ("!=", "="))
    cost, unpriced = _sum("cost_usd_total", by, window), _sum("unpriced_requests_total", by, window)
    known = {
        "calls.requests": requests,
        # What never failed has no series of failures.
        "calls.errors": f"{errors} or 0 * {requests}",
        "calls.error_rate": f"({errors} or 0 * {requests}) / {requests}",
        "calls.success_rate": f"1 - ({errors} or 0 * {requests}) / {requests}",
        "calls.cost": cost,
        "calls.unpriced": unpriced,
        "calls.cost_per_request": f"{cost} / ({requests} - {unpriced})",
        "calls.total_tokens": tokens,
        "calls.prompt_tokens": prompt,
        "calls.input_tokens": _sum("tokens_total", by, window, 'kind="input"'),
        "calls.cache_read_tokens": _sum("tokens_total", by, window, 'kind="cache_read"'),
        "calls.cache_write_tokens": _sum("tokens_total", by, window, 'kind="cache_write"'),
        "calls.output_tokens": output,
        "calls.cost_per_mtok": f"1e6 * {cost} / {tokens}",
        "calls.tokens_per_second": _sum("tokens_total", by, window, 'kind="output"', "rate"),
        "calls.requests_per_minute": f"60 * {_sum('requests_total', by, window, '', 'rate')}",
        "calls.avg_input_per_request": f"{prompt} / {requests}",
        "calls.avg_output_per_request": f"{output} / {requests}",
    }
    return known.get(measure, "")


def _timed(measure: str, by: str, window: str) -> str:
    """In milliseconds, as ours; Prometheus keeps seconds."""
    grouped = f" by ({by})" if by else ""
    if measure in _QUANTILES:
        inner = "le, provider" if by else "le"
        rate = f"sum by ({inner}) (rate({_BUCKETS}{{{_PROVIDER}}}[{window}]))"
        return f"1000 * histogram_quantile({_QUANTILES[measure]}, {rate})"
    total, count = (f"sum{grouped} (rate({_DURATION}_{end}{{{_PROVIDER}}}[{window}]))" for end in ("sum", "count"))
    return f"1000 * {total} / {count}"


def _gauge(metric: str) -> Callable[[str], str]:
    def told(by: str) -> str:
        return f"avg{f' by ({by})' if by else ''} (tokometer_{metric}{{{_PROVIDER}}})"

    return told


def _state(by: str) -> str:
    """2 is open, 1 half-open, 0 closed."""
    if not by:
        return ""
    opened, half = (
        f'max by ({by}) (tokometer_breaker_state{{{_PROVIDER},state="{one}"}})' for one in ("open", "half_open")
    )
    return f"2 * {opened} + {half}"


def _budget(by: str) -> str:
    return "" if by else 'tokometer_budget_spent_usd{by="everything"} / tokometer_budget_usd{by="everything"}'


_GAUGES: Final = {
    "judgement.health_score": _gauge("health_score"),
    "calls.availability": _gauge("availability_ratio"),
    "judgement.breaker": _state,
    "judgement.budget": _budget,
}
