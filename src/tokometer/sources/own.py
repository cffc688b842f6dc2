"""Our own API's bodies: NDJSON, a JSON array or one JSON object → records and refusals.

msgspec decodes; what it will not take (NaN, half a character) is tried again with Python's more lenient decoder, so
that such a value is refused by its field's name and the records around it are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Notice, Record, RecordError, Refusal, mistake, now_us
from tokometer.records.fitting import fit_to_tell
from tokometer.records.gate import Aside, admit
from tokometer.records.redaction import redacted
from tokometer.records.tiers import unknown_tiers
from tokometer.records.values import decimal
from tokometer.records.wire import DEFAULT_SOURCE, record_from
from tokometer.sources.pieces import elements
from tokometer.sources.portions import PORTION_BYTES, array, lines
from tokometer.sources.tail import BOM

#: One record longer than this is not a record.
MAX_RECORD: Final = 1024 * 1024

_LINES: Final = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/json-seq",
    }
)
_JSON: Final = frozenset({"application/json"})
_ANY: Final = msgspec.json.Decoder(float_hook=decimal)
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])


class NotRecords(Exception):
    """A body that as a whole holds no records. `media_type` tells whether that is what its Content-Type says."""

    def __init__(self, reason: str, *, media_type: bool = False) -> None:
        super().__init__(reason)
        self.media_type = media_type


@dataclass(slots=True)
class Own:
    """What a body held. A refusal's position is the record's index in the body."""

    records: list[Record] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    #: What was taken, but not all of it.
    notices: list[Notice] = field(default_factory=list)
    #: How many records there were, refused ones included.
    count: int = 0
    #: Each record's index in the body.
    positions: list[int] = field(default_factory=list)
    #: Those of the refused that our clock does not believe yet.
    aside: list[Aside] = field(default_factory=list)


def read(
    kind: str,
    body: bytes,
    media_type: str,
    *,
    workspace: str = "default",
    now: int | None = None,
    bodies: bool = False,
    first: int = 0,
) -> Own:
    """The records of a body. `kind` is a key of `records.KINDS`, `now` our clock in microseconds.

    `first` is the index of the first record, where the body is a portion of a larger one.

    With `bodies`, requests and responses that come with details of errors are kept.

    Raises:
        NotRecords: The media type is not JSON or NDJSON, or the body is broken in a way that leaves no record whole.
    """
    if media_type not in _JSON and media_type not in _LINES:
        # Not text/plain or a form either: a page on another site could send those without asking.
        raise NotRecords("Content-Type is not application/json or application/x-ndjson", media_type=True)
    at = now_us() if now is None else now
    own = Own()
    passed_over: dict[str, Notice] = {}
    positions: list[int] = []
    for index, item in enumerate(_items(body, lines=media_type in _LINES), first):
        own.count += 1
        given: object = None
        try:
            given = _value(item)
            left_out: set[str] = set()
            own.records.append(record_from(kind, given, workspace=workspace, left_out=left_out, bodies=bodies))
            positions.append(index)
            for name in left_out:
                before = passed_over.get(name) or _notice(kind, name, index, at, workspace)
                passed_over[name] = replace(before, count=before.count + 1)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this record, and the others count
            own.refusals.append(_refusal(kind, index, given, mistake(error), at, workspace))
    own.notices.extend(_tiers(own.records, positions, kind, at, workspace))
    own.notices.extend(passed_over.values())
    return _admitted(own, place_of(kind), positions, at)


def _admitted(own: Own, place: str, positions: Sequence[int], now: int) -> Own:
    """What a body held, after the gate."""
    admitted = admit(own.records, place, positions, now)
    refusals = own.refusals + admitted.refusals
    refusals.sort(key=lambda refusal: refusal.position)
    told = fit_to_tell(refusals, own.notices + admitted.notices)
    return Own(admitted.records, *told, own.count, admitted.positions, admitted.aside)


def place_of(kind: str) -> str:
    """Where records of a kind stand, for refusals."""
    return f"POST /api/records/{kind}"


def portions(body: bytes, media_type: str) -> Iterator[tuple[bytes, str]]:
    """A large body in bodies that can be read one by one, each with its media type.

    Raises:
        NotRecords: It is a list that does not end where it should. What came before may have been given.
    """
    if len(body) <= PORTION_BYTES or media_type not in _JSON | _LINES:
        yield body, media_type
        return
    if media_type in _JSON:
        text = body.removeprefix(BOM).strip(b" \t\r\n\x1e")
        if text.startswith(b"["):
            try:
                for portion in array(text):
                    yield portion, media_type
            except ValueError as error:
                raise NotRecords(f"the body is not a JSON array: {error}") from None
            return
        if not _more_than_one(text):
            raise NotRecords(f"the body is {len(text):,} bytes long; a record has at most {MAX_RECORD:,}")
        del text
    for portion in lines(body):
        yield portion, "application/x-ndjson"


def _items(body: bytes, *, lines: bool) -> Iterator[object]:
    """The parts of a body: bytes of one record each, or already decoded."""
    body = body.removeprefix(BOM)
    text = body.strip(b" \t\r\n\x1e")
    if not text:
        return
    lines = lines or _more_than_one(text)
    if text.startswith(b"[") and not lines:
        yield from _array(text)
    elif lines:
        for line in body.split(b"\n"):
            stripped = line.strip(b" \t\r\x1e")
            if stripped:
                yield stripped
    else:
        try:
            one = _decode(text)
        except ValueError as error:
            lines_ = [line.strip(b" \t\r\x1e") for line in text.split(b"\n")]
            if not any(map(_is_object, lines_)):
                raise NotRecords(f"the body is not JSON: {error}") from None
            # One record a line after all, the first of which is broken.
            yield from filter(None, lines_)
        else:
            yield one


def _more_than_one(text: bytes) -> bool:
    """Whether a body is one record a line: its first line is whole by itself, and not all there is."""
    end = text.find(b"\n")
    if not 0 <= end <= MAX_RECORD:
        return False
    try:
        _decode(text[:end])
    except ValueError:
        return False
    return True


def _is_object(line: bytes) -> bool:
    """Whether a line is a JSON object by itself."""
    try:
        return line.startswith(b"{") and isinstance(_decode(line), dict)
    except ValueError:
        return False


def _array(text: bytes) -> Iterator[object]:
    try:
        yield from (bytes(raw) for raw in _RAWS.decode(text))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        try:
            # Taken apart without a look at what the elements are, so that each is believed or refused by itself.
            found = elements(text)
        except ValueError:
            raise NotRecords(f"the body is not a JSON array: {_why(error)}") from None
        yield from found


def _value(item: object) -> object:
    if not isinstance(item, bytes):
        return item
    if len(item) > MAX_RECORD:
        raise RecordError("", f"is {len(item):,} bytes long; a record has at most {MAX_RECORD:,}")
    try:
        return _decode(item)
    except ValueError as error:
        raise RecordError("", f"is not JSON: {error}") from None


def _decode(text: bytes) -> object:
    """A JSON value; raises ValueError with a reason that does not repeat it."""
    try:
        return _ANY.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ArithmeticError) as error:
        try:
            return _lenient(text)
        except ValueError:
            raise ValueError(_why(error)) from None


def _lenient(text: bytes) -> Any:  # noqa: ANN401 - any JSON
    """As Python reads JSON, NaN and lone surrogates included."""
    try:
        return json.loads(text.decode(), parse_float=decimal)
    except (ValueError, RecursionError, ArithmeticError):
        raise ValueError("not JSON") from None


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeError):
        return "not valid UTF-8"
    if isinstance(error, ArithmeticError):
        return "a number with too many digits"
    return str(error).removeprefix("JSON is malformed: ").lower()


def _tiers(records: Iterable[Record], positions: Iterable[int], kind: str, at: int, workspace: str) -> Iterable[Notice]:
    """Service tiers that nobody knows, by their words; the place is that of the first record that has one."""
    seen: dict[str, tuple[int, int]] = {}
    for record, index in zip(records, positions, strict=True):
        if isinstance(record, ModelCall) and record.service_tier:
            for word in unknown_tiers(record.service_tier):
                count, place = seen.get(word, (0, index))
                seen[word] = count + 1, place
    for word, (count, place) in seen.items():
        where = f"{place_of(kind)}:{place}"
        yield Notice(DEFAULT_SOURCE, "tier", redacted(word, 80), where, count, at, workspace)


def _notice(kind: str, name: str, index: int, at: int, workspace: str) -> Notice:
    return Notice(DEFAULT_SOURCE, "field", f"{kind}.{name}", f"{place_of(kind)}:{index}", 0, at, workspace)


def _refusal(kind: str, index: int, given: object, error: RecordError, at: int, workspace: str) -> Refusal:
    name = given.get("id") if isinstance(given, dict) else None
    which = f" (id {redacted(name, 80)})" if isinstance(name, str) and name and name.isprintable() else ""
    return Refusal(
        source=DEFAULT_SOURCE,
        place=place_of(kind),
        position=index,
        field=error.field,
        reason=error.reason + which,
        at=at,
        workspace=workspace,
    )
