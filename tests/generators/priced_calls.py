"""Calls of every kind that a price depends on, and price files of one's own with every kind of entry."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from tokometer.records import ModelCall

#: 2025-10-09, and how many days calls and prices are spread over.
START: Final = 1_760_000_000_000_000
DAYS: Final = 30
_DAY_US: Final = 86_400_000_000
#: With tiers by size, prices by the hour, parts, a region's factor; free, unknown and unnamed.
MODELS: Final = (
    *(("anthropic", "claude-opus-5"), ("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-5.2")),
    *(("deepseek", "deepseek-chat"), ("google", "gemini-2.5-pro"), ("openai", "gpt-image-1")),
    *(("ollama", "llama3"), ("acme", "rocket"), ("", ""), ("", "<synthetic>")),
)
_TOKENS: Final = st.one_of(
    st.none(),
    st.integers(0, 3_000),
    st.sampled_from((199_999, 200_000, 200_001, 272_001, 10**6, 2**56, 2**61)),
)


@st.composite
def priced_calls(draw: st.DrawFn, workspace: str, most: int) -> list[ModelCall]:
    """Calls of a workspace, named by their number."""
    return [draw(_call(workspace, number)) for number in range(draw(st.integers(1, most)))]


@st.composite
def _call(draw: st.DrawFn, workspace: str, number: int) -> ModelCall:
    provider, model = draw(st.sampled_from(MODELS))
    buckets = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_unknown", "reasoning")
    return ModelCall(
        workspace=workspace,
        source="t",
        native_id=str(number),
        started_at=START + draw(st.integers(0, DAYS * _DAY_US)),
        provider=provider,
        model=model,
        status=draw(st.sampled_from(("ok", "ok", "rate_limit", "invalid_request", "timeout", "cancelled"))),
        http_status=draw(st.sampled_from((None, 200, 399, 400, 500))),
        stop_reason=draw(st.sampled_from(("", "stop", "refusal", "REFUSAL"))),
        service_tier=draw(st.sampled_from(("", "", "batch", "flex", "priority", "weird"))),
        region=draw(st.sampled_from(("", "", "global", "eu-central-1", "us-east-1"))),
        unsplit_tokens=draw(st.sampled_from((None, None, None, 0, 500))),
        parts=draw(st.sampled_from((None, None, None, {"input_audio": 3}, {"unheard_of": 1}))),
        quantities=draw(st.sampled_from((None, None, None, {"web_searches": 2_000}, {"requests": 3_000}))),
        cost_reported=draw(st.sampled_from((None, None, None, 0, 123_456_789))),
        session_id=draw(st.sampled_from(("", "a", "b"))),
        team=draw(st.sampled_from(("", "x"))),
        account=draw(st.sampled_from(("", "acct"))),
        **{f"{name}_tokens": draw(_TOKENS) for name in buckets},
    )


def own_prices() -> st.SearchStrategy[str]:
    """A price file of up to five entries."""
    return st.lists(_entry(), max_size=5).map("\n".join)


@st.composite
def _entry(draw: st.DrawFn) -> str:
    lines = ["[[price]]", f'model = "{draw(st.sampled_from(("*", "gpt-5*", "claude-opus-5", "rocket", "*chat*")))}"']
    usd = st.decimals(0, 999, places=draw(st.integers(0, 7)))
    if draw(st.booleans()):
        lines.append(f"discount = {draw(st.decimals(-100, 100, places=2))}")
    else:
        optional = ("cache_read", "cache_write", "cache_write_1h", "reasoning", "request", "input_audio")
        some = draw(st.lists(st.sampled_from(optional), unique=True))
        lines += [f"{name} = {draw(usd)}" for name in ("input", "output", *some)]
        lines += draw(st.sampled_from(([], ["per = { web_searches = 0.0123 }"])))
    for line in (
        'provider = "anthropic"',
        'provider = "openai"',
        'team = "x"',
        'account = "a*"',
        'service_tier = "batch"',
        "above_tokens = 1000",
        "above_tokens = 200000",
        "valid_from = 2025-10-20T07:30:00Z",
        "valid_until = 2025-10-25T12:00:00Z",
    ):
        name = line.partition(" ")[0]
        if draw(st.integers(0, 4)) == 0 and not any(one.startswith(f"{name} ") for one in lines):
            lines.append(line)
    return "\n".join(lines) + "\n"
