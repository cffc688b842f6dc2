"""What can be asked: cubes of dimensions and measures, and queries that compile to either engine.

Knows nothing of how an answer is drawn. May import `ledger` and `records`; imported by everything above them.
"""

from tokometer.measures.answers import answer
from tokometer.measures.catalogue import CUBES
from tokometer.measures.cube import Cube
from tokometer.measures.cubes import Calls, Jobs, Runs, Samples, Tools
from tokometer.measures.cubes_billed import Bills, Reported
from tokometer.measures.definition import definition
from tokometer.measures.errors import QueryError
from tokometer.measures.kinds import HIGHER, LOWER, Dimension, Measure
from tokometer.measures.query import Filter, Query, dimension_named, measure_named
from tokometer.measures.questions import Feed, Listing, Prompts, Question, Slices, Spread, Wasted
from tokometer.measures.result import Column, Meta, Result
from tokometer.measures.run import run
from tokometer.measures.spread import quantile

__all__ = [
    "CUBES",
    "HIGHER",
    "LOWER",
    "Bills",
    "Calls",
    "Column",
    "Cube",
    "Dimension",
    "Feed",
    "Filter",
    "Jobs",
    "Listing",
    "Measure",
    "Meta",
    "Prompts",
    "Query",
    "QueryError",
    "Question",
    "Reported",
    "Result",
    "Runs",
    "Samples",
    "Slices",
    "Spread",
    "Tools",
    "Wasted",
    "answer",
    "definition",
    "dimension_named",
    "measure_named",
    "quantile",
    "run",
]
