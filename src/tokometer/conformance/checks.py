"""Every check that the examples of a source have to pass, for a test to be made of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tokometer.conformance import answers, files, requests
from tokometer.conformance.example import Example, Files, Requests
from tokometer.sources.protocol import Source


@dataclass(frozen=True, slots=True)
class Case:
    """One check of one example: call :meth:`run` with an empty folder; it raises AssertionError where it fails."""

    source: Source
    example: Example
    check: Any

    @property
    def name(self) -> str:
        """What a test of it is called: `openclaw-jsonl-in_any_order`."""
        kind = type(self.example).__name__.lower()
        return f"{self.source.name}-{kind}-{self.example.name}-{self.check.__name__}"

    def run(self, folder: Path, seed: int = 0) -> None:
        """Play it. The same seed plays the same."""
        self.check(self.source, self.example, folder, Random(f"{self.name}-{seed}"))  # noqa: S311 - a game


def cases(source: Source, examples: Iterable[Example]) -> list[Case]:
    """Every check of every example of a source."""
    found: list[Case] = []
    for example in examples:
        checks: Iterable[Any]
        if isinstance(example, Files):
            checks = files.checks_of(example)
        elif isinstance(example, Requests):
            checks = requests.CHECKS
        else:
            checks = answers.CHECKS
        found += [Case(source, example, check) for check in checks]
    return found
