"""Parts, quantities and totals of our own API."""

from __future__ import annotations

from typing import Any

import pytest

from tokometer.records import PARTS, QUANTITIES, ModelCall, RecordError
from tokometer.records.tiers import TIERS, is_usual, unknown_tiers
from tokometer.records.wire import record_from

NOW = 1_795_000_000_000_000
BASE: dict[str, Any] = {"started_at": "2026-11-01T12:00:00Z", "model": "gpt-4o"}
BUCKETS = {"input_tokens": 100, "cache_read_tokens": 50, "output_tokens": 30}


def call_of(**fields: Any) -> ModelCall:
    """The call that an object with these fields is."""
    call = record_from("calls", BASE | fields)
    assert isinstance(call, ModelCall)
    return call


@pytest.mark.parametrize("part", PARTS)
def test_every_part_has_a_field_and_a_name(part: str) -> None:
    """Each part can be sent as a field of its own, and by name in `parts`."""
    assert call_of(**BUCKETS, **{f"{part}_tokens": 7}).parts == {part: 7}
    assert call_of(**BUCKETS, parts={part: 7}).parts == {part: 7}
    assert call_of(**BUCKETS, parts={f"{part}_tokens": "7"}).parts == {part: 7}


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_has_a_field_and_a_name(name: str) -> None:
    """Each quantity can be sent as a field of its own, and by name in `quantities`; it is kept to a thousandth."""
    assert call_of(**{name: 1.5}).quantities == {name: 1500}
    assert call_of(quantities={name: "1.5"}).quantities == {name: 1500}


def test_other_quantities_are_kept_as_well() -> None:
    """What providers bill and nobody listed is kept under its sender's name."""
    assert call_of(quantities={"container_hours": 0.25, "web_searches": 2}).quantities == {
        "container_hours": 250,
        "web_searches": 2000,
    }


def test_nothing_is_nothing() -> None:
    """Zeros, nulls and empty objects leave no parts and no quantities."""
    call = call_of(**BUCKETS, input_audio_tokens=0, parts={}, web_searches=0, quantities={"pages": 0, "images": None})
    assert (call.parts, call.quantities) == (None, None)


def test_a_total_alone_is_of_unknown_split() -> None:
    """A total without anything else is kept as tokens of which nobody knows whether they went in or out."""
    call = call_of(total_tokens=5000)
    assert (call.unsplit_tokens, call.input_tokens, call.output_tokens) == (5000, None, None)


def test_a_total_beside_others_is_their_sum() -> None:
    """A total beside other counts changes nothing where it agrees with them, whichever way the prompt is told."""
    assert call_of(**BUCKETS, total_tokens=180).unsplit_tokens is None
    assert call_of(prompt_tokens=150, cache_read_tokens=50, output_tokens=30, total_tokens=180).input_tokens == 100
    assert call_of(**BUCKETS, unsplit_tokens=20, total_tokens=200).unsplit_tokens == 20


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a part larger than its bucket": (
        {**BUCKETS, "input_audio_tokens": 101},
        "input_audio_tokens",
        "is more than input_tokens, of which it is a part",
    ),
    "by another name": ({**BUCKETS, "audio_input_tokens": 101}, "audio_input_tokens", "is more than input_tokens"),
    "a part of a bucket that is not there": (
        {"parts": {"output_image": 1}},
        "parts.output_image",
        "is more than output",
    ),
    "parts that are too many together": (
        {**BUCKETS, "parts": {"input_audio": 60, "input_image": 60}},
        "parts.input_image",
        "are more than all of them",
    ),
    "a part of the cache": (
        {**BUCKETS, "cached_audio_tokens": 51},
        "cached_audio_tokens",
        "more than cache_read_tokens",
    ),
    "a misspelt part": ({**BUCKETS, "parts": {"input_adio": 1}}, "parts.input_adio", "did you mean input_audio?"),
    "a part twice": (
        {**BUCKETS, "parts": {"input_audio": 1}, "input_audio_tokens": 1},
        "parts.input_audio",
        "says the same as input_audio_tokens",
    ),
    "a negative part": ({**BUCKETS, "parts": {"input_audio": -1}}, "parts.input_audio", "is negative"),
    "parts that are a list": ({**BUCKETS, "parts": [1]}, "parts", "is a list, not an object"),
    "too many parts": ({**BUCKETS, "parts": {f"p{n}": 1 for n in range(21)}}, "parts", "has more than 20 names"),
    "a misspelt quantity": ({"quantities": {"web_search": 1}}, "quantities.web_search", "did you mean web_searches?"),
    "a name that is none": ({"quantities": {"Web Search!": 1}}, "quantities.Web Search!", "is not a name"),
    "a quantity twice": ({"quantities": {"pages": 1}, "pages": 1}, "quantities.pages", "says the same as pages"),
    "a negative quantity": ({"web_searches": -1}, "web_searches", "is negative"),
    "a quantity as words": ({"quantities": {"pages": "two"}}, "quantities.pages", "is text, not a number"),
    "an endless quantity": ({"seconds": 10**16}, "seconds", "is more than"),
    "a total that is another": ({**BUCKETS, "total_tokens": 181}, "total_tokens", "is not what the other fields"),
    "a total that leaves the cache out": ({**BUCKETS, "total_tokens": 130}, "total_tokens", "is not what the other"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_contradicts_itself_is_refused_by_field(case: str) -> None:
    """A part larger than its bucket, a name that nobody knows and a total that is another refuse the call by field."""
    fields, field, reason = REFUSED[case]
    with pytest.raises(RecordError) as caught:
        call_of(**fields)
    assert caught.value.field == field
    assert reason in caught.value.reason


def test_words_for_tiers() -> None:
    """A tier is understood by its words, whatever stands around them; none of the usual ones is news."""
    assert unknown_tiers("SERVICE_TIER_DEFAULT") == unknown_tiers("On Demand") == unknown_tiers("") == []
    assert unknown_tiers("SERVICE_TIER_UNSPECIFIED") == unknown_tiers("null") == unknown_tiers("unset") == []
    assert unknown_tiers("turbo-flex") == ["turbo"]
    assert is_usual("standard_only")
    assert is_usual("")
    assert not is_usual("flex")
    assert all(word == word.lower() for word in TIERS)
