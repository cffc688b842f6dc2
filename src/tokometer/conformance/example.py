"""Examples that a source brings, with their right totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from tokometer.sources.protocol import Fetched, Target

#: What is right of an example once all of it has been read: counts of records by kind (`calls`, `tools`, `runs`,
#: `jobs`, `samples`, …), and of the calls `errors`, `input_tokens` (uncached), `cache_read_tokens`,
#: `cache_write_tokens`, `output_tokens`, `reasoning_tokens` and `cost_reported` (nano-USD). What is not named is 0.
Totals: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Files:
    """What a tool leaves below a home folder, in one of its generations."""

    #: The generation: `jsonl`, `sqlite-2026`, …
    name: str
    #: `lines`: files that grow by whole lines of JSON. `document`: files that are written anew. `database`: SQLite.
    form: Literal["lines", "document", "database"]
    #: Each adds to what is below a home folder (its argument) as the tool would; all together are the whole of it.
    steps: Sequence[Callable[[Path], None]]
    totals: Totals
    #: What the tool's environment says; `{home}` in a value is the home folder.
    env: Mapping[str, str] = field(default_factory=dict)
    #: Breaks one thing in what is there, which must be refused while all else counts as it did (`lines`: the kit knows
    #: how by itself); None where nothing can be broken by itself.
    spoil: Callable[[Path], None] | None = None
    #: Read only where somebody names them (exports): the files to name, below the home folder.
    named: Sequence[str] = ()
    #: Keys whose objects are keyed by anything, where an unknown key has a meaning of its own (`modelMetrics`).
    open_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Requests:
    """What a tool sends, in one of its generations."""

    name: str
    #: The address of one of the source's `pushed`, its variable parts filled in.
    path: str
    #: Bodies in the order in which the tool would send them, with their media types.
    bodies: Sequence[tuple[bytes, str]]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Answers:
    """What a tool answers when it is asked, in one of its generations."""

    name: str
    target: Target
    #: One element for each time that it is polled: path (with its query) → answer. What is not there answers 404.
    polls: Sequence[Mapping[str, Fetched]]
    totals: Totals
    #: Our clock at each poll, in microseconds since the epoch.
    clocks: Sequence[int] = ()


Example: TypeAlias = Files | Requests | Answers
