"""Attributes as protobuf has them: encoded `KeyValue`s → slots and values.

Most attributes repeat from span to span, so what one means is looked up by its bytes; one that is new is read by hand
in the usual form, else by the protobuf library. Which names are read is a table's matter: spans have one, and the log
events of each dialect have theirs.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tokometer.records import mistake
from tokometer.sources.otlp.attributes import ENDINGS, IGNORED, Attribute, Reading, attribute_of
from tokometer.sources.otlp.counts import count
from tokometer.sources.otlp.labels import LABELS, ON_CHANGE, labelling_of
from tokometer.sources.otlp.messages import DecodeError, KeyValue, Message
from tokometer.sources.otlp.span import settle
from tokometer.sources.otlp.tokens import PREFIXES
from tokometer.sources.otlp.unread import UNREAD

#: Attributes up to this size are remembered whole; longer ones (prompts) are never the same twice, and neither are
#: these slots.
_REMEMBERED_BYTES: Final = 96
_REMEMBERED: Final = 16_384
_UNREPEATED: Final = frozenset(
    {
        *("input", "output", "total", "cost", "ttft", "ttft_ms", "response_id", "tool_call_id"),
        *("cache_read", "cache_write", "duration", "sequence", "event_at"),
    }
)

_KEY, _VALUE = 0x0A, 0x12  # tags of KeyValue
_STRING, _INT, _DOUBLE = 0x0A, 0x18, 0x21  # tags of AnyValue
_ONE_BYTE: Final = 0x80
_SHORTEST: Final = 4
_SHORT_VARINT: Final = 4
_UNPACK_DOUBLE: Final = struct.Struct("<d")

#: What the keys begin with that are read by their words where no table has them.
_BY_WORDS: Final = tuple(prefix.encode() for prefix in PREFIXES)
_ENDINGS: Final = tuple(ending.encode() for ending in ENDINGS)
#: An attribute, read: nothing to us; a first choice as slot and value, ready to use; anything else as its own key.
#: Labels stand under the attribute's name, in a tuple.
Known = tuple[str, Any] | tuple[Attribute, Reading] | tuple[tuple[str], dict[str, str]] | None
#: An attribute of which not even the name can be read.
_BROKEN: Final = Attribute("attributes", "broken", 0, count)


class Meanings(dict[bytes, "Known"]):
    """Encoded attributes and what they mean by one table; reads those that it does not know when they are looked up.

    Dictionary lookups are atomic, so threads can share it; at worst two of them read the same attribute.
    """

    def __init__(self, table: Mapping[str, Attribute]) -> None:
        super().__init__()
        self._by_bytes = {name.encode(): attribute for name, attribute in table.items()}
        #: How those begin that are never the same twice (tag and length of the key, the key, a tag) → what reads them.
        self._once = {
            bytes((_KEY, len(name), *name, _VALUE)): self._reader(attribute, len(name) + 3)
            for name, attribute in self._by_bytes.items()
            if (attribute.slot == IGNORED or attribute.slot in _UNREPEATED) and len(name) < _ONE_BYTE
        }
        self._slots = frozenset(attribute.slot for attribute in table.values())
        self._meaning = self.__getitem__
        ON_CHANGE.append(self.clear)

    def found(self, attributes: Iterable[bytes]) -> tuple[dict[str, Any], Reading | None]:
        """Slot → value, and the first attribute that is wrong."""
        # One line that runs in C: this is where most of the time of an ingest would go.
        found: dict[Any, Any] = dict(filter(None, map(self._meaning, attributes)))
        if found.keys() <= self._slots:
            return found, None
        later = [found.pop(key) for key in [key for key in found if key.__class__ is Attribute]]
        labels: dict[str, str] = {}
        for key in [key for key in found if key.__class__ is tuple]:
            labels.update(found.pop(key))
        wrong = settle(found, later)
        if labels:
            found[LABELS] = labels
        return found, wrong

    def __missing__(self, encoded: bytes) -> Known:
        """Read an encoded `KeyValue`, and remember it where it may come again."""
        if len(encoded) > _SHORTEST:
            read = self._once.get(encoded[: 3 + encoded[1]])
            if read is not None:
                return read(encoded)
        known = self._read(encoded)
        if len(encoded) <= _REMEMBERED_BYTES:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[encoded] = known
        return known

    def _read(self, encoded: bytes) -> Known:
        # The usual form by hand: tag, length below 128, key, tag, length below 128, one member of the union.
        if len(encoded) <= _SHORTEST or encoded[0] != _KEY or encoded[1] >= _ONE_BYTE:
            return self._slow(encoded)
        end = 2 + encoded[1]
        attribute = self._by_bytes.get(encoded[2:end])
        if attribute is not None and attribute.slot == IGNORED:
            return None
        if len(encoded) <= end + 3 or encoded[end] != _VALUE:
            return self._slow(encoded)
        if attribute is None and (attribute := _other(encoded[2:end])) is None:
            return _labels(encoded[2:end], encoded)
        if encoded[end + 1] != len(encoded) - end - 2:
            return self._slow(encoded)
        return self._quick(attribute, encoded[end + 2], encoded[end + 3 :], encoded)

    def _reader(self, attribute: Attribute, at: int) -> Callable[[bytes], Known]:
        """Reads an attribute in the usual form whose value begins at `at`, with its length."""
        if attribute.slot == IGNORED:
            return lambda _: None
        slot, is_count = attribute.slot, attribute.convert is count and not attribute.rank

        def read(encoded: bytes) -> Known:
            size = len(encoded) - at - 2
            if size <= 0 or encoded[at] != size + 1:
                return self._slow(encoded)
            tag = encoded[at + 1]
            if is_count and tag == _INT and (number := _varint(encoded[at + 2 :])) is not None:
                # Small enough, and not negative: what nearly all counts are.
                return slot, number
            return self._quick(attribute, tag, encoded[at + 2 :], encoded)

        return read

    def _quick(self, attribute: Attribute, tag: int, content: bytes, encoded: bytes) -> Known:
        """An attribute in the usual form; `content` is what follows the tag of its value."""
        value: object
        if tag == _INT and (number := _varint(content)) is not None:
            value = number
        elif tag == _STRING and content[0] == len(content) - 1:
            try:
                value = content[1:].decode()
            except UnicodeDecodeError:
                return _not_text(attribute)
        elif tag == _DOUBLE and len(content) == _UNPACK_DOUBLE.size:
            (value,) = _UNPACK_DOUBLE.unpack(content)
        else:
            return self._slow(encoded)
        return _known(attribute, value)

    def _slow(self, encoded: bytes) -> Known:
        """Any valid encoding of a `KeyValue`, by the protobuf library."""
        try:
            message = KeyValue.FromString(encoded)
        except DecodeError:
            return self._broken(encoded)
        attribute = self._by_bytes.get(message.key) or _other(message.key)
        if attribute is None:
            return _labels(message.key, encoded)
        try:
            return _known(attribute, plain(message.value))
        except UnicodeDecodeError:
            return _not_text(attribute)

    def _broken(self, encoded: bytes) -> Known:
        """An attribute that the library does not take; it refuses its span where it would have counted, or may have."""
        attribute: Attribute | None = _BROKEN
        if encoded[:1] == bytes([_KEY]) and encoded[1:2] < bytes([_ONE_BYTE]) and len(encoded) > _SHORTEST:
            key = encoded[2 : 2 + encoded[1]]
            attribute = self._by_bytes.get(key) or _other(key)
        if attribute is None or attribute.slot == UNREAD:
            return None
        return attribute, Reading(
            attribute.slot, attribute.rank, None, "is broken, or nested too deeply", attribute.name
        )


def _varint(content: bytes) -> int | None:
    """A whole number of up to four bytes that is all there is; None of anything else."""
    number = content[-1]
    if number >= _ONE_BYTE or len(content) > _SHORT_VARINT:
        return None
    if len(content) == 2 and content[0] >= _ONE_BYTE:  # noqa: PLR2004 - what most are
        return content[0] - _ONE_BYTE | number << 7
    for byte in content[-2::-1]:
        if byte < _ONE_BYTE:
            return None  # it ends here, and another field follows
        number = number << 7 | byte & 0x7F
    return number


def _other(key: bytes) -> Attribute | None:
    """How an attribute is read that no table has: mostly not at all."""
    if not key.startswith(_BY_WORDS) and not key.endswith(_ENDINGS):
        return None
    try:
        return attribute_of(key.decode())
    except UnicodeDecodeError:
        return None


def _labels(key: bytes, encoded: bytes) -> Known:
    """The labels that an attribute becomes which fills no field: mostly none."""
    name = key.decode("utf-8", "replace")
    labelling = labelling_of(name)
    if labelling is None:
        return None
    try:
        value = plain(KeyValue.FromString(encoded).value)
    except (DecodeError, UnicodeDecodeError):
        value = b""
    labels = labelling.read(labelling.key, value)
    return ((name,), labels) if labels else None


def _known(attribute: Attribute, value: object) -> Known:
    if value is None:
        return None
    try:
        converted = attribute.convert(value)
    except ValueError as error:
        return attribute, Reading(attribute.slot, attribute.rank, None, str(error), attribute.name)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this attribute
        return attribute, Reading(attribute.slot, attribute.rank, None, mistake(error).reason, attribute.name)
    if converted is None:
        return None
    if attribute.rank:
        return attribute, Reading(attribute.slot, attribute.rank, converted)
    return attribute.slot, converted


def _not_text(attribute: Attribute) -> Known:
    return attribute, Reading(attribute.slot, attribute.rank, None, "is not valid UTF-8", attribute.name)


def plain(value: Message) -> object:
    """An `AnyValue` as Python has it."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    content = getattr(value, which)
    if which == "string_value":
        return content.decode()
    if which == "array_value":
        return [plain(item) for item in content.values]
    if which == "kvlist_value":
        return {pair.key.decode(): plain(pair.value) for pair in content.values}
    return content
