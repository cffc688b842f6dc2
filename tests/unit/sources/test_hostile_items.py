"""Whatever stands in place of whatever in what tools send or export: it is taken or refused, and never a mistake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from importlib import import_module
from random import Random
from typing import Any

import pytest

from tokometer.conformance import Requests
from tokometer.records import mistake
from tokometer.sources.exported import ExportSource
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import NotUnderstood, Sent
from tokometer.sources.registry import SOURCES

GATEWAYS = ("helicone", "langfuse", "litellm", "openrouter", "webhook")
#: What nobody expects where something else should be.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e300, 2**70, "", "x", "-5", "2026-03-02", "\0", "9" * 30, "{'a':"),
    *([], {}, [1], [{}], [None], [[[]]], {"a": {"b": 1}}, {"usage": 5}, {"id": []}),
)
#: Of each place so many of these are tried.
TRIES = 1
NOW = 1_772_442_900_000_000


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def spoiled(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """The same value, with something else at a place."""
    made = deepcopy(value)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = by
    return made


@pytest.mark.parametrize("name", GATEWAYS)
def test_requests(name: str) -> None:
    """A request in which anything is something else is read, and what cannot be is refused with a reason."""
    random = Random(name)
    for example in import_module(f"generators.sources.{name}").EXAMPLES:
        if not isinstance(example, Requests):
            continue
        push = next(one for one in SOURCES[name].pushed if example.path.startswith(one.path.partition("{")[0]))
        for body, media_type in example.bodies[:2]:
            whole = json.loads(body.splitlines()[0])
            for path in places(whole):
                for by in random.sample(VALUES, TRIES):
                    content = json.dumps(spoiled(whole, path, by)).encode()
                    try:
                        received = push.read(content, Sent(media_type, {"name": "a"}, NOW))
                    except NotUnderstood:
                        continue
                    wrong = [one.reason for one in received.refusals if "mistake in" in one.reason]
                    assert not wrong, (path, by, wrong)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("litellm", "ROWS"),
        ("openrouter", "GENERATIONS"),
        ("openrouter", "DAYS"),
        ("portkey", "ROWS"),
        ("vercel_ai_gateway", "ROWS"),
    ],
)
def test_rows(name: str, rows: str) -> None:
    """The same for rows of exports."""
    found = SOURCES[name].found
    assert isinstance(found, ExportSource)
    random, reasons = Random(name), []
    for row in getattr(import_module(f"generators.sources.{name}"), rows):
        for path in places(row):
            for by in random.sample(VALUES, TRIES):
                try:
                    list(found.records(spoiled(row, path, by), Noticed(name, "file"), 0))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
                    reasons.append((mistake(error).reason, path, by))
    assert not [reason for reason in reasons if "mistake in" in reason[0]]
