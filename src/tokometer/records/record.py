"""What every kind of record has in common, and how two versions of one become one.

Conventions that hold for every kind:

* times are whole microseconds since the epoch (UTC), durations whole microseconds; ``None`` means unknown
* money is whole nano-US-dollars (1e-9 USD); ``None`` means not stated, which is not the same as 0
* token buckets are disjoint; what is a part of a bucket (reasoning, audio) is counted in it as well
* text that is unknown is the empty string
* (`workspace`, `source`, `native_id`) names a record for good; :attr:`Record.id` is its hash

How two versions of one record are merged is declared beside each field (see :func:`merge_rule`): the version with the
higher `revision` wins, fields marked ``origin`` come from the version with the lower `origin`, and `started_at` is the
earlier one (for what there is rather than what happened, the winner's). So the order in which two versions arrive
cannot matter. Of three, a field that only some know can depend on it where the best version does not know it; sources
therefore put whatever totals rest on into every version.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, ClassVar, Literal, TypeVar

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import astuple, fields, replace

from tokometer.records.ids import record_id

R = TypeVar("R", bound="Record")

MergeRule = Literal["winner", "origin", "min"]

#: A record whose revision is this or more was told in parts, of which each knows something: its start, its end, what
#: it used. What is added to it orders them, and is never the same of two. See :func:`merge`.
IN_PARTS = 1 << 60
#: Durations, which count from the start that a part knows.
_DURATIONS = ("latency_us", "ttft_us", "duration_us")
#: Words of a status that say less than any other.
_NO_STATUS = ("ok", "unknown", "running")

#: Tokens above this cannot be told apart by JSON readers, and no call has them.
MAX_TOKENS = 2**53

Tokens = Annotated[int, Meta(ge=0, le=MAX_TOKENS)]
Micros = Annotated[int, Meta(ge=0)]


class Record(Struct, kw_only=True, gc=False):
    """What every kind of record carries."""

    kind: ClassVar[str]
    #: Fields that describe where a record was first seen; see :func:`merge_rule`.
    origin_fields: ClassVar[frozenset[str]] = frozenset()
    #: Fields that say something of another and go where it goes: name → that other; see :func:`merge`.
    follows: ClassVar[dict[str, str]] = {}
    #: Fields of which a part that states one states all: what it leaves out of them is none.
    at_once: ClassVar[frozenset[str]] = frozenset()

    #: For what there is rather than what happened: the fields that name it. It is kept as one record, as last told,
    #: at the time at which that was.
    identity: ClassVar[tuple[str, ...]] = ()

    source: str
    native_id: str
    started_at: int
    workspace: str = "default"
    trace_id: str = ""
    span_id: str = ""
    parent_id: str = ""
    #: Of two versions of a record the one with the higher revision is right. Equal: the first one kept stays, unless
    #: the sender is trusted to correct itself (our own API).
    revision: int = 0
    #: Of two copies of a record the one with the lower origin is where it was first written.
    origin: int = 0
    #: True where `native_id` contains the start time, so that a copy can only be in the same quarter hour.
    pinned: bool = False
    #: The host on which it happened, where that is known.
    machine: str = ""
    #: The login, organisation or subscription under which it ran.
    account: str = ""
    #: Where it was served: a cloud's region, or a provider's own word (`us`).
    region: str = ""
    #: Whatever else its sender says of it, key by value; None is nothing.
    labels: dict[str, str] | None = None

    @property
    def id(self) -> bytes:
        """The 16 bytes under which the ledger keeps this record exactly once."""
        return record_id(self.workspace, self.source, self.native_id)

    @property
    def timed_by(self) -> str:
        """The field that says what `started_at` is: its sender's word for it."""
        return "started_at"


def merge_rule(kind: type[Record], name: str) -> MergeRule:
    """How the field `name` of two versions of one record becomes one."""
    if name == "started_at" and not kind.identity:
        return "min"
    if name in kind.origin_fields or name == "origin":
        return "origin"
    return "winner"


def merge(kept: R, arrived: R) -> R:
    """One record from two versions of it, the same whichever came first (unless their revisions are equal).

    A field that the winner does not know (``None`` or empty text) is taken from the other. Of two that were told in
    parts (:data:`IN_PARTS`) so is one at its default (of `at_once` all or none), labels add up, an error stays one, and
    a duration that counts from the start which one of them knows is made to count from the earlier one.
    """
    winner, loser = (arrived, kept) if arrived.revision > kept.revision else (kept, arrived)
    if loser.revision >= IN_PARTS:
        return _joined(winner, loser)
    first, later = (arrived, kept) if arrived.origin < kept.origin else (kept, arrived)
    # Written for speed: a session that was forked brings a copy of every record, and each is merged.
    pairs = zip(kept.__struct_fields__, astuple(winner), astuple(loser), strict=True)
    changed = {
        name: other
        for name, value, other in pairs
        if other is not value and not value and (value is None or value in ("", {}))
    }
    for name in kept.origin_fields:
        value = getattr(first, name)
        changed[name] = getattr(later, name) if value is None or value == "" else value
    for name, leader in kept.follows.items():
        changed[name] = getattr(loser if leader in changed else winner, name)
    changed["origin"] = first.origin
    if not kept.identity:
        changed["started_at"] = min(kept.started_at, arrived.started_at)
    return replace(winner, **changed)


def _joined(winner: R, loser: R) -> R:
    """One record from two parts of it, the later and the earlier."""
    start = min(winner.started_at, loser.started_at)
    changed: dict[str, object] = {}
    counted = any(getattr(winner, name) is not None for name in winner.at_once)
    for name, default in unsaid_of(type(winner)).items():
        value, other = getattr(winner, name), getattr(loser, name)
        if counted and name in winner.at_once:
            pass
        elif name in _DURATIONS:
            value, begun = (other, loser) if value is None else (value, winner)
            value = None if value is None else value + begun.started_at - start
        elif name == "latency_estimated":
            value = value and other
        elif (name == "labels" and value and other) or (name == "status" and other not in _NO_STATUS):
            value = {**other, **value} if name == "labels" else other if value in _NO_STATUS else value
        elif value == default or value in (None, "", {}):
            value = other
        changed[name] = value
    # What was worked out of one part alone holds for neither.
    for name in {*winner.follows, *winner.follows.values()}:
        changed[name] = unsaid_of(type(winner))[name]
    return replace(winner, **{**changed, "started_at": start, "revision": winner.revision})


@cache
def unsaid_of(kind: type[Record]) -> dict[str, object]:
    """Field → what it holds where nobody said anything; what has to be said is empty text then."""
    return {
        field.name: "" if field.default is NODEFAULT else field.default
        for field in fields(kind)
        if field.name not in ("started_at", "revision")
    }
