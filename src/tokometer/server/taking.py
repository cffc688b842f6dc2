"""Having what a request brought committed, portion by portion, and what to tell its sender."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from tokometer.collect.bodies import Decoded
from tokometer.collect.writer import QueueFull, Writer, WriterClosed
from tokometer.ledger import Receipt
from tokometer.records import Refusal

#: Refusals that a sender is told one by one.
MOST_TOLD: Final = 1_000
#: A request of which something is committed already waits so long (seconds) for room in the queue, looking so often.
_PATIENCE: Final = 30.0
_LOOK: Final = 0.1


@dataclass(slots=True)
class Taken:
    """What became of a request's records."""

    #: Items that stood in it, refused ones included.
    count: int = 0
    accepted: int = 0
    duplicate: int = 0
    changed: int = 0
    refused: int = 0
    #: The first of those that were refused.
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, receipt: Receipt, refusals: list[Refusal]) -> None:
        """Count a portion, of which some may have been refused by the ledger."""
        if receipt.spoiled:
            refusals = sorted((*refusals, *receipt.spoiled.values()), key=lambda refusal: refusal.position)
        self.accepted += receipt.accepted
        self.duplicate += receipt.duplicate
        self.changed += receipt.changed
        self.refused += len(refusals)
        self.refusals += refusals[: MOST_TOLD - len(self.refusals)]


async def take(
    writer: Writer,
    portions: AsyncGenerator[Decoded, None],
    *,
    corrections: bool = False,
    stopping: threading.Event | None = None,
) -> Taken:
    """Commit portions in their order: while one is committed the next one is decoded, and no more than those are held.

    Raises:
        QueueFull: Too much is waiting to be stored.
        WriterClosed: The server is stopping, which waits for no more than the portion that is being committed.
        Exception: Whatever `portions` raises, once what it gave before is committed; whatever the commit raises.
    """
    taken = Taken()
    pending: asyncio.Future[Receipt] | None = None
    refusals: list[Refusal] = []
    begun = False
    try:
        async with aclosing(portions):
            async for found in portions:
                if pending is not None:
                    taken.add(await pending, refusals)
                if begun and stopping is not None and stopping.is_set():
                    raise WriterClosed("the server is stopping")
                pending = await _submitted(writer, found, corrections=corrections, patient=begun)
                refusals, begun = found.refusals, True
                taken.count += found.count
    finally:
        if pending is not None:
            taken.add(await pending, refusals)
    return taken


async def _submitted(writer: Writer, found: Decoded, *, corrections: bool, patient: bool) -> asyncio.Future[Receipt]:
    """The receipt of a portion, to come."""
    batch = found.batch(corrections=corrections)
    loop = asyncio.get_running_loop()
    if not (batch.size or batch.refusals or batch.notices or batch.cursors):
        nothing: asyncio.Future[Receipt] = loop.create_future()
        nothing.set_result(Receipt())
        return nothing
    until = loop.time() + _PATIENCE
    while True:
        try:
            return asyncio.wrap_future(writer.submit(batch, found.count))
        except QueueFull:
            if not patient or loop.time() > until:
                raise
        await asyncio.sleep(_LOOK)
