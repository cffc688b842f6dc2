"""OpenTelemetry: spans of model calls, agents and tools, sent by OTLP/HTTP, in every dialect that we know.

`decode_traces` turns a request's bytes into records; `reply` and `failure`
make the bytes to answer with; `use_labels` says which attributes become labels. May import `records` only; `server`
imports it.
"""

from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.labels import use as use_labels
from tokometer.sources.otlp.traces import (
    ENCODINGS,
    MEDIA_TYPES,
    PLACE,
    Encoding,
    Traces,
    decode_traces,
    failure,
    portions,
    reply,
)

__all__ = [
    "ENCODINGS",
    "MEDIA_TYPES",
    "PLACE",
    "Encoding",
    "OtlpError",
    "Traces",
    "decode_traces",
    "failure",
    "portions",
    "reply",
    "use_labels",
]
