"""The Sources page: connecting, waiting, and what has come."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest

from servers.whole import Running, running
from tokometer.sources.recipes import exporter, one_call
from tokometer.sources.shipment.source import MEDIA_TYPE

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
#: A log line and a metric, sent likewise.
BESIDE = """
import logging

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
meters.get_meter("test").create_gauge("requests").set(1)
meters.shutdown()
loggers = LoggerProvider()
loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logger = logging.getLogger("shop")
logger.addHandler(LoggingHandler(logger_provider=loggers))
logger.warning("out of paper")
loggers.shutdown()
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
        assert "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" not in text
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


def test_our_exporter_recipe_is_for_all_signals(empty: Running) -> None:
    """An SDK that has nothing but the page's lines sends metrics and logs as well, and they are kept."""
    done = sdk(BESIDE, exporter(empty.url))

    assert done.stderr == ""
    assert received(empty, "otlp").startswith("Received 1 record, ")
    assert 'tokometer_records_total{outcome="accepted"} 2' in empty.get("/metrics").text
    assert empty.get("/api/notices").json()["notices"] == []


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


def test_what_came_by_two_ways_is_shown(empty: Running) -> None:
    """The page and the API say how many calls were told twice, which way counts, and what was taken from the other."""
    assert "Told twice" not in empty.get("/sources").text
    name = "chatcmpl-9J3uRz8f0QpVh1XcY2bTk7"
    call = {"started_at": "2026-08-01T10:00:00Z", "model": "gpt-5", "input_tokens": 1, "response_id": name}
    assert empty.post("/api/calls", {**call, "source": "shop", "id": "1"}).json()["accepted"] == 1
    assert empty.post("/api/calls", {**call, "source": "litellm", "id": "2", "team": "a"}).json()["accepted"] == 1

    [overlap] = empty.get("/api/overlaps").json()["overlaps"]
    assert (overlap["counts"], overlap["also_told"], overlap["count"], overlap["taken_from_the_other"]) == (
        *({"source": "litellm", "way": "gateway"}, {"source": "shop", "way": "api"}, 1, {}),
    )
    page = unescape(empty.get("/sources").text)
    assert "Told twice" in page
    assert overlap["words"] in page
    assert "Told twice" in empty.get("/sources/received").json()["overlaps"]


def test_sources_say_all_that_they_gave(empty: Running) -> None:
    """Other records than calls, of whoever sends no calls as well, and calls at an assumed price; by title."""
    at = "2026-08-01T10:00:00Z"
    call = {"started_at": at, "provider": "openai", "model": "gpt-5", "input_tokens": 1, "service_tier": "of-tomorrow"}
    assert empty.post("/api/calls", {**call, "source": "zed"}).json()["accepted"] == 1
    commit = {"started_at": at, "source": "github", "repository": "a/b", "sha": "c0ffee"}
    assert empty.post("/api/records/commits", commit).json()["accepted"] == 1
    _, *rows = re.findall(r"<tr><th.*?</tr>", empty.get("/sources/received").json()["sources"])
    words = [re.sub(r"<[^>]+>", " ", row).split() for row in rows]
    assert [row[0] for row in words] == ["GitHub", "Own", "Zed"]
    assert words[0][1:4] == ["–", "1", "–"]
    assert 'title="1 commit"' in rows[0]
    assert 'href="#prices" title="1 call at an assumed price">1</a>' in rows[2]


def test_a_bundle_is_no_machine(empty: Running, tmp_path: Path) -> None:
    """What is read of a bundle stands beside the machines that ship, and is none: the page and the list are there."""
    bundle = tmp_path / "laptop.tokometer"
    body, _ = import_module("generators.sources.shipment").EXAMPLES[-1].bodies[0]
    bundle.write_bytes(len(body).to_bytes(4, "big") + body)
    assert empty.post("/api/shipments", body, {"Content-Type": MEDIA_TYPE}).status == 200
    token = json.loads((empty.data / "server.json").read_text())["token"]
    asked = empty.post("/api/control/import", {"paths": [str(bundle)]}, {"Authorization": f"Bearer {token}"})
    assert '"summary"' in asked.text
    assert len(empty.get("/api/machines").json()["machines"]) == 1
    assert "1 machine that ships what it has" in empty.get("/sources").text
