"""Models of a server are told when something of them changes."""

from __future__ import annotations

import pytest

from tokometer.sources.inventory import Shelf, Told, machine_of, parameters_in
from tokometer.sources.machine import host
from tokometer.sources.protocol import Target

HOUR = 3_600_000_000


def shelf(now: int) -> Shelf:
    """The shelf of a server, at a time."""
    return Shelf("ollama", "ollama", Target("a", "http://atlas.lan:11434", 30.0), now)


def test_what_stays_the_same_is_told_once_and_after_six_hours() -> None:
    """A server is asked often, and says little that is new."""
    told: dict[str, Told] = {}
    counts = []
    for now in (1, HOUR, 5 * HOUR, 7 * HOUR, 8 * HOUR):
        one = shelf(now)
        one.put("m", size_bytes=5)
        counts.append(len(one.changes(told)))
    assert counts == [1, 0, 0, 1, 0]


def test_a_change_and_a_use_are_told_at_once() -> None:
    """Whatever is known of a model may change; a use is newer than what was told."""
    told: dict[str, Told] = {}
    for now, fields, used, expected in (
        (1, {"size_bytes": 5}, 0, 1),
        (2, {"size_bytes": 6}, 0, 1),
        (3, {"size_bytes": 6}, 3, 1),
    ):
        one = shelf(now)
        one.put("m", **fields)
        if used:
            one.used("m", used)
        assert len(one.changes(told)) == expected
    again = shelf(4)
    again.put("m", size_bytes=6)
    again.used("m", 3)
    assert not again.changes(told)


def test_what_is_gone_is_told_as_removed_once() -> None:
    """A model that was there and is not is no longer installed."""
    told: dict[str, Told] = {}
    first = shelf(1)
    first.put("m")
    [before] = first.changes(told)
    [record] = shelf(2).changes(told)
    assert (record.model, record.status, record.installed, record.native_id) == ("m", "removed", "no", before.native_id)
    assert not shelf(3).changes(told)


@pytest.mark.parametrize(
    ("words", "expected"),
    [("8.0B", 8 * 10**9), ("137M", 137 * 10**6), ("8x7B", 56 * 10**9), ("1.1T", 11 * 10**11), ("big", None), (7, None)],
)
def test_sizes_are_read_as_people_write_them(words: object, expected: int | None) -> None:
    """Billions, millions, experts."""
    assert parameters_in(words) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [("http://gpu-1.lan:1", "gpu-1"), ("http://10.0.0.7:1", "10.0.0.7"), ("http://[fe80::1]:1", "fe80::1"), ("x", "")],
)
def test_a_machine_is_called_by_its_name(url: str, expected: str) -> None:
    """Without the domain; an address of numbers as it is; this machine by its own name."""
    assert machine_of(Target("a", url, 1.0)) == expected
    assert machine_of(Target("a", "http://localhost:1", 1.0)) == host()
    assert machine_of(Target("a", url, 1.0, {"machine": "mine"})) == "mine"
