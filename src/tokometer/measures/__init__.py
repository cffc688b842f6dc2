"""What can be asked: cubes of dimensions and measures, and queries that compile to either engine.

Knows nothing of how an answer is drawn. May import `ledger` and `records`; imported by everything above them.
"""

from tokometer.measures.catalogue import CUBES
from tokometer.measures.cube import Cube
from tokometer.measures.cubes import Bills, Calls, Jobs, Runs, Samples, Tools
from tokometer.measures.definition import definition
from tokometer.measures.errors import QueryError
from tokometer.measures.kinds import HIGHER, LOWER, Dimension, Measure
from tokometer.measures.query import Filter, Query, dimension_named, measure_named
from tokometer.measures.result import Column, Meta, Result
from tokometer.measures.run import run

Question = Query
__all__ = [
    "CUBES",
    "HIGHER",
    "LOWER",
    "Bills",
    "Calls",
    "Column",
    "Cube",
    "Dimension",
    "Filter",
    "Jobs",
    "Measure",
    "Meta",
    "Query",
    "QueryError",
    "Question",
    "Result",
    "Runs",
    "Samples",
    "Tools",
    "definition",
    "dimension_named",
    "measure_named",
    "run",
]
