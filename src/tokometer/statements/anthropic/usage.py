"""Anthropic's report of messages: tokens by day, model, workspace, key, tier, context window and place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from tokometer.records import Record, Reported, to_datetime
from tokometer.sources.told import Told
from tokometer.statements.anthropic.names import Names
from tokometer.statements.buckets import pages, stated_rows
from tokometer.statements.lines import line_id
from tokometer.statements.protocol import SOURCE, Asked, Portion, Stated

REPORT: Final = "usage/messages"
TIMES: Final = ("starting_at", "ending_at")
_PATH: Final = "/organizations/usage_report/messages"
_BY: Final = ("api_key_id", "workspace_id", "model", "service_tier", "context_window", "inference_geo")
#: Buckets of a page, at most.
_DAYS: Final = 31
_KNOWN: Final = frozenset(
    {
        *("uncached_input_tokens", "cache_creation", "cache_read_input_tokens", "output_tokens", "server_tool_use"),
        *("speed", "account_id", "service_account_id", *_BY),
    }
)
#: What tools on the server did, and how it is counted.
_TOOLS: Final = {"web_search_requests": "searches", "web_fetch_requests": "fetches"}


def messages(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """See :class:`tokometer.statements.Report`."""
    names = Names(asked)

    def rows(row: Told, since: int, until: int) -> Iterable[Record]:
        return _records(row, since, until, asked, names)

    yield from stated_rows(asked, portion, pages(asked, _PATH, query_of(portion, _BY)), REPORT, TIMES, _KNOWN, rows)


def query_of(portion: Portion, by: tuple[str, ...]) -> dict[str, Any]:
    """What asks for a portion in buckets of a day."""
    return {
        "starting_at": portion.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ending_at": portion.until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "bucket_width": "1d",
        "group_by[]": list(by),
        "limit": min(_DAYS, max((portion.until - portion.since).days, 1)),
    }


def place(row: Told) -> str:
    """Where it was served; '' where nobody says."""
    found = row.text("inference_geo")
    return "" if found == "not_available" else found


def _records(row: Told, since: int, until: int, asked: Asked, names: Names) -> Iterator[Reported]:
    workspace, key = row.text("workspace_id"), row.text("api_key_id")
    window = row.text("context_window")
    about = [(name, row.text(name)) for name in (*_BY, "speed", "account_id") if name in row]
    labels = {**names.labels(workspace, key), **({"context_window": window} if window else {})}
    written, tools = row.within("cache_creation"), row.within("server_tool_use")

    def line(*beside: tuple[str, str], **values: Any) -> Reported:  # noqa: ANN401 - fields of a line
        return Reported(
            source=SOURCE,
            native_id=line_id(asked.id, Reported.kind, REPORT, to_datetime(since), [*about, *beside]),
            started_at=since,
            ended_at=until,
            provider=asked.provider,
            report=REPORT,
            model=row.text("model"),
            project=workspace,
            api_key=key,
            user=row.text("account_id"),
            service_tier=row.text("service_tier"),
            operation="chat",
            region=place(row),
            labels=labels or None,
            **values,
        )

    yield line(
        input_tokens=row.whole("uncached_input_tokens"),
        cache_read_tokens=row.whole("cache_read_input_tokens"),
        cache_write_5m_tokens=written.whole("ephemeral_5m_input_tokens"),
        cache_write_1h_tokens=written.whole("ephemeral_1h_input_tokens"),
        output_tokens=row.whole("output_tokens"),
    )
    for name, unit in _TOOLS.items():
        if count := tools.whole(name):
            yield line(("tool", name), quantity=float(count), quantity_unit=unit)
