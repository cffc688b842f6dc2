"""What a session states of its use when it ends, and whether that is of the process or of all of the session.

A session that is resumed ends more than once. Releases until mid-2026 state at each end what was used since it was
begun or resumed; later ones, what was used so far. Both write down the tokens of each answer, and their sums tell which
it is; where they do not, the process is assumed. A process that ends twice (after an error, say) states the second
time what it used so far in any release.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from tokometer.records import RecordError
from tokometer.sources.copilot_cli.usage import NANO, Buckets, buckets
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

_USAGE: Final = frozenset({"inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "reasoningTokens"})
_METRICS: Final = frozenset({"requests", "usage", "totalNanoAiu", "tokenDetails"})


class Stated(NamedTuple):
    """What was used with one model, as it is stated."""

    input: int | None = None
    output: int | None = None
    read: int | None = None
    written: int | None = None
    reasoning: int | None = None
    requests: int = 0
    premium: float = 0
    credits: float = 0

    @property
    def buckets(self) -> Buckets:
        """Tokens taken apart."""
        return buckets(self.input, self.output, self.read, self.written, self.reasoning)

    @property
    def any(self) -> bool:
        """Whether anything was used."""
        return any(self)

    def less(self, before: Stated) -> Stated:
        """What was used since."""
        return Stated(*(_less(now, then) for now, then in zip(self, before, strict=True)))


def _less(now: Any, then: Any) -> Any:  # noqa: ANN401 - counts of either kind
    return None if now is None else max(0, now - (then or 0))


def stated_of(metrics: Told, noticed: Noticed, offset: int) -> dict[str, Stated]:
    """What the end of a session states, by model.

    Raises:
        RecordError: It cannot be believed.
    """
    found = {}
    for model in metrics.beside(()):
        if not isinstance(metrics.raw(model), dict):
            noticed.add("usage", "modelMetrics of something that is no model", offset)
            continue
        told = metrics.within(model)
        usage, requests = told.within("usage"), told.within("requests")
        for name in usage.beside(_USAGE):
            noticed.add("usage", f"modelMetrics.usage.{name}", offset)
        for name in told.beside(_METRICS):
            noticed.add("usage", f"modelMetrics.{name}", offset)
        found[model] = Stated(
            usage.whole("inputTokens"),
            usage.whole("outputTokens"),
            usage.whole("cacheReadTokens"),
            usage.whole("cacheWriteTokens"),
            usage.whole("reasoningTokens"),
            requests.whole("count") or 0,
            amount(requests, "cost"),
            amount(told, "totalNanoAiu") / NANO,
        )
    return found


def amount(told: Told, name: str) -> float:
    """An amount that is stated; 0 where none is.

    Raises:
        RecordError: It is none.
    """
    value = told.raw(name)
    if value is None:
        return 0
    try:
        return max(0.0, float(str(value)))
    except ValueError:
        raise RecordError(name, "is not a number") from None


class Life(msgspec.Struct):
    """A session from when it was begun, or resumed, until it ends; and what is known of those before."""

    began: int = 0
    #: Model → (answers, tokens of them), since it began.
    messages: dict[str, tuple[int, int]] = {}
    #: Answers and their tokens, in all lives.
    answers: int = 0
    output: int = 0
    #: Model → what was stated when the life before ended.
    before: dict[str, tuple[Any, ...]] = {}
    #: Whether it was begun, or resumed, since it ended last.
    fresh: bool = True
    #: Model → input, cache reads and cache writes that answers themselves state, since it began.
    prompts: dict[str, tuple[int, int, int]] = {}

    def begin(self, at: int) -> None:
        """It was begun or resumed."""
        self.began, self.fresh = at, True
        self.messages, self.prompts = {}, {}

    def prompted(self, model: str, usage: Told) -> None:
        """An answer states what its prompt was."""
        told = tuple(usage.whole(name) for name in ("inputTokens", "cacheReadTokens", "cacheWriteTokens"))
        if any(told):
            before = self.prompts.get(model, (0, 0, 0))
            given, read, written = (sum_ + (count or 0) for sum_, count in zip(before, told, strict=True))
            self.prompts[model] = given, read, written

    def answered(self) -> dict[str, tuple[int, Stated]]:
        """How many answers each model gave since it began, and what is known of their use while nothing else is."""
        found = {}
        for model, (count, output) in self.messages.items():
            given, read, written = self.prompts.get(model, (None, None, None))
            found[model] = count, Stated(given, output, read, written)
        return found

    def answer(self, model: str, output: int, at: int) -> None:
        """The model gave an answer."""
        if not self.began:
            self.began = at
        count, sum_ = self.messages.get(model, (0, 0))
        self.messages[model] = (count + 1, sum_ + output)
        self.answers += 1
        self.output += output

    def end(self, stated: dict[str, Stated], at: int) -> tuple[int, dict[str, Stated], bool]:
        """It ended: when it began, what it used, and whether more was stated than that."""
        before = {model: Stated(*values) for model, values in self.before.items()}
        cumulative = bool(before) and self._so_far(stated, before)
        own = stated
        if cumulative:
            own = {model: used.less(before.get(model, Stated())) for model, used in stated.items()}
        began = self.began or at
        self.before = {model: tuple(used) for model, used in stated.items()}
        self.began, self.messages, self.prompts, self.fresh = 0, {}, {}, False
        return began, own, cumulative

    def _so_far(self, stated: dict[str, Stated], before: dict[str, Stated]) -> bool:
        """Whether what is stated is what the session used so far."""
        if any((then.output or 0) > (stated.get(model, Stated()).output or 0) for model, then in before.items()):
            return False
        if not self.fresh:
            # It is the same process that ends once more, of which nothing is counted from the start.
            return True
        own = sum(output for _, output in self.messages.values())
        total = sum(used.output or 0 for used in stated.values())
        if self.output > own > 0:
            return abs(total - self.output) < abs(total - own)
        count = sum(count for count, _ in self.messages.values())
        requests = sum(used.requests for used in stated.values())
        if requests and self.answers > count > 0:
            return abs(requests - self.answers) < abs(requests - count)
        return False
