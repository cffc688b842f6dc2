"""What stands for a snapshot where an engine has none: the ledger as it is when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from tokometer.ledger.protocol import Engine, Readable, Statement, Unsettled
from tokometer.ledger.shared import Shared, T


class Present:
    """Passes every question on. See :class:`tokometer.ledger.protocol.Snapshot`.

    What is shared is as of when it was first asked.
    """

    is_lost = False
    state = None

    def __init__(self, ledger: Readable) -> None:
        self._ledger = ledger
        self._shared = Shared()
        self.engine: Engine = ledger.engine

    @property
    def rolled(self) -> frozenset[str]:
        """See :attr:`tokometer.ledger.protocol.Readable.rolled`."""
        return self._ledger.rolled

    @property
    def unsettled(self) -> Sequence[Unsettled]:
        """See :attr:`tokometer.ledger.protocol.Readable.unsettled`."""
        return self._ledger.unsettled

    def settle(self) -> int:
        """See :meth:`tokometer.ledger.protocol.Readable.settle`."""
        return self._ledger.settle()

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """See :meth:`tokometer.ledger.protocol.Readable.fetch`."""
        return self._ledger.fetch(statement)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """See :meth:`tokometer.ledger.protocol.Readable.once`."""
        return self._shared.once(key, make)

    def close(self) -> None:
        """There is nothing to let go of."""
