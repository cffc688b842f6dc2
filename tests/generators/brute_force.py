"""The answer to a query, worked out the slow and obvious way: call by call, with the standard library's zones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from tokometer.measures import Filter, Query
from tokometer.records import ERRORS, ModelCall
from tokometer.records.basis import ASSUMED, USAGE_UNKNOWN, unpriced
from tokometer.records.families import family_of
from tokometer.records.histogram import bucket_of, value_of

QUARTER = timedelta(minutes=15)
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Days in which a bucket that holds a moment must have begun.
MARGIN = {"quarter": 0, "hour": 1, "day": 2, "week": 9, "month": 33, "year": 368}
COLUMNS = {"session": "session_id"}
#: What the rows of sessions know; a count by anything else looks at the calls.
SESSION_DIMENSIONS = frozenset(
    {
        *("source", "workspace", "session", "project", "agent", "user", "team", "environment"),
        *("provider", "model", "family", "day", "week", "month"),
    }
)


class Brute:
    """Answers queries about calls, all of whose windows are explicit times."""

    def __init__(self, calls: Sequence[ModelCall], query: Query, workspaces: Sequence[str], now: datetime) -> None:
        self.query = query
        self.tz = ZoneInfo(query.tz)
        self.now = now
        self.since = datetime.fromisoformat(query.since)
        self.until = datetime.fromisoformat(query.until)
        self.seen = [call for call in calls if call.workspace in workspaces]
        self.by = [name.partition(".")[2] for name in query.by]

    def rows(self) -> list[dict[str, Any]]:
        """The rows, in no particular order."""
        groups: dict[tuple[Any, ...], list[ModelCall]] = defaultdict(list)
        for call in self.seen:
            if self.since <= when(call) < self.until and self.passes(call):
                groups[self.key(call)].append(call)
        sessions = self.sessions()
        keys = {key for key, calls in groups.items() if self.has_something(calls)}
        keys |= set(sessions if self.asks("sessions") else ())
        if self.query.grain:
            rest = {key[1:] for key in keys} or (set() if self.by else {()})
            keys = {(start, *others) for start in self.starts() for others in rest}
        elif not self.by:
            keys = {()}
        names = [*(["time"] if self.query.grain else []), *self.by]
        return [
            {**dict(zip(names, key, strict=True)), **self.measured(groups.get(key, []), sessions.get(key, 0), key)}
            for key in keys
        ]

    def has_something(self, calls: list[ModelCall]) -> bool:
        """A group has a row if a sum over it was asked for, or a quantile of something that its calls have."""
        asked = [short(name) for name in self.query.measures if name != "calls.sessions"]
        return any(not (name[0] == "p" and name[1].isdigit()) or MEASURES[name](calls) is not None for name in asked)

    def asks(self, measure: str) -> bool:
        """True if a measure was asked for."""
        return f"calls.{measure}" in self.query.measures

    # -- keys ----------------------------------------------------------------------------------------------------

    def key(self, call: ModelCall) -> tuple[Any, ...]:
        """The key of the row that a call belongs to."""
        time = [self.start(when(call))] if self.query.grain else []
        return (*time, *(self.dimension(call, name) for name in self.by))

    def dimension(self, call: ModelCall, name: str) -> Any:
        """A call's value of a dimension."""
        local = when(call).astimezone(self.tz)
        derived = {
            "family": lambda: family_of(call.model),
            "error_type": lambda: call.status if call.status in ERRORS else "",
            "revenue_stated": lambda: "yes" if call.revenue else "no",
        }
        if name in derived:
            return derived[name]()
        if name.startswith("label."):
            return (call.labels or {}).get(name.removeprefix("label."), "")
        if name in ("day", "week", "month", "hour", "weekday"):
            return part(local, name)
        if name in ("price_certainty", "price_basis"):
            return (call.price_basis if name == "price_basis" else "") or certainty(call)
        return getattr(call, COLUMNS.get(name, name))

    def looked_at(self, names: set[str]) -> set[str]:
        """The dimensions that decide what some are; here those themselves."""
        return names

    def start(self, moment: datetime) -> datetime:
        """The start of the bucket that holds a moment of the window."""
        if self.query.grain == "minute":
            return floor(moment, timedelta(minutes=1))
        return self.start_of[floor(moment, QUARTER)]

    @cached_property
    def start_of(self) -> dict[datetime, datetime]:
        """For each quarter hour, the first of those before it that have the same local date, hour and so on."""
        at = floor(self.since, QUARTER) - timedelta(days=MARGIN[self.query.grain])
        found: dict[datetime, datetime] = {}
        before, start = None, at
        while at < self.until:
            mark = self.mark(at)
            if mark != before:
                before, start = mark, at
            found[at] = start
            at += QUARTER
        return found

    def mark(self, at: datetime) -> Any:
        """What quarter hours of one bucket have in common."""
        local = at.astimezone(self.tz)
        if self.query.grain == "hour":
            return local.date(), local.hour, local.utcoffset()
        if self.query.grain == "year":
            return local.year
        return part(local, self.query.grain) if self.query.grain in ("day", "week", "month") else at

    def starts(self) -> list[datetime]:
        """The start of every bucket of the window, in order."""
        if self.query.grain == "minute":
            at, found = floor(self.since, timedelta(minutes=1)), []
            while at < self.until:
                found.append(at)
                at += timedelta(minutes=1)
            return found
        first = floor(self.since, QUARTER)
        return sorted({start for at, start in self.start_of.items() if at >= first})

    # -- filters -------------------------------------------------------------------------------------------------

    def passes(self, call: ModelCall, only: Callable[[str], bool] = lambda _: True) -> bool:
        """True if the filters let a call through."""
        return all(
            accepts(given, self.dimension(call, short(given.dimension)))
            for given in self.query.where
            if only(short(given.dimension))
        )

    # -- measures ------------------------------------------------------------------------------------------------

    def measured(self, calls: list[ModelCall], sessions: int, key: tuple[Any, ...]) -> dict[str, Any]:
        """The measures of one row."""
        return {
            short(name): sessions if name == "calls.sessions" else MEASURES[short(name)](calls)
            for name in self.query.measures
        }

    def sessions(self) -> dict[tuple[Any, ...], int]:
        """Sessions per key: by overlap where rows of sessions know all dimensions, else those among the calls."""
        used = self.looked_at({*self.by, *(short(given.dimension) for given in self.query.where)})
        filtered = {short(given.dimension) for given in self.query.where}
        stretches = [name for name in self.by if name in ("day", "week", "month")]
        lists = {"model" if name == "family" else name for name in used} & {"provider", "model"}
        rows = (
            used <= SESSION_DIMENSIONS
            and not filtered & {"day", "week", "month"}
            and len(stretches) + bool(self.query.grain) <= 1
            and len(lists) <= 1
        )
        members: dict[tuple[Any, ...], set[Any]] = defaultdict(set)
        if not rows:
            for call in self.seen:
                if call.session_id and self.since <= when(call) < self.until and self.passes(call):
                    members[self.key(call)].add((call.workspace, call.source, call.session_id))
            return {key: len(found) for key, found in members.items()}
        by_session: dict[Any, list[ModelCall]] = defaultdict(list)
        for call in self.seen:
            if call.session_id:
                by_session[call.workspace, call.source, call.session_id].append(call)
        for identity, calls in by_session.items():
            for key in self.session_keys(calls):
                members[key].add(identity)
        return {key: len(found) for key, found in members.items()}

    def session_keys(self, calls: list[ModelCall]) -> Iterable[tuple[Any, ...]]:
        """The keys of the rows in which a session counts."""
        first, last = min(map(when, calls)), max(map(when, calls))
        if not (first < self.until and last >= self.since):
            return
        own = {
            name: max(getattr(call, name) for call in calls)
            for name in ("project", "agent", "user", "team", "environment")
        }
        # One stand-in for each provider and model that the session used, in each bucket that it overlaps.
        for call in {(call.provider, call.model): call for call in calls}.values():
            like = structs.replace(call, **own)
            if not self.passes(like):
                continue
            clipped = max(first, self.since), min(last, self.until - MICROSECOND)
            for moment in [clipped[0], *(edge for edge in self.edges if clipped[0] < edge <= clipped[1])]:
                like.started_at = (moment - EPOCH) // MICROSECOND
                yield self.key(like)

    @cached_property
    def edges(self) -> list[datetime]:
        """A moment in every bucket, local day, week or month of the window, except its first."""
        if self.query.grain:
            return self.starts()
        if not set(self.by) & {"day", "week", "month"}:
            return []
        at, found = floor(self.since, QUARTER), []
        while at < self.until:
            local = at.astimezone(self.tz)
            if (local - QUARTER).date() != local.date() or (local.hour, local.minute) < (2, 0):
                found.append(at)
            at += QUARTER
        return found


def certainty(call: ModelCall) -> str:
    """How sure a call's cost is, in one word."""
    if call.cost is None:
        return "unpriced"
    return "assumed" if call.price_basis.startswith(ASSUMED) else "exact"


def usage_unknown(call: ModelCall) -> bool:
    """True for a call without a price whose usage nobody knows."""
    if call.cost is not None:
        return False
    if not call.price_basis:
        return all(getattr(call, name) is None for name in (*PROMPT, "output_tokens"))
    return call.price_basis in [unpriced(reason) for reason in USAGE_UNKNOWN]


def within(column: str, *names: str) -> Callable[[list[ModelCall]], int]:
    """The sum of numbers in a call's objects."""
    return lambda calls: sum((getattr(call, column) or {}).get(name, 0) for call in calls for name in names)


def when(call: ModelCall) -> datetime:
    """When a call began."""
    return EPOCH + call.started_at * MICROSECOND


def floor(moment: datetime, step: timedelta) -> datetime:
    """A moment, rounded down."""
    return EPOCH + (moment - EPOCH) // step * step


def part(local: datetime, name: str) -> Any:
    """A part of a local time."""
    day = local.date()
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "hour": local.hour,
        "weekday": day.isoweekday(),
    }[name]


def short(name: str) -> str:
    """A name without its cube."""
    return name.partition(".")[2]


def accepts(given: Filter, value: Any) -> bool:
    """True if a filter lets a value through."""
    text = value.isoformat() if isinstance(value, date) else str(value)
    if given.op == "contains":
        return any(wanted.lower() in text.lower() for wanted in given.values)
    if given.op == "prefix":
        return any(text.startswith(wanted) for wanted in given.values)
    return (text in given.values) == (given.op in ("=", "in"))


def usd(nano: int) -> Decimal:
    """Nano-dollars as dollars."""
    return Decimal(nano).scaleb(-9)


def total(*names: str) -> Callable[[list[ModelCall]], int]:
    """The sum of columns."""
    return lambda calls: sum(getattr(call, name) or 0 for call in calls for name in names)


def counted(*statuses: str) -> Callable[[list[ModelCall]], int]:
    """The number of calls with one of these statuses."""
    return lambda calls: sum(call.status in statuses for call in calls)


def ratio(upper: Callable[..., Any], lower: Callable[..., Any], times: int = 1) -> Callable[[list[ModelCall]], Any]:
    """One measure by another."""

    def divide(calls: list[ModelCall]) -> Any:
        over, under = upper(calls), lower(calls)
        if over is None or not under:
            return None
        if isinstance(over, Decimal):
            return (over * times / under).quantize(Decimal("1e-9"))
        return float(over) * times / float(under)

    return divide


def quantile(name: str, permille: int) -> Callable[[list[ModelCall]], float | None]:
    """The nearest rank, in milliseconds, of values rounded to their bucket."""

    def rank(calls: list[ModelCall]) -> float | None:
        values = sorted(bucket_of(getattr(call, name)) for call in calls if getattr(call, name) is not None)
        return value_of(values[ceil(permille * len(values) / 1000) - 1]) / 1000 if values else None

    return rank


def mean(name: str) -> Callable[[list[ModelCall]], float | None]:
    """The mean, in milliseconds."""

    def average(calls: list[ModelCall]) -> float | None:
        values = [getattr(call, name) for call in calls if getattr(call, name) is not None]
        return sum(values) / len(values) / 1000 if values else None

    return average


def minutes(calls: list[ModelCall]) -> dict[int, list[ModelCall]]:
    """The calls of each minute, counted from the epoch."""
    found: dict[int, list[ModelCall]] = defaultdict(list)
    for call in calls:
        found[call.started_at // 60_000_000].append(call)
    return found


def is_bad(calls: list[ModelCall]) -> bool:
    """True if fewer than half of a minute's calls succeeded."""
    return sum(call.status not in ERRORS for call in calls) < len(calls) / 2


def bad_minutes(calls: list[ModelCall]) -> int:
    """How many minutes are bad."""
    return sum(map(is_bad, minutes(calls).values()))


def cost(calls: list[ModelCall]) -> Decimal | None:
    """What the calls cost; unknown where none has a price, or those that have one cost nothing and others have none."""
    known = [call.cost for call in calls if call.cost is not None]
    return None if len(known) < len(calls) and not sum(known) else usd(sum(known))


def speed(calls: list[ModelCall]) -> float | None:
    """Output tokens per second of generation."""
    known = [call for call in calls if call.output_tokens is not None and call.latency_us is not None]
    took = sum(call.latency_us - min(call.latency_us, call.ttft_us or 0) for call in known)  # type: ignore[operator]
    return sum(call.output_tokens or 0 for call in known) * 1_000_000 / took if took else None


PROMPT = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_unknown_tokens",
)
ALL = (*PROMPT, "output_tokens", "unsplit_tokens")
MEASURES: dict[str, Callable[[list[ModelCall]], Any]] = {
    "requests": len,
    "errors": counted(*ERRORS),
    "timeouts": counted("timeout"),
    "error_rate": ratio(counted(*ERRORS), len),
    "success_rate": ratio(counted("ok", "cancelled"), len),
    "timeout_rate": ratio(counted("timeout"), len),
    "active_minutes": lambda calls: len(minutes(calls)),
    "bad_minutes": bad_minutes,
    "availability": ratio(lambda calls: len(minutes(calls)) - bad_minutes(calls), lambda calls: len(minutes(calls))),
    "sessions": len,
    "messages": lambda calls: len(calls) + sum(call.user_messages for call in calls),
    "input_tokens": total("input_tokens"),
    "cache_read_tokens": total("cache_read_tokens"),
    "cache_write_tokens": total(*PROMPT[2:]),
    "output_tokens": total("output_tokens"),
    "reasoning_tokens": total("reasoning_tokens"),
    "total_tokens": total(*ALL),
    "cache_hit_share": ratio(total("cache_read_tokens"), total(*PROMPT)),
    "completion_ratio": ratio(total("output_tokens"), total(*PROMPT)),
    "unsplit_tokens": total("unsplit_tokens"),
    "audio_tokens": within("parts", "input_audio", "cache_read_audio", "output_audio"),
    "web_searches": lambda calls: within("quantities", "web_searches")(calls) / 1000,
    "cost": cost,
    "assumed": lambda calls: sum(certainty(call) == "assumed" for call in calls),
    "cost_assumed": lambda calls: usd(sum(call.cost or 0 for call in calls if certainty(call) == "assumed")),
    "usage_unknown": lambda calls: sum(map(usage_unknown, calls)),
    "no_price": lambda calls: sum(call.cost is None and not usage_unknown(call) for call in calls),
    "unpriced": lambda calls: sum(call.cost is None for call in calls),
    "cost_per_request": ratio(cost, lambda calls: sum(call.cost is not None for call in calls)),
    "cost_per_mtok": lambda calls: (
        None
        if cost(calls) is None
        else ratio(cost, total(*ALL), 1_000_000)([call for call in calls if call.cost is not None])
    ),
    "cost_reported": lambda calls: usd(sum(call.cost_reported or 0 for call in calls)),
    "revenue": lambda calls: usd(sum(call.revenue or 0 for call in calls)),
    "p50_latency": quantile("latency_us", 500),
    "p95_latency": quantile("latency_us", 950),
    "p99_latency": quantile("latency_us", 990),
    "p999_latency": quantile("latency_us", 999),
    "p50_ttft": quantile("ttft_us", 500),
    "p95_ttft": quantile("ttft_us", 950),
    "p99_ttft": quantile("ttft_us", 990),
    "p999_ttft": quantile("ttft_us", 999),
    "mean_latency": mean("latency_us"),
    "mean_ttft": mean("ttft_us"),
    "speed": speed,
}
