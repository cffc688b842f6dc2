"""Log-bucket histograms: quantiles with a bounded relative error that add up over any set of cells.

The scheme is DDSketch's (Masson, Rim and Lee, VLDB 2019): bucket *i* holds the values in (γ^(i-1), γ^i] with
γ = (1 + α) / (1 - α), and 2·γ^i / (γ + 1) is within α of every one of them.
"""

from __future__ import annotations

from math import ceil, log
from typing import Final

RELATIVE_ERROR: Final = 0.01
GAMMA: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA: Final = log(GAMMA)


def bucket_of(value: int) -> int:
    """The bucket of a duration in whole microseconds; everything up to 1 µs is in bucket 0."""
    return ceil(log(value) / _LOG_GAMMA) if value > 1 else 0


def bucket_sql(column: str) -> str:
    """SQL for :func:`bucket_of` of a column, for every engine; of NULL it is bucket 0."""
    # With an exponent, the number is a DOUBLE to every engine, and the same one as here.
    return f"CAST(ceil(ln(greatest(coalesce({column}, 1), 1)) / {_LOG_GAMMA:.17e}) AS INTEGER)"


def value_of(bucket: int) -> float:
    """The duration in microseconds that stands for a bucket, within 1 % of every value in it."""
    return 2 * GAMMA**bucket / (GAMMA + 1)
