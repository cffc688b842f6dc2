"""A call as it counts, while it is worked out from several tellings; see :mod:`tokometer.records.tellings`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from msgspec.structs import replace

from tokometer.records.kinds import ModelCall
from tokometer.records.preferred import also_told, preferred
from tokometer.records.stated import Stated, extends, together

#: What holds for every call below whoever says it.
_CONTEXT: Final = (
    "session_id",
    "parent_session_id",
    "project",
    "git_branch",
    "agent",
    "subagent",
    "thread",
    "user",
    "team",
    "api_key",
    "endpoint",
    "environment",
    "knowledge_base",
    "machine",
    "account",
    "region",
    "service_tier",
    "provider",
    "model",
)
#: What is said of one call, and of no other below the same span.
_OWN: Final = (
    "request_id",
    "response_id",
    "stop_reason",
    "http_status",
    "latency_us",
    "ttft_us",
    "estimated_tokens",
    "cost_reported",
    "revenue",
)
_NAMES: Final = ("request_id", "response_id")
#: What a computed price depends on, beside tokens.
_PRICED: Final = frozenset(
    {"provider", "model", "service_tier", "region", "http_status", "stop_reason", "cost_reported"}
)


class Counted:
    """One call that counts: the telling whose record it is, and what others know of it better."""

    __slots__ = ("_facts", "call", "index", "stated", "tellers")

    def __init__(self, index: int, call: ModelCall, stated: Stated) -> None:
        #: Of the telling, as its place among all of them.
        self.index = index
        self.call = call
        self.stated = stated
        #: All that speak of this call and of no other, itself first.
        self.tellers = [call]
        self._facts: dict[str, Any] = {}

    @classmethod
    def rest(cls, index: int, call: ModelCall, stated: Stated, cost: int | None) -> Self:
        """What nobody below a telling explains. Times are those of the whole, so the rest has none."""
        made = cls(index, call, stated)
        made._facts = {
            "cost_reported": cost,
            "latency_us": None,
            "ttft_us": None,
            "estimated_tokens": None,
            "revenue": None,
        }
        return made

    @property
    def cost_reported(self) -> int | None:
        """In nano-USD; None is not reported."""
        return self._get("cost_reported")  # type: ignore[no-any-return]

    @property
    def revenue(self) -> int | None:
        """In nano-USD; None is not stated."""
        return self._get("revenue")  # type: ignore[no-any-return]

    def extended_by(self, stated: Stated) -> bool:
        """Whether somebody says the same of its answer, and more of its prompt."""
        return extends(stated, self.stated)

    def improve(self, stated: Stated) -> None:
        """Take the richer word on the same tokens."""
        self.stated = together(self.stated, stated)

    def add_output(self, stated: Stated) -> None:
        """Take tokens of the answer that its own telling left out."""
        self.stated.add(Stated(output=stated.output, reasoning=stated.reasoning))

    def take(self, stated: Stated, cost: int | None) -> None:
        """Take all that somebody else states, of a call whose own telling states nothing."""
        self.stated = together(Stated(quantities=self.stated.quantities), stated)
        if self.cost_reported is None and cost is not None:
            self._facts["cost_reported"] = cost

    def learn(self, teller: ModelCall, *, alone: bool) -> None:
        """Take the facts that are unknown so far. `alone`: the teller speaks of this call only."""
        for name in (*_CONTEXT, *_OWN) if alone else _CONTEXT:
            if self._get(name) not in ("", None) or (value := getattr(teller, name)) in ("", None):
                continue
            if name not in _NAMES or value not in map(self._get, _NAMES):
                self._facts[name] = value
        if alone:
            self.tellers.append(teller)
        if alone and self._get("status") != "ok" and not self._get("error_message") and teller.error_message:
            self._facts["error_message"] = teller.error_message
        if teller.labels:
            labels = {**teller.labels, **(self._get("labels") or {})}
            if labels != self._get("labels"):
                self._facts["labels"] = labels

    def earn(self, revenue: int) -> None:
        """Count revenue (nano-USD) that was stated for several calls."""
        self._facts["revenue"] = (self.revenue or 0) + revenue

    def use(self, quantities: Mapping[str, int]) -> None:
        """Count what else was used, stated for several calls."""
        if quantities:
            self.stated.add(Stated(quantities=dict(quantities)))

    def result(self) -> ModelCall:
        """The call with what was learnt; the telling itself where that is nothing."""
        call = self.call
        best = preferred(self.tellers)
        if "labels" in best:
            best["labels"] = {**(self._get("labels") or {}), **best["labels"]}
        self._facts |= best
        if also := also_told(self.tellers, self.stated, self._facts):
            self._facts["also_told"] = also
        used = {name: value for name, value in self.stated.fields().items() if value != _plain(getattr(call, name))}
        changed = {**used, **{name: value for name, value in self._facts.items() if value != getattr(call, name)}}
        if not changed:
            return call
        if used or not _PRICED.isdisjoint(changed):
            changed |= {"cost_priced": None, "price_version": "", "price_basis": ""}
        return replace(call, **changed)

    def _get(self, name: str) -> Any:  # noqa: ANN401 - the type of the field
        return self._facts[name] if name in self._facts else getattr(self.call, name)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field's
    """A field's value, None for an empty object."""
    return None if value == {} else value
