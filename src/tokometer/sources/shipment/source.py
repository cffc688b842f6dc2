"""Shipments of other machines, sent or in a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from tokometer.records import Record, RecordError, now_us
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Answer, NotUnderstood, Received, Sent, Source, Told
from tokometer.sources.shipment.wire import MEDIA_TYPE, NAME, packed, shipments, unpacked

#: What the name of a bundle ends in.
ENDING: Final = ".tokometer"
PATH: Final = "/api/shipments"
_UNSUPPORTED: Final = 415

__all__ = ["ENDING", "MEDIA_TYPE", "NAME", "PATH", "SOURCE", "Seen", "packed"]


class Seen(msgspec.Struct):
    """What is known of a machine that ships."""

    program: str = ""
    #: When its latest shipment came, by our clock (µs since the epoch).
    at: int = 0


class Bundles(DocumentSource):
    """Bundles, where somebody names them."""

    name = NAME
    title = "Other machines"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - none looks for them
        """Nowhere: bundles are read where somebody names them."""
        return []

    def files(self, root: Path) -> Iterable[Path]:
        """The bundles in a folder, or a file if it is one."""
        found = [root] if root.is_file() else sorted(root.glob(f"*{ENDING}"))
        return [path for path in found if path.name.endswith(ENDING)]

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
        """The shipments of a bundle."""
        place, now = str(path), now_us()
        for at, body in shipments(content):
            yield Item(at, lambda body=body: self._records(body, place, now, noticed))  # type: ignore[misc]

    def _records(self, body: bytes, place: str, now: int, noticed: Noticed) -> list[Record]:
        try:
            _, received = unpacked(body, place, now)
        except NotUnderstood as error:
            raise RecordError("", str(error)) from None
        for refusal in received.refusals:
            noticed.add("field", f"refused: {refusal.field}", refusal.position)
        return received.records


class Shipped:
    """What `tokometer ship` sends; see `sources.protocol.Push`."""

    path = PATH
    summary = "Records as another Tokometer read them"

    def portions(self, body: bytes, media_type: str) -> Iterator[bytes]:  # noqa: ARG002 - they come in small ones
        """As it is: whoever ships sees to it that shipments are small."""
        yield body

    def read(self, body: bytes, sent: Sent) -> Received:
        """See `Push.read`."""
        if sent.media_type != MEDIA_TYPE:
            raise NotUnderstood(f"Content-Type is not {MEDIA_TYPE}", _UNSUPPORTED)
        shipment, received = unpacked(body, f"POST {PATH}", sent.now)
        if shipment.machine:
            received.states[shipment.machine] = msgspec.msgpack.encode(Seen(shipment.program, sent.now))
        return received

    def names(self, body: bytes) -> list[str]:  # noqa: ARG002 - the answer names nothing
        """Nothing."""
        return []

    def answer(self, told: Told, answered: Iterable[str]) -> Answer:  # noqa: ARG002 - as above
        """What became of the records."""
        refused = [{"index": one.position, "field": one.field, "reason": one.reason} for one in told.refusals]
        content = {"accepted": told.accepted, "duplicate": told.duplicate, "changed": told.changed, "refused": refused}
        return Answer(200, msgspec.json.encode(content))

    def failure(self, status: int, reason: str) -> Answer:
        """See `Push.failure`."""
        return Answer(status, msgspec.json.encode({"error": reason}))


SOURCE: Final = Source(
    name=NAME,
    title="Other machines",
    family="own",
    about="What `tokometer ship` reads on another machine and sends here, and bundles of it.",
    found=Bundles(),
    pushed=(Shipped(),),
)
