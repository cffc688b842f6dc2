"""Advice about what stands in prompts, and what caches hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tokometer.judgement.advice.evidence import LEAST_CALLS, Evidence
from tokometer.judgement.advice.rule import matters, piece, rule, worth
from tokometer.judgement.declared import Row
from tokometer.records.units import PERCENT, USD, show

#: Prompts below this many tokens are not worth a cache (providers cache from about a thousand on).
LONG_PROMPT: Final = 2_000
LOW_CACHE: Final = 0.3
#: Fewer pieces of waste are chance.
LEAST_TIMES: Final = 3


@rule(
    "caching",
    "Use of the cache that is low",
    assumption="Prompts begin alike, so that half of the share that another agent of the model reaches can be reached.",
    how="Put what stays the same (instructions, tools, documents) first and mark its end for the cache.",
)
def caching(known: Evidence) -> Iterator[Row]:
    """Long prompts that the cache rarely serves, where it serves another agent of the same model well."""
    for row in known.rows:
        prompt = (row["input_tokens"] or 0) + (row["cache_read_tokens"] or 0)
        if row["requests"] < LEAST_CALLS or prompt / row["requests"] < LONG_PROMPT or not row["cost"]:
            continue
        share = row["cache_hit_share"] or 0.0
        peers = [
            other
            for other in known.rows
            if other["model"] == row["model"]
            and other["provider"] == row["provider"]
            and other["agent"] != row["agent"]
            and other["requests"] >= LEAST_CALLS
        ]
        best = max(peers, key=lambda other: other["cache_hit_share"] or 0.0, default=None)
        reached = (best["cache_hit_share"] or 0.0) / 2 if best else 0.0
        if best is None or share >= LOW_CACHE or reached <= share:
            continue
        now, then = known.price(row, row["model"]), known.price(row, row["model"], cached=reached)
        if now is None or then is None or not worth(now - then, now, known):
            continue
        yield piece(
            f"Let the cache serve {row['agent'] or 'calls without an agent'} on {row['model']}",
            now - then,
            f"With {show(reached, PERCENT)} of the prompt from the cache instead of {show(share, PERCENT)}, the same "
            f"tokens cost {show(then, USD)} instead of {show(now, USD)}, at list prices.",
            f"{show(best['cache_hit_share'], PERCENT)} of what {best['agent'] or 'others'} sent to the model came from "
            "the cache; half of that is counted.",
            agent=row["agent"],
            model=row["model"],
            calls=row["requests"],
        )


def wasted(known: Evidence, kind: str, title: str, detail: str, evidence: str) -> Iterator[Row]:
    """A kind of waste by agent as advice; the words take `agent`, `times`, `calls`, `sessions` and `cost`."""
    for row in known.wasted.get(kind, ()):
        if row["times"] < LEAST_TIMES or not matters(row["cost"], known):
            continue
        words = {
            "agent": row["agent"] or "calls without an agent",
            "cost": show(row["cost"], USD),
            **{name: f"{row[name]:,}" for name in ("times", "calls", "sessions")},
        }
        yield piece(
            title.format(**words),
            row["cost"],
            detail.format(**words),
            evidence.format(**words),
            agent=row["agent"],
            calls=row["calls"],
        )


@rule(
    "unread_cache",
    "Cache writes that are never read",
    assumption="Without caching, the same prompts would have been plain input.",
    how="Switch caching off for this agent, or send what belongs together within five minutes (or write for an hour).",
)
def unread_cache(known: Evidence) -> Iterator[Row]:
    """Conversations whose cache writes cost more than their reads saved."""
    return wasted(
        known,
        "unrepaid",
        "Do not write {agent}'s prompts to the cache",
        "Writing them cost {cost} more than plain input, beyond what reading saved.",
        "In {times} conversations with {calls} calls the cache cost more than it saved.",
    )


@rule(
    "oversized_context",
    "Context that is too long",
    assumption="What stood in the prompt beyond 100,000 tokens was not needed for what was asked next.",
    how="Begin a new session for a new task, or compact the conversation first (/clear, /compact).",
)
def oversized_context(known: Evidence) -> Iterator[Row]:
    """Conversations that went on with something else at more than 100,000 tokens."""
    return wasted(
        known,
        "carried",
        "Begin a new session for a new task in {agent}",
        "Prompts beyond 100,000 tokens cost {cost} after a person had asked for something else.",
        "{calls} calls in {sessions} sessions carried on that much. Whether it was needed is not measured.",
    )


@rule(
    "read_again",
    "The same file read again",
    assumption="The conversation still held the first copy, so that the second told nothing new.",
    how="Tell the agent in its instructions not to read again what has not changed, and to read parts of large files.",
)
def read_again(known: Evidence) -> Iterator[Row]:
    """Answers of tools that a conversation had already."""
    return wasted(
        known,
        "rereads",
        "Keep {agent} from reading the same again",
        "Sending once more what the conversation held already cost {cost}.",
        "{times} answers of tools in {sessions} sessions were, to the byte, as long as an earlier one.",
    )


@rule(
    "duplicate_prompts",
    "The same prompt asked again",
    assumption="The first answer would have done for the others, too.",
    how="Keep answers by their prompt (a gateway's response cache does), for as long as they hold.",
)
def duplicate_prompts(known: Evidence) -> Iterator[Row]:
    """Prompts that a model was asked before, where senders label calls with a hash of the prompt."""
    return wasted(
        known,
        "duplicates",
        "Keep the answers to {agent}'s repeated prompts",
        "Asking the same model the same again cost {cost}.",
        "{calls} calls had the hash of a prompt that was asked before. Where answers are to differ, it is no waste.",
    )


@rule(
    "batch_tasks",
    "Similar tasks that could share a session",
    assumption="The sessions' prompts begin alike for as long as the shortest of them, which a cache then serves.",
    how="Give the agent several similar tasks in one session, one after the other.",
)
def batch_tasks(known: Evidence) -> Iterator[Row]:
    """Short sessions of one agent in one project, one right after the other, which each pay for their start."""
    for row in wasted(
        known,
        "starts",
        "Batch similar {agent} tasks",
        "{sessions} fewer sessions would have paid {cost} less for the start of their prompts.",
        "{sessions} sessions of at most five calls began within ten minutes of one before in the same project.",
    ):
        # Whoever is no agent has no tasks.
        if row["agent"]:
            yield row


@rule(
    "output_limit",
    "Answers that are cut off",
    assumption="With room for the whole answer the first one would have done.",
    how="Raise max_tokens, or ask for less at a time; go on from what was cut off instead of asking anew.",
)
def output_limit(known: Evidence) -> Iterator[Row]:
    """Answers that ended at their limit and were asked for again."""
    return wasted(
        known,
        "cut",
        "Raise the output limit of {agent}",
        "Answers that were cut off and asked for again cost {cost}.",
        "{calls} answers in {sessions} sessions ended at their limit, and the next prompt did not hold them.",
    )


__all__ = ["LEAST_TIMES", "batch_tasks", "caching", "wasted", "worth"]
