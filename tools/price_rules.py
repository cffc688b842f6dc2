"""The page docs/reference/prices.md, from the tables that the price book applies: see tools/reference.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from tokometer.prices import rules
from tokometer.records.basis import ASSUMPTIONS, REASONS

_HEAD = """# Price rules

What providers publish in words and no price list carries, as the price book applies it. A factor multiplies the
standard price in force at the time of the call. How lists, rules and your own prices work together is told in
[How to set prices](../how-to/prices.md), why in [decision 009](../decisions/009-prices-say-how-sure-they-are.md).
"""


def price_rules_page() -> str:
    """Every rule with its source, and what a price can rest on."""
    return "\n".join(
        [
            _HEAD,
            "## Service tiers\n\nUsed where no list has prices for the tier; listed prices and ratios go first.\n",
            _table("provider | tier | factor | holds for | source", map(_tier, rules.TIER_RULES)),
            "## Regions\n\nThe first row that fits holds; a region that none fits adds nothing.\n",
            _table("provider | region | factor | holds for | source", map(_region, rules.REGION_RULES)),
            "## Refusals without output\n",
            _table("provider | not billed from | source", map(_refusal, rules.REFUSAL_RULES)),
            "## What is billed beside tokens\n\nUsed where the list names no price for it.\n",
            _table("provider | what | USD for one | holds for | source", map(_quantity, rules.QUANTITY_RULES)),
            "## Tokens that are not text\n\nUsed where the list names no price for the part. *Presumed*: a call that "
            "does not say what its tokens are is taken to have this.\n",
            _table("provider | part | USD per million | holds for | source", map(_part, rules.PART_RULES)),
            "## What a price can rest on\n",
            _table("`price_basis` | meaning", _bases()),
        ]
    )


def _tier(rule: rules.TierRule) -> Sequence[str]:
    other = "".join(f"; {name.replace('_', ' ')}: {factor}" for name, factor in rule.other.items())
    beside = "; also seconds, pages, characters" if rule.measured else ""
    return (
        rule.provider,
        rule.tier,
        f"{rule.factor}{other}{beside}",
        _scope(rule.families, rule.models),
        _seen(rule.source),
    )


def _region(rule: rules.RegionRule) -> Sequence[str]:
    since = f"from {rule.claude_from[0]}.{rule.claude_from[1]} on" if rule.claude_from != (0, 0) else ""
    factor = "not known: nothing is added, and the price says so" if rule.factor is None else _number(rule.factor)
    scope = " ".join(filter(None, (_scope(rule.families, rule.models), since)))
    return rule.provider, _code(rule.region), factor, scope, _seen(rule.source)


def _refusal(rule: rules.RefusalRule) -> Sequence[str]:
    free = "not known: counted as billed, and the price says so" if rule.free_from is None else str(rule.free_from)
    return rule.provider, free, _seen(rule.source)


def _quantity(rule: rules.QuantityRule) -> Sequence[str]:
    price = "as listed" if rule.price is None else _number(rule.price)
    least = f", at least {rule.minimum}" if rule.minimum else ""
    return rule.provider, _code(rule.name), f"{price}{least}", _scope(rule.families, rule.models), _seen(rule.source)


def _part(rule: rules.PartRule) -> Sequence[str]:
    price = "as its bucket" if rule.price is None else _number(rule.price)
    presumed = ", presumed" if rule.presumed else ""
    return rule.provider, _code(rule.part), f"{price}{presumed}", _scope(rule.families, rule.models), _seen(rule.source)


def _bases() -> Iterable[Sequence[str]]:
    yield "", "Exact: listed, or the provider's own published price; or the source reported the cost."
    yield from ((_code(f"assumed:{word}"), meaning) for word, meaning in ASSUMPTIONS.items())
    yield from ((_code(f"unpriced:{word}"), meaning) for word, meaning in REASONS.items())


def _table(head: str, rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {head} |", "|---" * (head.count("|") + 1) + "|"]
    lines += [f"| {' | '.join(cell.strip() for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _scope(families: Sequence[str], models: str) -> str:
    return _code(models) if models else ", ".join(families) or "all models"


def _seen(source: rules.Source) -> str:
    note = f" {source.note}" if source.note else ""
    return f"<{source.url}>, {source.checked}.{note}"


def _number(value: Fraction | Decimal) -> str:
    return f"{value}"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")
