"""OpenTelemetry: model calls, agents, tools, lines and readings, sent by OTLP in every dialect that we know.

`decode` turns the bytes of a request of a signal (traces, logs, metrics) into records; `reply` and `failure` make the
bytes to answer with; `use_labels` says which attributes become labels. May import `records` and `sources.series` only;
`collect` and `server` import it.
"""

from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.gathered import Gathered
from tokometer.sources.otlp.labels import use as use_labels
from tokometer.sources.otlp.logs import decode_logs
from tokometer.sources.otlp.metrics import decode_metrics
from tokometer.sources.otlp.requests import (
    ENCODINGS,
    MEDIA_TYPES,
    Encoding,
    decode,
    failure,
    portions,
    reply,
    status_with_retry,
)
from tokometer.sources.otlp.signals import SHAPES, Signal
from tokometer.sources.otlp.snake import signal_in
from tokometer.sources.otlp.traces import Traces, decode_traces

__all__ = [
    "ENCODINGS",
    "MEDIA_TYPES",
    "SHAPES",
    "Encoding",
    "Gathered",
    "OtlpError",
    "Signal",
    "Traces",
    "decode",
    "decode_logs",
    "decode_metrics",
    "decode_traces",
    "failure",
    "portions",
    "reply",
    "signal_in",
    "status_with_retry",
    "use_labels",
]
