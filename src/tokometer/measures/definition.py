"""How a number is computed, in words: what stands behind "How is this computed?" and in the reference."""

from __future__ import annotations

from tokometer.measures.kinds import Difference, Dimension, Measure, Ratio, Throughput
from tokometer.measures.query import dimension_named, measure_named


def definition(name: str | Measure | Dimension) -> str:
    """What a measure or dimension means and how its value comes about, as one paragraph of Markdown.

    Raises:
        QueryError: there is none of that name.
    """
    if isinstance(name, Dimension):
        return dimension_named(name.name).description
    measure = measure_named(str(name))
    parts = [measure.description, f"Computed as {measure.formula()}."]
    parts += [f"`{part.name}` = {part.formula()}." for part in _parts(measure) if part.name]
    parts.append(f"Unit: {measure.unit.title}.")
    return " ".join(parts)


def _parts(measure: Measure) -> list[Measure]:
    """The measures that a measure is made of, down to those that are fetched, each once."""
    if isinstance(measure, Ratio):
        direct = [measure.numerator, measure.denominator]
    elif isinstance(measure, Difference):
        direct = [measure.minuend, measure.subtrahend]
    elif isinstance(measure, Throughput):
        direct = [measure.amount]
    else:
        direct = []
    found: dict[int, Measure] = {}
    for part in direct:
        for one in (part, *_parts(part)):
            found[id(one)] = one
    return list(found.values())
