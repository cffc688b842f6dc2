"""Advice about what failed and was paid for all the same."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tokometer.judgement.advice.evidence import LEAST_CALLS, Evidence
from tokometer.judgement.advice.prompts import wasted
from tokometer.judgement.advice.rule import ERRORS, matters, piece, rule
from tokometer.judgement.declared import Row
from tokometer.records.units import USD, show


@rule(
    "failing",
    "Failed calls that were paid for",
    assumption="The calls would not have been made, or would have succeeded at once.",
    how="Look at the errors on Incidents: mend what is the caller's fault, have a fallback for what is not.",
)
def failing(known: Evidence) -> Iterator[Row]:
    """What was paid for calls that failed."""
    paid: dict[str, tuple[Decimal, int]] = {}
    for row in known.failed:
        if row["errors"] and row["cost"]:
            cost, count = paid.get(row["model"], (Decimal(0), 0))
            paid[row["model"]] = (cost + row["cost"], count + row["errors"])
    for model, (cost, count) in paid.items():
        if count >= LEAST_CALLS and matters(cost, known):
            yield piece(
                f"Find out why calls of {model} fail",
                cost,
                f"{count:,} failed calls were paid for.",
                f"They cost {show(cost, USD)}; the errors stand on the incidents page.",
                model=model,
                calls=count,
                counts=ERRORS,
            )


@rule(
    "retries",
    "Retries in vain",
    assumption="The client could have given up, or waited until the provider answered again.",
    how="Let the client wait longer after each failure (exponential backoff), and give up after three.",
)
def retries(known: Evidence) -> Iterator[Row]:
    """Calls that failed again and again in one conversation."""
    for row in wasted(
        known,
        "retries",
        "Have {agent} retry less",
        "Calls that failed again and again cost {cost}.",
        "{calls} calls failed in {times} rows of two or more in {sessions} sessions.",
    ):
        yield row | {"counts": ERRORS}


@rule(
    "tool_loops",
    "Stuck on a tool",
    assumption="What was asked for between the failures of a tool led to nothing.",
    how="Tell the agent to stop after two failures of a tool and say so; mend the tool, or describe it better.",
)
def tool_loops(known: Evidence) -> Iterator[Row]:
    """Calls between failures of one tool in a row."""
    return wasted(
        known,
        "loops",
        "Stop {agent} when a tool keeps failing",
        "Asking for the same failing tool again cost {cost}.",
        "{times} times a tool failed three times or more in a row, in {sessions} sessions.",
    )
