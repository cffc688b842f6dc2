"""Transactions of LibreChat as mongoexport writes them: structured and not, with and without the id of a message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generators.left import text
from tokometer.conformance import Files

#: 2 March 2026, 09:00 UTC.
BEGAN = "2026-03-02T09:00:{:02d}.250Z"
MODEL = "claude-sonnet-4-5"


def row(number: int, kind: str, amount: int, **more: Any) -> dict[str, Any]:
    """One transaction; what it books is negative."""
    return {
        "_id": {"$oid": f"69a555c0{number:016x}"},
        "user": {"$oid": "69a5550000000000000000aa"},
        "conversationId": "5e0c7a52-0000-4000-8000-000000000001",
        "tokenType": kind,
        "model": MODEL,
        "context": "message",
        "valueKey": MODEL,
        "rate": 3 if kind == "prompt" else 15,
        "rawAmount": -amount,
        "tokenValue": -amount * (3 if kind == "prompt" else 15),
        "createdAt": {"$date": BEGAN.format(number)},
        "updatedAt": {"$date": BEGAN.format(number)},
        "__v": 0,
        **more,
    }


def structured(number: int, fresh: int, written: int, read: int, **more: Any) -> dict[str, Any]:
    """The prompt's row of a request with a cache."""
    parts = {"inputTokens": -fresh, "writeTokens": -written, "readTokens": -read}
    return row(number, "prompt", fresh + written + read, **parts, **more)


def rows() -> Iterator[dict[str, Any]]:
    """Three requests with their message's id, and two without, one of which was broken off; a top-up."""
    for number in range(3):
        message = f"5e0c7a52-0000-4000-8000-00000000010{number}"
        yield structured(number * 2, 100 + number, 50, 1_000, messageId=message)
        yield row(number * 2 + 1, "completion", 20, messageId=message)
    yield row(10, "prompt", 300)
    yield row(11, "completion", 30)
    yield row(12, "prompt", 70, context="incomplete", conversationId="5e0c7a52-0000-4000-8000-000000000002")
    yield {**row(13, "credits", -1_000_000), "tokenType": "credits", "context": "autoRefill"}


TOTALS = {
    "calls": 5,
    "input_tokens": 100 + 101 + 102 + 300 + 70,
    "cache_read_tokens": 3_000,
    "cache_write_tokens": 150,
    "output_tokens": 3 * 20 + 30,
}
NAME = "transactions.json"


def spoil(home: Path) -> None:
    """Break one more transaction, which nobody needs."""
    path = home / NAME
    given = json.loads(path.read_text(encoding="utf-8"))
    broken = {**row(40, "prompt", 5), "rawAmount": "many", "messageId": "5e0c7a52-0000-4000-8000-0000000001ff"}
    path.write_text(json.dumps([*given, broken]), encoding="utf-8")


EXAMPLES = [
    Files(
        "list",
        "document",
        [text(NAME, json.dumps(list(rows())[:2])), text(NAME, json.dumps(list(rows())))],
        TOTALS,
        named=(NAME,),
        spoil=spoil,
        open_keys=frozenset({"_id", "user", "createdAt", "updatedAt"}),
    ),
    Files(
        "lines",
        "document",
        [text("transactions.jsonl", "".join(f"{json.dumps(one)}\n" for one in rows()))],
        TOTALS,
        named=("transactions.jsonl",),
        open_keys=frozenset({"_id", "user", "createdAt", "updatedAt"}),
    ),
]
