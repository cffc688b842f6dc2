"""The catalogue's prices reach calls unchanged, whatever the time, size and service tier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers as price_lists
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.prices import PriceBook
from tokometer.prices.catalogue import look_up
from tokometer.prices.rates import FREE
from tokometer.records import ModelCall, family_of, to_us
from tokometer.records.kinds import PARTS

NANO = Decimal("0.000000001")

#: Our slug for the catalogue's.
SLUGS = {
    "aws": "bedrock",
    "github-copilot": "copilot",
    "moonshotai": "moonshot",
    "voyageai": "voyage",
    "x-ai": "xai",
}

#: Every token-priced model that its own list finds under its id, as (our slug, catalogue's provider, id).
MODELS = [
    (SLUGS.get(entry.id, entry.id), entry.id, model.id)
    for entry in price_lists
    if not entry.id.startswith(("huggingface_", "openai-", "zhipuai"))
    for model in entry.models
    if entry.find_model(model.id, all_providers=price_lists) is model
]

#: Service tiers as calls have them, and what the catalogue is told of them.
TIERS = {
    "": {},
    "standard": {},
    "batch": {"processing": "batch"},
    "priority": {"service_tier": "priority"},
    "flex": {"service_tier": "flex"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}


@lru_cache
def book() -> PriceBook:
    """One book for all examples: what it looked up it need not look up again."""
    return PriceBook()


tokens = st.one_of(st.just(0), st.integers(0, 3_000), st.integers(0, 1_200_000))


@settings(max_examples=examples(1_000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    model=st.sampled_from(MODELS),
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC)),
    tier=st.sampled_from(sorted(TIERS)),
    counts=st.tuples(tokens, tokens, tokens, tokens, tokens, tokens),
)
def test_a_call_costs_what_the_catalogue_says(
    model: tuple[str, str, str], moment: datetime, tier: str, counts: tuple[int, ...]
) -> None:
    """Where the price is exact, any model, time, tier and mix of tokens costs what the catalogue's own code says."""
    slug, list_id, model_id = model
    fresh, read, write_5m, write_1h, unknown, output = counts
    listing = look_up(slug, model_id, tier)
    if family_of(model_id) == "claude" and not _states_cache_prices(list_id, model_id):
        read = write_5m = write_1h = unknown = 0
    call = ModelCall(
        source="test",
        native_id="1",
        started_at=to_us(moment),
        provider=slug,
        model=model_id,
        service_tier=tier,
        input_tokens=fresh,
        cache_read_tokens=read,
        cache_write_5m_tokens=write_5m,
        cache_write_1h_tokens=write_1h,
        cache_write_unknown_tokens=unknown,
        output_tokens=output,
        # Said, so that nothing is presumed of a model that makes pictures or sound.
        parts=dict.fromkeys(PARTS, 0) if any(one.extras and one.extras.presumed for one in listing.tiers) else None,
    )
    book().apply([call])
    if call.price_basis.startswith("assumed:"):
        assert tier not in ("", "standard")
        return
    if call.cost_priced is None:
        assert listing.rates_at(call.started_at, sum(counts) - output) is None
        return
    expected = calc_price(
        Usage(
            input_tokens=fresh + read + write_5m + write_1h + unknown,
            cache_read_tokens=read,
            cache_write_tokens=write_5m + write_1h + unknown,
            cache_write_5m_tokens=write_5m,
            cache_write_1h_tokens=write_1h,
            output_tokens=output,
        ),
        model_id,
        provider_id=list_id,
        genai_request_timestamp=moment,
        price_context=TIERS[tier] or None,
    ).total_price
    assert abs(call.cost_priced * NANO - expected) <= NANO


def _states_cache_prices(list_id: str, model_id: str) -> bool:
    """Where a list leaves out Claude's cache prices, Anthropic's rule is ours and the input price the catalogue's."""
    entry = next(entry for entry in price_lists if entry.id == list_id)
    model = entry.find_model(model_id, all_providers=price_lists)
    stated = model.prices if isinstance(model.prices, list) else [model]
    wanted = {"cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok"}
    return all(wanted <= {k for k, v in vars(getattr(one, "prices", one)).items() if v is not None} for one in stated)


def test_nearly_every_model_of_the_catalogue_is_found() -> None:
    """Looking a model up by its own id finds it, and finds that model and no other."""
    missed = [
        (slug, model_id)
        for slug, list_id, model_id in MODELS
        if (found := look_up(slug, model_id, "")) is None or (found.provider, found.model) != (list_id, model_id)
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("provider", "model", "found"),
    [
        ("anthropic", "claude-sonnet-4-5-20250929", "anthropic: claude-sonnet-4-5"),
        ("anthropic", "claude-sonnet-4.5", "anthropic: claude-sonnet-4-5"),
        ("anthropic", "claude-opus-5[1m]", "anthropic: claude-opus-5"),
        ("anthropic", "anthropic/claude-sonnet-4.5", "anthropic: claude-sonnet-4-5"),
        ("anthropic", "us.anthropic.claude-opus-5-v1:0", "anthropic: claude-opus-5"),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", None),
        ("bedrock", "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", None),
        (
            "bedrock",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            None,
        ),
        ("vertex", "claude-sonnet-4-5@20250929", "google: claude-sonnet-4-5"),
        ("vertex", "publishers/google/models/gemini-2.5-pro", "google: gemini-2.5-pro"),
        ("google", "models/gemini-2.5-pro", "google: gemini-2.5-pro"),
        ("openrouter", "anthropic/claude-sonnet-4.5", "openrouter: anthropic/claude-sonnet-4.5"),
        ("openrouter", "openrouter/anthropic/claude-sonnet-4.5", "openrouter: anthropic/claude-sonnet-4.5"),
        ("openrouter", "claude-sonnet-4-5", "openrouter: anthropic/claude-sonnet-4.5"),
        ("openrouter", "openai/gpt-5:online", "openrouter: openai/gpt-5"),
        ("openai", "gpt-5-2025-08-07", "openai: gpt-5"),
        ("openai", "gpt-5.2-20251211", "openai: gpt-5.2"),
        ("openai", "openai/gpt-5", "openai: gpt-5"),
        ("openai", "gpt-5.1-high", "openai: gpt-5.1"),
        ("azure", "gpt-5", None),
        ("xai", "grok-3-fast", "x-ai: grok-3-fast"),
        ("moonshot", "kimi-k2-turbo-preview", "moonshotai: kimi-k2-turbo-preview"),
        ("zai", "glm-4.6", "zai: GLM-4.6"),
        ("litellm", "anthropic/claude-sonnet-4.5", "anthropic: claude-sonnet-4-5"),
        ("my-gateway", "gpt-5", "openai: gpt-5"),
        ("litellm", "groq/llama-3.3-70b-versatile", "groq: llama-3.3-70b-versatile"),
    ],
)
def test_a_model_is_found_however_it_is_spelled(provider: str, model: str, found: str | None) -> None:
    """Brackets, vendor prefixes, regions, version and date suffixes, dots and paths do not hide a model's price."""
    listing = look_up(provider, model, "")
    assert listing is not None
    assert listing.rates_at(to_us(datetime(2026, 11, 1, tzinfo=UTC)), 1000) is not None
    assert found is None or f"{listing.provider}: {listing.model}" == found


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("", ""),
        ("", "llama-3.3-70b"),
        ("openai", "gpt-99-imaginary"),
        ("deepinfra", "meta-llama/Llama-3.3-70B-Instruct"),
        ("alibaba", "qwen3-coder-plus"),
        ("huggingface", "meta-llama/Llama-3.3-70B-Instruct"),
        ("anthropic", "cläude"),
        ("anthropic", "claude-opus-5" + "x" * 300),
        ("anthropic", "\ud800"),
    ],
)
def test_what_nobody_lists_is_not_guessed(provider: str, model: str) -> None:
    """No price list or no such model in it: nothing, rather than another provider's price."""
    assert look_up(provider, model, "") is None


def test_a_provider_without_a_list_is_priced_as_the_maker_and_says_so() -> None:
    """Behind a gateway that we do not know the maker's price holds, marked as an assumption."""
    assert look_up("corp-gateway", "claude-opus-5", "").assumed
    assert not look_up("anthropic", "claude-opus-5", "").assumed


def test_prices_are_those_of_the_time_of_the_call() -> None:
    """o3 cost 10 dollars per million input tokens until 10 June 2025 (UTC midnight) and 2 from then on."""
    listing = look_up("openai", "o3", "")
    change = to_us(datetime(2025, 6, 10, tzinfo=UTC))
    assert listing.rates_at(change - 1, 0).input == 10 * 10**12
    assert listing.rates_at(change, 0).input == 2 * 10**12


def test_off_peak_hours_are_the_utc_hours_of_the_call() -> None:
    """DeepSeek's price changes with the hour, every day."""
    listing = look_up("deepseek", "deepseek-v4-pro", "")
    midnight = datetime(2026, 11, 1, tzinfo=UTC)
    by_hour = [listing.rates_at(to_us(midnight + timedelta(hours=hour)), 0).input for hour in range(24)]
    assert by_hour[1:4] == [by_hour[1]] * 3
    assert by_hour[6:10] == [by_hour[1]] * 4
    assert by_hour[1] == 2 * by_hour[0] == 2 * by_hour[4] == 2 * by_hour[10] == 2 * by_hour[23]


def test_a_tier_is_a_cliff_for_the_whole_call() -> None:
    """Past 200,000 input tokens, cached ones counted, Gemini 2.5 Pro costs twice as much for every token."""
    listing = look_up("google", "gemini-2.5-pro", "")
    moment = to_us(datetime(2026, 1, 1, tzinfo=UTC))
    assert listing.rates_at(moment, 200_001).input == 2 * listing.rates_at(moment, 200_000).input


def test_claudes_cache_prices_follow_from_the_input_price_where_a_list_lacks_them() -> None:
    """A read is a tenth, a write for five minutes five quarters and one for an hour twice the input price."""
    for slug, list_id, model_id in MODELS:
        if family_of(model_id) != "claude" or _states_cache_prices(list_id, model_id):
            continue
        for period in look_up(slug, model_id, "").periods:
            rates = period.slots[0].tiers[0].rates
            stated = _stated(list_id, model_id)
            if "cache_write_1h_mtok" not in stated:
                assert rates.cache_write_1h == 2 * rates.input
            if "cache_write_mtok" not in stated:
                assert 4 * rates.cache_write_5m == 5 * rates.input
            if "cache_read_mtok" not in stated:
                assert 10 * rates.cache_read == rates.input


def _stated(list_id: str, model_id: str) -> set[str]:
    entry = next(entry for entry in price_lists if entry.id == list_id)
    model = next(model for model in entry.models if model.id == model_id)
    every = model.prices if isinstance(model.prices, list) else [model]
    return {k for one in every for k, v in vars(getattr(one, "prices", one)).items() if v is not None}


def test_free_is_what_says_so() -> None:
    """An entry without prices is free when it is named so, and otherwise unpriced."""
    moment = to_us(datetime(2026, 11, 1, tzinfo=UTC))
    free = look_up("mistral", "mistral-nemo:free", "")
    assert free.rates_at(moment, 10) == FREE
    unknown = look_up("cerebras", "qwen-3-coder-480b", "")
    assert unknown.rates_at(moment, 10) is None


def test_what_is_not_sold_by_the_token_is_unpriced() -> None:
    """Whisper is billed by the hour of audio, which no record carries."""
    listing = look_up("openai", "whisper-1", "")
    assert listing.rates_at(to_us(datetime(2026, 11, 1, tzinfo=UTC)), 10) is None


#: Models with prices of their own for parts of their buckets.
MIXED = [
    (slug, list_id, model_id)
    for slug, list_id, model_id in MODELS
    if (found := look_up(slug, model_id, "")) and any(one.extras and one.extras.parts for one in found.tiers)
]
few = st.integers(0, 5_000)


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(
    ("anthropic", "anthropic", "claude-2"), datetime(2024, 1, 1, tzinfo=UTC), "", dict.fromkeys(PARTS, 0), (0, 1, 0)
)
@given(
    model=st.sampled_from(MIXED),
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC)),
    tier=st.sampled_from(["", "batch", "flex"]),
    counts=st.fixed_dictionaries({part: few for part in PARTS if part != "output_video"}),
    text=st.tuples(few, few, few),
)
def test_parts_cost_what_the_catalogue_says(
    model: tuple[str, str, str], moment: datetime, tier: str, counts: dict[str, int], text: tuple[int, int, int]
) -> None:
    """Audio, pictures and films in, out and from the cache, beside text: the catalogue's own code comes to the same."""
    slug, list_id, model_id = model
    fresh, read, output = text
    listed = {key for key in _stated(list_id, model_id) if key.endswith("_mtok")}
    keys = {part: f"{part}_mtok" for part in counts} | {
        "cache_read_audio": "cache_audio_read_mtok",
        "cache_read_image": "cache_image_read_mtok",
    }
    # Our rules know prices that the catalogue does not; and it wants every part named that it prices.
    parts = {part: number for part, number in counts.items() if keys[part] in listed}
    if "cache_read_mtok" not in listed:
        if any(part.startswith("cache_read") for part in parts):
            return
        # Claude's follows from its input price (decision 004), which the catalogue leaves out for old models.
        read = 0
    total = {
        bucket: sum(number for part, number in parts.items() if PARTS[part] == bucket) for bucket in set(PARTS.values())
    }
    call = ModelCall(
        source="test",
        native_id="1",
        started_at=to_us(moment),
        provider=slug,
        model=model_id,
        service_tier=tier,
        input_tokens=fresh + total["input_tokens"],
        cache_read_tokens=read + total["cache_read_tokens"],
        output_tokens=output + total["output_tokens"],
        parts=dict.fromkeys(PARTS, 0) | parts,
    )
    book().apply([call])
    if call.cost_priced is None or call.price_basis:
        assert call.cost_priced is not None
        assert call.price_basis in ("assumed:tier", "assumed:unknown-tier")
        return
    usage = {"cache_audio_read_tokens": parts.get("cache_read_audio", 0)}
    usage["cache_image_read_tokens"] = parts.get("cache_read_image", 0)
    for modality in ("audio", "image", "video"):
        usage[f"input_{modality}_tokens"] = parts.get(f"input_{modality}", 0) + usage.get(
            f"cache_{modality}_read_tokens", 0
        )
        usage[f"output_{modality}_tokens"] = parts.get(f"output_{modality}", 0)
    expected = calc_price(
        Usage(
            input_tokens=call.input_tokens + call.cache_read_tokens,
            cache_read_tokens=call.cache_read_tokens,
            output_tokens=call.output_tokens,
            **usage,
        ),
        model_id,
        provider_id=list_id,
        genai_request_timestamp=moment,
        price_context=TIERS[tier] or None,
    ).total_price
    assert abs(call.cost_priced * NANO - expected) <= NANO
