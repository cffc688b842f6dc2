"""What a source that takes requests has to stand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from tokometer.conformance.example import Requests
from tokometer.conformance.mutations import text_with_unknown
from tokometer.conformance.world import World, right, world
from tokometer.records import now_us
from tokometer.sources.protocol import Push, Sent, Source

Check = Callable[[Source, Requests, Path, Random], None]
#: Items that nobody sends.
BAD_ITEMS: Final[tuple[Any, ...]] = (None, 17, "text", [], [[]])


def whole(source: Source, example: Requests, folder: Path, random: Random) -> None:  # noqa: ARG001
    """All of it is counted right, and once, however often it is sent."""
    with world(folder, source) as made:
        _send(made, example, example.bodies)
        _expect(made, example)
        _send(made, example, example.bodies)
        _expect(made, example, "after it was sent again")
        assert not made.ledger.audit()


def in_any_order(source: Source, example: Requests, folder: Path, random: Random) -> None:
    """The order in which requests arrive does not matter, nor that some arrive twice."""
    with world(folder, source) as made:
        bodies = [*example.bodies, *random.choices(example.bodies, k=2)]
        random.shuffle(bodies)
        _send(made, example, bodies)
        _expect(made, example)


def split(source: Source, example: Requests, folder: Path, random: Random) -> None:
    """It does not matter how what is sent is divided into requests."""
    with world(folder, source) as made:
        apart = [part for body in example.bodies for part in _apart(_push(source, example), body)]
        random.shuffle(apart)
        _send(made, example, apart)
        _expect(made, example)


def unknown_fields(source: Source, example: Requests, folder: Path, random: Random) -> None:  # noqa: ARG001
    """Fields that a later release adds change nothing."""
    with world(folder, source) as made:
        _send(made, example, [(text_with_unknown(body, ()), media_type) for body, media_type in example.bodies])
        _expect(made, example)


def bad_items(source: Source, example: Requests, folder: Path, random: Random) -> None:
    """An item that cannot be read spoils only itself, and is counted."""
    with world(folder, source) as made:
        refused = 0
        for body, media_type in example.bodies:
            items = _items(_push(source, example), body, media_type)
            if items is None:
                continue
            listed, put = items
            for bad in BAD_ITEMS:
                listed.insert(random.randint(0, len(listed)), bad)
            refused += _send(made, example, [(put(listed), media_type)])
            refused -= len(BAD_ITEMS)
        _send(made, example, example.bodies)
        _expect(made, example)
        assert refused == 0, f"{refused:+} refused than there are items that cannot be read"


CHECKS: Final[tuple[Check, ...]] = (whole, in_any_order, split, unknown_fields, bad_items)


def _push(source: Source, example: Requests) -> Push:
    """The source's push at the example's address."""
    for push in source.pushed:
        shape = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(push.path))
        if re.fullmatch(shape, example.path):
            return push
    raise AssertionError(f"{source.name} takes nothing at {example.path}")


def _names(push: Push, path: str) -> dict[str, str]:
    shape = re.sub(r"\\\{([^}]*)\\\}", r"(?P<\1>[^/]+)", re.escape(push.path))
    found = re.fullmatch(shape, path)
    return found.groupdict() if found else {}


def _send(made: World, example: Requests, bodies: Sequence[tuple[bytes, str]]) -> int:
    """Send bodies; how many of their items were refused."""
    push = _push(made.source, example)
    refused = 0
    for body, media_type in bodies:
        sent = Sent(media_type, _names(push, example.path), now_us())
        refused += made.receive(push, body, sent)
    return refused


def _items(push: Push, body: bytes, media_type: str) -> tuple[list[Any], Callable[[list[Any]], bytes]] | None:
    """The items of a body of JSON, and what makes a body of them again; None where it is a single one."""
    below = getattr(push, "below", "")
    try:
        if "json" not in media_type:
            return None
        value = json.loads(body)
    except ValueError:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        return lines, lambda items: b"\n".join(json.dumps(item).encode() for item in items)
    if isinstance(value, list):
        return value, lambda items: json.dumps(items).encode()
    if below and isinstance(value.get(below), list):
        return value[below], lambda items: json.dumps({**value, below: items}).encode()
    return None


def _apart(push: Push, body: tuple[bytes, str]) -> list[tuple[bytes, str]]:
    items = _items(push, *body)
    if items is None:
        return [body]
    return [(items[1]([item]), body[1]) for item in items[0]]


def _expect(made: World, example: Requests, when: str = "") -> None:
    found, wanted = made.totals(), right(example.totals)
    assert found == wanted, f"{made.source.name} ({example.name}) {when}: {found} is not {wanted}"
