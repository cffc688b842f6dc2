"""A price sheet: what a model costs at one moment and size, in exact fractions, before it is kept as whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tokometer.prices.rates import FREE, Extras, Tier, from_mtok, from_usd, kept
from tokometer.prices.rules import PartRule, QuantityRule, TierRule
from tokometer.records.kinds import PARTS

#: Anthropic's rule for cache prices as multiples of the input price, for lists that leave them out.
#: https://docs.claude.com/en/docs/build-with-claude/prompt-caching#pricing
_CLAUDE_READ: Final = Decimal("0.1")
_CLAUDE_WRITE_5M: Final = Decimal("1.25")
_CLAUDE_WRITE_1H: Final = Decimal(2)

#: Where the catalogue prices a part of a bucket, in USD per million tokens.
PART_KEYS: Final[dict[str, str]] = {
    **{part: f"{part}_mtok" for part in PARTS if not part.startswith("cache_read_")},
    "cache_read_audio": "cache_audio_read_mtok",
    "cache_read_image": "cache_image_read_mtok",
}
#: Where the catalogue prices what is not tokens: name → its keys, the first that is there, and how many ones each
#: price is for.
QUANTITY_KEYS: Final[dict[str, tuple[tuple[str, ...], int]]] = {
    "web_searches": (("web_searches_kcount",), 1_000),
    "file_searches": (("storage_searches_kcount",), 1_000),
    "seconds": (("audio_hours", "input_audio_hours"), 3_600),
    "pages": (("input_document_kpages",), 1_000),
    "annotated_pages": (("input_annotated_document_kpages",), 1_000),
    "characters": (("input_mchars",), 1_000_000),
    "messages": (("input_text_messages_kcount",), 1_000),
}
#: What a tier's rule multiplies beside tokens, where it says `measured`.
_MEASURED: Final = frozenset({"seconds", "pages", "annotated_pages", "characters"})
_BUCKET_FIELDS: Final = {"input_tokens": "input", "cache_read_tokens": "cache_read", "output_tokens": "output"}


@dataclass(frozen=True, slots=True)
class Extra:
    """The rules for a model's parts and quantities (see :mod:`tokometer.prices.rules`)."""

    parts: tuple[PartRule, ...] = ()
    quantities: tuple[QuantityRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Prices in atto-USD: of a token by bucket (a field of `Rates`) or part, of the request, of a thousandth of one."""

    tokens: dict[str, Fraction] = field(default_factory=dict)
    request: Fraction = Fraction(0)
    quantities: dict[str, Fraction] = field(default_factory=dict)
    presumed: tuple[str, ...] = ()
    minimums: dict[str, int] = field(default_factory=dict)

    def times(self, tiered: Sheet, base: Sheet) -> Sheet:
        """The same at a tier that costs `tiered` where standard costs `base`."""
        return replace(
            self,
            tokens=_ratios(self.tokens, tiered.tokens, base.tokens),
            quantities=_ratios(self.quantities, tiered.quantities, base.quantities),
        )

    def by(self, rule: TierRule) -> Sheet:
        """The same at a tier by the rule of its provider."""
        return replace(
            self,
            tokens={name: price * rule.other.get(_bucket(name), rule.factor) for name, price in self.tokens.items()},
            quantities={
                name: price * (rule.factor if rule.measured and name in _MEASURED else 1)
                for name, price in self.quantities.items()
            },
        )

    def tier(self, above: int, basis: str, *, free: bool) -> Tier:
        """As it is kept, for calls with more than `above` tokens of input."""
        if free and not self.tokens and not self.quantities:
            return Tier(above, FREE)
        quantities = {
            name: (price.numerator, price.denominator, self.minimums.get(name, 0))
            for name, price in self.quantities.items()
        }
        if not self.tokens:
            return Tier(above, None, Extras(quantities=quantities) if quantities else None, basis)
        rates, parts = kept(self.tokens, self.request, basis)
        return Tier(above, rates, Extras(parts, self.presumed, quantities) if parts or quantities else None)


def sheet_of(usd: Mapping[str, Decimal], extra: Extra, *, claude: bool) -> Sheet:
    """A sheet from the catalogue's prices by its own keys (USD per million tokens, per thousand searches, …).

    A bucket without a price of its own costs what the next wider one does, as the catalogue counts it; for Claude the
    cache prices follow from the input price. Without a price of input, tokens have none.
    """
    tokens = _tokens(usd, claude=claude)
    quantities = {
        name: from_usd(usd[key]) / each / 1_000
        for name, (keys, each) in QUANTITY_KEYS.items()
        if (key := next((key for key in keys if key in usd), None)) is not None
    }
    minimums = {}
    for quantity in extra.quantities:
        if quantity.price is not None:
            quantities.setdefault(quantity.name, from_usd(quantity.price) / 1_000)
        if quantity.minimum and quantity.name in quantities:
            minimums[quantity.name] = quantity.minimum * 1_000
    presumed: list[str] = []
    if tokens:
        presumed = _add_parts(tokens, usd, extra.parts)
    return Sheet(
        tokens, from_usd(usd.get("requests_kcount", Decimal(0))) / 1_000, quantities, tuple(presumed), minimums
    )


def _tokens(usd: Mapping[str, Decimal], *, claude: bool) -> dict[str, Fraction]:
    per_input = usd.get("input_mtok")
    if per_input is None:
        return {}
    per_output = usd.get("output_mtok", Decimal(0))
    write = usd.get("cache_write_mtok")
    write_5m = usd.get("cache_write_5m_mtok", write)
    write_1h = usd.get("cache_write_1h_mtok", per_input * _CLAUDE_WRITE_1H if claude else write)
    if write_5m is None:
        write_5m = per_input * _CLAUDE_WRITE_5M if claude else per_input
    prices = {
        "input": per_input,
        "cache_read": usd.get("cache_read_mtok", per_input * _CLAUDE_READ if claude else per_input),
        "cache_write_5m": write_5m,
        "cache_write_1h": per_input if write_1h is None else write_1h,
        "output": per_output,
        "reasoning": usd.get("output_reasoning_mtok", per_output),
    }
    return {name: from_mtok(price) for name, price in prices.items()}


def _add_parts(tokens: dict[str, Fraction], usd: Mapping[str, Decimal], rules: tuple[PartRule, ...]) -> list[str]:
    """Add the prices of parts to those of buckets, and say of which parts a bucket is taken to consist."""
    listed = {part: from_mtok(usd[key]) for part, key in PART_KEYS.items() if key in usd}
    #: A model with a price for pictures, sounds or films that it makes is called for those.
    made = [part for part in listed if part.startswith("output_")]
    for rule in rules:
        if rule.price is not None:
            listed.setdefault(rule.part, from_mtok(rule.price))
        elif rule.part not in listed:
            listed[rule.part] = tokens[_bucket(rule.part)]
        if rule.presumed:
            made.append(rule.part)
    tokens.update(listed)
    return list(dict.fromkeys(sorted(made, key=lambda part: -listed[part])))


def _bucket(name: str) -> str:
    """The bucket whose factor a price follows: a part's, or itself."""
    return _BUCKET_FIELDS[PARTS[name]] if name in PARTS else name


def _ratios(
    standard: Mapping[str, Fraction], tiered: Mapping[str, Fraction], base: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    prices = dict(standard)
    for name, price in tiered.items():
        if name not in standard:
            prices[name] = price
        elif base.get(name):
            prices[name] = standard[name] * price / base[name]
        elif name in base:
            prices[name] = standard[name] or price
    return prices
