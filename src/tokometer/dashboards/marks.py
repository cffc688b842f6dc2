"""What is marked on the time axes of charts: when prices of the models in use changed, and when incidents began.

A mark stands where it happened; its text is in the tooltip of the period that it falls into.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.accounts import Alert, Note
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Mark
from tokometer.prices import PriceBook
from tokometer.prices.changes import PriceChange, per_tokens
from tokometer.records import PROVIDERS, to_datetime, to_us
from tokometer.records.units import PERCENT, SECONDS, TOKENS, USD, USD_PER_MTOK, show

#: Marks of a kind that a chart bears; the most telling ones are kept.
MOST: Final = 12
#: Notes that a chart bears, the latest; and characters of each in a tooltip.
MOST_NOTES: Final = 100
_LONGEST_NOTE: Final = 200
#: Alerts that a chart bears.
MOST_ALERTS: Final = 24
_SEVERITIES: Final = ("critical", "warning", "info")
_KINDS: Final = {"critical": "incident", "warning": "alert"}
#: Incidents take minutes: on an axis of quarters of a year they are dust.
LONGEST: Final = timedelta(days=32)
#: Changes at one moment that are told in full.
_IN_FULL: Final = 3
_FIRST: Final = ("input", "output")
#: Buckets whose prices say nothing that those before do not.
_WORDS: Final = {"cache_write_5m": "cache write", "cache_write_1h": "cache write 1 h"}
_RANK: Final = ("critical", "major", "minor")


def marks_of(context: Context, window: Window, book: PriceBook) -> list[Mark]:
    """What to mark on a chart of the viewer's calls over a window, in order of time."""
    rows = context.query(window, "requests", by=("provider", "model")).rows
    used = [(row["provider"], row["model"]) for row in rows]
    found = price_marks(book, used, window.since, window.until)
    if window.until - window.since <= LONGEST:
        incidents = context.judge("incidents", window, by="provider").rows
        found += incident_marks(incidents, window.since, window.until)
    found += context.notes(window)
    return sorted(found, key=lambda mark: mark.time)


def price_marks(
    book: PriceBook, used: Iterable[tuple[str, str]], since: datetime, until: datetime, most: int = MOST
) -> list[Mark]:
    """Changes of the prices of `used` providers and models from `since` on and before `until`, one mark for a moment.

    Args:
        book: Says what cost how much when, the user's own prices included.
        used: Providers (slugs) and models, the most used first: these are told where there are too many.
        since: With a zone, in which the marks are.
        until: With a zone.
        most: The latest so many moments are kept.
    """
    by_time: dict[int, list[PriceChange]] = {}
    for provider, model in dict.fromkeys(used):
        for change in book.changes(provider, model, to_us(since), to_us(until)):
            by_time.setdefault(change.at, []).append(change)
    return [
        Mark(to_datetime(at).astimezone(since.tzinfo), _together(by_time[at]), "price")
        for at in sorted(by_time)[-most:]
    ]


def note_marks(
    notes: Iterable[Note], where: Sequence[tuple[str, tuple[str, ...]]], window: Window, most: int = MOST_NOTES
) -> list[Mark]:
    """The marks of notes that a window covers and that are about what a viewer looks at, in order of time.

    A note about one provider is left out where the viewer has filtered by another one. One on a range has its mark at
    the range's beginning, and is told in every period of the range.
    """
    chosen = dict(where)

    def seen(note: Note) -> bool:
        return all(set(values) & set(chosen.get(name, values)) for name, values in note.filters.items())

    told = list(filter(seen, notes))
    return [
        Mark(
            max(note.since, window.since.astimezone(UTC)).astimezone(window.since.tzinfo),
            _noted(note),
            "note",
            note.until.astimezone(window.since.tzinfo) if note.until else None,
        )
        for note in told[-most:]
    ]


def alert_marks(
    alerts: Iterable[tuple[Alert, Mapping[str, Sequence[str]]]],
    where: Sequence[tuple[str, tuple[str, ...]]],
    window: Window,
    most: int = MOST_ALERTS,
) -> list[Mark]:
    """The marks of alerts that fired in a window and are about what a viewer looks at, in order of time.

    Each comes with the calls that it is about, by dimension. Of more than `most`, the most severe are kept.
    """
    chosen = dict(where)
    told = [
        alert
        for alert, about in alerts
        if alert.fired is not None
        and window.since <= alert.fired < window.until
        and all(set(values) & set(chosen.get(name, values)) for name, values in about.items())
    ]
    worst = sorted(told, key=lambda one: (_SEVERITIES.index(one.severity), one.fired or one.since))[:most]
    return [
        Mark(
            alert.fired.astimezone(window.since.tzinfo),
            _alerted(alert),
            _KINDS.get(alert.severity, "told"),
        )
        for alert in sorted(worst, key=lambda one: one.fired or one.since)
        if alert.fired is not None
    ]


def _alerted(alert: Alert) -> str:
    """`Any user over $50: ada (Cost $61.20, above $50.00), for 2 h`."""
    of = f": {alert.value}" if alert.value else ""
    words = alert.measured.get("words", "")
    fired = alert.fired or alert.since
    lasted = (
        f", for {show(max(0.0, (alert.resolved - fired).total_seconds()), SECONDS)}" if alert.resolved else ", goes on"
    )
    return f"Alert: {alert.title}{of}{f' ({words})' if words else ''}{lasted}"


def _noted(note: Note) -> str:
    """`Deployed 4.2 (Ada)`, as a tooltip has room for it."""
    text = " ".join(note.text.split())
    text = text if len(text) <= _LONGEST_NOTE else f"{text[:_LONGEST_NOTE]}…"
    about = ", ".join(", ".join(values) for values in note.filters.values())
    return f"{text}{f' · {about}' if about else ''}{f' ({note.signed})' if note.signed else ''}"


def incident_marks(
    incidents: Sequence[Mapping[str, Any]], since: datetime, until: datetime, most: int = MOST
) -> list[Mark]:
    """The beginnings of incidents within a window, from rows of the judgement `incidents` by provider.

    Of more than `most`, the most severe are kept, and of these the longest.
    """
    inside = [row for row in incidents if since <= row["start"] < until]
    worst = sorted(inside, key=lambda row: (_RANK.index(row["severity"]), -row["duration"]))[:most]
    return [
        Mark(row["start"].astimezone(since.tzinfo), _incident(row), "incident")
        for row in sorted(worst, key=lambda row: row["start"].astimezone(UTC))
    ]


def _incident(row: Mapping[str, Any]) -> str:
    provider = row.get("provider", "")
    where = f" at {_provider(provider)}" if "provider" in row else ""
    lasted = f"for {show(row['duration'], SECONDS)}{' so far' if row['ongoing'] else ''}"
    return f"{row['severity'].capitalize()} incident{where}: {show(row['incidents'], PERCENT)} failed, {lasted}"


def _together(changes: Sequence[PriceChange]) -> str:
    """Changes at one moment."""
    told = "; ".join(_change(change) for change in changes[:_IN_FULL])
    rest = len(changes) - _IN_FULL
    return f"{told}; and {rest} more" if rest > 0 else told


def _change(change: PriceChange) -> str:
    """`gpt-5 at OpenAI: input $1.25 → $1.00 per million tokens`."""
    who = f"{change.model} at {_provider(change.provider)}"
    if not change.before:
        words = f"priced from here on{_listed(change.after)}"
    elif not change.after:
        words = "no price from here on"
    else:
        words = _differences(change)
    conditions = [
        *([f"more than {show(change.above, TOKENS)} tokens of input"] if change.above >= 0 else []),
        *(["at some hours"] if change.partly else []),
        *(["prices.toml"] if change.own else []),
    ]
    told = f" ({', '.join(conditions)})" if conditions else ""
    return f"{who}: {words}{told}"


def _differences(change: PriceChange) -> str:
    """What differs most tellingly: the prices of input and output, else what else there is."""
    names = list({**change.before, **change.after})
    shown = [name for name in _FIRST if name in names] or names[:2]
    parts = [f"{_word(name)} {_price(name, change.before)} → {_price(name, change.after)}" for name in shown]
    unit = " per million tokens" if any(per_tokens(name) for name in shown) else ""
    return ", ".join(parts) + unit


def _listed(prices: Mapping[str, Decimal]) -> str:
    shown = [name for name in _FIRST if name in prices]
    parts = [f"{_word(name)} {_price(name, prices)}" for name in shown]
    return ", " + ", ".join(parts) + " per million tokens" if parts else ""


def _price(name: str, prices: Mapping[str, Decimal]) -> str:
    if name not in prices:
        return "none"
    return show(prices[name], USD_PER_MTOK if per_tokens(name) else USD)


def _word(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))


def _provider(slug: str) -> str:
    return PROVIDERS[slug].name if slug in PROVIDERS else slug or "an unknown provider"
