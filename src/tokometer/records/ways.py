"""By which ways in a call can be told, and which of them is believed in what.

A *way* is how a record came to be: written down by the program itself, sent as telemetry, noted by a gateway. Decision
018 has the reasons for the order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tokometer.records.kinds import ModelCall, ToolCall

#: Every way, and how its word is spelled for people.
WAYS: Final[dict[str, str]] = {
    "transcript": "transcripts",
    "span": "spans",
    "event": "telemetry",
    "gateway": "gateway",
    "api": "own API",
}
#: Sources of which the name says by which way they tell; a record's own `way` goes before. A source that stands nowhere
#: is some program that speaks for itself.
WAY_OF_SOURCE: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "aider",
            "amp",
            "antigravity",
            "anythingllm",
            "augment",
            "claude_code",
            "claude_science",
            "cline",
            "codebuddy",
            "codebuff",
            "codex",
            "continue_dev",
            "copilot_chat",
            "copilot_cli",
            "cowork",
            "crush",
            "cursor",
            "deepseek_harness",
            "devin",
            "droid",
            "fx",
            "gemini_cli",
            "goose",
            "grok_build",
            "hermes",
            "iflow",
            "jcode",
            "junie",
            "kilo_cli",
            "kilo_code",
            "kimi",
            "librechat",
            "mimo_code",
            "mistral_vibe",
            "muse",
            "mux",
            "open_code_review",
            "open_webui",
            "openclaw",
            "opencode",
            "pi",
            "qwen_code",
            "reasonix",
            "roo_code",
            "rovo_dev",
            "table",
            "trae_agent",
            "zcode",
            "zed",
        ),
        "transcript",
    ),
    **dict.fromkeys(
        ("helicone", "langfuse", "litellm", "openrouter", "portkey", "proxy", "vercel_ai_gateway", "webhook"), "gateway"
    ),
    "otlp": "event",
}

#: What is believed of whom: facts → ways, the most trusted first. Decision 018 and `docs/discussions/two-ways-in.md`
#: say the same in words.
PRECEDENCE: Final[dict[str, tuple[str, ...]]] = {
    # Whose record it stays: source, id, time, status, model, session, project, agent, machine.
    "record": ("transcript", "span", "event", "gateway", "api"),
    "tokens": ("transcript", "gateway", "event", "span", "api"),
    "cost": ("gateway", "event", "span", "api", "transcript"),
    # After what was measured before what was inferred.
    "latency": ("span", "event", "gateway", "api", "transcript"),
    # User, team, key, environment, account, region, labels.
    "whose": ("gateway", "api", "span", "event", "transcript"),
}
#: The fields that go by an order of their own; all others stay with the record.
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "cost": ("cost_reported",),
    "whose": ("user", "team", "api_key", "environment", "account", "region"),
}
#: The source of tables that somebody gave a map.
_TABLE: Final = "table"
_RANKS: Final = {facts: {way: at for at, way in enumerate(order)} for facts, order in PRECEDENCE.items()}


class Way(NamedTuple):
    """One way in: what writes the records, and how."""

    source: str
    way: str


def told_by_span(record: ModelCall | ToolCall) -> bool:
    """Whether a call is told by a span: only those can stand below each other."""
    if isinstance(record, ToolCall):
        return bool(record.span_id)
    return bool(record.trace_id) and record.group == record.trace_id


def way_of(record: ModelCall | ToolCall) -> Way:
    """By which way a record was told."""
    return named_way(record.source, record.way, span=told_by_span(record))


def named_way(source: str, way: str, *, span: bool) -> Way:
    """The same, of a stored one. An event can stand among the spans of a trace, and say that it is one."""
    if way not in WAYS:
        way = "span" if span else WAY_OF_SOURCE.get(source, "api")
    return Way(source, way)


def can_meet(one: Way, other: Way) -> bool:
    """Whether two ways can tell of one call. A way tells of each once, but for spans, which tell of the spans below."""
    if one == other:
        return one.way == "span"
    # What a table holds may be what any program or gateway says, others' calls included.
    return not one.way == other.way == "transcript" or _TABLE in (one.source, other.source)


def ranked(facts: str) -> Callable[[ModelCall | ToolCall], int]:
    """A key to sort tellings by: the most trusted in these facts first."""
    ranks = _RANKS[facts]
    return lambda record: ranks[way_of(record).way]


class Also(NamedTuple):
    """Another way by which a counted call was told, and what that one knew better."""

    source: str
    way: str
    won: tuple[str, ...]


_BETWEEN: Final = "\n"


def written(others: list[Also]) -> str:
    """The other ways of a call as one text, the same for the same ways."""
    lines = {f"{also.way} {','.join(also.won)} {also.source}" for also in others}
    return _BETWEEN.join(sorted(lines))


def read(also_told: str) -> list[Also]:
    """What :func:`written` wrote; what it did not is passed over."""
    found = []
    for line in also_told.split(_BETWEEN) if also_told else ():
        way, won, source = (*line.split(" ", 2), "", "")[:3]
        if way in WAYS:
            found.append(Also(source, way, tuple(filter(None, won.split(",")))))
    return found
