"""The demo's models, and which of them is called when."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.demo_history import NOW
from tokometer.demo.models import CLAUDE_CODE, MIXES, MODELS, OPUS, OPUS_LAUNCH, OPUS_OLD, Mix, line
from tokometer.prices import PriceBook
from tokometer.records import ModelCall

UNKNOWN = {"halyard-preview-72b", "stealth/quiet-harbor"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.provider}:{model.id}")
def test_every_model_but_two_has_a_price(book: PriceBook, model: object) -> None:
    """The catalogue knows them, or they run on the company's own machines."""
    call = ModelCall(
        source="api",
        native_id="demo-1",
        started_at=NOW,
        provider=model.provider,  # type: ignore[attr-defined]
        model=model.id,  # type: ignore[attr-defined]
        input_tokens=1_000,
        output_tokens=100,
    )
    book.apply([call])

    assert (call.cost is None) == (call.model in UNKNOWN)


@given(chance=st.floats(0, 1, exclude_max=True), moment=st.floats(0, 1))
def test_every_draw_finds_a_model_of_the_mix(chance: float, moment: float) -> None:
    """Whatever the draw and the time."""
    for mix in MIXES:
        assert mix.pick(chance, moment) in mix.models


def test_a_launch_takes_over(book: PriceBook) -> None:
    """Before it everyone calls the old model, well after it nearly everyone the new one."""
    rng = Random(1)
    mix = Mix(line(1, OPUS_OLD, (0.5, OPUS)))
    before = {mix.pick(rng.random(), 0.49).id for _ in range(200)}
    after = [mix.pick(rng.random(), 0.9).id for _ in range(400)]

    assert before == {OPUS_OLD.id}
    assert 0.85 < after.count(OPUS.id) / 400 < 1
    assert CLAUDE_CODE.pick(0.0, OPUS_LAUNCH / 2) is OPUS_OLD
