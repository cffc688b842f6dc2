"""What providers publish in words and no price list carries: declared once, each rule with its source and a date.

The book applies these tables, and the documentation is made from them. A factor multiplies the standard price in force
at the time of the call; money is US dollars. What is not settled is declared too (`factor` None): the price then says
that it is an assumption. See `docs/decisions/009-prices-say-how-sure-they-are.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tokometer.records.families import family_of
from tokometer.records.time import to_us

_HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule is published, and when somebody last looked (an ISO date)."""

    url: str
    checked: str
    #: The provider's words, or what leaves doubt.
    note: str = ""


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a service tier costs at `provider`, as a multiple of standard, where no list has prices for it."""

    provider: str
    #: One of `prices.tiers.PRICED`.
    tier: str
    factor: Fraction
    source: Source
    #: Factors of buckets that differ from the others': a field of `prices.rates.Rates` → factor.
    other: dict[str, Fraction] = field(default_factory=dict)
    #: True where what is measured in seconds, pages or characters gets the factor too. Searches never do.
    measured: bool = False
    #: The families of model that it holds for; all where empty.
    families: tuple[str, ...] = ()
    #: A regular expression that the whole model id fits; all where empty.
    models: str = ""


@dataclass(frozen=True, slots=True)
class RegionRule:
    """What being served in a region adds at `provider`: a multiple of every bucket of tokens."""

    provider: str
    #: A regular expression that the whole region fits, in lower case.
    region: str
    #: None where nobody knows: nothing is added, and the price says so.
    factor: Fraction | None
    source: Source
    families: tuple[str, ...] = ()
    models: str = ""
    #: The version of Claude from which on it holds.
    claude_from: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """From when on `provider` does not bill a refusal without output; None where nobody knows whether it does."""

    provider: str
    free_from: date | None
    source: Source
    families: tuple[str, ...] = ("claude",)

    @property
    def free_from_us(self) -> int | None:
        """Microseconds since the epoch, UTC."""
        day = self.free_from
        return None if day is None else to_us(datetime(day.year, day.month, day.day, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class QuantityRule:
    """The price of something that is not tokens, where the list names none."""

    provider: str
    #: A name as in `records.kinds.QUANTITIES`, or another.
    name: str
    #: USD for one; None keeps the list's price.
    price: Decimal | None
    source: Source
    families: tuple[str, ...] = ()
    models: str = ""
    #: The least that is billed, in ones.
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class PartRule:
    """What a part of a bucket costs, where the list names no price for it."""

    provider: str
    #: As in `records.kinds.PARTS`.
    part: str
    #: USD per million tokens; None where it is published that the part costs what its bucket does.
    price: Decimal | None
    source: Source
    families: tuple[str, ...] = ()
    models: str = ""
    #: True where calls that do not say what their bucket is made of are taken to consist of this part.
    presumed: bool = False


_ANTHROPIC: Final = Source("https://platform.claude.com/docs/en/about-claude/pricing", "2026-11-27")
_OPENAI: Final = Source("https://developers.openai.com/api/docs/pricing", "2026-10-14")
_GOOGLE: Final = Source(
    "https://ai.google.dev/gemini-api/docs/pricing",
    "2026-10-14",
    "Batch and flex: half of input and output; reads of the cache stay at the standard price on most models, and where "
    "they do not, the list says so. Priority: 1.8 times.",
)
_BEDROCK: Final = Source(
    "https://aws.amazon.com/bedrock/pricing/",
    "2026-10-07",
    "Half of on-demand, in words. Medium confidence for Claude.",
)
_BEDROCK_TIERS: Final = Source(
    "https://aws.amazon.com/bedrock/pricing/",
    "2025-11-19",
    "Low confidence: from memory of the prices of Nova and gpt-oss when the tiers began; not read again.",
)

TIER_RULES: Final[tuple[TierRule, ...]] = (
    TierRule("anthropic", "batch", _HALF, _ANTHROPIC),
    TierRule(
        "anthropic",
        "fast",
        Fraction(6),
        Source("https://platform.claude.com/docs/en/build-with-claude/fast-mode", "2026-11-27", "Until 2026-07-24."),
        models="claude-opus-4-[67].*",
    ),
    TierRule(
        "anthropic",
        "priority",
        Fraction(1),
        Source(
            "https://platform.claude.com/docs/en/api/service-tiers",
            "2026-11-27",
            "Paid by a commitment whose price is not public: shown at the standard price.",
        ),
    ),
    TierRule("openai", "batch", _HALF, _OPENAI),
    TierRule("openai", "flex", _HALF, _OPENAI),
    *(
        TierRule(provider, tier, factor, _GOOGLE, other, families=("gemini", "embedding", "image", "speech"))
        for provider in ("google", "vertex")
        for tier, factor, other in (
            ("batch", _HALF, {"cache_read": Fraction(1)}),
            ("flex", _HALF, {"cache_read": Fraction(1)}),
            ("priority", Fraction(9, 5), {}),
        )
    ),
    TierRule("bedrock", "batch", _HALF, _BEDROCK),
    TierRule("bedrock", "flex", _HALF, _BEDROCK_TIERS),
    TierRule("bedrock", "priority", Fraction(7, 4), _BEDROCK_TIERS),
    TierRule(
        "mistral", "batch", _HALF, Source("https://docs.mistral.ai/inference/pricing", "2026-10-14"), measured=True
    ),
    TierRule("groq", "batch", _HALF, Source("https://console.groq.com/docs/batch", "2026-10-14"), measured=True),
    TierRule("groq", "flex", Fraction(1), Source("https://console.groq.com/docs/flex-processing", "2026-11-27")),
    TierRule(
        "xai", "batch", Fraction(4, 5), Source("https://docs.x.ai/developers/pricing#batch-api-pricing", "2026-10-14")
    ),
    TierRule(
        "together",
        "batch",
        _HALF,
        Source("https://docs.together.ai/docs/inference/batch/overview", "2026-11-27", "Of most models: up to 50 %."),
    ),
    TierRule("fireworks", "batch", _HALF, Source("https://fireworks.ai/blog/batch-api", "2026-11-27")),
)

_GEO: Final = "https://platform.claude.com/docs/en/manage-claude/data-residency"
_ANYWHERE: Final = Source(_GEO, "2026-11-27")
_RESIDENCY: Final = Source(
    "https://developers.openai.com/api/docs/guides/data-residency",
    "2026-11-27",
    "For models released on or after 5 March 2026 (GPT-5.4), by the prefix of the endpoint: `eu.api.openai.com`.",
)
_AZURE: Final = Source(
    "https://github.com/pydantic/genai-prices",
    "2026-10-14",
    "The list is that of global deployments; regional ones are often slightly dearer.",
)
REGION_RULES: Final[tuple[RegionRule, ...]] = (
    RegionRule("anthropic", "us", Fraction(11, 10), _ANYWHERE, ("claude",), claude_from=(4, 6)),
    RegionRule("anthropic", "us|global|not_available", Fraction(1), _ANYWHERE, ("claude",)),
    # A word with digits is a cloud's name for one of its own regions, not Anthropic's for where inference ran.
    RegionRule(
        "anthropic", "[a-z_]+", None, Source(_GEO, "2026-11-27", "Not a value that is documented."), ("claude",)
    ),
    RegionRule("openai", "[a-z]{2}", Fraction(11, 10), _RESIDENCY, models=r"gpt-(5\.([4-9]|\d\d)|[6-9]|\d\d).*"),
    RegionRule("openai", "[a-z]{2}", Fraction(1), _RESIDENCY, ("gpt",)),
    RegionRule(
        "openai",
        "[a-z_]+",
        None,
        Source(
            "https://developers.openai.com/api/docs/guides/data-residency",
            "2026-11-27",
            "Not a residency endpoint that is known.",
        ),
        ("gpt",),
    ),
    RegionRule(
        "vertex",
        "global",
        Fraction(1),
        Source("https://cloud.google.com/model-garden/partner-models/pricing", "2026-10-14"),
    ),
    RegionRule(
        "vertex",
        ".+",
        None,
        Source(
            "https://docs.claude.com/en/docs/build-with-claude/claude-on-vertex-ai",
            "2026-11-27",
            "Regional and multi-region endpoints cost a tenth more, Anthropic says from Sonnet 4.5 on; whether a "
            "region that is reported was that of such an endpoint is not settled.",
        ),
        ("claude",),
        claude_from=(4, 5),
    ),
    RegionRule("azure", "global", Fraction(1), _AZURE),
    RegionRule(
        "azure",
        ".+",
        None,
        _AZURE,
    ),
)

_NOTES: Final = "https://platform.claude.com/docs/en/release-notes/overview"
_ELSEWHERE: Final = Source(
    _NOTES, "2026-11-27", "The change was announced for the Claude API; nothing is said of others."
)
REFUSAL_RULES: Final[tuple[RefusalRule, ...]] = (
    RefusalRule("anthropic", date(2026, 6, 2), Source(_NOTES, "2026-11-27", 'Of the Claude API: "no longer billed".')),
    RefusalRule("bedrock", None, _ELSEWHERE),
    RefusalRule("vertex", None, _ELSEWHERE),
    RefusalRule("azure", None, _ELSEWHERE),
)

_SEARCH: Final = Source("https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool", "2026-11-27")
_FETCH: Final = Source("https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-fetch-tool", "2026-11-27")
QUANTITY_RULES: Final[tuple[QuantityRule, ...]] = (
    *(
        QuantityRule(provider, name, price, source, families=("claude",))
        for provider in ("anthropic", "azure", "vertex")
        for name, price, source in (("web_searches", Decimal("0.01"), _SEARCH), ("web_fetches", Decimal(0), _FETCH))
    ),
    QuantityRule(
        "groq",
        "seconds",
        None,
        Source(
            "https://console.groq.com/docs/speech-to-text", "2026-10-14", "Each request is billed as 10 s at least."
        ),
        models="whisper-large-v3.*",
        minimum=10,
    ),
)

_AUDIO: Final = Source("https://developers.openai.com/api/docs/models/gpt-4o-audio-preview", "2026-11-27")
_AUDIO_MINI: Final = Source("https://developers.openai.com/api/docs/models/gpt-4o-mini-audio-preview", "2026-11-27")
_AUDIO_FIRST: Final = Source(
    "https://openai.com/index/o1-and-new-tools-for-developers/",
    "2026-11-27",
    "The first snapshot; audio became 60 % cheaper after it.",
)
_IMAGES: Final = Source("https://developers.openai.com/api/docs/guides/image-generation", "2026-11-27")
PART_RULES: Final[tuple[PartRule, ...]] = (
    *(
        PartRule("openai", part, price, source, models=models, presumed=part == "output_audio")
        for models, source, prices in (
            ("gpt-4o-audio-preview-2024-10-01", _AUDIO_FIRST, (100, 200)),
            ("gpt-4o-audio-preview.*", _AUDIO, (40, 80)),
            ("gpt-4o-mini-audio-preview.*", _AUDIO_MINI, (10, 20)),
        )
        for part, price in zip(("input_audio", "output_audio"), map(Decimal, prices), strict=True)
    ),
    PartRule("openai", "input_audio", None, _AUDIO, models=".*transcribe.*", presumed=True),
    # What is listed as output is the sound or the picture: these models give nothing else.
    PartRule(
        "openai",
        "output_audio",
        None,
        Source("https://developers.openai.com/api/docs/pricing", "2026-10-14"),
        models=".*-tts.*",
    ),
    PartRule("openai", "output_image", None, _IMAGES, models="gpt-image-.*"),
    *(PartRule(provider, "output_audio", None, _GOOGLE, models=".*-tts.*") for provider in ("google", "vertex")),
    # Pictures (and films) that go in are counted as tokens of text.
    PartRule(
        "anthropic",
        "input_image",
        None,
        Source("https://platform.claude.com/docs/en/build-with-claude/vision", "2026-11-27"),
    ),
    *(
        PartRule(provider, part, None, _GOOGLE, families=("gemini",))
        for provider in ("google", "vertex")
        for part in ("input_image", "input_video", "cache_read_image")
    ),
    PartRule(
        "openai",
        "input_image",
        None,
        Source("https://developers.openai.com/api/docs/guides/images-vision", "2026-11-27"),
        families=("gpt",),
    ),
)


def tier_rule(provider: str, tier: str, model: str) -> TierRule | None:
    """The rule of `provider` for a tier of `model`, where it publishes one."""
    return next(
        (
            rule
            for rule in TIER_RULES
            if (rule.provider, rule.tier) == (provider, tier) and _fits(model, rule.families, rule.models)
        ),
        None,
    )


def region_rule(provider: str, region: str, model: str) -> RegionRule | None:
    """The rule of `provider` for a region in which it served `model`; None where a region is known to add nothing."""
    return next(
        (
            rule
            for rule in REGION_RULES
            if rule.provider == provider
            and re.fullmatch(rule.region, region.lower())
            and _fits(model, rule.families, rule.models)
            and (rule.claude_from == (0, 0) or claude_version(model) >= rule.claude_from)
        ),
        None,
    )


def refusal_rule(provider: str, model: str) -> RefusalRule | None:
    """The rule of `provider` for refusals of `model`; None where they are billed like every call."""
    return next((rule for rule in REFUSAL_RULES if rule.provider == provider and _fits(model, rule.families, "")), None)


def quantity_rules(provider: str, model: str) -> list[QuantityRule]:
    """What `provider` bills beside the tokens of `model`."""
    return [rule for rule in QUANTITY_RULES if rule.provider == provider and _fits(model, rule.families, rule.models)]


def part_rules(provider: str, model: str) -> list[PartRule]:
    """What parts of the buckets of `model` cost at `provider`; the first rule for a part holds."""
    return [rule for rule in PART_RULES if rule.provider == provider and _fits(model, rule.families, rule.models)]


def claude_version(model: str) -> tuple[int, int]:
    """The version in a plain id of a Claude model: `claude-opus-4-8` → (4, 8); (0, 0) where it has none."""
    found = re.search(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)", model.lower())
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def _fits(model: str, families: tuple[str, ...], models: str) -> bool:
    return (not families or family_of(model) in families) and (not models or re.fullmatch(models, model) is not None)
