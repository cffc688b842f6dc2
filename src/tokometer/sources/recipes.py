"""How others send us what they have, to be pasted: pages, documentation and tests have the words from here."""

from __future__ import annotations

from typing import Final

#: The path that takes OTLP traces.
TRACES: Final = "/v1/traces"


def exporter(url: str) -> str:
    """Environment variables with which any OpenTelemetry SDK sends its traces to the server at `url`.

    Of traces alone: with OTEL_EXPORTER_OTLP_ENDPOINT an SDK would post metrics and logs as well, which are not taken.
    """
    return (
        f"export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={url}{TRACES}\n"
        "export OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf"
    )


def unread(signal: str) -> str:
    """What is said to an exporter of another signal, `metrics` or `logs`: why nothing was taken, and what to set."""
    return (
        f"nothing was taken: Tokometer keeps traces, and has no use for {signal}. "
        f"Set OTEL_{signal.upper()}_EXPORTER=none, or name the endpoint of traces alone: "
        f"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, which ends in {TRACES}"
    )


#: A call of now, as a shell that fills in the time writes JSON.
_CALL: Final = r"""[{\"started_at\": \"$(date -u +%FT%TZ)\",
  \"provider\": \"openai\", \"model\": \"gpt-4o-mini\", \"input_tokens\": 1200, \"output_tokens\": 340}]"""


def one_call(url: str) -> str:
    """A command that sends one call to the server at `url`."""
    return f"curl {url}/api/calls -H 'Content-Type: application/json' -d \"{_CALL}\""
