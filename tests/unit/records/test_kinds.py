"""Versions of one record become one record, whatever their order."""

from __future__ import annotations

from functools import reduce
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import KINDS, ModelCall, Record, key_fingerprint, merge, merge_rule, record_id

texts = st.sampled_from(["a", "b", "c"])
counts = st.integers(0, 5)


TEXTS = ("model", "error_message", "session_id", "project")
COUNTS = ("input_tokens", "output_tokens")


def version(draw: st.DrawFn, revision: int, origin: int, known: set[str]) -> ModelCall:
    """A version of one call that knows the given fields."""
    fields: dict[str, object] = {name: draw(texts) for name in TEXTS if name in known}
    fields |= {name: draw(counts) for name in COUNTS if name in known}
    return ModelCall(
        source="test",
        native_id="1",
        started_at=draw(st.integers(1, 9)),
        revision=revision,
        origin=origin,
        status=draw(st.sampled_from(["ok", "timeout"])),
        user_messages=draw(st.integers(0, 3)),
        shadow=draw(st.booleans()),
        **fields,
    )


@st.composite
def pairs(draw: st.DrawFn) -> list[ModelCall]:
    """Two versions that differ in revision and origin, and each know what they know."""
    some = st.sets(st.sampled_from(TEXTS + COUNTS))
    return [
        version(draw, revision, origin, draw(some))
        for revision, origin in zip(draw(st.permutations([0, 1])), draw(st.permutations([0, 1])), strict=True)
    ]


@st.composite
def growing(draw: st.DrawFn) -> list[ModelCall]:
    """Two to five versions: what one knows the next revision knows too, and so does every earlier origin."""
    size = draw(st.integers(2, 5))
    origins = draw(st.permutations(range(size)))
    learnt = {name: draw(st.integers(0, size)) for name in TEXTS + COUNTS}
    return [
        version(
            draw,
            revision,
            origin,
            {
                name
                for name in TEXTS + COUNTS
                if (size - 1 - origin if name in ModelCall.origin_fields else revision) >= learnt[name]
            },
        )
        for revision, origin in enumerate(origins)
    ]


histories = st.one_of(pairs(), growing())


@given(histories)
def test_the_order_of_versions_does_not_matter(calls: list[ModelCall]) -> None:
    """Where revisions and origins differ, every order of arrival ends in the same record."""
    merged = [reduce(merge, order) for order in permutations(calls)]
    assert all(one == merged[0] for one in merged)


@given(histories)
def test_merging_again_changes_nothing(calls: list[ModelCall]) -> None:
    """A version that was merged before adds nothing."""
    whole = reduce(merge, calls)
    assert all(merge(whole, call) == whole for call in calls)


@given(histories)
def test_each_field_follows_its_rule(calls: list[ModelCall]) -> None:
    """Highest revision, lowest origin or earliest time, each the best version that knows the field."""
    whole = reduce(merge, calls)
    newest = sorted(calls, key=lambda call: -call.revision)
    first = sorted(calls, key=lambda call: call.origin)
    for name in ModelCall.__struct_fields__:
        rule = merge_rule(ModelCall, name)
        ranked = [getattr(call, name) for call in (first if rule == "origin" else newest)]
        known = [value for value in ranked if value is not None and value != ""]
        expected = min(ranked) if rule == "min" else (known or ranked)[0]
        assert getattr(whole, name) == expected, name


def test_of_two_equal_revisions_the_first_kept_stays() -> None:
    """A copy does not replace what it is a copy of."""
    one, other = (ModelCall(source="t", native_id="1", started_at=1, model=model) for model in "ab")
    assert merge(one, other).model == "a"
    assert merge(other, one).model == "b"


def test_what_the_winner_does_not_know_comes_from_the_other() -> None:
    """A correction that leaves a field out does not delete it."""
    whole = ModelCall(source="t", native_id="1", started_at=1, model="a", input_tokens=5)
    part = ModelCall(source="t", native_id="1", started_at=1, revision=1, output_tokens=7)
    merged = merge(whole, part)
    assert (merged.model, merged.input_tokens, merged.output_tokens, merged.revision) == ("a", 5, 7, 1)


def test_cost_is_as_reported_else_as_priced() -> None:
    """And unknown where it is neither."""
    call = ModelCall(source="t", native_id="1", started_at=1)
    assert call.cost is None
    call.cost_priced = 2
    assert call.cost == 2
    call.cost_reported = 0
    assert call.cost == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_declares_rules_for_fields_that_it_has(kind: type[Record]) -> None:
    """Fields marked as coming from the origin exist, and a kind is found under its own name."""
    assert kind.origin_fields <= set(kind.__struct_fields__)
    assert KINDS[kind.kind] is kind
    assert merge_rule(kind, "started_at") == ("winner" if kind.identity else "min")
    assert set(kind.identity) <= set(kind.__struct_fields__)
    assert merge_rule(kind, "origin") == "origin"
    assert merge_rule(kind, "revision") == "winner"


@pytest.mark.parametrize("tokens", [-1, 2**53 + 1])
def test_impossible_tokens_are_no_record(tokens: int) -> None:
    """Negative, and more than JSON readers can tell apart, are refused by decoding."""
    fields = {"source": "t", "native_id": "1", "started_at": 1, "input_tokens": tokens}
    with pytest.raises(msgspec.ValidationError, match="input_tokens"):
        msgspec.convert(fields, ModelCall)


names = st.text(st.characters(exclude_characters="\x1f"), max_size=20)


@given(st.tuples(names, names, names), st.tuples(names, names, names))
def test_ids_are_equal_only_for_equal_names(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    """Sixteen bytes from workspace, source and native id; moving a letter from one to the next is another id."""
    assert len(record_id(*one)) == 16
    assert (record_id(*one) == record_id(*other)) == (one == other)


@given(st.text(max_size=60))
def test_a_fingerprint_does_not_give_a_key_away(secret: str) -> None:
    """At most four characters, and none of a short one."""
    shown = key_fingerprint(secret)
    assert shown[0] == "…"
    assert len(shown) <= 5
    assert shown == "…" or (len(secret) >= 12 and secret.endswith(shown[1:]))


def test_how_sure_a_price_is_comes_with_the_price() -> None:
    """A version that is priced exactly does not take over the doubts of the other; one without a price takes both."""
    fields = {"source": "t", "native_id": "1", "started_at": 1}
    doubtful = ModelCall(**fields, cost_priced=5, price_version="v", price_basis="assumed:tier")
    exact = ModelCall(**fields, revision=1, cost_priced=4, price_version="v")
    merged = merge(doubtful, exact)
    assert (merged.cost_priced, merged.price_basis) == (4, "")
    unpriced = ModelCall(**fields, revision=1, price_basis="unpriced:no-usage")
    merged = merge(unpriced, doubtful)
    assert (merged.cost_priced, merged.price_version, merged.price_basis) == (5, "v", "assumed:tier")
