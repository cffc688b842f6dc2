"""What Claude Code tells the command of its status line, and that command passes on: plan limits, context, cost.

All of it is how things stand just now, and grows with the session, so it is kept as readings and never as calls. It has
no time of its own: the time is that at which it arrives. Source: Claude Code's documentation of `statusLine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from tokometer.records import Record, RecordError, Sample
from tokometer.records.values import floating
from tokometer.sources.noticed import Noticed
from tokometer.sources.plans import CONTEXT_USED, LIMIT_USED, SESSION_COST
from tokometer.sources.protocol import Sent
from tokometer.sources.pushing import JsonPush
from tokometer.sources.told import Told

PATH: Final = "/api/webhooks/claude-code/statusline"
_SOURCE: Final = "claude_code"
_PROVIDER: Final = "anthropic"
#: Windows of a plan, by the names that the status line has for them: minutes.
_WINDOWS: Final = {"five_hour": 300, "seven_day": 10_080, "seven_day_opus": 10_080, "seven_day_sonnet": 10_080}
_MINUTE_US: Final = 60_000_000
_HOUR_US: Final = 3_600_000_000


class StatusLine(JsonPush):
    """The JSON that Claude Code gives to the command of its status line."""

    path = PATH
    summary = "What Claude Code tells its status line: plan limits, context and session cost, as readings"
    source = _SOURCE

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:
        """See `JsonPush.records`."""
        told, machine = Told(item), sent.names.get("machine", "")
        found = [*_limits(told.within("rate_limits"), sent.now, machine, noticed, index), *_session(told, sent.now)]
        if not found and "session_id" not in told:
            raise RecordError("", "is not what Claude Code tells a status line: it names no session")
        for sample in found:
            sample.machine = machine
            sample.model = told.within("model").text("id") if isinstance(told.raw("model"), dict) else ""
        return found


def _limits(limits: Told, now: int, machine: str, noticed: Noticed, index: int) -> Iterator[Sample]:
    """Of each window how much is used. What stood there before is the same reading, so that it is kept as it moves."""
    for window in limits.beside(()):
        if not isinstance(limits.raw(window), dict):
            continue
        told = limits.within(window)
        used = _number(told, "used_percentage")
        if used is None:
            continue
        if window not in _WINDOWS:
            noticed.add("usage", f"rate_limits.{window}", index)
        resets = told.moment("resets_at")
        labels = {"window": window}
        if window in _WINDOWS:
            labels["window_minutes"] = str(_WINDOWS[window])
        if resets is not None:
            labels["resets_at"] = str(resets // 1_000_000)
        until = resets if resets is not None else now // _HOUR_US
        yield Sample(
            source=_SOURCE,
            native_id=f"limit:{machine}:{window}:{until}:{used}",
            started_at=now,
            metric=LIMIT_USED,
            value=used,
            unit="percent",
            provider=_PROVIDER,
            labels=labels,
        )


def _session(told: Told, now: int) -> Iterator[Sample]:
    """How full its context is and what it has cost: one reading a minute, the last one told."""
    session_id = told.text("session_id")
    if not session_id:
        return
    minute = now // _MINUTE_US
    readings = (
        (CONTEXT_USED, "percent", _number(told.within("context_window"), "used_percentage")),
        (SESSION_COST, "usd", _number(told.within("cost"), "total_cost_usd")),
    )
    for metric, unit, value in readings:
        if value is not None:
            yield Sample(
                source=_SOURCE,
                native_id=f"{metric}:{session_id}:{minute}",
                started_at=minute * _MINUTE_US,
                pinned=True,
                revision=now,
                metric=metric,
                value=value,
                unit=unit,
                provider=_PROVIDER,
                labels={"session": session_id},
            )


def _number(told: Told, name: str) -> float | None:
    value = told.raw(name)
    if value is None:
        return None
    try:
        return floating(value)
    except ValueError as error:
        raise RecordError(name, str(error)) from None


def recipe(url: str) -> str:
    """How Claude Code is told to, for a server at `url`."""
    return (
        "# In ~/.claude/settings.json, for plan limits; transcripts are found by themselves:\n"
        f'{{"statusLine": {{"type": "command", "command": "tokometer statusline --url {url}"}}}}'
    )
