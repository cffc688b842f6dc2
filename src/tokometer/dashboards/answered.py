"""What was said to advice: dismissed, or done; and of what was done, what became of the saving that was promised.

A saving is measured by the calls since: what the same agent's (or model's) calls since then would have saved as was
promised for each of them, less what the same rule still finds in them. So it neither grows where an agent is used more,
nor counts where it is not used at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.accounts import Answer
from tokometer.dashboards.context import Context
from tokometer.judgement.advice.evidence import LEAST_CALLS
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.measures import Filter, Query

DISMISSED: Final = "dismissed"
DONE: Final = "done"
#: Pieces whose saving is measured at a time, the latest first: each has a window of its own.
MOST: Final = 12
_NANO: Final = Decimal("0.000000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """What became of a piece of advice that was done. Money is USD."""

    answer: Answer
    #: What was promised for the calls that there were since; None where none was promised or too few calls came.
    promised: Decimal | None
    #: What was saved on them; less than nothing where they cost more.
    saved: Decimal | None
    #: Calls since.
    calls: int


def subject(agent: str, model: str, knowledge_base: str = "") -> tuple[Filter, ...]:
    """Whose calls say how much work there is: those of the knowledge base, else of the agent, else of the model."""
    for name, value in (("knowledge_base", knowledge_base), ("agent", agent), ("model", model)):
        if value:
            return (Filter(f"calls.{name}", "=", (value,)),)
    return ()


def measured(context: Context, answers: Sequence[Answer]) -> list[Realised]:
    """What became of each that was done, the latest first."""
    done = sorted((one for one in answers if one.did == DONE), key=lambda one: one.created, reverse=True)
    return [_measured(context, one) for one in done[:MOST]]


def _measured(context: Context, answer: Answer) -> Realised:
    before = answer.before
    about = subject(before.get("agent", ""), before.get("model", ""), before.get("knowledge_base", ""))
    calls = _calls(context, answer.created, about)
    had = float(before.get("calls_a_month") or 0)
    if answer.promised is None or calls < LEAST_CALLS or not had:
        return Realised(answer=answer, promised=None, saved=None, calls=calls)
    promised = (answer.promised * Decimal(calls / had)).quantize(_NANO)
    left = _left(context, answer)
    return Realised(answer=answer, promised=promised, saved=promised - left, calls=calls)


def _calls(context: Context, since: datetime, about: tuple[Filter, ...]) -> int:
    query = Query(
        measures=("calls.requests",),
        where=(*context.where(), *about),
        since=since.isoformat(),
        tz=context.scope.zone.key,
    )
    rows = context.ask(query).rows
    return int(rows[0]["requests"] or 0) if rows else 0


def _left(context: Context, answer: Answer) -> Decimal:
    """What the same advice would still save of the calls since."""
    matter = Matter(
        where=context.where(),
        since=answer.created.isoformat(),
        tz=context.scope.zone.key,
        now=context.scope.now,
        book=context.book,
    )
    rows: Sequence[Mapping[str, Any]] = judge(JUDGEMENTS["advice"], matter, context.settings, context.ask).rows
    return sum((row["advice"] or Decimal(0) for row in rows if row["key"] == answer.key), Decimal(0))
