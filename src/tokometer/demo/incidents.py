"""What goes wrong in the demo, and how calls end: ordinary failures, an outage, a storm, a provider that flaps."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from tokometer.demo.models import Model
from tokometer.demo.rhythm import DAY, HOUR
from tokometer.records import Status

_MINUTE: Final = 60_000_000
#: The first day of the epoch was a Thursday; Monday is 0.
_THURSDAY: Final = 3
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Incident:
    """A provider in trouble: what its calls meet between `start` and `end`."""

    name: str
    provider: str
    start: int
    end: int
    #: Share of calls that fail, and as what.
    failing: float
    outcomes: tuple[tuple[float, Status], ...]
    #: How many times longer what still works takes.
    slower: float
    #: Share of the demo's calls that clients add to it, because they try again and again, …
    pressure: float
    #: … but at least so many, as far as a hundredth of all calls reaches.
    least: int = 0

    def added(self, calls: int) -> int:
        """How many calls clients add to it in a demo of `calls`."""
        return max(int(self.pressure * calls), min(self.least, calls // 100))


def incidents(start: int, end: int) -> tuple[Incident, ...]:
    """The two incidents of a window.

    The outage falls on a working afternoon three to five days before the end, the storm into the last night that is
    over: a batch of evaluations that ran into its own limits. In a window too short for that they fall inside it.
    """
    outage = _outage(start, end)
    return (outage, _storm(start, end, outage))


def _outage(start: int, end: int) -> Incident:
    day = (end - 3 * DAY) // DAY
    while (day + _THURSDAY) % 7 >= _SATURDAY:
        day -= 1
    begin = day * DAY + 13 * HOUR + 12 * _MINUTE
    length = 41 * _MINUTE
    if begin < start + DAY:
        begin = start + int(0.4 * (end - start))
        length = min(length, (end - start) // 20)
    outcomes: tuple[tuple[float, Status], ...] = ((0.55, "timeout"), (1.0, "server_error"))
    return Incident("outage", "google", begin, begin + length, 0.9, outcomes, 4.5, 0.0012, 40)


def _storm(start: int, end: int, outage: Incident) -> Incident:
    begin = (end - 4 * HOUR) // DAY * DAY + 2 * HOUR + 5 * _MINUTE
    length = 55 * _MINUTE
    if begin > end - 2 * HOUR:
        begin -= DAY
    if begin < outage.end + HOUR:
        begin = start + int(0.75 * (end - start))
        length = min(length, (end - start) // 20)
    outcomes: tuple[tuple[float, Status], ...] = ((0.96, "rate_limit"), (1.0, "server_error"))
    return Incident("storm", "openai", begin, begin + length, 0.85, outcomes, 1.7, 0.0008, 40)


#: The provider that comes and goes: for how long it is gone, with so many calls that meet it then (enough to open its
#: circuit), and for how long most of what is sent on trial fails after that.
_FLAPPING: Final = "together"
_GONE, _LIMPING = 90 * 1_000_000, 4 * _MINUTE
FLAP_CALLS: Final = 24
#: How long it works in between while the demo is played on, before it goes for the first time, and for how long it
#: limps at the beginning: it was gone just before.
_WORKING, _AT_FIRST, _STILL_LIMPING = 21 * _MINUTE, 9 * _MINUTE, 150 * 1_000_000
#: When it went before the window's end.
_WENT: Final = (160 * _MINUTE, 4 * _MINUTE)
_FLAPPED: Final[tuple[tuple[float, Status], ...]] = (
    (0.58, "server_error"),
    (0.74, "timeout"),
    (0.9, "rate_limit"),
    (0.95, "auth_error"),
    (1.0, "invalid_request"),
)


def _flap(begin: int) -> tuple[Incident, Incident]:
    over = begin + _GONE
    return (
        Incident("flap", _FLAPPING, begin, over, 0.96, _FLAPPED, 1.4, 0.0, FLAP_CALLS),
        Incident("limp", _FLAPPING, over, over + _LIMPING, 0.85, _FLAPPED, 1.2, 0.0),
    )


def flaps(end: int) -> tuple[Incident, ...]:
    """The flapping provider's troubles in the last hours of a window: its circuit is not closed at the end."""
    return tuple(trouble for ago in _WENT for trouble in _flap(end - ago))


def flap_at(started: int, at: int) -> Incident | None:
    """The flapping provider's trouble at a time of a demo that is played on since `started`; None where it works."""
    passed = at - started - _AT_FIRST
    before = started + _STILL_LIMPING - _LIMPING - _GONE
    begin = before if passed < 0 else at - passed % (_GONE + _LIMPING + _WORKING)
    return next((trouble for trouble in _flap(begin) if trouble.start <= at < trouble.end), None)


#: What an ordinary failure is.
_ORDINARY: Final[tuple[tuple[float, Status], ...]] = (
    (0.27, "rate_limit"),
    (0.52, "server_error"),
    (0.71, "timeout"),
    (0.93, "invalid_request"),
    (1.0, "auth_error"),
)
_CANCELLED: Final = 0.003


class Fate:
    """Draws how calls end. `trouble`, where it is set, holds at any time."""

    def __init__(self, rng: Random, troubles: tuple[Incident, ...]) -> None:
        self._random = rng.random
        self._troubles = troubles
        self.trouble: Incident | None = None
        self._first = min((trouble.start for trouble in troubles), default=0)
        self._last = max((trouble.end for trouble in troubles), default=0)

    def draw(self, model: Model, at: int) -> tuple[Status, float]:
        """How a call to `model` at this time ends, and how many times longer than usual it takes."""
        chance = self._random()
        now = self.trouble
        if now is not None and now.provider == model.provider and now.start <= at < now.end:
            if chance < now.failing:
                return _outcome(now.outcomes, chance / now.failing), now.slower
            return "ok", now.slower
        if self._first <= at < self._last:
            for trouble in self._troubles:
                if trouble.provider == model.provider and trouble.start <= at < trouble.end:
                    if chance < trouble.failing:
                        return _outcome(trouble.outcomes, chance / trouble.failing), trouble.slower
                    return "ok", trouble.slower
        if chance < model.failing:
            return _outcome(_ORDINARY, chance / model.failing), 1.0
        return ("cancelled" if chance > 1 - _CANCELLED else "ok"), 1.0


def _outcome(outcomes: tuple[tuple[float, Status], ...], chance: float) -> Status:
    for bound, status in outcomes:
        if chance < bound:
            return status
    return outcomes[-1][1]


#: What a failure says, and the HTTP status that came with it, by status.
MESSAGES: Final[dict[Status, tuple[tuple[int | None, str], ...]]] = {
    "ok": ((None, ""),),
    "timeout": (
        (504, "Gateway timeout: no response from the model within 60 s"),
        (None, "Request exceeded the client's timeout of 60 s"),
        (408, "Request timed out while waiting for the first token"),
    ),
    "rate_limit": (
        (429, "Rate limit reached: too many tokens per minute for this organisation"),
        (429, "Rate limit reached: too many requests per minute for this key"),
    ),
    "invalid_request": (
        (400, "The prompt is longer than the model's context window"),
        (400, "Unsupported value for parameter 'temperature' with this model"),
        (404, "The model does not exist or this key has no access to it"),
        (422, "The response schema is not a valid JSON schema"),
    ),
    "auth_error": (
        (401, "The API key is not valid"),
        (403, "This key has no permission for the requested resource"),
    ),
    "server_error": (
        (500, "Internal error; the request can be retried"),
        (503, "The service is overloaded; try again later"),
        (502, "Bad gateway"),
    ),
    "cancelled": ((None, "Cancelled by the client"),),
}
