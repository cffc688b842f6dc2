"""Records that our clock has not come to: kept as they are, and tried again when they are due.

A clock that is behind makes everything that is true look as if it lay in the future. Such a record is refused, and kept
here until it is at most a day ahead; then it is committed like any other, and its refusal goes with its row here. It
stands here once, whatever comes how often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tokometer.ledger.protocol import Batch, Ledger, Statement
from tokometer.ledger.refused import refusal_id
from tokometer.ledger.waiting import Waiting
from tokometer.records import KINDS, Notice, Record, Refusal, merge, now_us, record_id, to_us
from tokometer.records.fitting import fit_to_tell
from tokometer.records.time import CLOCK_SKEW_US

#: Records that are kept; of more the last to be due go, and are counted in a notice. And bytes of them in all.
MOST: Final = 100_000
MOST_BYTES: Final = 256 << 20

_COLUMNS: Final = "id, due, workspace, source, kind, place, body, refusal"
LISTED: Final = f"SELECT {_COLUMNS} FROM aside ORDER BY due, id LIMIT $limit"
#: What is added is `id IN …`, in the engine's own way.
STORED: Final = f"SELECT {_COLUMNS} FROM aside WHERE "
SIZES: Final = "SELECT id, workspace, source, place, length(body) FROM aside ORDER BY due, id"
SIZE: Final = "SELECT count(*), coalesce(sum(length(body)), 0) FROM aside"
_BY_SOURCE: Final = "SELECT source, count(*), min(due) FROM aside GROUP BY source ORDER BY source"
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Waits:
    """How many records wait for their time."""

    by_source: Mapping[str, int]
    #: When the next one is due, in microseconds since the epoch; None where there is none.
    next_due: int | None

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.by_source.values())


def waiting_of(record: Record, refusal: Refusal) -> Waiting:
    """A record as it is kept aside, with what it is refused for until then."""
    # Records of two kinds can have one id: an agent's run, and what it used.
    id_ = record_id(record.workspace, f"{record.kind}:{record.source}", record.native_id)
    body = _encode(record).decode()
    due = record.started_at - CLOCK_SKEW_US
    # As it is kept, which is what its id is made of.
    [told], _ = fit_to_tell([refusal], [])
    return Waiting(id_, due, record.workspace, record.source, record.kind, told.place, body, refusal_id(told))


def record_in(waiting: Waiting) -> Record:
    """The record that is kept aside.

    Raises:
        ValueError: Another version of Tokometer wrote it.
    """
    try:
        return msgspec.json.decode(waiting.body, type=KINDS[waiting.kind])
    except (KeyError, msgspec.DecodeError) as error:
        raise ValueError(str(error)) from error


def earliest(ledger: Ledger, limit: int) -> list[Waiting]:
    """The records that are due first."""
    return [waiting_in(row) for row in ledger.fetch(Statement(LISTED, {"limit": limit}))]


def waits(ledger: Ledger) -> Waits:
    """How many records wait, and for when."""
    rows = ledger.fetch(Statement(_BY_SOURCE))
    return Waits({source: int(count) for source, count, _ in rows}, min((to_us(due) for *_, due in rows), default=None))


def waiting_in(row: Sequence[Any]) -> Waiting:
    """A row of the table."""
    id_, due, workspace, source, kind, place, body, refusal = row
    return Waiting(_bytes(id_), to_us(due), workspace, source, kind, place, body, _bytes(refusal))


def folded(batch: Batch, stored: Iterable[Waiting]) -> list[Waiting]:
    """What is to be kept aside of a batch: of what comes twice, and of what stands there already, the merge."""
    kept = {waiting.id: waiting for waiting in stored}
    for arrived in batch.aside:
        earlier = kept.get(arrived.id)
        kept[arrived.id] = arrived if earlier is None else _merged(earlier, arrived, corrections=batch.corrections)
    return [kept[id_] for id_ in dict.fromkeys(waiting.id for waiting in batch.aside)]


def _merged(kept: Waiting, arrived: Waiting, *, corrections: bool) -> Waiting:
    try:
        one, other = record_in(kept), record_in(arrived)
    except ValueError:
        return arrived
    # Who corrects himself means the later word, as in a commit.
    merged = merge(other, one) if corrections and one.revision == other.revision else merge(one, other)
    refusal = kept.refusal if merged.started_at == one.started_at else arrived.refusal
    return msgspec.structs.replace(
        arrived, body=_encode(merged).decode(), due=merged.started_at - CLOCK_SKEW_US, refusal=refusal
    )


def columns_of(waiting: Sequence[Waiting]) -> list[list[Any]]:
    """The columns of the table, without the first field's name."""
    return [list(column) for column in zip(*map(msgspec.structs.astuple, waiting), strict=True)]


def beyond(sizes: Iterable[Sequence[Any]]) -> tuple[list[bytes], list[Notice]]:
    """Which of all that is kept, in the order in which it is due, is too much; and the notices that say so."""
    count = size = 0
    gone: list[bytes] = []
    counted: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], str] = {}
    for id_, workspace, source, place, length in sizes:
        count, size = count + 1, size + length
        if count > MOST or size > MOST_BYTES:
            gone.append(_bytes(id_))
            counted[workspace, source] += 1
            places[workspace, source] = place
    now = now_us()
    return gone, [
        Notice(source, "aside", "not kept aside", places[workspace, source], number, now, workspace)
        for (workspace, source), number in counted.items()
    ]


def _bytes(value: Any) -> bytes:  # noqa: ANN401 - a UUID, or its bytes
    return value if isinstance(value, bytes) else bytes(value.bytes)
