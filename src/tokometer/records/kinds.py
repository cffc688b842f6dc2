"""The kinds of record: what can be measured, whatever tool reported it.

Conventions that hold for every kind:

* times are whole microseconds since the epoch (UTC), durations whole microseconds; ``None`` means unknown
* money is whole nano-US-dollars (1e-9 USD); ``None`` means not stated, which is not the same as 0
* token buckets are disjoint, except `reasoning_tokens`, which is a part of `output_tokens`
* text that is unknown is the empty string
* (`workspace`, `source`, `native_id`) names a record for good; :attr:`Record.id` is its hash

How two versions of one record are merged is declared beside each field (see :func:`merge_rule`): the version with the
higher `revision` wins, fields marked ``origin`` come from the version with the lower `origin`, and `started_at` is the
earlier one. So the order in which two versions arrive cannot matter. Of three, a field that only some know can
depend on it where the best version does not know it; sources therefore put whatever totals rest on into every version.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeVar

from msgspec import Meta, Struct, field
from msgspec.structs import astuple, replace

from tokometer.records.ids import record_id
from tokometer.records.status import Status

R = TypeVar("R", bound="Record")

MergeRule = Literal["winner", "origin", "min"]

#: Tokens above this cannot be told apart by JSON readers, and no call has them.
MAX_TOKENS = 2**53

Tokens = Annotated[int, Meta(ge=0, le=MAX_TOKENS)]
Micros = Annotated[int, Meta(ge=0)]


class Record(Struct, kw_only=True, gc=False):
    """What every kind of record carries."""

    kind: ClassVar[str]
    #: Fields that describe where a record was first seen; see :func:`merge_rule`.
    origin_fields: ClassVar[frozenset[str]] = frozenset()

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

    @property
    def id(self) -> bytes:
        """The 16 bytes under which the ledger keeps this record exactly once."""
        return record_id(self.workspace, self.source, self.native_id)


class ModelCall(Record, kw_only=True, gc=False):
    """One request to a model and its answer."""

    kind: ClassVar[str] = "calls"
    origin_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "session_id",
            "parent_session_id",
            "project",
            "git_branch",
            "agent",
            "subagent",
            "user",
            "user_messages",
        }
    )

    #: Calls of one group are the same answer seen from several sides: a `shadow` counts only while its group has no
    #: call that is not one (a Claude Code sidechain that replays its parent's message).
    group: str = ""
    shadow: bool = False

    provider: str = ""
    model: str = ""
    operation: str = "chat"
    status: Status = "ok"
    error_message: str = ""
    http_status: int | None = None
    stop_reason: str = ""
    attempt: int = 1
    request_id: str = ""

    latency_us: Micros | None = None
    ttft_us: Micros | None = None
    #: True where the latency was inferred from neighbouring timestamps, not measured.
    latency_estimated: bool = False

    input_tokens: Tokens | None = None
    cache_read_tokens: Tokens | None = None
    cache_write_5m_tokens: Tokens | None = None
    cache_write_1h_tokens: Tokens | None = None
    #: Cache writes whose lifetime the source did not state; priced as five minutes.
    cache_write_unknown_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    reasoning_tokens: Tokens | None = None
    #: What the client expected to use, where it says so (token efficiency).
    estimated_tokens: Tokens | None = None
    #: Messages that people wrote since the session's previous call.
    user_messages: Tokens = 0

    #: As the source reported it.
    cost_reported: int | None = None
    #: As our price book computes it, with the version that did. Filled by `tokometer.prices`, never by a source.
    cost_priced: int | None = None
    price_version: str = ""
    #: What the caller was paid for this call, where the record carries it.
    revenue: int | None = None
    service_tier: str = ""

    session_id: str = ""
    parent_session_id: str = ""
    project: str = ""
    git_branch: str = ""
    agent: str = ""
    subagent: str = ""
    user: str = ""
    team: str = ""
    #: Masked (`…ab12`), never the key.
    api_key: str = ""
    endpoint: str = ""
    environment: str = ""
    knowledge_base: str = ""

    @property
    def cost(self) -> int | None:
        """What the call cost: as reported where it was, else as priced; None is unpriced."""
        return self.cost_priced if self.cost_reported is None else self.cost_reported


class ToolCall(Record, kw_only=True, gc=False):
    """One use of a tool by a model or agent."""

    kind: ClassVar[str] = "tools"
    origin_fields: ClassVar[frozenset[str]] = frozenset({"session_id", "project", "agent", "subagent", "user"})

    name: str
    #: The MCP server that offers the tool, where it is one.
    server: str = ""
    status: Literal["ok", "error", "cancelled", "unknown"] = "unknown"
    error_message: str = ""
    duration_us: Micros | None = None
    #: The id of the model call that asked for it, as the source knows it.
    call_id: str = ""
    lines_added: Tokens | None = None
    lines_removed: Tokens | None = None

    session_id: str = ""
    project: str = ""
    agent: str = ""
    subagent: str = ""
    user: str = ""
    team: str = ""
    environment: str = ""


class AgentRun(Record, kw_only=True, gc=False):
    """One task given to an agent, from start to end."""

    kind: ClassVar[str] = "runs"

    agent: str
    status: Literal["ok", "error", "cancelled", "running", "unknown"] = "unknown"
    error_message: str = ""
    ended_at: int | None = None
    task: str = ""
    #: `main`, `subagent`, `workflow`, …
    role: str = ""
    session_id: str = ""
    parent_session_id: str = ""
    project: str = ""
    user: str = ""
    team: str = ""
    environment: str = ""
    model: str = ""
    #: Totals that the source states for the run. Shown beside, never added to, the calls.
    stated_tokens: Tokens | None = None
    stated_cost: int | None = None


class JobRun(Record, kw_only=True, gc=False):
    """One run of a scheduled job."""

    kind: ClassVar[str] = "jobs"

    job_id: str
    name: str = ""
    schedule: str = ""
    status: Literal["ok", "error", "skipped", "running", "unknown"] = "unknown"
    error_type: str = ""
    error_message: str = ""
    delivery_status: str = ""
    duration_us: Micros | None = None
    next_run_at: int | None = None
    agent: str = ""
    session_id: str = ""
    model: str = ""
    provider: str = ""
    team: str = ""
    environment: str = ""


class Sample(Record, kw_only=True, gc=False):
    """One reading of a gauge or counter: a GPU's power, a queue's length, a plan limit's use."""

    kind: ClassVar[str] = "samples"

    metric: str
    value: float
    unit: str = ""
    #: `gauge`, or `counter` for one that only grows between restarts.
    mode: Literal["gauge", "counter"] = "gauge"
    host: str = ""
    device: str = ""
    model: str = ""
    provider: str = ""
    labels: dict[str, str] = field(default_factory=dict)


class Bill(Record, kw_only=True, gc=False):
    """One line of a provider's bill or balance: what they say it cost, to hold against what we metered."""

    kind: ClassVar[str] = "bills"

    provider: str
    amount: int
    ended_at: int
    type: Literal["usage", "credit", "top_up", "balance", "adjustment", "revenue"] = "usage"
    currency: str = "USD"
    line_item: str = ""
    model: str = ""
    project: str = ""
    team: str = ""
    invoice: str = ""
    quantity: float | None = None
    quantity_unit: str = ""


#: Every kind, by the name under which the ledger, the API and the measures know it.
KINDS: dict[str, type[Record]] = {kind.kind: kind for kind in (ModelCall, ToolCall, AgentRun, JobRun, Sample, Bill)}


def merge_rule(kind: type[Record], name: str) -> MergeRule:
    """How the field `name` of two versions of one record becomes one."""
    if name == "started_at":
        return "min"
    if name in kind.origin_fields or name == "origin":
        return "origin"
    return "winner"


def merge(kept: R, arrived: R) -> R:
    """One record from two versions of it, the same whichever came first (unless their revisions are equal).

    A field that the winner does not know (``None`` or empty text) is taken from the other.
    """
    winner, loser = (arrived, kept) if arrived.revision > kept.revision else (kept, arrived)
    first, later = (arrived, kept) if arrived.origin < kept.origin else (kept, arrived)
    # Written for speed: a session that was forked brings a copy of every record, and each is merged.
    pairs = zip(kept.__struct_fields__, astuple(winner), astuple(loser), strict=True)
    changed = {
        name: other
        for name, value, other in pairs
        if other is not value and not value and (value is None or value == "")
    }
    for name in kept.origin_fields:
        value = getattr(first, name)
        changed[name] = getattr(later, name) if value is None or value == "" else value
    changed["origin"] = first.origin
    changed["started_at"] = min(kept.started_at, arrived.started_at)
    return replace(winner, **changed)
