"""What the bytes of a request hold, by what they are: the same here and in the process that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import msgspec

from tokometer.ledger import Batch
from tokometer.ledger.aside import waiting_of
from tokometer.ledger.packed import Packed, Stood
from tokometer.ledger.waiting import Waiting
from tokometer.records import Notice, Record, Refusal
from tokometer.records.fitting import fit_to_tell
from tokometer.records.gate import admit
from tokometer.settings import LabelSettings
from tokometer.sources.protocol import NotUnderstood, Push, Received, Sent
from tokometer.sources.registry import SOURCES

if TYPE_CHECKING:
    from tokometer.sources.otlp import Gathered, Signal
    from tokometer.sources.own import Own

#: What is not a kind of record: a request of OTLP, and what a source understands.
OTLP: Final = "otlp"
PUSHED: Final = "pushed"
#: The status of a body in a media type that is not read.
UNSUPPORTED: Final = 415
_decode_sent: Final = msgspec.json.Decoder(Sent).decode


class Decoded(msgspec.Struct, array_like=True, gc=False):
    """What a request held: as records where it was decoded here, else priced and packed."""

    refusals: list[Refusal]
    packed: list[Packed] = msgspec.field(default_factory=list)
    #: Why the body as a whole cannot be read; empty where it can.
    error: str = ""
    #: It is not in what its Content-Type says.
    unfit: bool = False
    #: Decoded here, and not priced yet.
    records: list[Record] = msgspec.field(default_factory=list)
    notices: list[Notice] = msgspec.field(default_factory=list)
    #: Records or spans that stood in the body, refused ones included.
    count: int = 0
    #: Where each of `records` stood in the body.
    stood: list[Stood] = msgspec.field(default_factory=list)
    #: Those of the refused that our clock does not believe yet.
    aside: list[Waiting] = msgspec.field(default_factory=list)
    #: (source, name) → what the source keeps beside the records.
    states: list[tuple[str, str, bytes]] = msgspec.field(default_factory=list)
    #: The other process could not tell what came of it: it is to be decoded here.
    undone: bool = False

    def batch(self, *, corrections: bool = False) -> Batch:
        """What is to be committed of it."""
        return Batch(
            self.records,
            self.refusals,
            packed=self.packed,
            corrections=corrections,
            notices=self.notices,
            stood=self.stood,
            aside=self.aside,
            cursors={(source, name): state for source, name, state in self.states},
        )


def decode(what: str, body: bytes, labels: LabelSettings) -> Decoded:
    """What a body holds.

    `what` is `otlp`, a signal, the index of the first, and an encoding; or a kind of record, 1 or 0, the index of the
    first, and a media type. With 1, bodies of requests and answers are kept in details of errors.
    """
    kind, _, form = what.partition(":")
    if kind == OTLP:
        return _decode_otlp(form, body, labels)
    if kind == PUSHED:
        source, which, sent = form.split(":", 2)
        return decode_pushed(source, SOURCES[source].pushed[int(which)], _decode_sent(sent), body)
    from tokometer.sources import own

    bodies, first, media_type = form.split(":", 2)
    try:
        found = own.read(kind, body, media_type, bodies=bodies == "1", first=int(first))
    except own.NotRecords as error:
        return Decoded([], error=str(error), unfit=error.media_type)
    return _decoded(found, found.count, own.place_of(kind))


def _decode_otlp(form: str, body: bytes, labels: LabelSettings) -> Decoded:
    from tokometer.sources import otlp

    signal, first, encoding = form.split(":")
    otlp.use_labels(labels.otlp, known=labels.otlp_known)
    which = cast("Signal", signal)
    try:
        told = otlp.decode(which, body, "json" if encoding == "json" else "protobuf", first=int(first))
    except otlp.OtlpError as error:
        return Decoded([], error=str(error))
    return _decoded(told, told.count, otlp.SHAPES[which].place)


def decode_pushed(source: str, push: Push, sent: Sent, body: bytes) -> Decoded:
    """What a request to a source held, after the gate."""
    place = f"POST {push.path}"
    try:
        found = push.read(body, sent)
    except NotUnderstood as error:
        return Decoded([], error=str(error), unfit=error.status == UNSUPPORTED)
    admitted = admit(found.records, place, found.positions, sent.now)
    refusals = sorted((*found.refusals, *admitted.refusals), key=lambda refusal: refusal.position)
    found.refusals, found.notices = fit_to_tell(refusals, [*found.notices, *admitted.notices])
    found.records, found.positions, found.aside = admitted.records, admitted.positions, admitted.aside
    decoded = _decoded(found, found.count, place)
    decoded.states = [(source, name, state) for name, state in found.states.items()]
    return decoded


def _decoded(found: Gathered | Own | Received, count: int, place: str) -> Decoded:
    """What a decoder found, of `count` records or spans."""
    return Decoded(
        found.refusals,
        records=found.records,
        notices=found.notices,
        count=count,
        stood=[Stood(place, len(found.records), found.positions)],
        aside=[waiting_of(*aside) for aside in found.aside],
    )
