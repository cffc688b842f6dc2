"""Committing a batch so that a record which no engine can take spoils only itself.

The gate (`tokometer.records.gate`) refuses what cannot be kept before it comes this far. Should it forget something,
the batch is committed in ever smaller parts until the record at fault is found, which is then refused like any other. A
process that is killed between two parts leaves what was sent or read to be sent or read again, and ids see to it that
nothing counts twice: cursors, refusals and notices go with the last part.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tokometer.ledger import Batch, Ledger, LedgerError, Receipt
from tokometer.ledger.packed import Packed
from tokometer.ledger.places import answers
from tokometer.ledger.protocol import Outcome
from tokometer.records import Notice, Record, Refusal, now_us

#: Where a record stood of which nobody knows it.
UNKNOWN_PLACE: Final = "stored records"
#: What says nothing of the records, unless others can be kept beside the one that raised it.
_OF_THE_MACHINE: Final = (OSError, RuntimeError, AssertionError, MemoryError, SystemError)
_LONGEST_ID: Final = 80
_LOG: Final = logging.getLogger(__name__)

Costs = Mapping[bytes, tuple[int | None, str, str]]


def commit_all(ledger: Ledger, batch: Batch) -> Receipt:
    """Commit a batch, without those of its records that the engine cannot take, which are refused.

    That takes as many commits more as there are such records, times the logarithm of the batch's size. The receipt's
    `outcomes` are in the batch's order, and `spoiled` says what was refused.

    Raises:
        LedgerError: The ledger cannot write. Parts that were committed before stand; the batch can be tried again.
        Exception: Nothing of it could be committed, for a reason that is not its records'.
    """
    try:
        return ledger.commit(batch)
    except LedgerError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to one record until shown otherwise
        return _Splitting(ledger, batch).run(error)


def reprice_all(ledger: Ledger, costs: Costs) -> tuple[int, int]:
    """Set costs like :meth:`tokometer.ledger.Ledger.reprice`, but for those that the engine cannot take.

    Returns how many calls changed, and how many could not.

    Raises:
        LedgerError: The ledger cannot write.
    """
    try:
        return ledger.reprice(costs), 0
    except LedgerError:
        raise
    except Exception as error:
        if isinstance(error, _OF_THE_MACHINE) and not isinstance(error, RecursionError):
            raise
        if len(costs) == 1:
            return 0, 1
        items = list(costs.items())
        half = len(items) // 2
        first, second = reprice_all(ledger, dict(items[:half])), reprice_all(ledger, dict(items[half:]))
        return first[0] + second[0], first[1] + second[1]


class _Item(NamedTuple):
    """A record of the batch, or several that are packed; and the position of the first."""

    first: int
    held: Record | Packed


class _Splitting:
    """One batch that could not be committed whole."""

    def __init__(self, ledger: Ledger, batch: Batch) -> None:
        self._ledger = ledger
        self._batch = batch
        self._outcomes: list[Outcome] = ["refused"] * batch.size
        self._touched: frozenset[str] = frozenset()
        self._suspects: list[tuple[_Item, Exception]] = []
        self._kept_any = False
        #: What parts that failed had to say: their records have been cut to size by then, and will not say it again.
        self._notices: list[Notice] = []

    def run(self, error: Exception) -> Receipt:
        """Commit what can be, and refuse the rest; `error` is what the whole was not taken for."""
        batch, items = self._batch, self._items()
        failure: Exception | None = error
        if batch.refusals or batch.notices or batch.cursors or batch.aside or batch.due or batch.healed:
            failure = self._commit(items)
        if failure is not None:
            self._split(items, failure)
        spoiled = self._convict()
        refusals = [*batch.refusals, *spoiled.values()]
        rest = Batch(refusals=refusals, cursors=batch.cursors, notices=batch.notices + self._notices)
        rest.aside, rest.due, rest.healed, rest.corrections = batch.aside, batch.due, batch.healed, batch.corrections
        self._ledger.commit(rest)
        return Receipt(
            accepted=self._outcomes.count("accepted"),
            duplicate=self._outcomes.count("duplicate"),
            changed=self._outcomes.count("changed"),
            refused=len(refusals),
            outcomes=self._outcomes,
            touched=self._touched,
            spoiled=spoiled,
        )

    def _items(self) -> list[_Item]:
        items = [_Item(at, record) for at, record in enumerate(self._batch.records)]
        first = len(items)
        for packed in self._batch.packed:
            items.append(_Item(first, packed))
            first += len(packed)
        return items

    def _commit(self, items: Sequence[_Item]) -> Exception | None:
        """Commit these alone; what they were not taken for, where they were not."""
        part = Batch(
            [item.held for item in items if isinstance(item.held, Record)],
            packed=[item.held for item in items if isinstance(item.held, Packed)],
            corrections=self._batch.corrections,
            price=self._batch.price,
        )
        try:
            receipt = self._ledger.commit(part)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - told to whoever can make less of it
            self._notices += part.notices
            return error
        outcomes = iter(receipt.outcomes)
        # Records stand before what is packed, here as in the batch.
        for item in items:
            for at in range(len(item.held) if isinstance(item.held, Packed) else 1):
                self._outcomes[item.first + at] = next(outcomes)
        self._touched |= receipt.touched
        self._kept_any = self._kept_any or bool(items)
        return None

    def _split(self, items: Sequence[_Item], error: Exception) -> None:
        """Find, among items that cannot be committed together, those that cannot be alone."""
        if len(items) == 1 and isinstance(items[0].held, Packed):
            items = self._unpacked(items[0].first, items[0].held)
        if len(items) == 1:
            self._suspects.append((items[0], error))
            return
        half = len(items) // 2
        first, second = items[:half], items[half:]
        failure = self._commit(first)
        if failure is not None:
            self._split(first, failure)
        elif len(second) > 1:
            # It is in the other half, then, which need not be tried.
            self._split(second, error)
            return
        failure = self._commit(second)
        if failure is not None:
            self._split(second, failure)

    def _unpacked(self, first: int, packed: Packed) -> list[_Item]:
        return [_Item(first + at, record) for at, record in enumerate(packed.records())]

    def _convict(self) -> dict[int, Refusal]:
        """The refusals of what could not be committed alone, by position.

        Raises:
            Exception: The fault is not theirs.
        """
        if self._suspects and not self._kept_any:
            for _, error in self._suspects:
                if isinstance(error, _OF_THE_MACHINE) and not isinstance(error, RecursionError):
                    raise error
            # An engine that answers nothing at all has not looked at them.
            answers(self._ledger)
        if self._suspects:
            what = {type(error).__name__ for _, error in self._suspects}
            _LOG.warning("%d records cannot be kept, and are refused: %s", len(self._suspects), ", ".join(sorted(what)))
        return {item.first: self._refused(item, error) for item, error in self._suspects}

    def _refused(self, item: _Item, error: Exception) -> Refusal:
        record = item.held
        assert isinstance(record, Record)
        place, position = self._batch.where(item.first)
        # Not the error's own words: they may repeat what the record holds.
        what = type(error).__name__
        name = record.native_id
        which = f" (id {name[:_LONGEST_ID]})" if name.isprintable() else ""
        reason = f"cannot be kept because of a mistake in Tokometer ({what}); please report it{which}"
        return Refusal(record.source, place or UNKNOWN_PLACE, position, "", reason, now_us(), record.workspace)
