"""Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "tokometer_"


def escaped(value: str) -> str:
    """A value as a label has it."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def labelled(**labels: str) -> str:
    """Labels as they stand between braces."""
    return ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())


def metric(name: str, kind: str, words: str, values: Mapping[str, object]) -> Iterator[str]:
    """A metric of ours by its labels."""
    yield from samples(name, kind, words, ((name, labels, value) for labels, value in values.items()))


def samples(name: str, kind: str, words: str, values: Iterable[tuple[str, str, object]]) -> Iterator[str]:
    """A metric of several series, as a histogram's: (the series' name, labels, value)."""
    yield f"# HELP {_PREFIX}{name} {words}"
    yield f"# TYPE {_PREFIX}{name} {kind}"
    for series, labels, value in values:
        yield f"{_PREFIX}{series}{{{labels}}} {value}" if labels else f"{_PREFIX}{series} {value}"
