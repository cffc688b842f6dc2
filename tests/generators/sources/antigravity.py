"""Conversations as Antigravity keeps them: rows of protobuf messages, made field by field."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from generators.left import Step, database
from tokometer.conformance import Files

SESSION = "adf2fd49-1b5e-4c0e-9f6e-0d3a5b8a1c11"
FOLDER = ".gemini/antigravity/conversations"
FILE = f"{FOLDER}/{SESSION}.db"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS gen_metadata (idx integer PRIMARY KEY, data blob);
CREATE TABLE IF NOT EXISTS steps (idx integer PRIMARY KEY, metadata blob);
CREATE TABLE IF NOT EXISTS trajectory_metadata_blob (id text PRIMARY KEY, data blob);
"""


def varint(value: int) -> bytes:
    """A whole number on the wire."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | str | bytes) -> bytes:
    """A field on the wire."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def message(*fields: tuple[int, int | str | bytes]) -> bytes:
    """A message."""
    return b"".join(field(number, value) for number, value in fields)


def stamp(second: int) -> bytes:
    """A moment."""
    return message((1, BEGAN + second), (2, 500_000_000))


def usage(response: str, fresh: int, read: int, output: int, thinking: int = 0, *, total: bool = True) -> bytes:
    """What a request used. The first field is a number for the model; the sixth, one for the provider."""
    counts = [(1, 1071), (2, fresh), (5, read), (6, 24), (9, thinking), (10, output - thinking)]
    counts += [(3, output)] if total else []
    names = [(11, response), (7, f"bot-{response}")] if response else []
    return message(*counts, *names)


def generation(used: bytes, model: str, label: str, second: int, *retries: bytes) -> bytes:
    """A request, with what was asked beside it."""
    named = [(19, model)] if model else []
    tried = [(17, message((1, "overloaded"), (2, one))) for one in retries]
    chat = message((4, used), (9, message((4, stamp(second)))), *tried, *named, (21, label))
    return message((1, chat), (2, message((1, "what was asked"))))


def step(used: bytes, second: int) -> bytes:
    """A step that a request led to."""
    return message((1, stamp(second)), (9, used))


FLASH, LABEL = "gemini-3-flash", "Gemini 3 Flash (High)"
ONE = usage("resp-one", 4_050, 16_275, 375, 351)
FAILED = usage("resp-failed", 100, 0, 5)
TWO = usage("resp-two", 700, 20_000, 60, total=False)
LATE = usage("resp-late", 30, 0, 9)


def rows(generations: Iterable[tuple[int, bytes]], steps: Iterable[tuple[int, bytes]] = (), name: str = FILE) -> Step:
    """Rows of a conversation."""
    begun = message((1, message((1, "file:///home/ada/code/engine"))), (2, stamp(0)))
    return database(
        name,
        SCHEMA,
        {
            "trajectory_metadata_blob": [{"id": "main", "data": begun}],
            "gen_metadata": [{"idx": idx, "data": data} for idx, data in generations],
            "steps": [{"idx": idx, "metadata": data} for idx, data in steps],
        },
    )


FIRST = rows([(0, generation(ONE, FLASH, LABEL, 4, FAILED, ONE))], [(0, message((1, stamp(1)))), (1, step(ONE, 5))])
# One that goes on names no model; and a step of which no generation tells.
SECOND = rows([(1, generation(TWO, "", LABEL, 9))], [(2, step(TWO, 9)), (3, step(LATE, 12))])
#: A subagent's repeats a request of its parent.
CHILD = rows([(0, generation(ONE, FLASH, LABEL, 4))], name=f"{FOLDER}/child/0b.db")


def spoil(home: Path) -> None:
    """Break one row."""
    rows([(9, b"\xff\xff")])(home)


CONVERSATION = Files(
    "conversation",
    "database",
    [FIRST, SECOND, CHILD],
    {
        "calls": 4,
        "input_tokens": 4_050 + 100 + 700 + 30,
        "cache_read_tokens": 16_275 + 20_000,
        "output_tokens": 375 + 5 + 60 + 9,
        "reasoning_tokens": 351,
    },
    spoil=spoil,
)

EXAMPLES = [CONVERSATION]
