"""Dialects of exporters: each a module with a `DIALECT`, and nothing else names it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from tokometer.sources.prometheus.dialects.dialect import Dialect, Rule

__all__ = ["Dialect", "Rule", "dialects"]


@cache
def dialects() -> tuple[Dialect, ...]:
    """All of them, by name."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("__init__", "dialect"))
    return tuple(import_module(f"{__name__}.{name}").DIALECT for name in names)
