"""What one event says of a trace, an observation or a score: a part of a record."""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

from tokometer.records.labels import metadata_from
from tokometer.records.record import IN_PARTS
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

SOURCE: Final = "langfuse"
#: What stands in an environment that nobody named.
_UNNAMED: Final = "default"
#: Beginnings of keys that frameworks put into metadata for themselves.
_WORKINGS: Final = (
    "langgraph_",
    "ls_",
    "checkpoint_",
    "langfuse_",
    "__pregel",
    "thread_",
    "resourceAttributes",
    "scope",
)
#: Later times (in 2112) cannot be told apart as parts.
_LATEST_US: Final = 1 << 52
#: Longer text is content, not a label.
_LONGEST: Final = 256


class Part:
    """An event with its body, as far as all kinds of them are alike."""

    def __init__(self, event: Told, body: Told, noticed: Noticed, position: int | None) -> None:
        self.body = body
        self.noticed = noticed
        self.position = position
        #: When the event was made, in microseconds since the epoch: a later one knows better.
        self.at = event.needed(event.moment_utc("timestamp"), "timestamp")
        self._event = event

    def name(self) -> str:
        """The id of what it is of; where none is given, there is no other event of it."""
        return self.body.text("id") or self._event.needed(self._event.text("id"), "id")

    def fields(self, native_id: str, started_at: int) -> dict[str, Any]:
        """The fields that every record has."""
        return {
            "source": SOURCE,
            "native_id": native_id,
            "started_at": started_at,
            "revision": IN_PARTS + self._order(),
            "environment": "" if self.body.text("environment") == _UNNAMED else self.body.text("environment"),
        }

    def _order(self) -> int:
        """What orders the parts: time, then an update after what it updates, then whatever tells two events apart.

        SDKs write down what is over already in one millisecond: of two parts with one revision the second is lost.
        """
        later = self._event.text("type").endswith("-update")
        which = crc32(self._event.word("id").encode("utf-8", "surrogatepass")) & 0x1FF
        return (min(max(self.at, 0), _LATEST_US) << 10) | (later << 9) | which

    def labels(self, **facts: str) -> dict[str, str] | None:
        """What people say in metadata, where it is short, and these facts; None where there is nothing."""
        given = self.body.raw("metadata")
        metadata = given if isinstance(given, dict) else {}
        short = {key: value for key, value in metadata.items() if _is_label(key, value)}
        labels = {**metadata_from(short), **{name: value for name, value in facts.items() if value}}
        return labels or None

    def unknown(self, known: frozenset[str]) -> None:
        """Notice the fields that say something and are not among these."""
        for key in self.body.beside(known):
            if self.body.raw(key) not in ("", [], {}):
                self.noticed.add("field", f"body.{key}", self.position)


def _is_label(key: object, value: object) -> bool:
    if not isinstance(key, str) or key.startswith(_WORKINGS) or isinstance(value, dict):
        return False
    if isinstance(value, list):
        return key == "tags" or all(isinstance(one, str) and len(one) <= _LONGEST for one in value)
    return not isinstance(value, str) or len(value) <= _LONGEST
