"""The page docs/reference/prices.md, from the tables that the price book applies: see tools/reference.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from sections import code, table
from tokometer.prices import rules
from tokometer.prices.sheet import PART_KEYS, QUANTITY_KEYS
from tokometer.prices.tiers import PRICED
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
            table("provider | tier | factor | holds for | source", map(_tier, rules.TIER_RULES)),
            "## Regions\n\nThe first row that fits holds; a region that none fits adds nothing.\n",
            table("provider | region | factor | holds for | source", map(_region, rules.REGION_RULES)),
            "## Refusals without output\n",
            table("provider | not billed from | source", map(_refusal, rules.REFUSAL_RULES)),
            "## What is billed beside tokens\n\nUsed where the list names no price for it.\n",
            table("provider | what | USD for one | holds for | source", map(_quantity, rules.QUANTITY_RULES)),
            "## Tokens that are not text\n\nUsed where the list names no price for the part. *Presumed*: a call that "
            "does not say what its tokens are is taken to have this.\n",
            table("provider | part | USD per million | holds for | source", map(_part, rules.PART_RULES)),
            "## What a price can rest on\n",
            table("`price_basis` | meaning", _bases()),
        ]
    )


def billing() -> str:
    """Of every billing fact: what its price is taken from, what is assumed, and what is not known."""
    ruled = {rule.tier for rule in rules.TIER_RULES}
    places = [rule for rule in rules.REGION_RULES if rule.factor not in (None, 1)]
    doubted = [rule.provider for rule in rules.REGION_RULES if rule.factor is None and rule.region == ".+"]
    free = [f"{rule.provider} from {rule.free_from} on" for rule in rules.REFUSAL_RULES if rule.free_from]
    unsaid = [rule.provider for rule in rules.REFUSAL_RULES if rule.free_from is None]
    counted = dict.fromkeys([*QUANTITY_KEYS, "requests", *(rule.name for rule in rules.QUANTITY_RULES)])
    same = {rule.part for rule in rules.PART_RULES if rule.price is None}
    by_rule = {rule.models for rule in rules.PART_RULES if rule.price is not None}
    rows = [
        (
            "service tier",
            "its listed price at the time of the call",
            f"{code(['tier'])}: its ratio to standard at a later date, its maker's, or a rule ({code(sorted(ruled))})",
            f"{code(['unknown-tier'])}: {code(sorted(PRICED - ruled))}, other words, and tiers that a provider has no "
            "price for: standard",
        ),
        (
            "region",
            "; ".join(f"{rule.provider} {code([rule.region])}: {rule.factor} times" for rule in places),
            "",
            f"{code(['region'])}: {', '.join(dict.fromkeys(doubted))}: nothing is added",
        ),
        ("refusal without output", f"not billed: {', '.join(free)}", "", f"{code(['refusal'])}: {', '.join(unsaid)}"),
        (
            "tokens that are not text",
            f"the list's price of {code(PART_KEYS)}; by a rule: {code(sorted(by_rule))}",
            f"{code(['part'])}: as text where neither has one (published to be the same: {code(sorted(same))}); as "
            "what the model makes where nobody said",
            "",
        ),
        (
            "beside tokens",
            f"the list's, a rule's or your price of {code(counted)}",
            "",
            f"{code(['quantity'])}: anything else that is counted: left out",
        ),
        ("reported cost", "taken as it is", "", ""),
    ]
    return table("fact | exact | assumed | not known", rows)


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
    return rule.provider, code([rule.region]), factor, scope, _seen(rule.source)


def _refusal(rule: rules.RefusalRule) -> Sequence[str]:
    free = "not known: counted as billed, and the price says so" if rule.free_from is None else str(rule.free_from)
    return rule.provider, free, _seen(rule.source)


def _quantity(rule: rules.QuantityRule) -> Sequence[str]:
    price = "as listed" if rule.price is None else _number(rule.price)
    least = f", at least {rule.minimum}" if rule.minimum else ""
    return rule.provider, code([rule.name]), f"{price}{least}", _scope(rule.families, rule.models), _seen(rule.source)


def _part(rule: rules.PartRule) -> Sequence[str]:
    price = "as its bucket" if rule.price is None else _number(rule.price)
    presumed = ", presumed" if rule.presumed else ""
    return (
        rule.provider,
        code([rule.part]),
        f"{price}{presumed}",
        _scope(rule.families, rule.models),
        _seen(rule.source),
    )


def _bases() -> Iterable[Sequence[str]]:
    yield "", "Exact: listed, or the provider's own published price; or the source reported the cost."
    yield from ((code([f"assumed:{word}"]), meaning) for word, meaning in ASSUMPTIONS.items())
    yield from ((code([f"unpriced:{word}"]), meaning) for word, meaning in REASONS.items())


def _scope(families: Sequence[str], models: str) -> str:
    return code([models]) if models else ", ".join(families) or "all models"


def _seen(source: rules.Source) -> str:
    note = f" {source.note}" if source.note else ""
    return f"<{source.url}>, {source.checked}.{note}"


def _number(value: Fraction | Decimal) -> str:
    return f"{value}"
