"""A row of Portkey's logs export → a call.

Written after Portkey's documentation of the export: costs are in cents, times in milliseconds; only the columns that
were asked for are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import ModelCall, Record, RecordError, Status, infer_provider, status_of
from tokometer.records.labels import labels_from
from tokometer.records.providers import provider_of
from tokometer.records.values import money
from tokometer.sources.addresses import host_of
from tokometer.sources.jsonl import json_value
from tokometer.sources.noticed import Noticed
from tokometer.sources.otlp.facts import region_of
from tokometer.sources.told import Told
from tokometer.sources.usage import CACHED, NOTHING_USED, Used, answer_of, answered, put, told_again, used

SOURCE: Final = "portkey"
KNOWN: Final = frozenset(
    {
        *("id", "trace_id", "span_id", "created_at", "is_success", "ai_org", "ai_model", "req_units", "res_units"),
        *("total_units", "cost", "cost_currency", "request_url", "request_method", "response_status_code"),
        *("response_time", "cache_status", "cache_type", "stream_mode", "retry_success_count", "mode", "metadata"),
        *("request", "response", "request.body", "response.body", "config", "virtual_key", "prompt_slug", "runtime"),
        *("workspace_slug", "organisation_id", "runtime_version", "api_key", "user", "ai_org_auth_hash", "sdk_type"),
        *("prompt_id", "prompt_version_id", "last_used_option_index", "finish_reason", "time_to_first_token"),
    }
)
#: Columns that only Portkey's rows have.
NAMING: Final = ({"ai_model", "req_units"}, {"ai_model", "ai_org"})
_HITS: Final = ("hit", "semantic hit")
#: Metadata with a meaning of their own at Portkey.
_OF_METADATA: Final = ("_user", "_environment", "_organisation", "_prompt")


def records_of(row: Mapping[str, Any], noticed: Noticed, position: int | None = None) -> Iterable[Record]:
    """The call of a row.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    told = Told(row)
    for name in told.beside(KNOWN):
        if told.raw(name) not in ("", [], {}):
            noticed.add("field", name, position)
    start = told.needed(told.moment_utc("created_at"), "created_at")
    metadata = Told(_object(told.raw("metadata")), "metadata.")
    answer = answered(_answer(told), "response")
    cached = told.word("cache_status").lower() in _HITS
    status = _status(told)
    provider = provider_of(told.text("ai_org")) or infer_provider(told.text("ai_model"))
    call = ModelCall(
        source=SOURCE,
        native_id=told.text("id") or _name(told, start),
        started_at=start,
        trace_id=told.text("trace_id"),
        request_id=told.text("id"),
        # What the cache answers is one more answer with the id of the first.
        response_id="" if cached else answer.response_id,
        provider=SOURCE if cached else provider,
        model=told.text("ai_model") or answer.model,
        operation=answer.operation,
        status=status,
        error_message=answer.error_message if status != "ok" else "",
        http_status=told.whole("response_status_code") if status != "ok" else None,
        stop_reason=told.text("finish_reason") or answer.stop_reason,
        attempt=1 + max(0, told.whole("retry_success_count") or 0),
        latency_us=told.milliseconds("response_time"),
        ttft_us=told.milliseconds("time_to_first_token") if told.yes("stream_mode") else None,
        user=metadata.text("_user") or told.text("user"),
        environment=metadata.text("_environment"),
        account=metadata.text("_organisation"),
        project=told.text("workspace_slug"),
        endpoint=host_of(told.word("request_url")),
        labels=_labels(told, metadata, cached=cached),
    )
    call.region = region_of(call.endpoint)
    call.cost_reported = 0 if cached else _cost(told, noticed, position)
    said = CACHED if cached else _used(told, answer.used)
    put(call, said, noticed, position)
    told_again(call, exact=bool(answer.used.usage.total))
    return [call]


def _used(told: Told, of_answer: Used) -> Used:
    """The answer's own usage, which knows the cache; else the units of the row."""
    if of_answer.usage.total:
        return of_answer._replace(cost=None)
    names = {"prompt_tokens": "req_units", "completion_tokens": "res_units", "total_tokens": "total_units"}
    given = {ours: told.raw(theirs) for ours, theirs in names.items() if told.raw(theirs) not in (None, "")}
    try:
        said = used(given, "")
    except RecordError as error:
        raise RecordError(names.get(error.field, error.field), error.reason) from None
    # It writes 0 where it was told nothing.
    return said if said.usage.total else NOTHING_USED


def _cost(told: Told, noticed: Noticed, position: int | None) -> int | None:
    cents = told.raw("cost")
    if cents in (None, ""):
        return None
    currency = told.text("cost_currency") or "USD"
    if currency.upper() != "USD":
        noticed.add("usage", f"cost in {currency[:12]}, not in USD", position)
        return None
    try:
        cost = money(cents)
    except ValueError as error:
        raise RecordError("cost", str(error)) from None
    # Where it knows no price it writes 0, which is not the same.
    return round(cost / 100) or None


def _status(told: Told) -> Status:
    code = told.whole("response_status_code")
    word = str(told.raw("is_success")).lower()
    if word in ("1", "true") or (word == "none" and (code is None or code < 400)):  # noqa: PLR2004 - as HTTP has it
        return "ok"
    status = status_of(code)
    return "server_error" if status == "ok" else status


def _name(told: Told, start: int) -> str:
    parts = [told.text("trace_id"), str(start), told.text("ai_model")]
    parts += [told.text("req_units"), told.text("res_units"), told.text("response_time")]
    return ":".join(parts)


def _labels(told: Told, metadata: Told, *, cached: bool) -> dict[str, str] | None:
    said = {key: value for key, value in metadata.plain.items() if key not in _OF_METADATA}
    facts = {
        "cache": told.word("cache_status").lower() if cached else "",
        "config": told.text("config"),
        "virtual_key": told.text("virtual_key"),
        "prompt": told.text("prompt_slug") or metadata.text("_prompt"),
    }
    return {**labels_from(said), **{name: value for name, value in facts.items() if value}} or None


def _answer(told: Told) -> Mapping[str, Any]:
    body = told.raw("response.body")
    if body is None:
        held = _object(told.raw("response"))
        body = held.get("body", held)
    return body if isinstance(body, dict) else answer_of(body) if isinstance(body, str) else {}


def _object(given: object) -> dict[str, Any]:
    if isinstance(given, str) and given.startswith("{"):
        try:
            given = json_value(given)
        except RecordError:
            return {}
    return given if isinstance(given, dict) else {}
