"""A shipment as bytes: msgpack, a record a map of its fields without those that have their default.

Whoever reads one may be older or newer than who wrote it: fields and kinds that it does not know are passed over and
counted, fields that are missing have their default.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from tokometer.records import KINDS, Notice, Record, RecordError, Refusal, mistake
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import NotUnderstood, Received

#: The version of this form. A reader takes its own and older ones.
VERSION: Final = 1
MEDIA_TYPE: Final = "application/vnd.tokometer.shipment"
NAME: Final = "shipment"
#: What names of machines and programs have at most.
_LONGEST: Final = 200
#: A shipment that its sender counts beyond this is not one of ours.
_MOST_RECORDS: Final = 100_000
_LONGEST_FIELD: Final = 80
_LONGEST_PLACE: Final = 1_000


class Shipment(msgspec.Struct, omit_defaults=True):
    """What one machine read since the last one."""

    version: int = VERSION
    #: `tokometer 0.1.0`
    program: str = ""
    machine: str = ""
    #: By kind (`calls`, `tools`, …), each a list of maps.
    records: dict[str, list[msgspec.Raw]] = {}
    refusals: list[Refusal] = []
    notices: list[Notice] = []


_decode: Final = msgspec.msgpack.Decoder(Shipment).decode
_encode: Final = msgspec.msgpack.Encoder().encode
_FIELDS: Final = {kind: frozenset(made.__struct_fields__) for kind, made in KINDS.items()}
#: The default of each field, by kind of record.
_DEFAULTS: Final[dict[str, dict[str, Any]]] = {}
#: What the ledger's own price book says: not for senders to say.
_PRICES: Final = frozenset({"cost_priced", "price_version", "price_basis"})


class _Outgoing(msgspec.Struct, omit_defaults=True):
    version: int
    program: str
    machine: str
    records: dict[str, list[dict[str, Any]]]
    refusals: list[Refusal]
    notices: list[Notice]


def packed(
    program: str, machine: str, records: Iterable[Record], refusals: Sequence[Refusal], notices: Sequence[Notice]
) -> bytes:
    """A shipment as bytes. A record of this machine, or of one that nobody names, gets the name `machine`."""
    here = host()
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        fields = _stated(record)
        if fields.get("machine", here) == here:
            fields["machine"] = machine
        by_kind.setdefault(record.kind, []).append(fields)
    return _encode(_Outgoing(VERSION, program, machine, by_kind, list(refusals), list(notices)))


def unpacked(body: bytes, place: str, now: int) -> tuple[Shipment, Received]:
    """A shipment, and what it holds: each record by itself, so that one which cannot be believed spoils only itself.

    Raises:
        NotUnderstood: It is no shipment, or one of a later form.
    """
    shipment = _shipment(body)
    # Where it stood over there.
    elsewhere = [replace(one, place=f"{shipment.machine}:{one.place}"[:_LONGEST_PLACE]) for one in shipment.refusals]
    received = Received(notices=list(shipment.notices), refusals=elsewhere)
    noticed = Noticed(NAME, place)
    index = 0
    for kind, raws in shipment.records.items():
        known = KINDS.get(kind)
        for raw in raws:
            if known is None:
                noticed.add("field", f"kind {kind}", index)
            else:
                try:
                    received.records.append(_record(known, raw, noticed, index))
                    received.positions.append(index)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is of this record, and the others count
                    wrong = mistake(error)
                    received.refusals.append(Refusal(NAME, place, index, wrong.field, wrong.reason, now))
            index += 1
    received.count = index
    received.notices += noticed.all()
    return shipment, received


def shipments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The shipments of a bundle, with where each stands: one after the other, each after its length (4 bytes).

    Raises:
        RecordError: What is left of it is no shipment: it was cut off.
    """
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        body = content[at + 4 : at + 4 + length]
        if len(body) < length or not length:
            raise RecordError("", f"is cut off at byte {at:,}; what comes before was read")
        yield at, body
        at += 4 + length


def framed(body: bytes) -> bytes:
    """A shipment as it stands in a bundle."""
    return len(body).to_bytes(4, "big") + body


def _shipment(body: bytes) -> Shipment:
    try:
        shipment = _decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise NotUnderstood(f"the body is no shipment: {str(error)[:200]}") from None
    if shipment.version > VERSION:
        raise NotUnderstood(f"the shipment is of form {shipment.version}; this server reads form {VERSION}: update it")
    if sum(map(len, shipment.records.values())) > _MOST_RECORDS:
        raise NotUnderstood(f"a shipment has at most {_MOST_RECORDS:,} records")
    shipment.machine, shipment.program = shipment.machine[:_LONGEST], shipment.program[:_LONGEST]
    return shipment


def _record(kind: type[Record], raw: msgspec.Raw, noticed: Noticed, index: int) -> Record:
    try:
        record = msgspec.msgpack.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RecordError("", f"is no record: {str(error)[:200]}") from None
    fields = _keys(raw)
    for name in fields - _FIELDS[kind.kind]:
        noticed.add("field", f"{kind.kind}.{name[:_LONGEST_FIELD]}", index)
    if not record.native_id or not record.source:
        raise RecordError("native_id", "is missing")
    for name in fields & _PRICES:
        raise RecordError(name, "is the price book's, not for senders to say")
    return record


def _keys(raw: msgspec.Raw) -> frozenset[str]:
    return frozenset(msgspec.msgpack.decode(raw, type=dict[str, msgspec.Raw]))


def _stated(record: Record) -> dict[str, Any]:
    """The fields of a record that are not what they are where nobody says anything; no price of ours."""
    kind = type(record)
    if kind.kind not in _DEFAULTS:
        _DEFAULTS[kind.kind] = {
            field.name: field.default
            for field in msgspec.structs.fields(kind)
            if field.default is not msgspec.NODEFAULT and field.name not in _PRICES
        }
    defaults = _DEFAULTS[kind.kind]
    return {
        name: value
        for name, value in zip(record.__struct_fields__, msgspec.structs.astuple(record), strict=True)
        if name not in _PRICES and (name not in defaults or value != defaults[name])
    }
