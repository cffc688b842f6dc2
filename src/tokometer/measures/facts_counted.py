"""What measures add up, as facts of single records: in the units in which it is added, so that sums are exact.

Beside :mod:`tokometer.measures.facts`, which has what is mostly looked at: durations there are milliseconds, here they
are the microseconds that a mean is made of.
"""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from typing import Final

from tokometer.ledger.schema import ALL_TOKENS_SQL, ASSUMED_SQL, NO_USAGE
from tokometer.measures.fact import Fact, money, number
from tokometer.records import PARTS, QUANTITIES
from tokometer.records.units import COUNT, TOKENS

_DURATION: Final = number("duration_us", "Duration in µs", description="How long it took, in microseconds.")


def _part(name: str) -> Fact:
    title = f"{name.replace('_', ' ').capitalize()} tokens"
    return number(f"{name}_tokens", title, TOKENS, "Tokens of that kind; a part of the other buckets.", sql=_within("parts", name))


def _quantity(name: str) -> Fact:
    title = f"{name.replace('_', ' ').capitalize()} in thousandths"
    return number(f"{name}_thousandths", title, description=f"Thousandths of a {QUANTITIES[name]}.", sql=_within("quantities", name))


def _within(column: str, name: str) -> str:
    # Of an object without the name one engine says 0, the other nothing: of none there is nothing to tell.
    return f"CASE WHEN {column} <> '' THEN nullif(JSON({column}, {name}), 0) END"


def _flag(name: str, title: str, condition: str, description: str) -> Fact:
    return number(name, title, COUNT, description, sql=f"CASE WHEN {condition} THEN 1 ELSE 0 END")


def _where(term: str, condition: str) -> str:
    return f"CASE WHEN {condition} THEN {term} END"


COUNTED: Final[dict[str, tuple[Fact, ...]]] = {
    "scores": (
        _flag("yes", "Yes", "type = 'boolean' AND value > 0", "1 where it is yes, of those that are yes or no; else 0."),
        _flag("no", "No", "type = 'boolean' AND value <= 0", "1 where it is no, of those that are yes or no; else 0."),
    ),
    "commits": (_flag("with_agent", "With an agent", "agent <> '' OR session_id <> ''", "1 where it names an agent as its author, or a session, else 0."),),
    "changes": (
        number("time_to_merge_us", "Time to merge in µs", description="How long it was open until it was merged, in microseconds."),
        number("merged_cost", "Cost in nano-dollars", description="What its calls cost, where it was merged, in billionths of a dollar.", sql=_where("CAST(coalesce(cost_usd, 0) * 1000000000 AS BIGINT)", "state = 'merged' AND cost_usd IS NOT NULL")),
        _flag("with_calls", "With calls", "calls > 0", "1 where calls were made for it, else 0."),
        _flag("cost_unknown", "Cost unknown", "calls > 0 AND cost_usd IS NULL", "1 where calls were made for it and none has a price, else 0."),
    ),
    "calls": (
        number("cache_write_5m_tokens", "Cache write tokens (5 min)", TOKENS, "Prompt tokens written to the cache for five minutes."),
        number("cache_write_1h_tokens", "Cache write tokens (1 h)", TOKENS, "Prompt tokens written to the cache for an hour."),
        number("cache_write_unknown_tokens", "Cache write tokens (time unknown)", TOKENS, "Prompt tokens written to the cache, nobody said for how long."),
        number("unsplit_tokens", "Unsplit tokens", TOKENS, "Tokens of which nobody said whether they went in or came out."),
        number("user_messages", "User messages", COUNT, "Messages that people wrote since the session's previous call."),
        *map(_part, PARTS),
        *map(_quantity, QUANTITIES),
        number("latency_us", "Latency in µs", description="How long it took, in microseconds."),
        number("ttft_us", "Time to first token in µs", description="When it gave its first token, in microseconds."),
        number("generation_us", "Generation time in µs", description="Latency without the time to first token, where the output is known, in microseconds.", sql=_where("latency_us - least(latency_us, coalesce(ttft_us, 0))", "output_tokens IS NOT NULL")),
        number("generation_tokens", "Generated in known time", TOKENS, "Output tokens, where the latency is known.", sql=_where("output_tokens", "latency_us IS NOT NULL")),
        number("estimated_actual_tokens", "Tokens of an estimate", TOKENS, "Tokens of every bucket, where the client expected a number.", sql=_where(ALL_TOKENS_SQL, "estimated_tokens IS NOT NULL")),
        number("unpriced_tokens", "Unpriced tokens", TOKENS, "Tokens of every bucket, where there is no price.", sql=_where(ALL_TOKENS_SQL, "cost_usd IS NULL")),
        _flag("no_usage", "Usage unknown", NO_USAGE, "1 where there is no price because nobody said what it used, else 0."),
        _flag("assumed", "Price assumed", ASSUMED_SQL, "1 where the price rests on an assumption, else 0."),
        money("cost_assumed", "Assumed cost", "The cost, where it rests on an assumption.", sql=_where("cost_usd", ASSUMED_SQL)),
        money("cost_reported", "Reported cost", "What it cost, as its source reported it."),
        # `cost_priced` stands only beside a reported cost; elsewhere `cost_usd` is what we priced (ledger.rows).
        money("cost_priced", "Priced cost", "What it cost as the price book computes it, also where its source reported a cost.", sql="coalesce(cost_priced, CASE WHEN cost_reported IS NULL THEN cost_usd END)"),
    ),
    "tools": (_DURATION,),
    "steps": (_DURATION,),
    "runs": (number("duration_us", "Duration in µs", description="How long it took, in microseconds; unknown while it runs.", sql=_where("MICROS(ended_at) - MICROS(started_at)", "ended_at IS NOT NULL")),),
    "jobs": (_DURATION,),
    "logs": (_DURATION,),
    "documents": (_DURATION,),
    "error_details": (
        _flag("stack_traces", "Has a stack trace", "stack_trace <> ''", "1 where it is kept where in the program it happened, else 0."),
        _flag("bodies", "Has request or response", "request <> '' OR response <> ''", "1 where it is kept what was sent or came back, else 0."),
    ),
}
