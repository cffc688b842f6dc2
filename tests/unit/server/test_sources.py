"""The Sources page: connecting, waiting, and what has come."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from servers.whole import Running, running
from tokometer.sources.recipes import exporter, one_call

DOCS = Path(__file__).resolve().parents[3] / "docs"
#: One span of a model call, sent as an SDK that is set up by environment variables alone sends it.
TRACED = """
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10}
with provider.get_tracer("test").start_as_current_span("chat gpt-4o", attributes=attributes):
    pass
provider.shutdown()
"""
#: What an SDK that was given the endpoint of all signals posts beside traces.
BESIDE = """
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
meters.get_meter("test").create_counter("requests").add(1)
meters.shutdown()
print(OTLPLogExporter().export([]).name)
"""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Running]:
    """A server without a record."""
    with running(tmp_path / "data", tmp_path / "home") as found:
        yield found


def sdk(program: str, variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program that has nothing but a shell's `export` lines to go by."""
    found = dict(re.findall(r"^export (\w+)=(\S+)$", variables, re.MULTILINE))
    assert found
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **found}
    return subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60, check=True
    )


def received(server: Running, way: str) -> str:
    """What the page says of one way in."""
    answer = server.get("/sources/received")
    assert answer.status == 200
    return unescape(re.sub(r"<[^>]+>", "", answer.json()[way])).strip()


def test_the_recipe_is_one(empty: Running) -> None:
    """Documentation, empty page and Sources page have the same lines, the pages with the machine's own address."""
    for name in ("quickstart.md", "how-to/opentelemetry.md"):
        text = (DOCS / name).read_text(encoding="utf-8")
        for line in exporter("http://127.0.0.1:7420").splitlines():
            assert f"    {line}\n" in text, name
        assert "export OTEL_EXPORTER_OTLP_ENDPOINT" not in text
    for path in ("/usage", "/sources"):
        text = unescape(empty.get(path).text)
        assert f'data-copy="{exporter(empty.url)}"' in text
        assert f"curl {empty.url}/api/calls" in text


def test_a_real_sdk_follows_the_recipe(empty: Running) -> None:
    """Set up by the recipe's variables alone, a span arrives, and the page that waited for it says so."""
    assert received(empty, "otlp") == "Waiting for data …"
    sdk(TRACED, exporter(empty.url))

    assert re.fullmatch(r"Received 1 record, \d+ s ago", received(empty, "otlp"))
    assert received(empty, "api") == "Waiting for data …"
    assert "OpenTelemetry" in received(empty, "sources")


def test_our_own_recipe_runs_where_it_is_pasted(empty: Running) -> None:
    """The command of the page sends a call that is kept."""
    command = one_call(empty.url).replace("curl ", "curl --silent --fail ", 1)
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=30, check=True)

    assert '"accepted":1' in done.stdout
    assert received(empty, "api").startswith("Received 1 record, ")


@pytest.mark.parametrize("encoding", ["application/x-protobuf", "application/json"])
@pytest.mark.parametrize("signal", ["metrics"])
def test_what_is_not_taken_is_said_and_counted(server: Running, signal: str, encoding: str) -> None:
    """In the sender's own encoding, with what to set; no status that exporters try again."""
    answer = server.send("POST", f"/v1/{signal}", b"", {"Content-Type": encoding})

    assert answer.status == 400
    assert answer.headers["content-type"] == encoding
    assert f"OTEL_{signal.upper()}_EXPORTER=none".encode() in answer.body
    assert "retry-after" not in answer.headers
    notices = server.get("/api/notices").json()["notices"]
    assert signal in [one["name"] for one in notices if one["topic"] == "signal"]


def test_an_sdk_that_posts_everything_gives_up_at_once(empty: Running) -> None:
    """Metrics of a real SDK are posted once, and not again; its logs are taken."""
    done = sdk(BESIDE, f"export OTEL_EXPORTER_OTLP_ENDPOINT={empty.url}")

    assert done.stdout == "SUCCESS\n"
    assert "400" in done.stderr
    found = {one["name"]: one["count"] for one in empty.get("/api/notices").json()["notices"]}
    assert found == {"metrics": 1}


def test_links_keep_what_the_page_is_looked_at_with(server: Running) -> None:
    """From Usage to Sources and back, range, filters and zone stay in the address."""
    asked = "range=90d&calls.provider=openai&tz=Asia%2FTokyo"
    for path in ("/usage", "/sources", "/settings"):
        text = server.get(f"{path}?{asked}").text
        for other in ("/usage", "/sources", "/settings"):
            assert f'href="{other}?{asked.replace("&", "&amp;")}"' in text


def test_sources_say_when_they_were_received_last(empty: Running) -> None:
    """Of API and OpenTelemetry, too; a source that was heard before the start says when its last call was."""
    call = {"started_at": "2026-08-01T10:00:00Z", "provider": "openai", "model": "gpt-5", "input_tokens": 1}
    assert empty.post("/api/calls", call).json()["accepted"] == 1
    table = empty.get("/sources/received").json()["sources"]

    assert re.search(r"<td[^>]*>\d+ s ago</td>", table)
    assert re.search(r'title="Sat 1 Aug 2026, 10:00:00 UTC">\d+ d ago</td>', table)
    page = empty.get("/sources").text
    assert "Last received" in page
    assert 'data-received="sources"' in page
