"""Re-costing history: what the calls would cost at today's price book, shown before it is applied."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from tokometer.collect.recosting import prices_of, told
from tokometer.ledger import Ledger
from tokometer.ledger.recosting import Scope
from tokometer.prices import PriceBook

_ID_BYTES = 12


def reprice(
    ledger: Ledger,
    book: PriceBook,
    *,
    apply: bool,
    scope: Scope | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Price the stored calls in scope anew with `book`, and say by model what that changes; with `apply`, write it.

    A cost that a source reported stays what it was. The answer is that of :func:`tokometer.collect.recosting.told`,
    with `id` where something was applied: by that name it can be undone. `progress` takes calls done and all.
    """
    recosting, prices, scope = ledger.recosting, prices_of(book), scope or Scope()
    tell = progress or (lambda _done, _all: None)
    found = recosting.preview(scope, prices, tell)
    if not apply or not (found.changed or found.marked):
        return told(found, applied=apply)
    id_ = secrets.token_hex(_ID_BYTES)
    applied = recosting.apply(id_, scope, prices, tell)
    ledger.settle()
    return {**told(applied, applied=True), "id": id_}


def carry_out(
    ledger: Ledger,
    book: PriceBook,
    *,
    apply: bool = False,
    undo: bool = False,
    since: int = 0,
    until: int = 2**62,
    provider: str = "",
    model: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """What a command line asks for: :func:`reprice`, or with `undo` the last one undone."""
    if undo:
        return put_back(ledger, progress)
    scope = Scope(since=since, until=until, provider=provider, model=model)
    return reprice(ledger, book, apply=apply, scope=scope, progress=progress)


def put_back(ledger: Ledger, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Undo the last re-costing: `{"id": …, "calls": …}`.

    Raises:
        LedgerError: There is none that can be.
    """
    last = ledger.recosting.last
    id_ = "" if last is None else last.id
    calls = ledger.recosting.undo(id_, progress or (lambda _done, _all: None))
    ledger.settle()
    return {"id": id_, "calls": calls}
