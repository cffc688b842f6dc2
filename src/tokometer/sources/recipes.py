"""How others send us what they have, to be pasted: pages, documentation and tests have the words from here."""

from __future__ import annotations

from typing import Final


def exporter(url: str) -> str:
    """Environment variables with which any OpenTelemetry SDK sends traces, logs and metrics to the server at `url`."""
    return f"export OTEL_EXPORTER_OTLP_ENDPOINT={url}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"


#: A call of now; the shell fills in the time.
_CALL: Final = """<<END
{"started_at": "$(date -u +%FT%TZ)",
 "provider": "openai", "model": "gpt-4o-mini",
 "input_tokens": 1200, "output_tokens": 340}
END"""


def one_call(url: str) -> str:
    """A command that sends one call to the server at `url`."""
    return f"curl {url}/api/calls -H 'Content-Type: application/json' -d @- {_CALL}"
