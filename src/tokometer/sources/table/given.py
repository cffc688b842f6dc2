"""A row → an object of our own record format, which is believed or refused like everybody's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec

from tokometer.records import KINDS, Record, RecordError
from tokometer.records.redaction import redacted
from tokometer.records.told_again import BESIDE, set_beside
from tokometer.records.values import moment, text, whole
from tokometer.records.values import number as exactly
from tokometer.records.wire import content_id, record_from
from tokometer.sources.table.figures import is_absent, plain
from tokometer.sources.table.mapping import LABEL, TableMap, is_duration, is_number, is_time, names_of
from tokometer.sources.table.rows import Column, Select
from tokometer.sources.table.times import duration_of, time_of

SOURCE: Final = "table"
#: What grows when a row is completed later, for rows that do not say when they were changed.
_GROWING: Final = ("prompt_tokens", "input_tokens", "output_tokens", "total_tokens")
_UUID_BYTES: Final = 16
#: Values of rows that are passed over, to show: letters, and how many.
_SHORT: Final = 40
_FEW: Final = 8


class Rows:
    """The rows of one portion as objects; `seen` counts those that say the same."""

    def __init__(self, one: TableMap, select: Select) -> None:
        self._map = one
        self._select = select
        self._seen: dict[str, int] = {}
        #: How many rows were none that are wanted, and what they say instead.
        self.passed = 0
        self.instead: dict[str, int] = {}
        self._times = {name for name in one.fields if is_time(one.kind, name)}
        self._numbers = {name for name in one.fields if name in self._times or is_number(one.kind, name)}
        self._converts = {name: convert for name in one.fields if (convert := _converter(one, name)) is not None}

    def wanted(self, row: Sequence[Any]) -> bool:
        """Whether a row is one that is to be taken."""
        for column, words in self._select.only.items():
            value = _at(row, column)
            if str(value).strip().lower() not in words if words else is_absent(value, number=True):
                self.passed += 1
                said = redacted(str(value), _SHORT) if len(self.instead) < _FEW else "others"
                self.instead[said] = self.instead.get(said, 0) + 1
                return False
        return True

    def given(self, row: Sequence[Any]) -> dict[str, Any]:
        """What a row says, by our fields.

        Raises:
            RecordError: A column cannot be read.
        """
        found: dict[str, Any] = {"source": SOURCE, **self._map.constants}
        labels: dict[str, Any] = {}
        for name, columns in self._select.fields.items():
            counted = name in self._numbers
            value = next((one for column in columns if not is_absent(one := _at(row, column), number=counted)), None)
            if value is None:
                continue
            if name == "provider" and str(value).isdecimal():
                # An enumeration's number says nothing to anybody else; the model does.
                continue
            if name.startswith(LABEL):
                labels[name[len(LABEL) :]] = value
            else:
                try:
                    found[name] = self._converted(name, value)
                except RecordError as error:
                    raise RecordError(f"{name} ({', '.join(self._map.columns_of(name))})", error.reason) from None
        for name in [name for name in found if name.startswith(LABEL)]:
            labels.setdefault(name[len(LABEL) :], found.pop(name))
        if self._map.kind == "scores" and found.get("type") != "category":
            found["value"] = _verdict(found.get("value"))
        if labels:
            found["labels"] = {**found.get("labels", {}), **labels}
        self._name(row, found)
        return found

    def record(self, given: dict[str, Any]) -> Record:
        """The record that a row's object means; what is wrong names the column.

        Raises:
            RecordError: It cannot be believed.
        """
        beside = {name: given[name] for name in BESIDE if name in given}
        try:
            record = record_from(self._map.kind, {name: value for name, value in given.items() if name not in beside})
            set_beside(record, beside)
        except RecordError as error:
            columns = self._map.columns_of(error.field)
            field = f"{error.field} ({', '.join(columns)})" if columns else error.field
            raise RecordError(field, error.reason) from None
        return record

    def _converted(self, name: str, value: object) -> object:
        convert = self._converts.get(name)
        if convert is not None:
            return convert(value)
        if isinstance(value, timedelta):
            return value.total_seconds()
        return str(value) if isinstance(value, UUID) or not isinstance(value, _PLAIN) else value

    def _newest(self, found: dict[str, Any]) -> int:
        """The newest of all that a row says of when; a document that is done is newer than the same one before."""
        times = [_moment(found[name]) for name in self._times if name in found]
        return max(times, default=0) + (str(found.get("status", "")).lower() not in _PENDING)

    def _name(self, row: Sequence[Any], found: dict[str, Any]) -> None:
        """Give it an id that stays the same, however often and in whatever portions the table is read."""
        if "id" in found or "native_id" in found:
            return
        if KINDS[self._map.kind].identity:
            found.setdefault("revision", self._newest(found))
            return
        if self._map.kind == "calls" and "revision" not in found:
            found["revision"] = sum(number for name in _GROWING if (number := _count(found.get(name))) is not None)
        told = _at(row, self._select.id) if self._select.id is not None else None
        if told is not None and told != "":
            id_ = text(told if isinstance(told, (str, int, float)) else str(told))
            # A number tells rows of one table apart; a row of another table has another time.
            number = id_.isdecimal()
            found["id"] = f"{self._map.table}:{id_}" + (f"@{found.get('started_at')}" if number else "")
        else:
            name = f"{self._map.table}:{content_id(found)}"
            self._seen[name] = self._seen.get(name, 0) + 1
            found["id"] = name if self._seen[name] == 1 else f"{name}:{self._seen[name]}"


_PENDING: Final = ("", "pending", "processing", "queued", "indexing", "new")
#: As programs write it, and spreadsheets and people in some languages.
_YES: Final = "1 1.0 true t yes y on wahr ja vrai oui verdadero vero si sí"
_NO: Final = "0 0.0 false f no n off falsch nein faux non falso"
_FLAGS: Final = {word: words is _YES for words in (_YES, _NO) for word in words.split()}
#: In the schema of a yes or no of our own format.
_BOOLEAN: Final = {"type": "boolean"}
_PLAIN: Final = (str, int, float, Decimal, list, dict)
#: A whole number as a column of another type writes it.
_WHOLE: Final = re.compile(r"([0-9]{1,19})\.0{0,9}")
_MOST_WHOLE: Final = 30
_EXPONENT: Final = re.compile(r"[0-9]{1,19}(?:\.[0-9]{0,30})?[eE]\+?[0-9]{1,2}")


def _moment(value: object) -> int:
    """A time in microseconds; 0 where it is none, which its field refuses."""
    try:
        return moment(value)
    except ValueError:
        return 0


def _at(row: Sequence[Any], column: Column | None) -> Any:  # noqa: ANN401 - whatever a database holds
    if column is None:
        return None
    value = row[column.position]
    if isinstance(value, (bytes, bytearray, memoryview)):
        value = _text(bytes(value))
    for name in column.path:
        value = _json(value) if isinstance(value, str) else value
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: bytes) -> str:
    """Bytes as what they are mostly: text, or a UUID."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return str(UUID(bytes=value)) if len(value) == _UUID_BYTES else value[:64].hex()


def _json(value: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise RecordError("", "a column that should hold JSON does not") from None


def _converter(one: TableMap, name: str) -> Callable[[Any], object] | None:
    """What makes of a column's value what a field takes; None where it takes it as it is."""
    field = names_of(one.kind).get(name)
    unit = one.units.get(name, "")
    found: Callable[[Any], object] | None = None
    if name == "revision" and one.fields[name] == name:
        # Ours, as we exported it: no time.
        found = _whole
    elif name == "status" and one.kind == "calls":
        found = _outcome
    elif name in _CONVERTS:
        found = _CONVERTS[name]
    elif is_time(one.kind, name):
        found = partial(time_of, unit=unit)
    elif is_duration(one.kind, name):
        found = partial(_duration, one.decimal or ".", unit or "ms")
    elif field is not None and field.type.convert is whole:
        found = partial(_whole, mark=one.decimal or ".")
    elif is_number(one.kind, name):
        found = partial(_figure, one.decimal or ".")
    elif field is not None and _BOOLEAN in field.type.schema.get("anyOf", ()):
        found = _flag
    return found


def _whole(value: object, mark: str = ".") -> object:
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < _MOST_WHOLE and value == int(value):
        # As JSON it would be text, which a server takes for no number.
        return int(value)
    if not isinstance(value, str):
        return value
    value = plain(value, mark)
    if value.isdecimal():
        return value
    written = _WHOLE.fullmatch(value)
    if written is not None:
        return written[1]
    return _whole(exactly(value)) if _EXPONENT.fullmatch(value) else value


def _figure(mark: str, value: object) -> object:
    return plain(value, mark) if isinstance(value, str) else value


def _duration(mark: str, unit: str, value: object) -> object:
    return duration_of(plain(value, mark) if isinstance(value, str) else value, unit)


def _flag(value: object) -> object:
    return _FLAGS.get(str(value).strip().lower(), value)


def _outcome(value: object) -> object:
    """How a call ended, where a column says only whether it succeeded."""
    succeeded = _FLAGS.get(str(value).strip().lower())
    return value if succeeded is None else "ok" if succeeded else "error"


def _object(value: object) -> object:
    return _json(value) if isinstance(value, str) else value


def _revision(value: object) -> object:
    try:
        return moment(time_of(value)) if not isinstance(value, int) or value > 10**8 else value
    except ValueError:
        return value


def _verdict(value: object) -> object:
    """A number that stands in text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _share(value: object) -> object:
    """A share of one; what is more than one is in percent."""
    try:
        number = float(str(value))
    except ValueError:
        return value
    return number / 100 if 1 < number <= 100 else number  # noqa: PLR2004 - percent


def _count(value: object) -> int | None:
    try:
        return int(float(str(value))) if value is not None and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None


_CONVERTS: Final[dict[str, Callable[[Any], object]]] = {
    "revision": _revision,
    "progress": _share,
    **dict.fromkeys(("labels", "metadata", "parts", "quantities"), _object),
}


def as_json(given: dict[str, Any]) -> bytes:
    """An object of our own format as a line of JSON."""
    given = {name: value for name, value in given.items() if name not in BESIDE}
    return json.dumps(given, default=str, ensure_ascii=False).encode()


def objects(rows: Rows, found: Sequence[Sequence[Any]]) -> Iterator[tuple[int, dict[str, Any] | RecordError]]:
    """The objects of a portion's rows, by their number in it; or what is wrong with one."""
    for number, row in enumerate(found):
        try:
            if rows.wanted(row):
                yield number, rows.given(row)
        except RecordError as error:
            yield number, error
