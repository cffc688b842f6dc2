"""One way in for whatever is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tokometer.ledger import Readable
from tokometer.measures.feed import feed
from tokometer.measures.listing import listing
from tokometer.measures.prompts import prompts
from tokometer.measures.query import Query
from tokometer.measures.questions import Feed, Listing, Prompts, Question, Spread
from tokometer.measures.result import Result
from tokometer.measures.run import run
from tokometer.measures.slices import slices
from tokometer.measures.spread import spread


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
    if isinstance(question, Feed):
        return feed(ledger, question, workspaces, now)
    if isinstance(question, Listing):
        return listing(ledger, question, workspaces, now)
    if isinstance(question, Spread):
        return spread(ledger, question, workspaces, now, most)
    if isinstance(question, Prompts):
        return prompts(ledger, question, workspaces, now)
    return slices(ledger, question, workspaces, now, most)
