"""Is it alive, is it ready, and how is it doing: for supervisors and Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from tokometer import __version__
from tokometer.ledger import LedgerError
from tokometer.ledger.aside import waits
from tokometer.server.away import retry_after
from tokometer.server.exposition import MEDIA_TYPE, escaped, metric
from tokometer.server.metered import metered
from tokometer.server.runtime import Runtime
from tokometer.server.targets import standings

router: Final = APIRouter(tags=["health"])


@router.get("/healthz", summary="Liveness: the process answers")
async def healthz() -> Response:
    """`ok`, whatever state the ledger is in."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", summary="Readiness: the ledger answers and records can be taken")
def readyz(request: Request) -> Response:
    """200 `ready`, or 503 with the reason."""
    runtime: Runtime = request.app.state.runtime
    try:
        runtime.ledger.ready()
    except LedgerError as error:
        runtime.watch.look()
        return PlainTextResponse(f"not ready: {error}\n", 503, {"Retry-After": retry_after(error)})
    return PlainTextResponse("ready\n")


@router.get("/metrics", summary="How the server and the calls are doing, for Prometheus")
def metrics(request: Request) -> Response:
    """The text format of Prometheus; docs/how-to/grafana.md says what each metric is."""
    return Response("\n".join(_lines(request.app.state.runtime)) + "\n", media_type=MEDIA_TYPE)


def _lines(runtime: Runtime) -> Iterator[str]:
    counters = runtime.counters
    yield from metric("build_info", "gauge", "The running version.", {f'version="{__version__}"': 1})
    yield from metric("start_time_seconds", "gauge", "When the server started.", {"": round(runtime.started_at, 3)})
    yield from metric(
        "uptime_seconds", "gauge", "How long it has run.", {"": round(time.time() - runtime.started_at, 3)}
    )
    yield from metric("commits_total", "counter", "Commits to the ledger.", {"": counters.commits})
    outcomes = ("accepted", "duplicate", "changed", "refused")
    values = {f'outcome="{name}"': getattr(counters, name) for name in outcomes}
    yield from metric("records_total", "counter", "Records taken in, by what became of them.", values)
    yield from metric("pending_records", "gauge", "Records that wait for their commit.", {"": runtime.writer.pending})
    yield from metric("live_listeners", "gauge", "Pages that listen for changes.", {"": runtime.broadcaster.listeners})
    for name, memory, words in (
        ("panel_answers_total", runtime.rendered, "Panels that were asked for, by where the answer came from."),
        ("endpoint_answers_total", runtime.replies, "Answers of endpoints, by where they came from."),
        ("ledger_questions_total", runtime.results, "Questions to the ledger, by where the answer came from."),
    ):
        counts = {'from="cache"': memory.found, 'from="made"': memory.made}
        yield from metric(name, "counter", words, counts)
    yield from _targets(runtime)
    yield from _ledger(runtime)
    yield from metered(runtime)


def _targets(runtime: Runtime) -> Iterator[str]:
    """How what is asked every so often is doing."""
    told = standings(runtime)
    if not told:
        return
    names = [f'source="{escaped(one.listed.source)}",target="{escaped(one.listed.target.name)}"' for one in told]
    for name, kind, words, of in (
        ("target_up", "gauge", "Whether a target answers (1) or not (0).", lambda one: int(one.state == "up")),
        ("target_questions_total", "counter", "Questions to a target since the start.", lambda one: one.questions),
        ("target_failures_total", "counter", "Questions that failed.", lambda one: one.failures),
        ("target_records_total", "counter", "Records that came of a target.", lambda one: one.total),
        ("target_seconds", "gauge", "How long the last question took.", lambda one: round(one.took or 0.0, 4)),
    ):
        yield from metric(name, kind, words, dict(zip(names, map(of, told), strict=True)))


def _ledger(runtime: Runtime) -> Iterator[str]:
    """Whether records can be taken, what is missing, and how large the ledger is, where it can be asked."""
    trouble = runtime.watch.look()
    yield from metric("ledger_ready", "gauge", "Whether records can be taken (1) or not (0).", {"": int(not trouble)})
    try:
        missing = runtime.ledger.missing
        stats = runtime.ledger.stats()
        waiting = waits(runtime.ledger).by_source
    except LedgerError:
        return
    lost = missing.commits if missing else 0
    yield from metric("ledger_missing_commits", "gauge", "Acknowledged commits that are gone.", {"": lost})
    aside = len(runtime.ledger.unsettled)
    yield from metric("ledger_unsettled_quarters", "gauge", "Quarter hours that are set aside.", {"": aside})
    ahead = {f'source="{escaped(name)}"': count for name, count in waiting.items()}
    words = "Records that wait until our clock has come to them, by source."
    yield from metric("waiting_records", "gauge", words, ahead or {"": 0})
    rows = {f'table="{name}"': value for name, value in stats.items() if name != "bytes"}
    yield from metric("ledger_rows", "gauge", "Rows in the ledger, by table.", rows)
    if "bytes" in stats:
        yield from metric("ledger_bytes", "gauge", "Size of the ledger on disk.", {"": stats["bytes"]})
