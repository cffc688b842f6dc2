"""OTLP logs: events that tell of model calls and tools, and lines of a log.

Which events say what is declared in :mod:`tokometer.sources.otlp.events`. May import that package and what traces are
read with; `sources.otlp` imports it.
"""

from tokometer.sources.otlp.logs.decode import decode_logs

__all__ = ["decode_logs"]
