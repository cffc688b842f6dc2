"""Waste: what was paid for nothing, by kind, with what each kind is and how to mend it.

A kind is one declaration here, and a SELECT in :mod:`tokometer.measures.compile_wasted`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.context import rates_for
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.measures import Meta, Result, Wasted
from tokometer.measures.questions import Rate
from tokometer.records.units import COUNT, USD
from tokometer.settings import Settings

#: What a month is where something is told a month.
MONTH: Final = timedelta(days=30)
_NANO: Final = Decimal("0.000000001")
#: Values of a dimension that are told of each kind; sessions that are named.
MOST: Final = 500
#: Panels of a page tell the same by these: one question serves them all.
EACH: Final = ("agent", "session")
WORST: Final = 5
#: What stands between the sessions that are named, and between what they cost.
BETWEEN: Final = "; "


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of waste."""

    #: Of :data:`tokometer.measures.compile_wasted.KINDS`.
    name: str
    title: str
    definition: str
    mend: str
    #: What a source has to tell: a column of the question `known`; and that in words.
    needs: str
    lacking: str


KINDS: Final = (
    Kind(
        name="retries",
        title="Calls retried in vain",
        definition=(
            "Calls that failed two times or more in a row in one conversation, each within ten minutes of the one "
            "before, and were paid for."
        ),
        mend="Let the client wait longer after each failure, and give up after three; see what fails on Incidents.",
        needs="sessions",
        lacking="which session a call is of",
    ),
    Kind(
        name="loops",
        title="Stuck on a tool",
        definition=(
            "Calls between the first and the last failure where one tool failed three times or more in a row in one "
            "conversation: each asked for the same again."
        ),
        mend="Tell the agent in its instructions to stop after two failures of a tool and say so; mend the tool.",
        needs="ends",
        lacking="how uses of tools ended",
    ),
    Kind(
        name="rereads",
        title="The same read again",
        definition=(
            "Answers of one tool that are as long, to the byte and from 2,000 bytes on, as an earlier one in the same "
            "conversation: the same file, sent another time, and again in each later call of the conversation."
        ),
        mend="Read parts of large files instead of the whole; tell the agent not to read again what has not changed.",
        needs="sizes",
        lacking="how large answers of tools are",
    ),
    Kind(
        name="carried",
        title="Context carried on",
        definition=(
            "The part of prompts beyond 100,000 tokens, once a person had asked for something else since the "
            "conversation was that long."
        ),
        mend="Begin a new session for a new task, or compact the conversation first (/clear, /compact).",
        needs="people",
        lacking="when a person wrote",
    ),
    Kind(
        name="runs",
        title="Failed runs",
        definition="Calls within runs of agents and jobs that ended in an error, in their session, by their agent.",
        mend="See what their errors have in common, and check what a run needs before it starts.",
        needs="runs",
        lacking="how runs ended, and of which session they were",
    ),
    Kind(
        name="unrepaid",
        title="Cache writes never repaid",
        definition=(
            "Conversations in which writing to the cache cost more than plain input would have, beyond what reading "
            "from it saved."
        ),
        mend="Switch caching off where prompts are sent once, or send what belongs together within five minutes.",
        needs="sessions",
        lacking="which session a call is of",
    ),
    Kind(
        name="cut",
        title="Answers cut off and asked again",
        definition=(
            "Answers that ended at their limit (max_tokens, length) and were asked for again within ten minutes "
            "by a prompt that does not hold them."
        ),
        mend="Raise the limit, or ask for less at a time; go on from what was cut off instead of asking anew.",
        needs="stops",
        lacking="why answers ended",
    ),
)


def questions(matter: Matter, kinds: tuple[str, ...], rates: tuple[Rate, ...], by: str) -> tuple[Wasted, ...]:
    """The questions about kinds of waste among a matter's calls; what :func:`told_by` takes answers them."""
    shared = by in EACH
    return tuple(
        Wasted(
            of=of,
            by="" if shared else by,
            each=EACH if shared else (),
            where=matter.where,
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
            rates=rates,
            limit=MOST,
        )
        for of in kinds
    )


def told_by(answer: Result, by: str) -> Sequence[Mapping[str, Any]]:
    """The rows of an answer to one of :func:`questions` that are by a dimension."""
    return [{**row, by: row["value"]} for row in answer.rows if row["by"] == by] if by in EACH else answer.rows


def a_month(amount: Decimal, meta: Meta, matter: Matter) -> Decimal | None:
    """An amount of a window as one of thirty days; None of a window that has not begun."""
    length = min(meta.until, matter.now) - meta.since
    return (amount * Decimal(MONTH / length)).quantize(_NANO) if length > timedelta(0) else None


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    rates = yield from rates_for(matter)
    # What all of it comes to is told with the sessions that have most.
    by = matter.by or "session"
    known, *answers = yield questions(matter, ("known", *(kind.name for kind in KINDS)), rates, by)
    rows = [
        row
        for kind, answer in zip(KINDS, answers, strict=True)
        for row in _rows(kind, told_by(answer, by), answer.meta, known, matter)
    ]
    return sorted(
        rows, key=lambda row: (row["waste"] is None, -(row["waste"] or 0), row["kind"], row.get(matter.by, ""))
    )


def _rows(kind: Kind, told: Sequence[Mapping[str, Any]], meta: Meta, known: Result, matter: Matter) -> list[Row]:
    silent = [row["source"] for row in known.rows if not row[kind.needs]]
    said = {
        "kind": kind.name,
        "title": kind.title,
        "definition": kind.definition,
        "mend": kind.mend,
        "unknown": ", ".join(silent),
        "lacking": kind.lacking if silent else "",
    }
    if matter.by:
        return [{**said, matter.by: row[matter.by], **_figures(row, "", row["sessions"], meta, matter)} for row in told]
    if len(silent) == len(known.rows):
        # None of the sources tells: that is not nothing.
        blank: dict[str, Any] = dict.fromkeys(("waste", "a_month", "times", "calls", "sessions"))
        return [{**said, **blank}]
    first: Mapping[str, Any] = (
        told[0] if told else {"all_times": 0, "all_calls": 0, "all_cost": Decimal(0), "values": 0}
    )
    return [
        {
            **said,
            **_figures(first, "all_", first["values"], meta, matter),
            "worst": BETWEEN.join(row["session"] for row in told[:WORST]),
            "worst_costs": BETWEEN.join(f"{row['cost']:f}" for row in told[:WORST]),
        }
    ]


def _figures(row: Mapping[str, Any], of: str, sessions: int, meta: Meta, matter: Matter) -> Row:
    cost = row[f"{of}cost"]
    counts = {"times": row[f"{of}times"], "calls": row[f"{of}calls"], "sessions": sessions}
    return {"waste": cost, "a_month": a_month(cost, meta, matter), **counts}


def _standing(_row: Row, _settings: Settings) -> Standing:
    return "none"


WASTE: Final = Judgement(
    name="waste",
    title="Waste",
    unit=USD,
    type="money",
    better="lower",
    description=(
        "What was paid for nothing, by kind: "
        + ", ".join(kind.title[:1].lower() + kind.title[1:] for kind in KINDS)
        + ". A kind is unknown, not nothing, where no source tells what it rests on."
    ),
    formula=(
        "by kind, what such calls cost (or the part of it): "
        + " ".join(f"*{kind.title}*: {kind.definition}" for kind in KINDS)
        + " No call counts twice within a kind; a call can be of several kinds, so they do not add up"
    ),
    by=("", "session", "project", "agent", "model", "user", "team"),
    facts=(
        text("kind", "which kind: " + ", ".join(f"`{kind.name}`" for kind in KINDS)),
        text("title", "what it is called"),
        Fact("a_month", USD, "money", title="A month", meaning="the same in thirty days"),
        Fact("times", COUNT, "integer", meaning="how often it happened"),
        Fact("calls", COUNT, "integer", meaning="the calls concerned"),
        Fact("sessions", COUNT, "integer", meaning="the sessions concerned"),
        text(
            "worst",
            f"the {WORST} sessions in which most of it was, with `{BETWEEN.strip()}` between",
            "Sessions with most",
        ),
        text("worst_costs", "what it cost in each of those, in dollars", "Their cost"),
        text("definition", "what counts"),
        text("mend", "how to mend it", title="How to mend it"),
        text("unknown", "sources that do not tell what it rests on", title="Not known of"),
        text("lacking", "what those do not tell", title="They do not tell"),
    ),
    thresholds="none: whether it was for nothing is for the reader to say",
    inquire=_inquire,
    standing=_standing,
)
