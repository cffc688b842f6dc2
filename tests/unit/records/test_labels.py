"""Labels as senders write them: nothing is refused for them, everything becomes text or is marked as none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import KINDS, RecordError
from tokometer.records.labels import (
    MAX_KEY,
    MAX_LABELS,
    MAX_VALUE,
    UNFIT,
    cleaned,
    fitted,
    labels_from,
    metadata_from,
    tags_from,
)
from tokometer.records.wire import record_from

NOW = 1_780_000_000_000_000
LEAST: dict[str, dict[str, object]] = {
    "calls": {"model": "m"},
    "tools": {"name": "t"},
    "runs": {"agent": "a"},
    "jobs": {"job_id": "j"},
    "samples": {"metric": "m", "value": 1},
    "bills": {"provider": "openai", "amount": 1},
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=True) | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"a": "x", "b": 5, "c": 1.5, "d": True, "e": False},
            {"a": "x", "b": "5", "c": "1.5", "d": "true", "e": "false"},
        ),
        ({"a": Decimal("0.10"), "b": None, "c": "", "d": []}, {"a": "0.10"}),
        ({"a": ["x", 2, True]}, {"a": "x, 2, true"}),
        ({"a": {"b": {"c": "x"}}, "a.b": "y"}, {"a.b.c": "x", "a.b": "y"}),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, {"a.b.c.d": UNFIT}),
        ({"a": [{"role": "user"}], "b": [["x"]]}, {"a": UNFIT, "b": UNFIT}),
        ({"a": 10**5000}, {"a": UNFIT}),
        ({"  a\t": " x\r\ny\x00 "}, {"a": "x  y"}),
        ({"half\ud83d": "\ud83d of one"}, {"half?": "? of one"}),
        ({"model": "x", "labels": "y", "tags": "z"}, {"model": "x", "labels": "y", "tags": "z"}),
    ],
)
def test_values_become_text(given: dict[str, Any], expected: dict[str, str]) -> None:
    """Numbers, lists and objects; what cannot is marked."""
    assert labels_from(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["b", "a", "b"], {"tag.a": "true", "tag.b": "true", "tags": "a, b"}),
        ("b, a", {"tag.a": "true", "tag.b": "true", "tags": "a, b"}),
        (["customer:acme", 5], {"tag.customer:acme": "true", "tag.5": "true", "tags": "5, customer:acme"}),
        ([], {}),
        ("", {}),
        (None, {}),
        ([{"a": 1}], {"tags": UNFIT}),
        ({"a": 1}, {"tags": UNFIT}),
    ],
)
def test_tags_are_labels(given: object, expected: dict[str, str]) -> None:
    """Each by itself to filter by, all of them to group by."""
    assert tags_from(given) == expected


@pytest.mark.parametrize("kind", LEAST)
def test_every_kind_takes_labels_metadata_and_tags(kind: str) -> None:
    """Labels go before metadata, metadata before tags; prompts among it are none."""
    sent = {
        **LEAST[kind],
        "id": "1",
        "at": "2026-05-20T12:00:00Z",
        "labels": {"a": "label", "model": "mine"},
        "metadata": {"a": "metadata", "b": {"c": 1}, "messages": "hello", "tags": ["x"]},
        "tags": ["y"],
    }
    record = record_from(kind, sent)
    assert record.labels == {
        "a": "label",
        "model": "mine",
        "b.c": "1",
        "messages": UNFIT,
        "tag.x": "true",
        "tag.y": "true",
        "tags": "x",
    }
    assert record_from(kind, {**LEAST[kind], "id": "1", "at": NOW, "labels": {}}).labels is None


def test_every_kind_is_tried() -> None:
    """There is a smallest record of each kind above."""
    assert set(LEAST) <= set(KINDS)


def test_labels_that_are_no_object_are_refused() -> None:
    """They are a mistake; metadata may be anything, and tags too."""
    common = {"model": "m", "at": NOW, "id": "1"}
    with pytest.raises(RecordError, match="labels: is text, not an object"):
        record_from("calls", {**common, "labels": "x"})
    assert record_from("calls", {**common, "metadata": "x"}).labels == {"metadata": "x"}
    assert record_from("calls", {**common, "metadata": [{}], "tags": 5}).labels == {
        "metadata": UNFIT,
        "tags": UNFIT,
    }


@given(given=st.dictionaries(st.text(), JSON, max_size=8))
def test_anything_becomes_labels_within_bounds(given: dict[str, Any]) -> None:
    """Whatever is sent, what is kept is text that every engine takes; kept again it is the same."""
    labels = metadata_from(given)
    kept, wrong = fitted(labels)
    assert len(kept) <= MAX_LABELS
    for key, value in kept.items():
        assert 0 < len(key) <= MAX_KEY
        assert 0 < len(value) <= MAX_VALUE
        for text in (key, value):
            assert text == cleaned(text)
            text.encode()
    assert fitted(kept) == (kept, [])
    assert all(len(what) <= 120 for what in wrong)


def test_the_alphabetically_first_labels_are_kept() -> None:
    """So that the same labels in another order are the same set."""
    many = {f"k{n:03}": "v" for n in range(100)}
    kept, wrong = fitted(dict(reversed(many.items())))
    assert list(kept) == [f"k{n:03}" for n in range(MAX_LABELS)]
    assert set(wrong) == {f"more than {MAX_LABELS} labels"}
