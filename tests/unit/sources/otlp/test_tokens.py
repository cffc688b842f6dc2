"""The tables of keys: every key in them is read, and everything in them is of somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generators.otlp_spans import as_json, protobuf, span
from tokometer.records import PARTS, QUANTITIES, ModelCall
from tokometer.sources.otlp import decode_traces
from tokometer.sources.otlp.attributes import attribute_of
from tokometer.sources.otlp.dialects import DIALECTS, senders_of
from tokometer.sources.otlp.object_keys import OBJECT_KEYS, OBJECTS
from tokometer.sources.otlp.objects import counts_of
from tokometer.sources.otlp.tokens import KEYS, NOTHING, PREFIXES, QUANTITY_SLOTS, SLOTS
from tokometer.sources.otlp.words import KNOWN, slot_of

PAIRS = [(slot, name) for slot, names in KEYS.items() for name in names]
#: Slots that fill the field of a call as they are.
FIELDS = {
    "input": "input_tokens",
    "input_uncached": "input_tokens",
    "cache_read": "cache_read_tokens",
    "vercel_cached": "cache_read_tokens",
    "cache_write": "cache_write_unknown_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning_tokens",
    "thoughts": "reasoning_tokens",
    "own_sum": "unsplit_tokens",
    "total": "unsplit_tokens",
}
#: Names whose words alone say something else, or nothing.
ONLY_IN_THE_TABLE = {
    "ai.usage.tokens",
    "gen_ai.usage.details.audio_tokens",
    "ai.usage.cachedInputTokens",
    "gen_ai.client.token.usage",
    "gen_ai.usage.experimental.reasoning_tokens",
    "llm.token_count.prompt_details.web_search_requests",
    "codex.usage.reasoning_output_tokens",
    # Not all below that is usage.
    *(
        f"gen_ai.response.{what}_tokens"
        for what in ("prompt", "input", "cached_prompt", "completion", "output", "total")
    ),
    *(f"openclaw.tokens.{what}" for what in ("input", "output", "cache_read", "cache_write", "total")),
}


def call_of(attributes: dict[str, Any], encoding: Any = "protobuf") -> ModelCall:
    """The call that a span with these attributes is."""
    one = span("chat", {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", **attributes})
    body = protobuf(one) if encoding == "protobuf" else json.dumps(as_json(one)).encode()
    traces = decode_traces(body, encoding)
    assert (traces.refusals, [notice for notice in traces.notices if notice.topic == "usage"]) == ([], [])
    [call] = traces.records
    assert isinstance(call, ModelCall)
    return call


@pytest.mark.parametrize("value", [7, "7", 7.0, "7.0"])
@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize(("slot", "name"), PAIRS)
def test_every_key_is_read(slot: str, name: str, encoding: str, value: object) -> None:
    """Each attribute of the table fills what the table says, as a number or as text, in both encodings."""
    call = call_of({name: value}, encoding)
    if slot in FIELDS:
        assert getattr(call, FIELDS[slot]) == 7
    elif slot in QUANTITY_SLOTS:
        assert call.quantities == {QUANTITY_SLOTS[slot]: 7000}
    elif slot in PARTS:
        assert call.parts == {slot: 7}
        assert getattr(call, PARTS[slot]) == 7
    else:
        bucket = "output_tokens" if slot.startswith("output") else "cache_read_tokens"
        assert getattr(call, "input_tokens" if slot.startswith(("input", "tool")) else bucket) == 7


@pytest.mark.parametrize("name", OBJECT_KEYS)
def test_every_key_of_an_object_is_read(name: str) -> None:
    """Each key of the table of objects fills its slot, nested as its dots say; modalities come in a list."""
    *path, last = name.split(".")
    value: Any = {last: 7}
    if last.isupper():
        value = [{"modality": last, "tokenCount": 7}]
    for key in reversed(path):
        value = {key: value}
    found = counts_of("x", value, disjoint=True)
    factor = 1000 if OBJECT_KEYS[name].slot in QUANTITY_SLOTS else 1
    assert found.counts == {OBJECT_KEYS[name].slot: 7 * factor}
    assert found.unread == []


@pytest.mark.parametrize(("slot", "name"), [pair for pair in PAIRS if pair[1] not in ONLY_IN_THE_TABLE])
def test_words_and_table_agree(slot: str, name: str) -> None:
    """A key of the table means by its words what the table says, so other spellings of it are read as well."""
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    assert slot_of(name.removeprefix(prefix)) == slot


@pytest.mark.parametrize("name", OBJECT_KEYS)
def test_words_and_object_keys_agree(name: str) -> None:
    """So do the keys inside objects."""
    assert slot_of(name) == OBJECT_KEYS[name].slot


@pytest.mark.parametrize(
    ("key", "slot"),
    [
        ("gen_ai.usage.cacheReadInputTokens", "cache_read"),
        ("gen_ai.usage.details.textCandidatesTokenCount", "output_text"),
        ("gen_ai.usage.details.AUDIO.prompt_tokens", "input_audio"),
        ("gen_ai.usage.input.cached", "cache_read"),
        ("gen_ai.usage.prompt-tokens", "input"),
        ("llm.usage.completion_tokens_details.reasoning_tokens", "reasoning"),
        ("llm.token_count.completion_details.video", "output_video"),
        ("ai.usage.outputTokenDetails.imageTokens", "output_image"),
        ("openai.usage.input_tokens_details.cached_tokens", "cache_read"),
        ("gen_ai.openai.usage.output_audio_tokens", "output_audio"),
        ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens", "cache_write_1h"),
        ("gen_ai.usage.total_input_tokens", "input"),
        ("gen_ai.usage.num_web_searches", "web_searches"),
        ("gen_ai.usage.prompt_audio_seconds", "seconds"),
        ("gen_ai.usage.outputCharacters", "characters"),
        ("gen_ai.usage.number_of_pages", "unread"),
        ("gen_ai.usage.input_images", "unread"),
        ("usage.totalTokenCount", "total"),
    ],
)
def test_other_spellings_are_read_by_their_words(key: str, slot: str) -> None:
    """A key that no table has is read where usage stands and its words say one thing."""
    attribute = attribute_of(key)
    assert attribute is not None
    assert attribute.slot == slot


@pytest.mark.parametrize(
    "key",
    [
        "gen_ai.usage.cache_hit_rate",
        "gen_ai.usage.tokens_per_second",
        "gen_ai.usage.image_tokens",
        "gen_ai.usage.input_output_tokens",
        "gen_ai.usage.audio_image_tokens",
        "gen_ai.usage.citation_tokens",
        "gen_ai.usage.input_tokens_ü",
        "gen_ai.usage.",
    ],
)
def test_words_that_say_no_one_thing_are_not_read(key: str) -> None:
    """A key with a word that nobody knows, or with words that contradict each other, is not guessed at."""
    attribute = attribute_of(key)
    assert attribute is not None
    assert attribute.slot == "unread"


@pytest.mark.parametrize("words", NOTHING)
def test_what_is_known_to_be_nothing_is_not_noticed(words: str) -> None:
    """Keys that stand among usage and are none of our counts are passed over in silence."""
    assert slot_of("_".join(words.split())) == KNOWN


@pytest.mark.parametrize("name", ["gen_ai.request.max_tokens", "ai.settings.maxOutputTokens", "http.usage", "tokens"])
def test_other_places_are_left_alone(name: str) -> None:
    """A number is not usage for its name alone: it has to stand where usage stands."""
    assert attribute_of(name) is None


def test_slots_and_senders_are_declared() -> None:
    """Every slot is described, every sender is a dialect, and every dialect sends something."""
    assert KEYS.keys() <= SLOTS.keys() | QUANTITY_SLOTS.keys()
    assert set(QUANTITY_SLOTS.values()) == QUANTITIES.keys()
    assert {key.slot for key in OBJECT_KEYS.values()} <= SLOTS.keys() | QUANTITY_SLOTS.keys()
    told = [text for names in KEYS.values() for text in names.values()]
    told += [key.senders for key in OBJECT_KEYS.values()] + [holder.senders for holder in OBJECTS.values()]
    senders = {sender for text in told for sender in senders_of(text)}
    assert "" not in senders
    assert DIALECTS.keys() - senders == {"Logfire", "any-agent"}  # of whom we read costs alone
