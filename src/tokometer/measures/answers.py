"""One way in for whatever is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from tokometer.ledger import Readable
from tokometer.measures.feed import feed
from tokometer.measures.listing import listing
from tokometer.measures.prompts import prompts
from tokometer.measures.query import Query
from tokometer.measures.questions import Feed, Listing, Prompts, Question, Slices, Spread, Wasted
from tokometer.measures.result import Result
from tokometer.measures.run import run
from tokometer.measures.slices import slices
from tokometer.measures.spread import spread
from tokometer.measures.wasted import wasted

#: Questions whose answers have as many rows as they ask for.
_ANSWERS: Final[Mapping[type, Callable[..., Result]]] = {
    Feed: feed,
    Listing: listing,
    Prompts: prompts,
    Wasted: wasted,
}


def answer(
    ledger: Readable,
    question: Question,
    workspaces: Sequence[str] = ("default",),
    now: int | datetime | None = None,
    most: int | None = None,
) -> Result:
    """Answer a question about the records of these workspaces.

    `now` is the moment as of which it is asked: µs since the epoch, or an aware datetime; None is this one.
    With `most`, an answer that would have more rows is about the largest, the others together as Other.

    Raises:
        QueryError: the question cannot be answered as it is; the message says what to change.
    """
    if isinstance(question, Query):
        return run(ledger, question, workspaces, now, most)
    if isinstance(question, Spread):
        return spread(ledger, question, workspaces, now, most)
    if isinstance(question, Slices):
        return slices(ledger, question, workspaces, now, most)
    return _ANSWERS[type(question)](ledger, question, workspaces, now)
