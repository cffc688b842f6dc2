"""Re-costing in the background: one at a time, with its progress; what came of each is kept."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tokometer.accounts import AccountsError, Recosting, Taken
from tokometer.accounts.values import LOCAL
from tokometer.collect.recosting import prices_of, told
from tokometer.ledger import LedgerError, Receipt
from tokometer.ledger.recosting import Cancelled, Found, Scope, Unfinished
from tokometer.prices import PriceBook
from tokometer.prices.book import MADE
from tokometer.records import now_us, to_datetime, to_us
from tokometer.server.own_prices import OwnPrices

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime

_ID_BYTES: Final = 12
#: States in which something is being done.
BUSY: Final = ("staging", "applying", "undoing")
#: Models that are kept of one.
_MOST_MODELS: Final = 500
_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """How far what is under way has come: calls done and all."""

    id: str
    does: str
    done: int = 0
    all: int = 0


class Recostings:
    """The re-costings of a server. Thread-safe."""

    def __init__(self, runtime: Runtime, workspace: str) -> None:
        self._runtime = runtime
        self._workspace = workspace
        #: Prices and discounts that people have made.
        self.own = OwnPrices(runtime.accounts, runtime.data / MADE, workspace, time.monotonic)
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._book: tuple[str, PriceBook] | None = None
        self._checked = False
        self.progress: Progress | None = None

    def all(self, most: int = 20) -> list[Recosting]:
        """The latest first. What was under way when a server ended is known by what the ledger says of it."""
        if not self._runtime.accounts.is_there:
            return []
        kept = self._runtime.accounts.get().recosted
        if not self._checked and self.progress is None:
            under_way = [one for one in kept.all(self._workspace, most) if one.state in BUSY]
            settled = [kept.put(self._settled(one)) for one in under_way]
            self._checked = not any(one.state in BUSY for one in settled)
        return kept.all(self._workspace, most)

    def get(self, id_: str) -> Recosting:
        """One of them.

        Raises:
            NotThere: There is none.
        """
        self.all(1)
        return self._runtime.accounts.get().recosted.get(self._workspace, id_)

    def undoable(self, one: Recosting) -> bool:
        """Whether it is the last one, and applied."""
        last = self._runtime.ledger.recosting.last
        return one.state == "applied" and last is not None and (last.id, last.state) == (one.id, "applied")

    def begin(
        self, since: datetime | None, until: datetime | None, filters: dict[str, list[str]], *, apply: bool
    ) -> Recosting:
        """Look at what re-costing would change, in the background; with `apply`, change it then.

        Raises:
            Taken: Another one is under way.
        """
        one = Recosting(
            id=secrets.token_hex(_ID_BYTES),
            workspace=self._workspace,
            at=to_datetime(now_us()),
            who=LOCAL,
            since=since,
            until=until,
            filters=filters,
        )
        book = self._runtime.book

        def work() -> Recosting:
            found = self._runtime.ledger.recosting.preview(_scope(one), prices_of(book), self._tell)
            staged = self._keep(_with(one, found, "staged"))
            self._book = (one.id, book)
            return self._applied(staged, book) if apply else staged

        self._start(one, "staging", work)
        return one

    def apply(self, id_: str) -> Recosting:
        """Make history cost what was shown.

        Raises:
            NotThere: There is none.
            Taken: Another one is under way, it was applied before, or prices have changed since.
        """
        one = self.get(id_)
        if one.state != "staged":
            raise Taken(f"it is {one.state}: look again at what would change")
        if self._book is None or self._book[0] != id_ or self._book[1].version != self._runtime.book.version:
            raise Taken("prices have changed since it was looked at: look again at what would change")
        book = self._book[1]
        self._start(one, "applying", lambda: self._applied(one, book))
        return replace(one, state="applying")

    def undo(self, id_: str) -> Recosting:
        """Make calls cost again what they did before.

        Raises:
            NotThere: There is none.
            Taken: It cannot be undone, and why.
        """
        one = self.get(id_)
        if not self.undoable(one):
            newer = "something newer was re-costed on top of it" if one.state == "applied" else f"it is {one.state}"
            raise Taken(f"cannot be undone: {newer}")

        def work() -> Recosting:
            self._runtime.ledger.recosting.undo(id_, self._tell)
            return self._over(replace(one, state="undone", undone_at=to_datetime(now_us())))

        self._start(one, "undoing", work)
        return replace(one, state="undoing")

    def cancel(self, id_: str) -> None:
        """Have one end that is under way; nothing changes then."""
        if self.progress is not None and self.progress.id == id_:
            self._cancelled.set()

    def _applied(self, one: Recosting, book: PriceBook) -> Recosting:
        if not (one.changed or one.models):
            return one
        self._keep(replace(one, state="applying"))
        self.progress = Progress(one.id, "applying")
        found = self._runtime.ledger.recosting.apply(one.id, _scope(one), prices_of(book), self._tell)
        return self._over(replace(_with(one, found, "applied"), applied_at=to_datetime(now_us())))

    def _over(self, one: Recosting) -> Recosting:
        """The ledger says it: tell the pages, and what is kept."""
        self._runtime.committed(Receipt(changed=one.changed, touched=frozenset({"calls"})))
        return self._keep(one)

    def _start(self, one: Recosting, state: str, work: Any) -> None:  # noqa: ANN401 - a function
        with self._lock:
            if self.progress is not None:
                raise Taken("another re-costing is under way")
            self.progress = Progress(one.id, state)
            self._cancelled.clear()
        try:
            self._keep(replace(one, state=state))
        except BaseException:
            self.progress = None
            raise
        threading.Thread(target=self._run, args=(one, work), name="tokometer-recost", daemon=True).start()

    def _run(self, one: Recosting, work: Any) -> None:  # noqa: ANN401
        try:
            work()
        except Unfinished as error:
            # The ledger says later what has become of it: the next settle does the rest, which nobody else may ask for.
            _LOG.warning("a re-costing is not over yet: %s", error)
            self._checked = False
            self._runtime.writer.settle_soon()
        except Cancelled:
            self._end(one, "applied" if one.state == "applied" else "cancelled", "")
        except (LedgerError, AccountsError) as error:
            self._end(one, "applied" if one.state == "applied" else "failed", str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and nothing has changed
            _LOG.exception("a re-costing failed")
            self._end(one, "applied" if one.state == "applied" else "failed", type(error).__name__)
        finally:
            self.progress = None
            self._runtime.broadcaster.publish({"recostings"})

    def _end(self, one: Recosting, state: str, error: str) -> None:
        try:
            self._keep(replace(self.get(one.id), state=state, error=error))
        except AccountsError as unkept:
            self._runtime.accounts.trouble = str(unkept)

    def _settled(self, one: Recosting) -> Recosting:
        """One that was under way when the server, or the ledger's, ended: all of it, or nothing, has happened."""
        last = self._runtime.ledger.recosting.last
        if last is not None and last.id == one.id and last.state in ("switching", "undoing"):
            return one
        if last is not None and last.id == one.id and last.state in ("applied", "undone"):
            at = to_datetime(last.at)
            undone = last.state == "undone"
            return replace(
                one,
                state=last.state,
                applied_at=one.applied_at if undone else at,
                undone_at=at if undone else None,
            )
        return replace(one, state="failed", error="the server ended meanwhile; nothing has changed")

    def _keep(self, one: Recosting) -> Recosting:
        kept = self._runtime.accounts.get().recosted.put(one)
        self._runtime.broadcaster.publish({"recostings"})
        return kept

    def _tell(self, done: int, all_: int) -> None:
        progress = self.progress
        if self._cancelled.is_set() or self._runtime.closing.is_set():
            raise Cancelled
        if progress is not None:
            progress.done, progress.all = done, all_


def shown(one: Recosting, recostings: Recostings) -> dict[str, Any]:
    """A re-costing as JSON: amounts are decimal text, times RFC 3339; `progress` is there while something is done."""
    progress = recostings.progress
    busy = progress is not None and progress.id == one.id
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "who": one.who,
        "since": one.since and one.since.isoformat(),
        "until": one.until and one.until.isoformat(),
        "filters": dict(one.filters),
        "state": progress.does if busy and progress else one.state,
        "calls": one.calls,
        "changed": one.changed,
        "before": f"{one.before:f}",
        "after": f"{one.after:f}",
        "models": list(one.models),
        "applied_at": one.applied_at and one.applied_at.isoformat(),
        "undone_at": one.undone_at and one.undone_at.isoformat(),
        "error": one.error or None,
        "can_undo": not busy and recostings.undoable(one),
        "progress": {"done": progress.done, "all": progress.all} if busy and progress else None,
    }


def _scope(one: Recosting) -> Scope:
    return Scope(
        since=0 if one.since is None else to_us(one.since),
        until=2**62 if one.until is None else to_us(one.until),
        **{name: values[0] for name, values in one.filters.items() if values},
    )


def _with(one: Recosting, found: Found, state: str) -> Recosting:
    models = found.models.values()
    return replace(
        one,
        state=state,
        calls=found.calls,
        changed=found.changed + found.marked,
        before=sum((model.before for model in models), Decimal(0)),
        after=sum((model.after for model in models), Decimal(0)),
        models=told(found, applied=False)["models"][:_MOST_MODELS],
    )
