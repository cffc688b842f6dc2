"""The set-up of each tool's telemetry, as its page has it: what the tool then sends is kept."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generators import otlp_logs, otlp_spans
from servers.whole import Running, running
from tokometer.sources.recipes import exporter

DOCS = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "sources"
OURS = "http://127.0.0.1:7420"
PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without a record."""
    folder = tmp_path_factory.mktemp("pages")
    with running(folder / "data", folder / "home") as found:
        yield found


def blocks(name: str) -> list[str]:
    """The code of a page, block by block."""
    text = (DOCS / f"{name}-telemetry.md").read_text(encoding="utf-8")
    return [
        re.sub("^    ", "", block, flags=re.MULTILINE)
        for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE)
    ]


def exported(name: str) -> dict[str, str]:
    """The environment variables that a page sets."""
    found: dict[str, str] = {}
    for block in blocks(name):
        found |= dict(re.findall(r"^export (\w+)=(\S+)$", block, re.MULTILINE))
    return found


def _claude() -> str:
    said = exported("claude-code")
    assert said["CLAUDE_CODE_ENABLE_TELEMETRY"] == "1"
    assert said["OTEL_LOGS_EXPORTER"] == "otlp"
    for line in exporter(OURS).splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        assert said[name] == value
    return f"{said['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/logs"


def _codex() -> str:
    [block] = [block for block in blocks("codex") if "[otel]" in block]
    said = tomllib.loads(block)["otel"]["exporter"]["otlp-http"]
    assert said["protocol"] == "binary"
    endpoint: str = said["endpoint"]
    return endpoint


def _gemini() -> str:
    [block] = [block for block in blocks("gemini-cli") if "otlpEndpoint" in block]
    said = json.loads(block)["telemetry"]
    assert (said["enabled"], said["otlpProtocol"]) == (True, "http")
    return f"{said['otlpEndpoint']}/v1/logs"


def _copilot() -> str:
    [block] = [block for block in blocks("copilot") if "otlpEndpoint" in block]
    said = json.loads("{" + block + "}")
    assert said["github.copilot.chat.otel.exporterType"] == "otlp-http"
    assert exported("copilot")["OTEL_EXPORTER_OTLP_ENDPOINT"] == said["github.copilot.chat.otel.otlpEndpoint"]
    return f"{said['github.copilot.chat.otel.otlpEndpoint']}/v1/traces"


def _openclaw() -> str:
    [block] = [block for block in blocks("openclaw") if "serviceName" in block]
    said = json.loads(block)
    assert said["plugins"]["entries"]["diagnostics-otel"]["enabled"]
    return f"{said['diagnostics']['otel']['endpoint']}/v1/traces"


def _spans(name: str, scope: dict[str, Any]) -> bytes:
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 3, **scope}
    return otlp_spans.protobuf(otlp_spans.span(name, said))


SENT: dict[str, tuple[Callable[[], str], Callable[[], bytes]]] = {
    "claude-code": (_claude, lambda: otlp_logs.protobuf(otlp_logs.api_request(), scope=otlp_logs.CLAUDE_SCOPE)),
    "codex": (
        _codex,
        lambda: otlp_logs.protobuf(
            otlp_logs.codex(
                "sse_event", event__kind="response.completed", input_token_count="5", output_token_count="2"
            )
        ),
    ),
    "gemini-cli": (
        _gemini,
        lambda: otlp_logs.protobuf(
            otlp_logs.gemini("api_response", model="gemini-2.5-pro", input_token_count=5, output_token_count=2)
        ),
    ),
    "copilot": (_copilot, lambda: _spans("chat gpt-5", {"gen_ai.provider.name": "github"})),
    "openclaw": (_openclaw, lambda: _spans("openclaw.model.call", {"gen_ai.system": "openai"})),
}


@pytest.mark.parametrize("name", SENT)
def test_what_a_tool_sends_is_kept(server: Running, name: str) -> None:
    """At the address that its page names, with the path that the tool puts behind it, a call arrives."""
    address, body = SENT[name]
    url = address()
    assert url.startswith(OURS)
    before = server.totals("calls.requests")["requests"]
    assert server.send("POST", url.removeprefix(OURS), body(), PROTOBUF).status == 200
    assert server.totals("calls.requests")["requests"] == before + 1
