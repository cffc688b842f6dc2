"""Rows of a conversation as protobuf messages, and what we read of them.

Texts are declared as bytes: one that is no UTF-8 costs nobody its row.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tokometer.records import RecordError
from tokometer.sources.protobuf import DecodeError, Message, MessageClass, message_classes

_CLASSES: Final = message_classes(
    "tokometer.antigravity",
    {
        "Generation": ["1: chat Chat"],
        "Chat": [
            *("4: usage Usage", "9: start Start", "17: retries Retry*", "19: model bytes", "21: label bytes"),
        ],
        "Step": [
            *("1: created Stamp", "8: ended Stamp", "9: usage Usage", "24: model Model", "28: retries Retry*"),
            "32: started Stamp",
        ],
        "Usage": [
            *("2: input uint64", "3: output uint64", "4: written uint64", "5: read uint64", "7: message bytes"),
            *("9: thinking uint64", "10: visible uint64", "11: response bytes", "12: assigned bytes"),
        ],
        "Start": ["4: at Stamp"],
        "Retry": ["2: usage Usage"],
        "Model": ["8: label bytes", "12: name bytes"],
        "Trajectory": ["1: place Place", "2: at Stamp"],
        "Place": ["1: uri bytes"],
        "Stamp": ["1: seconds int64", "2: nanos int64"],
    },
)
GENERATION, STEP, TRAJECTORY = (_CLASSES[name] for name in ("Generation", "Step", "Trajectory"))
_MOST_SECONDS: Final = 1 << 40


class Used(NamedTuple):
    """What one request used, in buckets that do not overlap; thinking is a part of the output."""

    input: int
    read: int
    written: int
    output: int
    thinking: int
    #: What the server calls the answer; empty where it has no name.
    id: str

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.input + self.read + self.written + self.output


def decoded(kind: MessageClass, blob: object) -> Message:
    """A row.

    Raises:
        RecordError: It is none.
    """
    try:
        return kind.FromString(bytes(blob) if isinstance(blob, (bytes, bytearray, memoryview)) else b"\xff")
    except DecodeError:
        raise RecordError("data", "is no protobuf message that is known") from None


def used_of(usage: Message) -> Used:
    """The counts of a request. The output that is stated holds what was thought; without one both parts make it."""
    names = (usage.response, usage.assigned, usage.message)
    return Used(
        usage.input,
        usage.read,
        usage.written,
        usage.output or usage.thinking + usage.visible,
        usage.thinking,
        next((name for one in names if (name := text_of(one))), ""),
    )


def moment_of(*stamps: Message) -> int | None:
    """The first of several moments that is one, in microseconds since the epoch."""
    for stamp in stamps:
        if 0 < stamp.seconds < _MOST_SECONDS:
            return int(stamp.seconds) * 1_000_000 + min(max(int(stamp.nanos), 0), 999_999_999) // 1_000
    return None


def text_of(raw: bytes) -> str:
    """A text."""
    return raw.decode("utf-8", "replace").strip()
