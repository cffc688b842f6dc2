"""Kinds of record that stand beside the calls: log lines, scores, models on offer, knowledge, details of errors."""

from __future__ import annotations

from typing import ClassVar, Literal

from tokometer.records.record import Micros, Record, Tokens
from tokometer.records.status import Status

Level = Literal["trace", "debug", "info", "warning", "error", "fatal"]
YesNo = Literal["yes", "no", ""]


class LogLine(Record, kw_only=True, gc=False):
    """One line of an application's log."""

    kind: ClassVar[str] = "logs"

    #: Cut, and without secrets.
    message: str
    level: Level = "info"
    #: The component that wrote it.
    logger: str = ""
    service: str = ""
    error_type: str = ""
    route: str = ""
    http_status: int | None = None
    duration_us: Micros | None = None
    request_id: str = ""
    #: The id of the model call that it is about, as the source knows it.
    call_id: str = ""

    provider: str = ""
    model: str = ""
    session_id: str = ""
    project: str = ""
    agent: str = ""
    user: str = ""
    team: str = ""
    environment: str = ""


class Score(Record, kw_only=True, gc=False):
    """A judgement of a call, a session, a run or a trace: a number or a word."""

    kind: ClassVar[str] = "scores"

    name: str
    value: float | None = None
    #: The word where it is none of numbers: `helpful`.
    text: str = ""
    type: Literal["number", "boolean", "category"] = "number"
    #: Cut, and without secrets.
    comment: str = ""
    #: What is judged. Its id is in the field of that name, as its source knows it.
    target: Literal["call", "session", "run", "trace", ""] = ""
    call_id: str = ""
    session_id: str = ""
    run_id: str = ""
    #: Who judged: a person, a judging model, the name of a check.
    author: str = ""
    author_type: Literal["human", "model", "code", ""] = ""

    provider: str = ""
    model: str = ""
    agent: str = ""
    knowledge_base: str = ""
    project: str = ""
    user: str = ""
    team: str = ""
    environment: str = ""


class ModelOnOffer(Record, kw_only=True, gc=False):
    """A model that a provider offers or a machine holds, as last told. `started_at` is when that was."""

    kind: ClassVar[str] = "models"
    identity: ClassVar[tuple[str, ...]] = ("provider", "model", "machine")

    provider: str
    model: str
    title: str = ""
    family: str = ""
    size_bytes: Tokens | None = None
    #: How many parameters it has.
    parameters: Tokens | None = None
    #: `Q4_K_M`, `fp8`, …
    quantisation: str = ""
    #: `gguf`, `safetensors`, …
    file_format: str = ""
    context_window: Tokens | None = None
    max_output_tokens: Tokens | None = None
    #: Whether it can call tools.
    tools: YesNo = ""
    #: Whether it reads images.
    vision: YesNo = ""
    installed: YesNo = ""
    #: `available`, `downloading`, `beta`, `deprecated`, …
    status: str = ""
    #: Share of a download that is done, from 0 to 1.
    progress: float | None = None
    licence: str = ""
    released_at: int | None = None
    installed_at: int | None = None
    last_used_at: int | None = None


class KnowledgeBase(Record, kw_only=True, gc=False):
    """A collection of documents that calls draw on, as last told. `started_at` is when that was."""

    kind: ClassVar[str] = "knowledge_bases"
    identity: ClassVar[tuple[str, ...]] = ("name", "environment")

    name: str
    description: str = ""
    documents: Tokens | None = None
    chunks: Tokens | None = None
    tokens: Tokens | None = None
    size_bytes: Tokens | None = None
    embedding_model: str = ""
    provider: str = ""
    status: str = ""
    project: str = ""
    team: str = ""
    environment: str = ""


class Document(Record, kw_only=True, gc=False):
    """A document of a knowledge base, as last told. `started_at` is when it was indexed, or that was tried."""

    kind: ClassVar[str] = "documents"
    identity: ClassVar[tuple[str, ...]] = ("knowledge_base", "path", "environment")

    knowledge_base: str
    title: str
    #: Where it came from: a path, an address; its title where nobody says.
    path: str = ""
    media_type: str = ""
    status: Literal["indexed", "pending", "failed", "removed", "unknown"] = "unknown"
    error_message: str = ""
    chunks: Tokens | None = None
    tokens: Tokens | None = None
    size_bytes: Tokens | None = None
    #: How long taking it apart and indexing it took.
    duration_us: Micros | None = None
    embedding_model: str = ""
    provider: str = ""
    project: str = ""
    user: str = ""
    team: str = ""
    environment: str = ""


class ErrorDetail(Record, kw_only=True, gc=False):
    """What is known of an error beyond its call's own fields. All text is cut, and without secrets."""

    kind: ClassVar[str] = "error_details"

    message: str
    #: The class of the error: `RateLimitError`.
    error_type: str = ""
    #: The provider's own code: `context_length_exceeded`.
    error_code: str = ""
    status: Status = "server_error"
    http_status: int | None = None
    stack_trace: str = ""
    #: What was sent and what came back. Empty unless keeping that is switched on: it holds prompts.
    request: str = ""
    response: str = ""
    #: The id of the call that failed, as the source knows it.
    call_id: str = ""
    request_id: str = ""

    provider: str = ""
    model: str = ""
    operation: str = ""
    endpoint: str = ""
    #: Masked (`…ab12`), never the key.
    api_key: str = ""
    session_id: str = ""
    project: str = ""
    agent: str = ""
    user: str = ""
    team: str = ""
    environment: str = ""
