"""What is kept of reading files beside their records: which of them could not be read as a whole."""

from __future__ import annotations

from tokometer.collect.reading import Portion, Unreadable
from tokometer.records import Refusal

FILE = ("tool", "/home/ada/settings.json")


def portion(*refusals: Refusal) -> Portion:
    """One reading of the file, which is left somewhere."""
    return Portion([], [], list(refusals), {FILE: b"state"}, [])


def test_a_document_that_is_half_written_is_refused_until_it_is_whole() -> None:
    """The reading that refuses it says where it was left, too, and does not take its own refusal back."""
    half, unreadable = portion(Refusal(*FILE, 0, "", "cannot be read: is not JSON")), Unreadable()
    for _ in range(2):
        assert unreadable.healed(half) == []
        unreadable.forget(half)
    assert unreadable.healed(portion()) == [FILE]
    unreadable.forget(portion())
    assert unreadable.healed(portion()) == []
