"""Sets of labels in a ClickHouse ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tokometer.ledger import schema
from tokometer.ledger.labels import ROLLED, LabelRow, LabelSets

_ALL: Final = f"SELECT {', '.join(schema.LABEL_SETS.names)} FROM label_sets"
_LABELLED: Final = "SELECT DISTINCT quarter FROM calls WHERE label_set IS NOT NULL"

_Query = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
_Insert = Callable[[schema.Table, Sequence[Sequence[Any]]], None]


class ClickHouseLabels(LabelSets):
    """The sets of one ledger, which it is given ways to ask and to insert into."""

    def __init__(self, query: _Query, insert: _Insert) -> None:
        super().__init__(lambda: query(_ALL, {}))
        self._query = query
        self._insert = insert

    def begin(self) -> None:
        """Look up which keys take part in the rollups."""
        found = self._query("SELECT value FROM meta WHERE key = $key", {"key": ROLLED})
        self.rolled = frozenset(json.loads(found[0][0]) if found else ())

    def put(self, rows: Sequence[LabelRow]) -> None:
        """Add sets, or put them in place of those with their ids."""
        self._insert(schema.LABEL_SETS, list(zip(*rows, strict=True)))

    def roll_up(self, keys: frozenset[str], mark: Callable[[Sequence[int], bool], None]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.roll_up`. Said to be done last, so that a crash does it again.

        `mark` marks quarter hours as dirty, first as pending and then as ready.
        """
        quarters = [row[0] for row in self._query(_LABELLED, {})]
        mark(quarters, False)
        self.put(self.rolled_anew(keys))
        mark(quarters, True)
        self._insert(schema.META, [[ROLLED], [json.dumps(sorted(keys))]])
        self.rolled = keys
