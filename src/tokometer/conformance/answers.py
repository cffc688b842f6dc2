"""What a source that is polled has to stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlencode

from tokometer.collect.changes import Job
from tokometer.collect.reading import portion_of
from tokometer.conformance.example import Answers
from tokometer.conformance.mutations import text_with_unknown
from tokometer.conformance.world import World, right, world
from tokometer.records.gate import admit
from tokometer.sources.protocol import Fetched, PollError, Reading, Source

Check = Callable[[Source, Answers, Path, Random], None]
_NOTHING: Final = Fetched(404, b"not found", "text/plain")


def whole(source: Source, example: Answers, folder: Path, random: Random) -> None:  # noqa: ARG001
    """All of it is counted right."""
    with world(folder, source) as made:
        _poll(made, example)
        _expect(made, example)
        assert not made.ledger.audit()


def interrupted(source: Source, example: Answers, folder: Path, random: Random) -> None:  # noqa: ARG001
    """A reading that is lost before it is kept is made good by the next from the state before."""
    with world(folder, source) as made:
        _poll(made, example, twice=True)
        _expect(made, example)


def away(source: Source, example: Answers, folder: Path, random: Random) -> None:  # noqa: ARG001
    """A target that is away, broken or somebody else in between says so, and is read on from where it was."""
    with world(folder, source) as made:
        _poll(made, example, between=(Fetched(500, b"oops"), Fetched(200, b"<html>", "text/html"), Fetched(401, b"")))
        _expect(made, example)


def unknown_fields(source: Source, example: Answers, folder: Path, random: Random) -> None:  # noqa: ARG001
    """Fields that a later release adds change nothing."""
    with world(folder, source) as made:
        _poll(made, example, change=_with_unknown)
        _expect(made, example)


CHECKS: Final[tuple[Check, ...]] = (whole, interrupted, away, unknown_fields)


class _Played:
    """Answers as an example has them; those who ask in vain get `instead`, where that is given."""

    def __init__(self, answers: Mapping[str, Fetched], instead: Fetched | None = None) -> None:
        self._answers = answers
        self._instead = instead

    def __call__(
        self,
        path: str = "",
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 - an example does not look at them
        body: bytes | None = None,  # noqa: ARG002
    ) -> Fetched:
        if self._instead is not None:
            return self._instead
        asked = f"{path}?{urlencode(query)}" if query else path
        return self._answers.get(asked) or self._answers.get(path) or _NOTHING


def _poll(
    made: World,
    example: Answers,
    *,
    twice: bool = False,
    between: tuple[Fetched, ...] = (),
    change: Callable[[Fetched], Fetched] = lambda answer: answer,
) -> None:
    state = b""
    for at, answers in enumerate(example.polls):
        clock = example.clocks[at] if at < len(example.clocks) else 0
        for wrong in between:
            state = _keep(made, example, state, _read(made, example, state, _Played({}, wrong), clock))
        played = _Played({path: change(answer) for path, answer in answers.items()})
        if twice:
            _read(made, example, state, played, clock)
        state = _keep(made, example, state, _read(made, example, state, played, clock))


def _read(made: World, example: Answers, state: bytes, fetch: _Played, clock: int) -> Reading | None:
    poll = made.source.polled
    assert poll is not None, f"{made.source.name} brings answers as an example, and is not polled"
    try:
        return poll.read(example.target, state, fetch, clock)
    except PollError:
        return None


def _keep(made: World, example: Answers, state: bytes, reading: Reading | None) -> bytes:
    if reading is None:
        return state
    admitted = admit(reading.records, example.target.url)
    assert not admitted.refusals, admitted.refusals
    made.commit(portion_of([Job(made.source.name, example.target.url, state, 0)], [reading]))
    return reading.state


def _with_unknown(answer: Fetched) -> Fetched:
    if "json" not in answer.media_type:
        return answer
    return Fetched(answer.status, text_with_unknown(answer.body, ()), answer.media_type, answer.headers)


def _expect(made: World, example: Answers, when: str = "") -> None:
    found, wanted = made.totals(), right(example.totals)
    assert found == wanted, f"{made.source.name} ({example.name}) {when}: {found} is not {wanted}"
