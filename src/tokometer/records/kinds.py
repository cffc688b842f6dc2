"""The kinds of record: what can be measured, whatever tool reported it. See :mod:`tokometer.records.record`."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from tokometer.records.beside import Document, ErrorDetail, KnowledgeBase, LogLine, ModelOnOffer, Score
from tokometer.records.billed import Bill, Reported
from tokometer.records.outcomes import Change, Commit
from tokometer.records.record import MAX_TOKENS, MergeRule, Micros, Record, Tokens, merge, merge_rule
from tokometer.records.status import Status

#: Parts of a call's token buckets that may have prices of their own: part → the bucket that it is counted in.
PARTS: Final[dict[str, str]] = {
    "input_audio": "input_tokens",
    "input_image": "input_tokens",
    "input_video": "input_tokens",
    "cache_read_audio": "cache_read_tokens",
    "cache_read_image": "cache_read_tokens",
    "output_audio": "output_tokens",
    "output_image": "output_tokens",
    "output_video": "output_tokens",
}
#: What providers bill beside tokens: name → what one of it is. Others can be kept too, and priced in `prices.toml`.
QUANTITIES: Final[dict[str, str]] = {
    "web_searches": "search of the web by the provider",
    "file_searches": "search of stored files by the provider",
    "images": "image made",
    "seconds": "second of audio or video",
    "pages": "page read",
    "characters": "character spoken or read",
}


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
            "thread",
            "user",
            "user_messages",
            "machine",
            "account",
        }
    )
    follows: ClassVar[dict[str, str]] = {"price_version": "cost_priced", "price_basis": "cost_priced"}
    at_once: ClassVar[frozenset[str]] = frozenset(
        {
            *("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"),
            *("cache_write_unknown_tokens", "output_tokens", "reasoning_tokens", "unsplit_tokens", "parts"),
            "quantities",
        }
    )

    #: Calls of one group are the same answer seen from several sides: a `shadow` counts only while its group has no
    #: call that is not one (a Claude Code sidechain that replays its parent's message), an `echo` only while it has
    #: none that is neither (an answer of which the id of its request was lost). Where the group is the trace, the call
    #: is told by a span, perhaps by several, and `shadow` is an agent's statement: see `records.tellings`.
    group: str = ""
    shadow: bool = False
    echo: bool = False

    provider: str = ""
    model: str = ""
    operation: str = "chat"
    status: Status = "ok"
    error_message: str = ""
    http_status: int | None = None
    stop_reason: str = ""
    attempt: int = 1
    #: The provider's names of the request (`req_…`) and of its answer (`msg_…`, `chatcmpl-…`, `resp_…`, `gen-…`), as
    #: far as they are known. By either of them two ways in are known to tell of one call: see `records.tellings`.
    request_id: str = ""
    response_id: str = ""
    #: By which way in it was told (see `records.ways`); empty: what its source's name implies.
    way: str = ""
    #: By which other ways it was told too, and what each knew better. Filled as it is settled, never by a source.
    also_told: str = ""
    #: The program that made the call, as its source is called, where its telemetry says neither session nor answer.
    program: str = ""

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
    #: Tokens of which nobody said whether they went in or came out. They count in the total and have no price.
    unsplit_tokens: Tokens | None = None
    #: Tokens of the buckets above that are not text, by part (see :data:`PARTS`): audio in 3,000 of 3,200 input tokens.
    parts: dict[str, int] | None = None
    #: What is billed and is not tokens, by name (see :data:`QUANTITIES`), in thousandths: 2,000 are two searches.
    quantities: dict[str, int] | None = None
    #: What the client expected to use, where it says so (token efficiency).
    estimated_tokens: Tokens | None = None
    #: Messages that people wrote since the session's previous call.
    user_messages: Tokens = 0

    #: As the source reported it.
    cost_reported: int | None = None
    #: As our price book computes it, with the version that did. Filled by `tokometer.prices`, never by a source.
    cost_priced: int | None = None
    price_version: str = ""
    #: How sure the price is: empty where it is exact (or reported), else what was assumed, or why there is none; see
    #: :mod:`tokometer.records.basis`.
    price_basis: str = ""
    #: What the caller was paid for this call, where the record carries it.
    revenue: int | None = None
    service_tier: str = ""

    session_id: str = ""
    parent_session_id: str = ""
    project: str = ""
    git_branch: str = ""
    agent: str = ""
    subagent: str = ""
    #: Which of a session's conversations it is part of, where there are several of one name: a subagent's own id.
    thread: str = ""
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
    origin_fields: ClassVar[frozenset[str]] = frozenset(
        {"session_id", "project", "agent", "subagent", "thread", "user", "machine", "account"}
    )

    name: str
    #: The MCP server that offers the tool, where it is one.
    server: str = ""
    status: Literal["ok", "error", "cancelled", "unknown"] = "unknown"
    error_message: str = ""
    duration_us: Micros | None = None
    #: The id of the model call that asked for it, as the source knows it.
    call_id: str = ""
    #: What the model named this use (`toolu_…`, `call_…`): by it two ways in are known to tell of one use.
    use_id: str = ""
    #: As for a call.
    way: str = ""
    also_told: str = ""
    lines_added: Tokens | None = None
    lines_removed: Tokens | None = None
    #: How large what it answered was as it went into the prompt: bytes of text (UTF-8), and tokens of pictures, by
    #: their size. Never the answer itself.
    prompt_bytes: Tokens | None = None
    prompt_image_tokens: Tokens | None = None

    session_id: str = ""
    project: str = ""
    agent: str = ""
    subagent: str = ""
    #: As for a call.
    thread: str = ""
    user: str = ""
    team: str = ""
    environment: str = ""


class AgentRun(Record, kw_only=True, gc=False):
    """One task given to an agent, from start to end."""

    kind: ClassVar[str] = "runs"
    origin_fields: ClassVar[frozenset[str]] = frozenset({"machine", "account"})

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


class Step(Record, kw_only=True, gc=False):
    """One step that is no call, no tool and no agent: a chain, a retrieval; what an agent put into its prompt."""

    kind: ClassVar[str] = "steps"
    origin_fields: ClassVar[frozenset[str]] = frozenset(
        {"session_id", "project", "agent", "subagent", "thread", "user", "machine", "account"}
    )

    name: str = ""
    #: In the words of who reports it: `chain`, `task`, `retriever`, …; `bridge` where it was kept only because it
    #: stands between spans that mean something. What fills prompts beside tools: see `records.context`.
    type: str = ""
    status: Literal["ok", "error", "cancelled", "unknown"] = "unknown"
    error_message: str = ""
    duration_us: Micros | None = None
    #: What set it off: `auto` or `manual`, of a compaction.
    trigger: str = ""
    #: How much it put into the prompt, as for a use of a tool.
    prompt_bytes: Tokens | None = None
    prompt_image_tokens: Tokens | None = None
    #: The tokens of the prompt before and after a compaction, as the source states them.
    tokens_before: Tokens | None = None
    tokens_after: Tokens | None = None
    session_id: str = ""
    project: str = ""
    agent: str = ""
    subagent: str = ""
    #: As for a call.
    thread: str = ""
    user: str = ""
    team: str = ""
    environment: str = ""


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
    #: `gauge`; `counter` for one that only grows between restarts; `delta` for what was added since the one before.
    mode: Literal["gauge", "counter", "delta"] = "gauge"
    host: str = ""
    device: str = ""
    model: str = ""
    provider: str = ""

    def __post_init__(self) -> None:
        """The host is the machine, unless another is named."""
        self.machine = self.machine or self.host


#: Every kind, by the name under which the ledger, the API and the measures know it.
KINDS: dict[str, type[Record]] = {
    kind.kind: kind
    for kind in (
        *(ModelCall, ToolCall, AgentRun, Step, JobRun, Sample, Bill),
        *(LogLine, Score, ModelOnOffer, KnowledgeBase, Document, ErrorDetail),
        *(Commit, Change),
        *(Reported,),
    )
}

__all__ = [
    "KINDS",
    "MAX_TOKENS",
    "PARTS",
    "QUANTITIES",
    "AgentRun",
    "Bill",
    "Change",
    "Commit",
    "Document",
    "ErrorDetail",
    "JobRun",
    "KnowledgeBase",
    "LogLine",
    "MergeRule",
    "Micros",
    "ModelCall",
    "ModelOnOffer",
    "Record",
    "Reported",
    "Sample",
    "Score",
    "Step",
    "Tokens",
    "ToolCall",
    "merge",
    "merge_rule",
]
