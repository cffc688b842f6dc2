"""Records in: OTLP and our own API. A reply means that what it accepts is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response

from tokometer.collect import portioned
from tokometer.collect.overlapping import overlap_json
from tokometer.collect.portioned import TooManyRecords
from tokometer.collect.writer import QueueFull, WriterClosed
from tokometer.ledger import LedgerError
from tokometer.ledger.noticed import list_noticed, noticed_json
from tokometer.ledger.overlaps import overlaps
from tokometer.ledger.refused import list_refused
from tokometer.records import Refusal
from tokometer.records.fields import FIELDS
from tokometer.records.redaction import redacted
from tokometer.records.time import to_datetime
from tokometer.server.away import retry_after
from tokometer.server.body import BodyError, received
from tokometer.server.taking import take
from tokometer.sources import own

if TYPE_CHECKING:
    from tokometer.sources.otlp import Encoding, Signal

router: Final = APIRouter()

_JSON: Final = "application/json"


@router.post("/v1/traces", summary="OTLP/HTTP traces, protobuf or JSON")
async def traces(request: Request) -> Response:
    """Take an `ExportTraceServiceRequest` and reply with an `ExportTraceServiceResponse` in the same encoding."""
    return await _otlp(request, "traces")


@router.post("/api/public/otel/v1/traces", summary="OTLP/HTTP traces at Langfuse's address")
async def langfuse_traces(request: Request) -> Response:
    """Take what Langfuse's SDKs send, unchanged but for their host. A login by Basic auth may come with it."""
    return await _otlp(request, "traces")


@router.post("/api/public/otel/v1/logs", summary="OTLP/HTTP logs at Langfuse's address")
async def langfuse_logs(request: Request) -> Response:
    """Take what an exporter sends beside its spans that was pointed at Langfuse's address with all of its signals."""
    return await _otlp(request, "logs")


@router.post("/api/public/otel/v1/metrics", summary="OTLP/HTTP metrics at Langfuse's address")
async def langfuse_metrics(request: Request) -> Response:
    """Take what an exporter sends beside its spans that was pointed at Langfuse's address with all of its signals."""
    return await _otlp(request, "metrics")


@router.post("/", summary="OTLP/HTTP in JSON from exporters that leave the path out")
async def signals(request: Request) -> Response:
    """Take any of the three requests in JSON: Gemini CLI sent all to the address itself until January 2026."""
    return await _otlp(request, None)


@router.post("/v1/logs", summary="OTLP/HTTP logs, protobuf or JSON")
async def logs(request: Request) -> Response:
    """Take an `ExportLogsServiceRequest` and reply with an `ExportLogsServiceResponse` in the same encoding."""
    return await _otlp(request, "logs")


@router.post("/v1/metrics", summary="OTLP/HTTP metrics, protobuf or JSON")
async def metrics(request: Request) -> Response:
    """Take an `ExportMetricsServiceRequest` and reply with an `ExportMetricsServiceResponse` in the same encoding."""
    return await _otlp(request, "metrics")


@router.post("/api/calls", summary="Model calls in our own format")
async def calls(request: Request) -> Response:
    """Take model calls as NDJSON, a JSON array or one JSON object."""
    return await _own(request, "calls")


@router.post("/api/records/{kind}", summary="Records of any kind in our own format")
async def records(request: Request, kind: str) -> Response:
    """Take records of a kind (calls, tools, logs, scores, …) as NDJSON, a JSON array or one JSON object."""
    if kind not in FIELDS:
        return _error(404, f"there is no kind of record {redacted(kind, 40)!r}; there are {', '.join(FIELDS)}")
    return await _own(request, kind)


@router.get("/api/refused", summary="Records that could not be believed")
def refused(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Refused records, the latest first: where each stood, which field, and why; never its content."""
    found = list_refused(request.app.state.runtime.ledger, limit=limit + 1, offset=offset)
    shown = [_refusal_json(refusal) for refusal in found[:limit]]
    return _json({"refused": shown, "next_offset": offset + limit if len(found) > limit else None})


@router.get("/api/notices", summary="What no rule understood, counted by source, topic and name")
def notices(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Keys, types, tiers, models and files that went unread: the most frequent first, each with an example place."""
    found = list_noticed(request.app.state.runtime.ledger, limit=limit + 1, offset=offset)
    shown = [noticed_json(noticed) for noticed in found[:limit]]
    return _json({"notices": shown, "next_offset": offset + limit if len(found) > limit else None})


@router.get("/api/overlaps", summary="What came in by two ways at once, and counts once")
def told_twice(request: Request) -> Response:
    """Pairs of ways in that told of the same calls, or uses of tools: how many, and whose word was taken for what."""
    return _json({"overlaps": [overlap_json(overlap) for overlap in overlaps(request.app.state.runtime.ledger)]})


async def _otlp(request: Request, signal: Signal | None) -> Response:
    """Take a request of a signal, or of the one that it says itself, and reply as OTLP/HTTP has it."""
    # Protobuf takes a tenth of a second to load: the server starts without it, and loads it right after.
    from tokometer.sources.otlp import ENCODINGS, MEDIA_TYPES, OtlpError, reply, signal_in

    encoding = ENCODINGS.get(_media_type(request))
    if encoding is None:
        return _otlp_error(415, f"Content-Type is not one of {', '.join(ENCODINGS)}", "json")
    try:
        async with received(request) as body:
            runtime = request.app.state.runtime
            signal = signal or signal_in(body)
            if signal is None:
                raise BodyError(404, "OTLP goes to /v1/traces, /v1/logs or /v1/metrics; here it is read as JSON")  # noqa: TRY301
            portions = portioned.otlp(runtime.decoder, signal, body, encoding)
            taken = await take(runtime.writer, portions, stopping=runtime.closing)
        runtime.arrivals.note("otlp", taken.accepted + taken.duplicate + taken.changed, taken.refused)
    except BodyError as error:
        return _with(error.headers, _otlp_error(error.status, str(error), encoding))
    except OtlpError as error:
        return _otlp_error(400, str(error), encoding)
    except TooManyRecords as error:
        return _otlp_error(413, str(error), encoding)
    except (QueueFull, WriterClosed, LedgerError) as error:
        return _later(error, _otlp_error(503, str(error), encoding))
    return Response(reply(signal, taken.refusals, encoding, taken.refused), media_type=MEDIA_TYPES[encoding])


async def _own(request: Request, kind: str) -> Response:
    try:
        runtime = request.app.state.runtime
        async with received(request) as body:
            portions = portioned.own(runtime.decoder, kind, body, _media_type(request), bodies=runtime.keep_bodies)
            taken = await take(runtime.writer, portions, corrections=True, stopping=runtime.closing)
        runtime.arrivals.note("api", taken.accepted + taken.duplicate + taken.changed, taken.refused)
    except BodyError as error:
        return _with(error.headers, _error(error.status, str(error)))
    except own.NotRecords as error:
        return _error(415 if error.media_type else 400, str(error))
    except TooManyRecords as error:
        return _error(413, str(error))
    except (QueueFull, WriterClosed, LedgerError) as error:
        return _later(error, _error(503, str(error)))
    told = {
        "accepted": taken.accepted,
        "duplicate": taken.duplicate,
        "changed": taken.changed,
        "refused": [
            {"index": refusal.position, "field": refusal.field, "reason": refusal.reason} for refusal in taken.refusals
        ],
    }
    if taken.refused > len(taken.refusals):
        told["more_refused"] = taken.refused - len(taken.refusals)
    return _json(told)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refusal_json(refusal: Refusal) -> dict[str, object]:
    return {
        "at": to_datetime(refusal.at).isoformat().replace("+00:00", "Z"),
        "source": refusal.source,
        "place": refusal.place,
        "position": refusal.position,
        "field": refusal.field,
        "reason": refusal.reason,
    }


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type=_JSON)


def _error(status: int, message: str) -> Response:
    return _json({"error": message}, status)


def _otlp_error(status: int, message: str, encoding: Encoding) -> Response:
    """An error as OTLP wants it: a `google.rpc.Status` in the request's encoding."""
    from tokometer.sources.otlp import MEDIA_TYPES, failure

    return Response(failure(message, encoding), status, media_type=MEDIA_TYPES[encoding])


def _later(error: Exception, response: Response) -> Response:
    """Say when to send it again."""
    response.headers["Retry-After"] = retry_after(error)
    return response


def _with(headers: dict[str, str], response: Response) -> Response:
    response.headers.update(headers)
    return response
