"""The circuit breaker's state: what a breaker would be in on a provider's outcomes, or what a gateway reports."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from tokometer.judgement.circuit import Circuit, Outcome, Rules
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, share, text
from tokometer.judgement.health import KNOWN_SINCE
from tokometer.measures import Feed, Filter, Question, Result
from tokometer.records.status import ERRORS
from tokometer.records.units import COUNT, SECONDS
from tokometer.settings import Settings

#: How far back outcomes are looked at.
WINDOW: Final = "24h"
#: What a gateway says of a deployment: 0 healthy, 1 partly out, 2 in cooldown; by its standard name, and by LiteLLM's.
REPORTED_METRICS: Final = ("gateway.deployment.state", "litellm_deployment_state")
#: What tells the deployments of a provider apart.
_DEPLOYMENT: Final = ("model", "label.deployment", "label.instance")
_REPORTED: Final = {0: "CLOSED", 1: "HALF_OPEN", 2: "OPEN"}
#: The most failures of a day that are looked at (older ones are left out), and outcomes that are fetched at once.
MOST_FAILURES: Final = 30_000
MOST_OUTCOMES: Final = 5_000
#: Who failed within this time is told of by one question for all; of each other, one counts.
_LATELY: Final = timedelta(minutes=10)
#: So many providers are asked about one by one, those with most failures first; of the others less is known.
_MOST_ASKED_ABOUT: Final = 20
#: For how long after a trip outcomes are fetched at first, and how many times as long where that was too short.
_SPAN: Final = timedelta(minutes=4)
_TIMES: Final = 3
_INSTANT: Final = timedelta(microseconds=1)
_GRADES: Final[dict[str, Standing]] = {"CLOSED": "good", "HALF_OPEN": "warning", "OPEN": "critical"}


@dataclass(slots=True)
class _Provider:
    """One provider while its breaker is being worked out."""

    name: str
    circuit: Circuit
    span: timedelta = _SPAN
    until: datetime = field(default=datetime.max.replace(tzinfo=UTC))

    def question(self, matter: Matter) -> Feed:
        """Its outcomes from where the breaker needs them."""
        since = self.circuit.needs
        assert since is not None
        left = self.circuit.now - since
        self.until = since + min(self.span, left)
        # Each look is longer than the one before.
        self.span = min(self.span * _TIMES, left)
        return Feed(
            columns=("at", "status"),
            where=(*matter.where, _of(self.name)),
            since=since.isoformat(),
            until=self.until.isoformat(),
            limit=MOST_OUTCOMES,
            newest=False,
        )

    def learn(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Go on with outcomes that were asked for."""
        outcomes = [Outcome(row["at"].astimezone(UTC), row["status"] not in ERRORS) for row in rows]
        until = self.until
        if len(outcomes) == MOST_OUTCOMES:
            # There may be more of the last moment; if all are of one moment, these have to do.
            until = outcomes[-1].at
            outcomes = [outcome for outcome in outcomes if outcome.at < until] or outcomes
            until = max(until, outcomes[-1].at + _INSTANT)
        self.circuit.run(outcomes, until)


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    day = matter.over(WINDOW)
    calls, known, failed, *reports = yield (
        day.query("requests"),
        day.query("requests", since=KNOWN_SINCE),
        _failures_question(day),
        *_reports_question(day),
    )
    now = matter.now.astimezone(UTC)
    failures = _times(failed.rows)
    rules = _rules(settings)
    providers = [_Provider(name, Circuit(rules, failures.get(name, []), now)) for name in by_name(calls, matter.by)]
    yield from _settle(matter, providers)
    rates = yield from _rates(matter, failures)
    begin = failed.meta.since
    rows = {one.name: _row(one.circuit, rates.get(one.name), begin) for one in providers}
    reported = _reported(reports[0].rows if reports else ())
    for name in (*by_name(known, matter.by), *reported):
        rows.setdefault(name, {"breaker": None, "failure_count": None, "origin": ""})
    for name, (state, since) in reported.items():
        rows[name] |= {"breaker": state, "since": since, "origin": "reported", **_lasting(since, now)}
    return [
        {matter.by: name, "failure_threshold": rules.failures, **_in_zone(row, begin.tzinfo)}
        for name, row in rows.items()
    ]


def _rules(settings: Settings) -> Rules:
    given = settings.breaker
    return Rules(
        given.failures, timedelta(seconds=given.within_seconds), timedelta(seconds=given.open_seconds), given.probes
    )


def _failures_question(day: Matter) -> Feed:
    failed = Filter("calls.status", "in", ERRORS)
    return Feed(columns=("provider", "at"), where=(*day.where, failed), since=day.since, tz=day.tz, limit=MOST_FAILURES)


def _reports_question(day: Matter) -> tuple[Feed, ...]:
    """What gateways report, unless it cannot be told of the calls that are asked for."""
    where = day.where_in("samples")
    if where is None:
        return ()
    metric = Filter("samples.metric", "in", REPORTED_METRICS)
    return (
        Feed(
            cube="samples",
            columns=("provider", "at", "value", *_DEPLOYMENT),
            where=(*where, metric),
            since=day.since,
            tz=day.tz,
            limit=MOST_OUTCOMES,
        ),
    )


def _times(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[datetime]]:
    """When calls of each provider failed, in order; the rows have the newest first."""
    found: dict[str, list[datetime]] = {}
    for row in reversed(rows):
        found.setdefault(row["provider"], []).append(row["at"].astimezone(UTC))
    return found


def _settle(
    matter: Matter, providers: Sequence[_Provider]
) -> Generator[tuple[Question, ...], tuple[Result, ...], None]:
    """Run every breaker to now, asking for outcomes where failures alone do not tell."""
    for provider in providers:
        provider.circuit.run()
    often = sorted(providers, key=lambda provider: -len(provider.circuit.failures))[:_MOST_ASKED_ABOUT]
    while waiting := [provider for provider in often if provider.circuit.needs]:
        told = yield tuple(provider.question(matter) for provider in waiting)
        for provider, answer in zip(waiting, told, strict=True):
            provider.learn(answer.rows)


def _rates(
    matter: Matter, failures: Mapping[str, Sequence[datetime]]
) -> Generator[tuple[Question, ...], tuple[Result, ...], dict[str, float | None]]:
    """The share of each provider's calls that succeeded, from its last failure on."""
    begin = matter.now.astimezone(UTC) - _LATELY
    lately = {name: times for name, times in failures.items() if times[-1] >= begin}
    often = sorted((name for name in failures if name not in lately), key=lambda name: -len(failures[name]))
    older = often[:_MOST_ASKED_ABOUT]
    if not failures:
        return {}
    told = yield (
        *(_recent(matter, begin) if lately else ()),
        *(
            matter.query("success_rate", by=(), where=(_of(name),), since=failures[name][-1].isoformat(), until="now")
            for name in older
        ),
    )
    answers = list(told)
    rates: dict[str, float | None] = {}
    if lately:
        calls = answers.pop(0).rows
        rates |= {name: _since(calls, name, times) for name, times in lately.items()}
    return rates | {name: answer.rows[0]["success_rate"] for name, answer in zip(older, answers, strict=True)}


def _recent(matter: Matter, begin: datetime) -> tuple[Feed]:
    columns = ("provider", "at")
    return (Feed(columns=columns, where=matter.where, since=begin.isoformat(), until="now", limit=MOST_FAILURES),)


def _since(calls: Sequence[Mapping[str, Any]], name: str, failures: Sequence[datetime]) -> float | None:
    """Whatever came after the last failure succeeded: the share of all calls from that moment on."""
    last = failures[-1]
    count = sum(call["provider"] == name and call["at"].astimezone(UTC) >= last for call in calls)
    failed = sum(at == last for at in failures)
    return (count - failed) / count if count else None


def _of(provider: str) -> Filter:
    return Filter("calls.provider", "=", (provider,))


def _row(circuit: Circuit, rate: float | None, begin: datetime) -> Row:
    return {
        "breaker": circuit.state,
        "failure_count": circuit.counted,
        "last_failure": circuit.failures[-1] if circuit.failures else None,
        "since": circuit.since,
        **_lasting(circuit.since or begin, circuit.now),
        "success_rate": rate,
        "trips": circuit.trips,
        "origin": "simulated",
    }


def _lasting(since: datetime, now: datetime) -> Row:
    return {"time_in_state": max(0.0, (now - since.astimezone(UTC)).total_seconds())}


def _reported(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, datetime]]:
    """The state that a gateway reports of each provider, and since when; the rows have the newest first.

    A provider of several deployments is out where all of them are, and partly where some are.
    """
    told: dict[str, dict[datetime, list[tuple[Any, str]]]] = {}
    for row in reversed(rows):
        state = _REPORTED.get(row["value"])
        if state is not None:
            deployment = tuple(row[name] for name in _DEPLOYMENT)
            told.setdefault(row["provider"], {}).setdefault(row["at"].astimezone(UTC), []).append((deployment, state))
    found: dict[str, tuple[str, datetime]] = {}
    for provider, moments in told.items():
        deployments: dict[Any, str] = {}
        for at in sorted(moments):
            deployments |= moments[at]
            states = set(deployments.values())
            state = states.pop() if len(states) == 1 else "HALF_OPEN"
            if provider not in found or found[provider][0] != state:
                found[provider] = (state, at)
    return found


def _in_zone(row: Row, zone: tzinfo | None) -> Row:
    return {name: value.astimezone(zone) if isinstance(value, datetime) else value for name, value in row.items()}


def _standing(row: Row, _: Settings) -> Standing:
    return _GRADES.get(row["breaker"], "none")


BREAKER: Final = Judgement(
    name="breaker",
    title="Circuit breaker",
    unit=COUNT,
    type="text",
    better="",
    description=(
        "The state of a provider's circuit breaker: `CLOSED`, `OPEN` or `HALF_OPEN`. It is the one that a gateway "
        "reports (LiteLLM's cooldown), and without such a report the one that a breaker would be in on the outcomes of "
        "the last 24 hours. A provider of the last 30 days without calls in the last 24 hours has none."
    ),
    formula=(
        "outcomes in the order in which the calls began; closed, 10 failed calls within 60 seconds open it; open, it "
        "stays so for 30 seconds, in which outcomes do not count; then half-open, 3 calls are on trial: if all of them "
        "succeed it closes with nothing counted, if one fails it opens again. A cancelled call did not fail. The "
        "numbers are those of `[breaker]` in the settings"
    ),
    by=("provider",),
    facts=(
        text("origin", "`simulated` from outcomes, or `reported` by a gateway"),
        Fact(
            "failure_count",
            COUNT,
            "integer",
            meaning="failures counted: while it is closed, those in the last 60 s; "
            "else those that opened it, and those on trial since",
        ),
        Fact("failure_threshold", COUNT, "integer", meaning="failures that open it"),
        Fact("last_failure", type="time", meaning="when a call last failed"),
        Fact("since", type="time", meaning="since when it has been in its state; unknown if for all of the 24 hours"),
        Fact("time_in_state", SECONDS, meaning="how long it has been in its state, within the 24 hours"),
        share(
            "success_rate",
            "share of the calls that succeeded, from the last failure on (itself counted)",
            "Success rate since last failure",
        ),
        Fact("trips", COUNT, "integer", title="Times opened", meaning="how often it opened in the last 24 hours"),
    ),
    window=WINDOW,
    thresholds="critical while it is open, warning while it is half-open",
    inquire=_inquire,
    standing=_standing,
)
