"""What is held to be good: objectives, thresholds, the breaker and the health score."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct

from tokometer.records.units import MS, PERCENT, REQUESTS, SCORE, SECONDS, TIMES
from tokometer.settings.keys import Key

#: The time over which an objective has to be met: the calendar's, or so many days up to now.
Span = Literal["day", "week", "month", "7d", "30d"]


class Slo(Struct, frozen=True, kw_only=True):
    """`[slo]`: the service-level objectives that hold wherever no override says otherwise."""

    availability: Annotated[
        float,
        Key(
            "the share of minutes with traffic in which at least half of the calls have to succeed",
            PERCENT,
            above=0,
            below=1,
        ),
    ] = 0.999
    p95_latency_ms: Annotated[
        float, Key("what 95 of 100 calls have to be faster than, in milliseconds", MS, above=0, most=86_400_000)
    ] = 30_000.0
    error_rate: Annotated[float, Key("the share of calls that may fail", PERCENT, above=0, below=1)] = 0.01
    period: Annotated[Span, Key("over which time the objectives have to be met")] = "month"


class SloOverride(Struct, frozen=True, kw_only=True):
    """One `[[slo.override]]`: other objectives for a provider, a model, or a model at a provider.

    What it leaves out stays as it is without it. A provider's holds for all of its models.
    """

    provider: Annotated[str, Key("the provider, as the pages write it in addresses: `openai`")] = ""
    model: Annotated[str, Key("the model's whole name")] = ""
    availability: Annotated[float | None, Key("see `slo.availability`", PERCENT, above=0, below=1)] = None
    p95_latency_ms: Annotated[float | None, Key("see `slo.p95_latency_ms`", MS, above=0, most=86_400_000)] = None
    error_rate: Annotated[float | None, Key("see `slo.error_rate`", PERCENT, above=0, below=1)] = None
    period: Annotated[Span | None, Key("see `slo.period`")] = None


class Breaker(Struct, frozen=True, kw_only=True):
    """`[breaker]`: the circuit breaker whose state is worked out for every provider."""

    failures: Annotated[
        int, Key("so many failed calls within `within_seconds` open it", REQUESTS, least=1, most=100_000)
    ] = 10
    within_seconds: Annotated[float, Key("the time in which they have to fall", SECONDS, above=0, most=3600)] = 60.0
    open_seconds: Annotated[
        float, Key("for how long it stays open before it lets calls through on trial", SECONDS, above=0, most=86_400)
    ] = 30.0
    probes: Annotated[int, Key("so many calls on trial have to succeed to close it", REQUESTS, least=1, most=1000)] = 3


class Health(Struct, frozen=True, kw_only=True):
    """`[health]`: where the health score turns from critical to warning, and from warning to healthy."""

    warning: Annotated[float, Key("scores from here on are a warning; below is critical", SCORE, least=0, most=100)] = (
        70.0
    )
    healthy: Annotated[float, Key("scores from here on are healthy", SCORE, least=0, most=100)] = 90.0
    window_minutes: Annotated[
        int, Key("the score looks at so many minutes up to now", SECONDS, least=1, most=1440, times=60)
    ] = 15

    @property
    def window(self) -> str:
        """The window as queries write it: `15m`."""
        return f"{self.window_minutes}m"


class Thresholds(Struct, frozen=True, kw_only=True):
    """`[thresholds]`: from where on a figure is a warning, critical, or a matter for the list of alerts."""

    error_rate_warning: Annotated[float, Key("an error rate above it is a warning", PERCENT, above=0, below=1)] = 0.02
    error_rate_critical: Annotated[float, Key("an error rate above it is critical", PERCENT, above=0, below=1)] = 0.05
    model_issue_error_rate: Annotated[
        float, Key("a model with an error rate above it is listed among those with issues", PERCENT, above=0, below=1)
    ] = 0.05
    cost_spike: Annotated[
        float, Key("cost so many times as high as is usual at that time is a spike", TIMES, above=1, most=1000)
    ] = 2.0
    error_spike: Annotated[
        float, Key("an error rate so many times as high as is usual is a spike", TIMES, above=1, most=1000)
    ] = 2.0
    latency_spike: Annotated[
        float, Key("a 95th percentile so many times as high as is usual is a spike", TIMES, above=1, most=1000)
    ] = 2.0
    latency_warning: Annotated[
        float, Key("a 95th percentile above so many times its target is a warning", TIMES, above=0, most=1000)
    ] = 1.0
    latency_critical: Annotated[
        float, Key("a 95th percentile above so many times its target is critical", TIMES, above=0, most=1000)
    ] = 2.0
    burn_rate_notice: Annotated[
        float, Key("an error budget burning so many times too fast over 3 days is a notice", TIMES, above=0, most=1000)
    ] = 1.0
    burn_rate_warning: Annotated[
        float,
        Key("an error budget burning so many times too fast over 6 hours is a warning", TIMES, above=0, most=1000),
    ] = 6.0
    burn_rate_critical: Annotated[
        float, Key("an error budget burning so many times too fast over 1 hour is critical", TIMES, above=0, most=1000)
    ] = 14.4
    margin_warning: Annotated[
        float, Key("a profit margin below it is a warning; one below zero is critical", PERCENT, least=0, below=1)
    ] = 0.2
    efficiency_warning: Annotated[float, Key("a token efficiency below it is a warning", PERCENT, above=0, most=1)] = (
        0.8
    )
    efficiency_critical: Annotated[float, Key("a token efficiency below it is critical", PERCENT, above=0, most=1)] = (
        0.5
    )
    least_requests: Annotated[
        int,
        Key(
            "fewer calls than this are no evidence: a rate of so few is neither warning nor critical",
            REQUESTS,
            least=1,
            most=1_000_000,
        ),
    ] = 20
