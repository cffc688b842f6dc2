"""The reference of what we read from spans."""

from __future__ import annotations

from pathlib import Path

from tokometer.sources.otlp.attributes import ATTRIBUTES, RESOURCE_SLOTS, SLOTS
from tokometer.sources.otlp.former import BEGINNINGS, nowadays


def test_every_attribute_is_documented() -> None:
    """The reference names each attribute that is read, and what names begin with that were others before."""
    page = (Path(__file__).parents[4] / "docs" / "reference" / "otlp.md").read_text()
    assert [name for name in ATTRIBUTES if f"`{nowadays(name)}`" not in page] == []
    assert [one for one in BEGINNINGS if f"`{one}`" not in page] == []


def test_no_name_means_two_things() -> None:
    """Each slot has one first choice, and resources speak only of slots that there are."""
    first = [attribute.slot for attribute in ATTRIBUTES.values() if attribute.rank == 0]
    assert sorted(first) == sorted(SLOTS)
    assert RESOURCE_SLOTS <= SLOTS
