"""OTLP metrics: gauges, sums, histograms and summaries, as readings (:mod:`tokometer.sources.series`).

May import that package and what traces are read with; `sources.otlp` imports it.
"""

from tokometer.sources.otlp.metrics.decode import decode_metrics

__all__ = ["decode_metrics"]
