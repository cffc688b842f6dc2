"""Answering :class:`Prompts`: what fills prompts, which cache writes are never read, and where the cache breaks.

**parts.** A prompt grows from call to call: by the answer before it, by results of tools, by files that were loaded,
by messages. How many tokens it grew by is known exactly; how many bytes each part has is known where its source
tells. The bytes are turned into tokens by a ratio that is told by the steps of the line itself in which nothing but
such parts came in (what the prompt grew by over their bytes; a quarter of a token a byte where there is none, never
less than a tenth or more than six), and never make more tokens than the prompt grew by. What is left is `other`:
messages, system prompt, definitions of tools. A token costs what it costs in the call that first sends it, and again
in each call after it, until the prompt begins anew (a call of less than half the tokens of the one before) or the
session ends. In each call the new tokens are those at the end of the prompt, and those before them cost what they
cost on average in that call. So the parts, `other`, and `output` for the answers themselves add up to what the calls
cost, to the last digit.

**writes.** What a call writes to the cache stands behind what it read. It is read back where a later call of the same
line, begun within five minutes (an hour), reads further into the prompt than that. Whatever is not was paid for
nothing.

**breaks.** A call could have read what the one before it read and wrote. A break is where it read at least 1,024
tokens and a tenth less. Cause: `model`, where the conversation went on with another model; `compaction`, where the
prompt was cut to less than half; `pause`, where more time had passed than a write lives; else `unknown` (tools,
settings or what stands in front were changed). It cost what the lost tokens cost more than a read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from time import perf_counter
from typing import Any, Final

from tokometer.ledger import Readable
from tokometer.measures.ask import Key
from tokometer.measures.compile_cache import breaks, writes
from tokometer.measures.compile_prompts import Lines
from tokometer.measures.definite import definite
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.questions import Prompts
from tokometer.measures.result import Column, Result
from tokometer.measures.run import meta, writer
from tokometer.measures.scope import Scope
from tokometer.measures.tables import CALL_ROWS
from tokometer.records.units import COUNT, TOKENS, USD

_NANO: Final = Decimal("0.000000001")
_ATTO_PER_NANO: Final = 10**9
_PICO_PER_NANO: Final = 10**3
_PARTS: Final = (
    Column("kind", "", "text", "Kind"),
    Column("name", "", "text", "Name"),
    Column("server", "", "text", "MCP server"),
    Column("pieces", COUNT.key, "integer", "Times"),
    Column("tokens", TOKENS.key, "integer", "Tokens that entered"),
    Column("sent_tokens", TOKENS.key, "integer", "Tokens that were sent"),
    Column("cost", USD.key, "money", "Cost"),
)
#: By which of the dimensions a row is told, and what it says there; both empty: all together.
EACH: Final = (Column("by", "", "text", "By"), Column("value", "", "text", "Value"))
_WRITES: Final = (
    Column("written", TOKENS.key, "integer", "Tokens written"),
    Column("unread", TOKENS.key, "integer", "Never read"),
    Column("unread_1h", TOKENS.key, "integer", "Never read, written for an hour"),
    Column("cost", USD.key, "money", "Cost"),
    Column("beyond", USD.key, "money", "Beyond plain input"),
    Column("last", USD.key, "money", "Nothing came after"),
    Column("late", USD.key, "money", "Expired first"),
    Column("changed", USD.key, "money", "Prompt had changed"),
)
_BREAKS: Final = (
    Column("cause", "", "text", "Cause"),
    Column("breaks", COUNT.key, "integer", "Breaks"),
    Column("lost", TOKENS.key, "integer", "Tokens lost"),
    Column("cost", USD.key, "money", "Cost"),
    Column("sessions", COUNT.key, "integer", "Sessions"),
)


def prompts(
    ledger: Readable, question: Prompts, workspaces: Sequence[str], now: int | datetime | None = None
) -> Result:
    """The rows, what cost most first; see :func:`tokometer.measures.answer` and the module."""
    started = perf_counter()
    ask = definite(ledger, question.as_query(), workspaces, now)
    keys = ask.keys[: len(question.told_by)]

    def lines() -> Lines:
        scope = Scope(ask, CALL_ROWS, DIALECTS[ledger.engine])
        return Lines(scope, keys, question.rates, telling=question.of == "parts")

    if question.of == "parts":
        [(spent, cost, sent, _)] = ledger.fetch(lines().totals())
        found = ledger.fetch(lines().parts(question.limit))
        rows = _parts(found, int(spent), int(cost), int(sent))
        return Result(_PARTS, rows, meta(ask, ("calls", "tools", "steps"), len(rows), started))
    columns, sql = (_WRITES, writes) if question.of == "writes" else (_BREAKS, breaks)
    found = ledger.fetch(sql(lines(), question.limit))
    if question.each:
        made = [_each(keys, columns, row) for row in found]
        return Result([*EACH, *columns], made, meta(ask, ("calls",), len(made), started))
    # With a dimension, those of all together are not asked for.
    made = [_row(keys, columns, row) for which, *row in found if which == 0]
    dimension = keys[0].dimension if keys else None
    named = [Column(dimension.short, "", dimension.type, dimension.title, dimension.name)] if dimension else []
    return Result([*named, *columns], made, meta(ask, ("calls",), len(made), started))


def _parts(found: Sequence[tuple[Any, ...]], spent: int, cost: int, sent: int) -> list[dict[str, Any]]:
    """The parts that are told, what is left of the prompts, and the answers; together what the calls cost."""
    rows = [
        {
            "kind": kind,
            "name": name,
            "server": server,
            "pieces": int(pieces) if kind != "answers" else None,
            "tokens": int(tokens),
            "sent_tokens": int(again),
            "cost": _money(int(atto), _ATTO_PER_NANO),
        }
        for kind, name, server, pieces, tokens, again, atto in found
    ]
    whole, prompt = _money(cost, _ATTO_PER_NANO), _money(spent, _ATTO_PER_NANO)
    told = sum((row["cost"] for row in rows), Decimal(0))
    blank = {"name": "", "server": "", "pieces": None, "tokens": None}
    if sent or cost:
        rest = max(0, sent - sum(row["sent_tokens"] for row in rows))
        rows.append({"kind": "other", **blank, "sent_tokens": rest, "cost": prompt - told})
        rows.append({"kind": "output", **blank, "sent_tokens": None, "cost": whole - prompt})
    return rows


def _each(keys: Sequence[Key], columns: Sequence[Column], row: Sequence[Any]) -> dict[str, Any]:
    which, value, *values = row
    key = keys[which] if which < len(keys) else None
    told = {"by": key.name, "value": writer(key, {})(value)} if key else {"by": "", "value": ""}
    return told | _cells(columns, values)


def _row(keys: Sequence[Key], columns: Sequence[Column], row: Sequence[Any]) -> dict[str, Any]:
    value, *values = row
    return ({keys[0].name: writer(keys[0], {})(value)} if keys else {}) | _cells(columns, values)


def _cells(columns: Sequence[Column], values: Sequence[Any]) -> dict[str, Any]:
    return {
        column.name: _money(int(value), _PICO_PER_NANO)
        if column.type == "money"
        else value
        if column.type == "text"
        else int(value)
        for column, value in zip(columns, values, strict=True)
    }


def _money(amount: int, per_nano: int) -> Decimal:
    """Dollars of an amount of which so many are a nano-dollar, to the nearest of those."""
    return Decimal((2 * amount + per_nano) // (2 * per_nano)) * _NANO
