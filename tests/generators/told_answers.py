"""Answers made up by hand, for judgements: no ledger behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.measures import Meta, Question, Result
from tokometer.settings import Settings

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@dataclass
class Teller:
    """Gives rows for questions in the order in which they come, and keeps the questions."""

    rows: Sequence[Sequence[Mapping[str, Any]]]
    since: datetime = NOW - timedelta(days=1)
    until: datetime = NOW
    asked: list[Question] = field(default_factory=list)

    def __call__(self, question: Question) -> Result:
        """The next answer."""
        self.asked.append(question)
        return Result([], self.rows[len(self.asked) - 1], Meta(self.since, self.until, "UTC", tables=("calls",)))


def judged(
    name: str,
    *answers: Sequence[Mapping[str, Any]],
    by: str = "",
    settings: Settings | None = None,
    teller: Teller | None = None,
    **matter: Any,
) -> list[Mapping[str, Any]]:
    """The rows of a judgement whose questions are answered with these rows, in order; all of them are asked."""
    told = teller or Teller(answers)
    about = Matter(by=by, now=matter.pop("now", NOW), **matter)
    rows = list(judge(JUDGEMENTS[name], about, settings or Settings(), told).rows)
    assert len(told.asked) == len(told.rows)
    return rows
