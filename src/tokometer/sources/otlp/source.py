"""OpenTelemetry, as the registry finds it. Its requests have endpoints and encodings of their own (`server.ingest`)."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.recipes import exporter

SOURCE: Final = Source(
    name="otlp",
    title="OpenTelemetry",
    family="telemetry",
    about="Calls, tools, agents, lines and readings of any instrumented program, in every dialect that we know.",
    recipe=exporter,
)
