"""What OTLP's JSON is made of, whatever it tells: attributes, ids, times and numbers."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from tokometer.records import RecordError
from tokometer.sources.otlp.attributes import ATTRIBUTES, Attribute, Reading, attribute_of, read
from tokometer.sources.otlp.labels import LABELS, labelling_of
from tokometer.sources.otlp.span import settle

_LAST_INSTANT: Final = 2**64
#: Of a 64-bit number.
_DIGITS: Final = 20


class Camel(Struct, rename="camel", gc=False):
    """An object with names in camel case, as OTLP has them."""


class Pair(Camel):
    """A `KeyValue`."""

    key: str = ""
    value: Any = None


class Resource(Camel):
    """Who tells."""

    attributes: list[Pair] | None = None


def found_in(
    attributes: Iterable[Pair] | None, table: Mapping[str, Attribute] = ATTRIBUTES
) -> tuple[dict[str, Any], Reading | None]:
    """Slot → value, and the first attribute that is wrong."""
    found: dict[str, Any] = {}
    labels: dict[str, str] = {}
    later = []
    for attribute in attributes or ():
        value = plain(attribute.value)
        reading = read(attribute.key, value, table)
        if reading is None:
            known = attribute.key in table or attribute_of(attribute.key)
            labelling = None if known else labelling_of(attribute.key)
            if labelling is not None:
                labels.update(labelling.read(labelling.key, value))
        elif reading.rank == 0 and not reading.error:
            found[reading.slot] = reading.value
        else:
            later.append(reading)
    wrong = settle(found, later) if later else None
    if labels:
        found[LABELS] = labels
    return found, wrong


def plain(value: object) -> object:
    """An `AnyValue` as Python has it: `{"intValue": "5"}` → 5."""
    if not isinstance(value, dict) or not value:
        return None
    kind, content = next(iter(value.items()))
    if (
        kind == "intValue"
        and isinstance(content, str)
        and content.removeprefix("-").isdecimal()
        and len(content) <= _DIGITS
    ):
        return int(content)
    if kind == "doubleValue" and isinstance(content, str):
        # JSON has no NaN and no infinity; protobuf's mapping writes them as text.
        try:
            return float(content)
        except ValueError:
            return content
    if kind == "arrayValue":
        values = content.get("values") if isinstance(content, dict) else None
        return [plain(item) for item in values] if isinstance(values, list) else []
    return _map(content) if kind == "kvlistValue" else content


def _map(content: object) -> dict[str, object]:
    pairs = content.get("values") if isinstance(content, dict) else None
    return {
        pair["key"]: plain(pair.get("value"))
        for pair in (pairs if isinstance(pairs, list) else ())
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def id_of(encoded: str | None, size: int) -> str:
    """An id in hex: OTLP says hex, and some exporters write base64 as protobuf's own JSON does. "" where neither."""
    if not encoded:
        return ""
    if len(encoded) == 2 * size:
        try:
            return bytes.fromhex(encoded).hex()
        except ValueError:
            return ""
    try:
        plain = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (Base64Error, ValueError):
        return ""
    return plain.hex() if len(plain) == size else ""


def nanoseconds(name: str, value: int | str | None) -> int:
    """A moment in nanoseconds since the epoch, 0 where none is told.

    Raises:
        RecordError: It is none; `name` is its field.
    """
    if value is None or value == "":
        return 0
    if isinstance(value, str):
        if not value.isdecimal() or len(value) > _DIGITS:
            raise RecordError(name, "is text, not nanoseconds since 1970")
        value = int(value)
    if not 0 <= value < _LAST_INSTANT:
        raise RecordError(name, "is not a 64-bit number of nanoseconds since 1970")
    return value


def spoiled(error: Exception, within: str = "") -> RecordError:
    """The field that a decoder's message names (`… - at `$.startTimeUnixNano``), in a record error."""
    reason, _, path = why(error).partition(" - at ")
    name = path.strip("`").removeprefix("$.")
    return RecordError(".".join(filter(None, (within, name))), reason[:1].lower() + reason[1:])


def why(error: Exception) -> str:
    """What is wrong with what could not be decoded, as it reads on after a name."""
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, UnicodeError):
        return "is not valid UTF-8"
    return str(error)
