"""What is remembered of a rollout between two readings."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from tokometer.sources.codex.usage import Vector
from tokometer.sources.remembered import encoded, recalled

#: Raise it when the meaning of a field changes: files are then read from their start again.
VERSION: Final = 1


class Tool(Struct, array_like=True):
    """A tool call whose outcome can still arrive."""

    started_at: int
    session: str
    native_id: str
    name: str
    turn: str
    server: str = ""
    status: str = "unknown"
    message: str = ""
    duration_us: int | None = None
    revision: int = 0
    #: How much its answer put into the prompt.
    prompt_bytes: int | None = None
    prompt_image_tokens: int | None = None


class Turn(Struct, array_like=True):
    """A turn that has started and not yet ended."""

    started_at: int
    owner: str
    id: str
    root: str = ""
    number: int = 0
    failed: str = ""
    stated_tokens: int | None = None


class State(Struct, array_like=True):
    """Everything that the lines already read say about the lines to come."""

    version: int = VERSION
    # Who the thread is.
    thread: str = ""
    began: int = 0
    parent: str = ""
    subagent: str = ""
    project: str = ""
    branch: str = ""
    provider: str = ""
    # Where its rows come from.
    met: bool = False
    inherits: bool = False
    modern: bool = True
    #: Another thread's `session_meta` was seen: history is copied in.
    copied: bool = False
    #: The thread's own first turn has begun.
    own: bool = False
    #: (began, id) of the thread and all known ancestors.
    family: list[tuple[int, str]] = field(default_factory=list)
    # What is in force.
    model: str = ""
    tier: str = ""
    turn: str = ""
    turns: int = 0
    open_turn: Turn | None = None
    # Counting.
    total: Vector | None = None
    epoch: int = 0
    records: bool = False
    user_events: int = 0
    user_items: int = 0
    failures: int = 0
    errors: int = 0
    #: When the last thing happened that a request waits for (µs).
    asked_at: int = 0
    seen_at: int = 0
    # Tools and limits.
    tools: dict[str, Tool] = field(default_factory=dict)
    tool_count: int = 0
    limits: dict[str, float] = field(default_factory=dict)
    # Which program wrote the rollout, and which release of it. Last, so that older states can be read.
    client: str = ""
    release: str = ""
    #: How often the conversation was summed up.
    compactions: int = 0
    #: The newest call that a count told of, and what it used: the first usage record can tell of the same.
    counted: str = ""
    counted_used: Vector | None = None
    #: When the thread says that it began (µs); whether it was forked off another; whether any turn's id told a time.
    stated_at: int = 0
    forked: bool = False
    dated: bool = False
    #: When the eldest of its family began; None: not looked up yet, 0: unknown.
    dawn: int | None = None
    #: The highest ancestor that the rollout itself names, and whether it says that there is none above.
    highest: str = ""
    rooted: bool = False
    #: The eldest of a family whose ids do not tell when they were made.
    eldest: str = ""


def load(data: bytes) -> State | None:
    """The state kept by an earlier reading; None where another version of this code wrote it."""
    state = recalled(data, State)
    return state if state is not None and state.version == VERSION else None


def dump(state: State) -> bytes:
    """The state as bytes."""
    return encoded(state)
