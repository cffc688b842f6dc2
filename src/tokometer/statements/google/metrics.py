"""Usage and quotas as Cloud Monitoring counts them.

Format: Cloud Monitoring API v3 (`projects.metricDescriptors.list`, `projects.timeSeries.list`), read in November 2026.
Which metrics there are is asked, not assumed: of each service that models answer under, the counters of tokens and of
requests are found among its descriptors. Whole numbers come as text (`int64Value`), and an answer without any series
has no `timeSeries`. Each day is asked as one alignment period, that of today up to now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from tokometer.sources.polling import fetch_json
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, object_of, whole_days
from tokometer.statements.protocol import DAY, Asked, Portion, Stated

#: Services that models answer under → the provider whose calls they are.
SERVICES: Final = {"aiplatform.googleapis.com": "vertex", "generativelanguage.googleapis.com": "google"}
_PREFIXES: Final = {"aiplatform.googleapis.com": "aiplatform.googleapis.com/publisher/"}
_QUOTAS: Final = "serviceruntime.googleapis.com/quota/"
_TOKENS: Final = re.compile(r"token_?count$|tokens$")
_REQUESTS: Final = re.compile(r"(?:invocation|request)_?count$")
_PAGE: Final = 1_000
_SHORTEST: Final = 60
_KINDS: Final = {
    "input": "input_tokens",
    "prompt": "input_tokens",
    "output": "output_tokens",
    "candidates": "output_tokens",
    "cached": "cache_read_tokens",
    "cache_read": "cache_read_tokens",
    "cache_read_input": "cache_read_tokens",
    "cache_write": "cache_write_unknown_tokens",
    "cache_creation": "cache_write_unknown_tokens",
    "cache_creation_input": "cache_write_unknown_tokens",
}
_SERIES: Final = frozenset(
    {"metric", "resource", "metricKind", "valueType", "points", "unit", "metadata", "description"}
)


class Metric(NamedTuple):
    """A counter that is read."""

    type: str
    provider: str
    of_tokens: bool


def usage(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """Requests and tokens of each day, by model and location."""
    metrics = counters(asked)
    lines = Lines(asked, "usage")
    for day in whole_days(portion.since, min(portion.until, asked.now)):
        for metric in metrics:
            for series in _series(asked, f'metric.type = "{metric.type}"', day, min(day + DAY, asked.now), lines):
                lines.read([series], partial(_count, lines, metric, day), _SERIES)
    yield lines.stated()


def quotas(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What quotas of models' services stand at now: their limits, and what is used of them."""
    lines = Lines(asked, "quotas")
    services = " OR ".join(f'resource.labels.service = "{service}"' for service in SERVICES)
    for descriptor in _descriptors(asked, _QUOTAS):
        if descriptor.word("valueType") != "INT64":
            continue
        wanted = f'metric.type = "{descriptor.word("type")}" AND ({services})'
        tail = descriptor.word("type").removeprefix(_QUOTAS)
        for series in _series(asked, wanted, max(portion.since, asked.now - DAY), asked.now, lines):
            lines.read([series], partial(_quota, lines, tail), _SERIES)
    yield lines.stated()


def counters(asked: Asked) -> list[Metric]:
    """Of each service the counter of tokens and that of requests: where there are several, the plainest name."""
    known = asked.remembered.get("metrics")
    if known is None:
        known = asked.remembered["metrics"] = []
        for service, provider in SERVICES.items():
            types = [
                one.word("type")
                for one in _descriptors(asked, _PREFIXES.get(service, f"{service}/"))
                if one.word("valueType") == "INT64" and one.word("metricKind") == "DELTA"
            ]
            for pattern in (_TOKENS, _REQUESTS):
                found = [name for name in types if pattern.search(name) and "/quota/" not in name]
                if found:
                    known.append(Metric(min(found, key=lambda name: (len(name), name)), provider, pattern is _TOKENS))
    return list(known)


def _descriptors(asked: Asked, prefix: str) -> Iterator[Told]:
    query = {"filter": f'metric.type = starts_with("{prefix}")', "pageSize": str(_PAGE)}
    for page in _pages(asked, "metricDescriptors", query):
        yield from page.objects("metricDescriptors")


def _series(asked: Asked, wanted: str, since: datetime, until: datetime, lines: Lines) -> Iterator[Any]:
    seconds = max(int((until - since).total_seconds()), _SHORTEST)
    query = {
        "filter": wanted,
        "interval.startTime": _written(since),
        "interval.endTime": _written(until),
        "aggregation.alignmentPeriod": f"{seconds}s",
        "aggregation.perSeriesAligner": "ALIGN_MAX" if _QUOTAS in wanted else "ALIGN_SUM",
        "pageSize": str(_PAGE),
    }
    for page in _pages(asked, "timeSeries", query):
        for name in page.beside(("timeSeries", "nextPageToken", "unit", "executionErrors")):
            lines.noticed.add("field", name)
        if "executionErrors" in page:
            lines.noticed.add("event", "executionErrors")
        yield from page.raw("timeSeries") or ()  # type: ignore[misc] # read() refuses what is no object


def _pages(asked: Asked, what: str, query: dict[str, str]) -> Iterator[Told]:
    path = f"/v3/projects/{quote(asked.options.get('project', ''), safe='')}/{what}"
    token = ""
    while True:
        page = object_of(fetch_json(asked.ask, path, {**query, **({"pageToken": token} if token else {})}), path)
        yield page
        token = page.word("nextPageToken")
        if not token:
            return


def _count(lines: Lines, metric: Metric, day: datetime, told: Told) -> None:
    labels, resource = told.within("metric").within("labels"), told.within("resource").within("labels")
    amount = sum(_value(point) for point in told.each("points"))
    about = {
        "provider": metric.provider,
        "model": resource.text("model_user_id") or labels.text("model", "model_id") or resource.text("model_id"),
        "region": resource.text("location"),
        "service_tier": _tier(labels.text("request_type")),
    }
    if not metric.of_tokens:
        lines.usage(day, about, requests=amount)
        return
    kind = labels.text("type", "token_type").lower()
    bucket = _KINDS.get(kind, "unsplit_tokens")
    if bucket == "unsplit_tokens" and kind:
        lines.noticed.add("usage", f"type {kind}")
    lines.usage(day, about, None, **{bucket: amount})


def _quota(lines: Lines, tail: str, told: Told) -> None:
    labels, resource = told.within("metric").within("labels"), told.within("resource").within("labels")
    points = list(told.each("points"))
    if points:
        lines.sample(
            f"google.quota.{tail.replace('/', '.')}",
            float(_value(points[0])),
            "1",
            quota=labels.text("quota_metric"),
            limit=labels.text("limit_name"),
            model=labels.text("base_model", "model"),
            service=resource.text("service"),
            location=resource.text("location"),
        )


def _value(point: Told) -> int:
    value = point.within("value")
    return value.needed(value.whole("int64Value", "doubleValue"), "int64Value")


def _tier(request_type: str) -> str:
    """`dedicated` is provisioned throughput; `shared` is the usual way."""
    return "provisioned" if request_type.lower() == "dedicated" else ""


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
