"""A call's price is the sum of its lines, in exact fractions, and every price says how sure it is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.prices import PriceBook
from tokometer.records import STATUSES, ModelCall, to_us
from tokometer.records.basis import ASSUMPTIONS, UNPRICED, assumed
from tokometer.records.kinds import PARTS, QUANTITIES

NOVEMBER = to_us(datetime(2026, 11, 20, 10, tzinfo=UTC))
JUNE = to_us(datetime(2026, 6, 15, 10, tzinfo=UTC))
BUCKETS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_unknown_tokens",
    "output_tokens",
)


@lru_cache
def book() -> PriceBook:
    """One book for all examples: what it looked up it need not look up again."""
    return PriceBook()


def priced(model: str, provider: str = "", **fields: object) -> tuple[Decimal | None, str]:
    """What a call costs in USD, and how sure that is."""
    values = {"source": "test", "native_id": "1", "started_at": NOVEMBER, **fields}
    call = ModelCall(model=model, provider=provider, **values)
    book().apply([call])
    return None if call.cost_priced is None else Decimal(call.cost_priced).scaleb(-9), call.price_basis


A_SESSION = {
    "input_tokens": 10_000,
    "cache_read_tokens": 100_000,
    "cache_write_5m_tokens": 20_000,
    "cache_write_1h_tokens": 10_000,
    "output_tokens": 2_000,
}


@pytest.mark.parametrize(
    ("model", "region", "cost"),
    [
        ("claude-opus-4-8", "us", "0.4125"),
        ("claude-opus-4-8", "US", "0.4125"),
        ("claude-opus-4-8", "global", "0.375"),
        ("claude-opus-4-8", "not_available", "0.375"),
        ("claude-opus-4-8", "", "0.375"),
        ("claude-opus-4-6", "us", "0.4125"),
        ("claude-opus-4-7", "us", "0.4125"),
        ("claude-opus-5[1m]", "us", "0.4125"),
        ("claude-sonnet-4-6", "us", "0.2475"),
        ("claude-sonnet-5", "us", "0.165"),
        ("claude-fable-5", "us", "0.825"),
        ("claude-haiku-5-5", "us", "0.04125"),
        ("claude-sonnet-4-5-20250929", "us", "0.225"),
        ("claude-haiku-4-5", "us", "0.075"),
        ("claude-opus-4-5", "us", "0.375"),
        ("claude-opus-4-1", "us", "1.125"),
        ("claude-3-7-sonnet-latest", "us", "0.225"),
    ],
)
def test_inference_in_the_us_costs_a_tenth_more_from_4_6_on(model: str, region: str, cost: str) -> None:
    """By version, not by a list of names; it is Anthropic's own price, so it is exact."""
    assert priced(model, "anthropic", region=region, **A_SESSION) == (Decimal(cost), "")


@pytest.mark.parametrize(
    ("provider", "model", "region", "basis"),
    [
        ("anthropic", "claude-opus-4-8", "us-east-1", ""),
        ("anthropic", "claude-opus-4-8", "eu", "assumed:region"),
        ("vertex", "claude-opus-4-8", "us-east5", "assumed:region"),
        ("vertex", "claude-opus-4-8", "global", ""),
        ("vertex", "gemini-2.5-pro", "europe-west4", ""),
        ("azure", "gpt-5", "swedencentral", "assumed:region"),
        ("bedrock", "us.anthropic.claude-opus-4-8-v1:0", "us-east-1", ""),
        ("openai", "gpt-5", "us", ""),
        ("openai", "gpt-5.5", "somewhere", "assumed:region"),
        ("vertex", "claude-sonnet-4", "us-east5", ""),
        ("openai", "gpt-5", "us-east-1", ""),
    ],
)
def test_a_region_that_may_cost_more_is_said_and_not_guessed(
    provider: str, model: str, region: str, basis: str
) -> None:
    """Nothing is added where nobody knows how much; Bedrock's lists tell regions apart by the model's id."""
    here, there = priced(model, provider, region=region, **A_SESSION), priced(model, provider, **A_SESSION)
    assert here == (there[0], basis)


@pytest.mark.parametrize(
    ("model", "region", "factor"),
    [
        ("gpt-5.4", "eu", "1.1"),
        ("gpt-5.5-2026-04-23", "us", "1.1"),
        ("gpt-6.1-sol", "jp", "1.1"),
        ("gpt-5.3", "eu", "1"),
        ("gpt-5", "eu", "1"),
        ("gpt-4.1", "eu", "1"),
        ("o3", "eu", "1"),
        ("gpt-5.4", "", "1"),
    ],
)
def test_openais_residency_endpoints_cost_a_tenth_more_from_gpt_5_4_on(model: str, region: str, factor: str) -> None:
    """For models that were released on or after 5 March 2026."""
    standard = priced(model, "openai", **A_SESSION)[0]
    assert priced(model, "openai", region=region, **A_SESSION) == (standard * Decimal(factor), "")


@pytest.mark.parametrize("at", [JUNE, NOVEMBER])
@pytest.mark.parametrize(
    ("provider", "model", "tier", "cost"),
    [
        ("openai", "gpt-5-nano", "flex", "0.0045"),
        ("openai", "gpt-5", "flex", "0.1125"),
        ("openai", "gpt-5", "batch", "0.1125"),
        ("openai", "gpt-5", "priority", "0.45"),
        ("openai", "gpt-5.5", "priority", "2"),
        ("openai", "o3", "flex", "0.14"),
        ("openai", "gpt-4.1", "batch", "0.14"),
        ("openai", "gpt-5-codex", "batch", "0.1125"),
        ("anthropic", "claude-sonnet-4-6", "batch", "0.225"),
        ("anthropic", "claude-opus-4-1", "batch", "1.125"),
        ("anthropic", "claude-haiku-4-5", "batch", "0.075"),
        ("anthropic", "claude-opus-4-6", "fast", "4.5"),
        ("google", "gemini-2.5-pro", "batch", "0.1125"),
        ("google", "gemini-2.5-flash", "batch", "0.0275"),
        ("google", "gemini-3.5-flash", "flex", "0.12"),
        ("google", "gemini-3.7-flash", "priority", "0.2025"),
        ("vertex", "gemini-2.5-pro", "ON_DEMAND_FLEX", "0.1125"),
        ("vertex", "claude-sonnet-4-5@20250929", "batch", "0.225"),
        ("azure", "gpt-4.1", "batch", "0.14"),
        ("azure", "o4-mini", "batch", "0.077"),
        ("azure", "gpt-5", "priority", "0.45"),
        ("bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "batch", "0.225"),
        ("bedrock", "amazon.nova-pro-v1:0", "priority", "0.196"),
        ("bedrock", "amazon.nova-pro-v1:0", "flex", "0.056"),
        ("mistral", "mistral-large-2512", "batch", "0.0325"),
        ("groq", "llama-3.3-70b-versatile", "batch", "0.03345"),
        ("groq", "llama-3.3-70b-versatile", "on_demand", "0.0669"),
        ("corp-gateway", "claude-sonnet-4-6", "batch", "0.225"),
    ],
)
def test_a_tier_costs_what_is_known_of_it_whenever_the_catalogue_learned_it(
    at: int, provider: str, model: str, tier: str, cost: str
) -> None:
    """Its listed price, else its later ratio, else the maker's or a rule: the same in June and in November."""
    assert priced(model, provider, service_tier=tier, started_at=at, input_tokens=100_000, output_tokens=10_000)[
        0
    ] == Decimal(cost)


@pytest.mark.parametrize(
    ("provider", "model", "tier", "at", "basis"),
    [
        ("openai", "gpt-5", "flex", JUNE, "assumed:tier"),
        ("openai", "gpt-5", "flex", NOVEMBER, ""),
        ("openai", "gpt-5", "default", JUNE, ""),
        ("azure", "gpt-4.1", "batch", NOVEMBER, "assumed:tier"),
        ("anthropic", "claude-opus-4-1", "batch", NOVEMBER, "assumed:tier"),
        ("anthropic", "claude-opus-5", "priority", NOVEMBER, "assumed:tier"),
        ("anthropic", "claude-opus-5", "batch fast", NOVEMBER, "assumed:tier"),
        ("openai", "gpt-5-pro", "priority", NOVEMBER, "assumed:unknown-tier"),
        ("openai", "gpt-5", "scale", NOVEMBER, "assumed:unknown-tier"),
        ("openai", "gpt-5", "hyperspeed", NOVEMBER, "assumed:unknown-tier"),
        ("corp-gateway", "gpt-5", "hyperspeed", NOVEMBER, "assumed:provider,unknown-tier"),
        ("corp-gateway", "gpt-5", "flex", JUNE, "assumed:provider,tier"),
        ("openrouter", "anthropic/claude-opus-4.8-fast", "fast", NOVEMBER, ""),
        ("openrouter", "openai/gpt-6-sol:batch", "batch", NOVEMBER, ""),
    ],
)
def test_a_tier_that_is_not_listed_is_marked(provider: str, model: str, tier: str, at: int, basis: str) -> None:
    """Assumed by a ratio, or standard for want of any: never silently."""
    assert priced(model, provider, service_tier=tier, started_at=at, input_tokens=1, output_tokens=1)[1] == basis


def test_a_ratio_holds_at_the_standard_price_of_the_time() -> None:
    """Opus 4.6 beyond 200,000 tokens cost more until 13 March 2026; batch was half of that."""
    february = to_us(datetime(2026, 2, 20, tzinfo=UTC))
    tokens = {"input_tokens": 300_000, "output_tokens": 1_000, "started_at": february}
    standard, batch = (priced("claude-opus-4-6", "anthropic", service_tier=tier, **tokens)[0] for tier in ("", "batch"))
    assert (standard, batch) == (Decimal("3.0375"), Decimal("1.51875"))


def test_buckets_that_a_tier_leaves_alone_keep_the_standard_price() -> None:
    """Batch reads of GPT-4.1's cache cost what standard ones do, before the catalogue listed the tier as after."""
    for at in (JUNE, NOVEMBER):
        tokens = {"input_tokens": 0, "cache_read_tokens": 10**6, "output_tokens": 1, "started_at": at}
        assert priced("gpt-4.1", "openai", service_tier="batch", **tokens)[0] == Decimal("0.500004")


def test_a_half_of_an_odd_rate_loses_nothing() -> None:
    """Factors multiply exactly, whatever is left over: 0.1375 USD per million, halved and a tenth more, times 10^9."""
    from tokometer.prices.rates import FREE, Tier, to_nano

    tier = Tier(-1, FREE._replace(input=137_500_000_001)).scaled(1, 2, "").scaled(11, 10, "")
    assert tier.rates is not None
    assert tier.rates.atto(tier.rates.input) == Fraction(137_500_000_001 * 11, 20)
    assert to_nano(10**9 * tier.rates.atto(tier.rates.input)) == round(Fraction(137_500_000_001 * 11, 20))


@settings(max_examples=examples(100), deadline=None)
@given(
    model=st.sampled_from(["claude-opus-5", "claude-sonnet-4-6", "claude-fable-5-2", "claude-opus-4-8"]),
    tiers=st.permutations(["batch", "fast"]),
    at=st.sampled_from([JUNE, NOVEMBER]),
    tokens=st.fixed_dictionaries(dict.fromkeys(BUCKETS, st.integers(0, 10**7))),
)
def test_factors_combine_in_any_order(model: str, tiers: list[str], at: int, tokens: dict[str, int]) -> None:
    """Batch and fast and us are one product: half of standard, times what fast costs, times 1.1."""
    tokens["output_tokens"] += 1
    both = priced(model, "anthropic", service_tier=" ".join(tiers), region="us", started_at=at, **tokens)
    assert both == priced(model, "anthropic", service_tier="fast,batch", region="us", started_at=at, **tokens)
    fast = priced(model, "anthropic", service_tier="fast", started_at=at, **tokens)[0]
    assert abs(both[0] - fast / 2 * Decimal("1.1")) <= Decimal("1e-9")


@pytest.mark.parametrize(
    ("fields", "cost", "basis"),
    [
        ({}, "0", ""),
        ({"output_tokens": None}, "0", ""),
        ({"stop_reason": "REFUSAL"}, "0", ""),
        ({"service_tier": "batch", "region": "us"}, "0", ""),
        ({"started_at": to_us(datetime(2026, 6, 2, tzinfo=UTC))}, "0", ""),
        ({"started_at": to_us(datetime(2026, 6, 1, 23, 59, tzinfo=UTC))}, "0.1325", ""),
        ({"output_tokens": 10}, "0.133", ""),
        ({"stop_reason": "end_turn"}, "0.1325", ""),
        ({"provider": "vertex"}, "0.1325", "assumed:refusal"),
        ({"provider": "corp-gateway"}, "0", "assumed:provider"),
        ({"provider": "openai", "model": "gpt-5"}, "0.02125", ""),
    ],
)
def test_a_refusal_without_output_is_not_billed_from_june_2026_on(
    fields: dict[str, object], cost: str, basis: str
) -> None:
    """On the Claude API; of other clouds nobody has said so."""
    call = {"model": "claude-fable-5-1", "provider": "anthropic", "stop_reason": "refusal", **A_REFUSAL, **fields}
    assert priced(**call) == (Decimal(cost), basis)


A_REFUSAL = {"input_tokens": 12_000, "cache_read_tokens": 50_000, "output_tokens": 0}


@pytest.mark.parametrize(
    ("provider", "model", "quantities", "cost", "basis"),
    [
        ("anthropic", "claude-sonnet-4-6", {"web_searches": 12_000}, "0.12", ""),
        ("anthropic", "claude-sonnet-4-6", {"web_searches": 500, "web_fetches": 9_000}, "0.005", ""),
        ("anthropic", "claude-3-haiku-20240307", {"web_searches": 1_000}, "0.01", ""),
        ("vertex", "claude-sonnet-4-5", {"web_searches": 1_000}, "0.01", ""),
        ("google", "gemini-2.5-pro", {"web_searches": 1_000}, "0.035", ""),
        ("openai", "gpt-5", {"file_searches": 2_000, "web_searches": 1_000}, "0.015", ""),
        ("openai", "gpt-5", {"web_searches": 0}, "0", ""),
        ("openai", "gpt-5", {"dreams": 1_000}, "0", "assumed:quantity"),
        ("openai", "gpt-5", {"dreams": 1_000, "web_searches": 1_000}, "0.01", "assumed:quantity"),
        ("openai", "gpt-5", {"requests": 3_000}, "0", ""),
        ("perplexity", "sonar", {"requests": 3_000}, "0.036", ""),
    ],
)
def test_quantities_are_billed_beside_the_tokens(
    provider: str, model: str, quantities: dict[str, int], cost: str, basis: str
) -> None:
    """From the catalogue where it lists them, from a rule elsewhere; what has no price is left out, and said."""
    assert priced(model, provider, input_tokens=0, output_tokens=0, quantities=quantities) == (Decimal(cost), basis)


@pytest.mark.parametrize(
    ("model", "provider", "tier", "quantities", "cost", "basis"),
    [
        ("whisper-1", "openai", "", {"seconds": 60_000}, "0.006", ""),
        ("whisper-large-v3", "groq", "", {"seconds": 1_500}, "0.000308333", ""),
        ("whisper-large-v3", "groq", "batch", {"seconds": 60_000}, "0.000925", ""),
        ("tts-1", "openai", "", {"characters": 1_000_000}, "0.015", ""),
        ("mistral-ocr-4-1", "mistral", "", {"pages": 5_000}, "0.02", ""),
        ("mistral-ocr-4-1", "mistral", "batch", {"pages": 5_000}, "0.01", ""),
        ("mistral-ocr-2503", "mistral", "batch", {"pages": 5_000}, "0.0025", "assumed:tier"),
        ("dall-e-3", "openai", "", {"images": 1_000}, None, "unpriced:no-price"),
        ("gpt-5", "openai", "", {"images": 1_000}, None, "unpriced:no-price"),
        ("gpt-5", "openai", "", {"requests": 1_000}, None, "unpriced:no-usage"),
        ("gpt-5", "openai", "batch", {"web_searches": 1_000}, "0.01", ""),
    ],
)
def test_what_is_not_sold_by_the_token_is_priced_by_what_it_is_sold_by(
    model: str, provider: str, tier: str, quantities: dict[str, int], cost: str | None, basis: str
) -> None:
    """Seconds, characters, pages without any token; a batch is half of what is measured, never of a search."""
    found = priced(model, provider, service_tier=tier, quantities=quantities)
    assert found == (None if cost is None else Decimal(cost), basis)


@pytest.mark.parametrize(
    ("model", "provider", "fields", "cost", "basis"),
    [
        (
            "gpt-4o-audio-preview",
            "openai",
            {"input_tokens": 3_200, "output_tokens": 1_000, "parts": {"input_audio": 3_000, "output_audio": 900}},
            "0.1935",
            "",
        ),
        ("gpt-4o-mini-audio-preview", "", {"input_tokens": 1_000, "parts": {"input_audio": 1_000}}, "0.01", ""),
        ("gpt-4o-audio-preview-2024-10-01", "", {"input_tokens": 1_000, "parts": {"input_audio": 1_000}}, "0.1", ""),
        ("gpt-audio", "openai", {"input_tokens": 1_000, "parts": {"input_audio": 1_000}}, "0.032", ""),
        ("gpt-audio", "openai", {"input_tokens": 0, "output_tokens": 1_000}, "0.064", "assumed:part"),
        (
            "gemini-2.5-flash",
            "google",
            {
                "input_tokens": 1_000,
                "cache_read_tokens": 1_000,
                "output_tokens": 1,
                "parts": {"input_audio": 600, "cache_read_audio": 1_000, "input_image": 100},
            },
            "0.0008225",
            "",
        ),
        ("gemini-2.5-flash", "google", {"input_tokens": 1_000, "output_tokens": 0}, "0.0003", ""),
        ("gpt-5", "openai", {"input_tokens": 1_000, "parts": {"input_audio": 10}}, "0.00125", "assumed:part"),
        ("gpt-5", "openai", {"input_tokens": 1_000, "parts": {"input_image": 10}}, "0.00125", ""),
        ("gpt-5", "openai", {"input_tokens": 1_000, "parts": {"input_smell": 10}}, "0.00125", "assumed:part"),
        ("gpt-4o-transcribe", "openai", {"input_tokens": 1_000, "output_tokens": 0}, "0.006", "assumed:part"),
        (
            "gemini-3-pro-image-preview",
            "google",
            {"input_tokens": 326, "output_tokens": 2_677, "reasoning_tokens": 337, "parts": {"output_image": 2_000}},
            "0.248776",
            "",
        ),
        (
            "gemini-3-pro-image-preview",
            "google",
            {"input_tokens": 326, "output_tokens": 2_677, "reasoning_tokens": 337},
            "0.285496",
            "assumed:part",
        ),
        (
            "gemini-3-pro-image-preview",
            "google",
            {"input_tokens": 326, "output_tokens": 100, "parts": {"output_image": 0}},
            "0.001852",
            "",
        ),
        ("gpt-image-1", "openai", {"input_tokens": 0, "output_tokens": 1_000}, "0.04", ""),
        ("llama3:8b", "ollama", {"input_tokens": 5, "parts": {"input_image": 4}}, "0", ""),
    ],
)
def test_parts_are_never_priced_as_text_without_saying_so(
    model: str, provider: str, fields: dict[str, object], cost: str, basis: str
) -> None:
    """Each at its own price; as text where there is none, marked; as what the model makes where nobody says, marked."""
    assert priced(model, provider, **{"output_tokens": 0, **fields}) == (Decimal(cost), basis)


def test_a_part_is_never_more_than_its_bucket() -> None:
    """A sender that counts audio beside its bucket, not in it, does not make the call cost more than all of it."""
    whole = priced("gpt-audio", "openai", input_tokens=100, output_tokens=0, parts={"input_audio": 100})
    assert whole == priced("gpt-audio", "openai", input_tokens=100, output_tokens=0, parts={"input_audio": 900})


@pytest.mark.parametrize(
    ("model", "fields", "basis"),
    [
        ("gpt-4.1", {"unsplit_tokens": 5_000}, "unpriced:no-split"),
        ("gpt-4.1", {"unsplit_tokens": 5_000, "input_tokens": 0, "output_tokens": 0}, "unpriced:no-split"),
        ("gpt-4.1", {"unsplit_tokens": 5_000, "input_tokens": 10}, "assumed:split"),
        ("gpt-4.1", {"unsplit_tokens": 5_000, "cost_reported": 5}, ""),
        ("gpt-4.1", {"status": "timeout"}, "unpriced:no-usage"),
        ("gpt-4.1", {}, "unpriced:no-usage"),
        ("gpt-4.1", {"status": "rate_limit"}, ""),
        ("gpt-4.1", {"input_tokens": 2**53}, "unpriced:too-much"),
        ("gpt-4.1", {"input_tokens": 2**53, "output_tokens": 1}, "unpriced:too-much"),
        ("nobody-knows", {"input_tokens": 10}, "unpriced:no-price"),
        ("nobody-knows", {"input_tokens": 10, "output_tokens": 2}, "unpriced:no-price"),
        ("", {"input_tokens": 10}, "unpriced:no-model"),
        ("", {"input_tokens": 10, "output_tokens": 1}, "unpriced:no-model"),
        ("", {}, "unpriced:no-usage"),
        ("llama3:8b", {"unsplit_tokens": 7}, ""),
    ],
)
def test_a_call_without_a_price_says_why(model: str, fields: dict[str, object], basis: str) -> None:
    """No price, no model, no usage, no split of it, or too much to be true."""
    cost, found = priced(model, "", **fields)
    assert found == basis
    if not fields.get("cost_reported"):
        assert (cost is None) == basis.startswith("unpriced:")


def test_a_reported_cost_is_not_an_assumption() -> None:
    """What counts is what the source said, whatever our own price would rest on; that one is kept beside it."""
    for reported, basis in ((None, "assumed:tier"), (5, "")):
        tokens = {"input_tokens": 100_000, "output_tokens": 1, "cost_reported": reported}
        assert priced("gpt-4.1", "azure", service_tier="batch", **tokens) == (Decimal("0.100004"), basis)


counts = st.one_of(st.none(), st.just(0), st.integers(0, 10**6))
calls = st.fixed_dictionaries(
    {
        "model": st.sampled_from(
            (
                *("claude-opus-4-8", "gemini-2.5-pro", "gemini-3-pro-image-preview", "gpt-audio", "sonar", "gpt-4.1"),
                *("whisper-1", "llama3:8b", "nobody-knows", "", "<synthetic>", "claude-haiku-5-5", "deepseek-v4-pro"),
            )
        ),
        "provider": st.sampled_from(["", "", "azure", "vertex", "bedrock", "corp-gateway"]),
        "service_tier": st.sampled_from(["", "standard", "batch", "fast", "priority flex", "hyperspeed"]),
        "region": st.sampled_from(["", "", "us", "global", "eu", "us-east-1"]),
        "status": st.sampled_from(STATUSES),
        "stop_reason": st.sampled_from(["", "end_turn", "refusal"]),
        "http_status": st.sampled_from([None, 200, 429]),
        "started_at": st.integers(to_us(datetime(2024, 1, 1, tzinfo=UTC)), NOVEMBER),
        **dict.fromkeys((*BUCKETS, "reasoning_tokens", "unsplit_tokens"), counts),
        "parts": st.none()
        | st.dictionaries(st.sampled_from([*PARTS, "input_smell"]), st.integers(0, 10**6), max_size=3),
        "quantities": st.none()
        | st.dictionaries(st.sampled_from([*QUANTITIES, "requests", "dreams"]), st.integers(0, 10**5), max_size=3),
        "cost_reported": st.none() | st.integers(0, 10**9),
    }
)


@settings(max_examples=examples(600), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(fields=calls)
def test_what_is_explained_is_what_was_applied(fields: dict[str, object]) -> None:
    """Same cost, same basis, lines that sum to it; the basis is a declared one, and says why where there is no cost."""
    call = ModelCall(source="test", native_id="1", **fields)
    book().apply([call])
    explained = book().explain(call)
    assert (None if explained.cost is None else int(explained.cost.scaleb(9))) == call.cost_priced
    assert explained.basis == call.price_basis
    if call.cost_priced:
        assert abs(sum(line.cost for line in explained.lines) - explained.cost) <= Decimal("5e-10")
    kind, _, words = call.price_basis.partition(":")
    if call.cost_reported is None:
        assert (call.cost_priced is None) == (call.price_basis in UNPRICED)
    if kind == "assumed":
        assert set(words.split(",")) <= set(ASSUMPTIONS)
        assert call.price_basis == assumed(*words.split(","))


@settings(max_examples=examples(200), deadline=None)
@given(
    model=st.sampled_from(["claude-opus-4-8", "gpt-4.1", "gpt-audio", "sonar-deep-research", "gpt-5.5"]),
    tier=st.sampled_from(["", "batch", "priority"]),
    region=st.sampled_from(["", "us"]),
    at=st.sampled_from([JUNE, NOVEMBER]),
    tokens=st.fixed_dictionaries(dict.fromkeys(BUCKETS, st.integers(1, 30_000))),
    searches=st.integers(0, 10**6),
)
def test_a_cost_is_the_sum_of_its_buckets(
    model: str, tier: str, region: str, at: int, tokens: dict[str, int], searches: int
) -> None:
    """Each bucket and each quantity alone, as long as the size of the call decides nothing."""

    def cost(**fields: object) -> Decimal:
        zeros = dict.fromkeys(BUCKETS, 0) | {"parts": {"output_audio": 0}}
        found = priced(model, "", service_tier=tier, region=region, started_at=at, **{**zeros, **fields})[0]
        assert found is not None
        return found

    quantities = {"quantities": {"web_searches": searches}}
    alone = sum((cost(**{bucket: number}) for bucket, number in tokens.items()), start=cost(**quantities))
    assert abs(cost(**tokens, **quantities) - alone) <= Decimal("4e-9")
