"""Tests of tokometer.judgement.context."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.weights import weights
from tokometer.measures import Prompts
from tokometer.prices import PriceBook
from tokometer.records import to_us

MODELS = [{"provider": "anthropic", "model": "claude-sonnet-4-5", "requests": 3}]
PARTS: list[dict[str, Any]] = [
    {"kind": "tool", "name": "mcp__db__q", "server": "db", "pieces": 2, "tokens": 30, "sent_tokens": 90},
    {"kind": "tool", "name": "mcp__db__r", "server": "db", "pieces": 1, "tokens": 10, "sent_tokens": 20},
    {"kind": "memory", "name": "CLAUDE.md", "server": "", "pieces": 1, "tokens": 5, "sent_tokens": 15},
    {"kind": "other", "name": "", "server": "", "pieces": None, "tokens": None, "sent_tokens": 70},
    {"kind": "output", "name": "", "server": "", "pieces": None, "tokens": None, "sent_tokens": None},
]
COSTS = [Decimal(4), Decimal(2), Decimal(1), Decimal(2), Decimal(1)]
ROWS = [{**part, "cost": cost} for part, cost in zip(PARTS, COSTS, strict=True)]


def test_parts_have_shares_of_everything() -> None:
    """Every row says what share of the cost of all calls it is; what has no name of its own has one of ours."""
    rows = judged("context", MODELS, ROWS)
    assert [(row["name"], row["share"]) for row in rows] == [
        ("mcp__db__q", 0.4),
        ("mcp__db__r", 0.2),
        ("CLAUDE.md", 0.1),
        ("Other / system prompt", 0.2),
        ("New answers", 0.1),
    ]


def test_parts_by_server_and_kind() -> None:
    """The tools of a server are one row; the rows are as much as their parts."""
    rows = {row["group"]: row for row in judged("context_groups", MODELS, ROWS)}
    assert rows["db"] | {"standing": ""} == {
        "context_groups": Decimal(6),
        "group": "db",
        "kind": "server",
        "different": 2,
        "times": 3,
        "tokens": 40,
        "sent_tokens": 110,
        "share": 0.6000000000000001,
        "standing": "",
    }
    assert rows["Memory files"]["kind"] == "memory"
    assert sum(row["context_groups"] for row in rows.values()) == Decimal(10)


def test_waste_says_why() -> None:
    """The share of what was written that nothing read, and what it cost for each reason."""
    row = {"written": 100, "unread": 25, "unread_1h": 5, "cost": Decimal(9), "beyond": Decimal(2)}
    why = {"last": Decimal(4), "late": Decimal(3), "changed": Decimal(2)}
    told = [{"by": by, "value": value, **row, **why} for by, value in (("model", "m"), ("project", "x"), ("", ""))]
    teller = Teller((MODELS, told))
    [found] = judged("cache_waste", teller=teller, by="project")
    assert (found["project"], found["share"], found["expired"]) == ("x", 0.25, Decimal(3))
    asked = teller.asked[1]
    assert isinstance(asked, Prompts)
    assert (asked.of, asked.each) == ("writes", ("model", "project", "agent"))


def test_breaks_of_all_causes_are_one_row() -> None:
    """A project's breaks are added up, with how many there are of each cause and what these cost; dearest first."""
    told = [
        {"value": "x", "cause": "pause", "breaks": 2, "lost": 10, "cost": Decimal(1), "sessions": 1},
        {"value": "y", "cause": "model", "breaks": 1, "lost": 90, "cost": Decimal(9), "sessions": 1},
        {"value": "x", "cause": "unknown", "breaks": 1, "lost": 5, "cost": Decimal(2), "sessions": 1},
    ]
    first, second = judged("cache_breaks", MODELS, [{"by": "project", **row} for row in told], by="project")
    assert (first["project"], first["switch"], first["switch_cost"]) == ("y", 1, Decimal(9))
    assert (second["cache_breaks"], second["breaks"], second["lost"], second["pause"]) == (Decimal(3), 3, 15, 2)


def test_weights_are_list_prices() -> None:
    """Whole pico-dollars a token of each bucket; a model without a price has none."""
    book = PriceBook.open()
    rows = [*MODELS, {"provider": "nobody", "model": "unheard-of"}]
    [found] = weights(book, rows, to_us(NOW))
    assert found == ("anthropic", "claude-sonnet-4-5", 3_000_000, 300_000, 3_750_000, 6_000_000, 15_000_000)
    assert weights(None, rows, 0) == ()
