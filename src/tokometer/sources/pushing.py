"""Requests whose body is a JSON object, a list of them, or one a line: what all sources of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tokometer.records import Record, RecordError, Refusal, mistake
from tokometer.records.redaction import redacted
from tokometer.sources import portions as parts
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.pieces import elements, members
from tokometer.sources.protocol import Answer, NotUnderstood, Received, Sent, Told

if TYPE_CHECKING:
    from tokometer.settings import Settings

#: An item longer than this is not one that we read (bytes). Prompts stand in them, with pictures.
MOST_BYTES: Final = 8 << 20
JSON: Final = "application/json"
LINES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_SPACE: Final = b" \t\r\n\x1e"
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class JsonPush(ABC):
    """A request of JSON; see `sources.protocol.Push`."""

    path: str
    summary: str
    #: The source that its refusals and notices are of.
    source: str
    #: The key below which the items stand, where the body is one object that holds them: `batch`.
    below: str = ""
    #: What the names of headers begin with that it reads, in small letters; never those that hold a key.
    headers: tuple[str, ...] = ()
    #: The path at which a body can be tried out: it is answered with what would be taken of it. Empty: nowhere.
    preview: str = ""

    @abstractmethod
    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:
        """The records that one item means; `index` is its place in the request. Floats come as `Decimal`.

        Raises:
            RecordError: It cannot be believed: it is refused, the others go on.
        """

    def portions(self, body: bytes, media_type: str) -> Iterator[bytes]:
        """See `Push.portions`."""
        if len(body) <= parts.PORTION_BYTES:
            yield body
            return
        text = body.strip(_SPACE)
        try:
            if media_type in LINES or _is_lines(text):
                yield from parts.lines(body)
            elif self.below and text.startswith(b"{"):
                listed = bytes(_OBJECT.decode(text).get(self.below, msgspec.Raw(b"[]")))
                yield from parts.array(listed)
            elif text.startswith(b"["):
                yield from parts.array(text)
            else:
                yield body
        except (ValueError, msgspec.DecodeError, RecursionError) as error:
            raise NotUnderstood(f"the body is not JSON: {_why(error)}") from None

    def read(self, body: bytes, sent: Sent) -> Received:
        """See `Push.read`."""
        if sent.media_type != JSON and sent.media_type not in LINES:
            raise NotUnderstood("Content-Type is not application/json or application/x-ndjson", 415)
        received = Received()
        noticed = Noticed(self.source, f"POST {self.path}")
        for index, raw in enumerate(self._items(body, sent.media_type), sent.first):
            received.count += 1
            try:
                for record in self.records(_item(raw), sent, noticed, index):
                    received.records.append(record)
                    received.positions.append(index)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this item, and the others count
                wrong = mistake(error)
                received.refusals.append(
                    Refusal(self.source, f"POST {self.path}", index, wrong.field, wrong.reason, sent.now)
                )
        received.notices = noticed.all()
        return received

    def settled(self, settings: Settings, names: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG002 - most need none
        """What of the settings a request needs, by the names of its path; it is passed on as `Sent.options`."""
        return {}

    def names(self, body: bytes) -> list[str]:  # noqa: ARG002 - most answers name nothing
        """See `Push.names`."""
        return []

    def answer(self, told: Told, answered: Iterable[str]) -> Answer:  # noqa: ARG002 - as above
        """What became of the items; always 200, for what is refused would be refused again."""
        refused = [{"index": one.position, "field": one.field, "reason": one.reason} for one in told.refusals]
        content = {
            "accepted": told.accepted,
            "duplicate": told.duplicate,
            "changed": told.changed,
            "refused": refused,
        }
        return Answer(200, msgspec.json.encode(content))

    def failure(self, status: int, reason: str) -> Answer:
        """See `Push.failure`."""
        return Answer(status, msgspec.json.encode({"error": redacted(reason, 400)}))

    def _items(self, body: bytes, media_type: str) -> list[bytes]:
        text = body.removeprefix(b"\xef\xbb\xbf").strip(_SPACE)
        if media_type in LINES or _is_lines(text):
            return [line.strip(_SPACE) for line in text.split(b"\n") if line.strip(_SPACE)]
        if text.startswith(b"["):
            return _listed(text)
        if self.below and text.startswith(b"{"):
            try:
                held = bytes(_OBJECT.decode(text).get(self.below, msgspec.Raw(b"")))
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                held = members(text).get(f'"{self.below}"'.encode(), b"") if len(text) < MOST_BYTES else b""
            if not held.startswith(b"["):
                raise NotUnderstood(f"the body has no list {self.below!r}")
            return _listed(held)
        if not text.startswith(b"{"):
            raise NotUnderstood("the body is not a JSON object or list")
        return [text]


def _item(raw: bytes) -> dict[str, Any]:
    if len(raw) > MOST_BYTES:
        raise RecordError("", f"is {len(raw):,} bytes long; an item has at most {MOST_BYTES:,}")
    return json_object(raw)


def _listed(text: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _RAWS.decode(text)]
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        try:
            # Taken apart without a look at what the elements are, so that each is believed or refused by itself.
            return elements(text)
        except ValueError:
            raise NotUnderstood(f"the body is not a JSON list: {_why(error)}") from None


def _is_lines(text: bytes) -> bool:
    """Whether a body is one object a line, whatever its media type says: its first line is whole, and not all."""
    end = text.find(b"\n")
    return text.startswith(b"{") and 0 < end <= MOST_BYTES and parts.is_json(text[:end])


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeError):
        return "not valid UTF-8"
    return str(error).removeprefix("JSON is malformed: ").lower()
