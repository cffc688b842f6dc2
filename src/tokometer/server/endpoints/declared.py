"""What an answer is made of, declared once: values come from it, and so do OpenAPI schemas and the documentation.

A :class:`Field` names the measure or judgement that it shows, and over which window; a :class:`Block` is an object of
fields, :class:`Rows` a list of objects, :class:`Map` an object whose names come from the data. A field without a source
is filled in by its endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tokometer.dashboards.answers import JUDGED, described
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.server.endpoints.shapes import WHOLE, Shape

_COST: Final = "calls.cost"
_UNPRICED: Final = "calls.unpriced"
#: Measures of calls that are not in a cost: all of them, and of which kind.
_NOT_IN_IT: Final = ("unpriced", "no_price", "usage_unknown")
#: A value's place in what was gathered: measure or judgement, window ('' for the asker's), whether it is a change.
Key = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Field:
    """One value of an answer."""

    name: str
    #: `calls.error_rate`, `judgement.health_score`, `judgement.health_score.status`; empty: the endpoint fills it in.
    source: str
    shape: Shape
    example: Any
    #: What it says; of a measure or judgement without one, its own description.
    meaning: str = ""
    #: The window that it is always about: `24h`; empty for the asker's.
    window: str = ""
    #: How much more, in per cent, than in the period before.
    change: bool = False

    @property
    def key(self) -> Key:
        """See :data:`Key`."""
        return (self.source, self.window, self.change)

    def write(self, value: Any) -> Any:  # noqa: ANN401 - as measured
        """A value as JSON has it."""
        return None if value is None else self.shape.write(value)

    def says(self) -> str:
        """What it says, with its window and unit."""
        text = self.meaning or _described(self.source)
        if self.change:
            text = f"Change against the period before, in per cent, of: {text[:1].lower()}{text[1:]}"
        if self.window:
            first, stop, rest = text.removesuffix(".").partition(". ")
            text = f"{first}, over {WINDOWS.get(self.window, self.window)}{stop}{rest}."
        return text

    def schema(self) -> dict[str, Any]:
        """As JSON Schema, with the unit and the measure or judgement for programs as well."""
        unit = f" In {self.shape.unit}." if self.shape.unit else ""
        source = f" `{self.source}`." if self.source else ""
        told = {"x-unit": self.shape.unit, "x-measure": self.source, "x-window": self.window}
        return {
            **self.shape.schema(),
            "description": f"{self.says()}{unit}{source}",
            **{name: value for name, value in told.items() if value},
        }


#: Windows in words.
WINDOWS: Final = {
    "5m": "the last 5 minutes",
    "15m": "the last 15 minutes",
    "24h": "the last 24 hours",
    "7d": "the last 7 days",
    "30d": "the last 30 days",
    "today": "today",
    "week": "this week",
    "month": "this month",
    "all": "all there is",
}


@dataclass(frozen=True, slots=True)
class Block:
    """An object."""

    name: str
    parts: tuple[Part, ...]
    meaning: str = ""

    def fields(self) -> Iterator[Field]:
        """The fields with a source, of the blocks inside as well; those of lists are asked for by themselves."""
        for part in self.parts:
            if isinstance(part, Block):
                yield from part.fields()
            elif isinstance(part, Field) and part.source:
                yield part

    def write(self, values: Mapping[Key, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """As JSON has it, from what was gathered, and what the endpoint fills in by name."""
        return {part.name: _written(part, values, given) for part in self.parts}

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {
            "type": "object",
            **({"description": self.meaning} if self.meaning else {}),
            "properties": {part.name: part.schema() for part in self.parts},
            "required": [part.name for part in self.parts],
        }

    @property
    def example(self) -> Any:  # noqa: ANN401 - JSON
        """An example of it."""
        return {part.name: part.example for part in self.parts}


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of objects, one a value of the dimension `by` (or a step of `time`) where there is one."""

    name: str
    row: Block
    by: str = ""
    #: The field of a row that has the dimension's value, where it has another name.
    named: str = ""
    meaning: str = ""

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        told = {"description": self.meaning} if self.meaning else {}
        return {"type": "array", **told, "items": self.row.schema()}

    @property
    def example(self) -> Any:  # noqa: ANN401 - JSON
        """An example of it."""
        return [self.row.example]


@dataclass(frozen=True, slots=True)
class Map:
    """An object whose names are values of the dimension `by`."""

    name: str
    value: Field
    by: str
    example: Mapping[str, Any]
    meaning: str = ""

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {"type": "object", "description": self.meaning, "additionalProperties": self.value.schema()}


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of words or sentences."""

    name: str
    meaning: str
    example: Sequence[str]

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {"type": "array", "description": self.meaning, "items": {"type": "string"}}


Part = Field | Block | Rows | Map | Texts
Answer = Block | Rows


def over(window: str, *fields: Field) -> tuple[Field, ...]:
    """The fields, always about one window."""
    return tuple(replace(field, window=window) for field in fields)


def block(name: str, *parts: Part, meaning: str = "") -> Block:
    """An object of these parts. Beside each cost stands how many calls are not in it, whether anybody thought of it.

    And of those how many are of models without a price, and how many of unknown usage.
    """
    stated = {(part.source, part.window) for part in parts if isinstance(part, Field)}
    whole: list[Part] = []
    for part in parts:
        whole.append(part)
        if not isinstance(part, Field) or part.change or part.source not in (_COST, _UNPRICED):
            continue
        for short in _NOT_IN_IT:
            source = f"calls.{short}"
            if (source, part.window) in stated or (part.source == _COST and (_UNPRICED, part.window) in stated):
                continue
            stated.add((source, part.window))
            words = f"{short}_requests"
            whole.append(
                Field(f"{words}_{part.window}" if part.window else words, source, WHOLE, 0, window=part.window)
            )
    return Block(name, tuple(whole), meaning)


def parts_of(answer: Part) -> Iterator[tuple[str, Part]]:
    """Every part of an answer with its path: `providers[].realtime.error_rate_percent`."""
    if isinstance(answer, Rows):
        for path, part in parts_of(answer.row):
            yield f"{answer.name}[].{path}", part
    elif isinstance(answer, Block):
        for part in answer.parts:
            if isinstance(part, Block):
                yield from ((f"{part.name}.{path}", inner) for path, inner in parts_of(part))
            elif isinstance(part, Rows):
                yield part.name + "[]", part
                yield from parts_of(part)
            else:
                yield part.name, part


def _written(part: Part, values: Mapping[Key, Any], given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(part, Block):
        return part.write(values, given.get(part.name, {}))
    if isinstance(part, Field):
        return part.write(values[part.key] if part.source else given[part.name])
    return given[part.name]


def _described(source: str) -> str:
    if not source:
        return ""
    if not source.startswith(JUDGED):
        return described(source).description
    name, _, fact = source.removeprefix(JUDGED).partition(".")
    judgement = JUDGEMENTS[name]
    if not fact:
        return judgement.description
    meaning = next((one.meaning for one in judgement.facts if one.name == fact), "")
    return f"{meaning[:1].upper()}{meaning[1:]}." if meaning else f"{judgement.title}: {fact.replace('_', ' ')}."
