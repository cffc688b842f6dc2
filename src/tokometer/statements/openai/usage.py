"""OpenAI's reports of usage: tokens, images, characters, seconds, bytes and sessions, by day and dimensions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tokometer.records import Record, Reported, to_datetime
from tokometer.sources.told import Told
from tokometer.statements.buckets import pages, stated_rows
from tokometer.statements.lines import line_id
from tokometer.statements.openai.names import Names
from tokometer.statements.protocol import SOURCE, Asked, Portion, Stated

TIMES: Final = ("start_time", "end_time")
#: Buckets of a page, at most, where they are days.
_DAYS: Final = 31
_WHOSE: Final = ("project_id", "user_id", "api_key_id")
_DIMENSIONS: Final = ("model", *_WHOSE)
#: Counts of tokens that stand beside the totals, and what is left of them is no bucket: they are lines of their own.
_BESIDE: Final = {
    "input_audio_tokens": "audio input tokens",
    "output_audio_tokens": "audio output tokens",
}
#: Parts of totals that are told as well, and say nothing more.
_PARTS: Final = frozenset(
    {
        *("input_text_tokens", "output_text_tokens", "input_image_tokens", "output_image_tokens"),
        *("input_cached_text_tokens", "input_cached_audio_tokens", "input_cached_image_tokens"),
    }
)


@dataclass(frozen=True, slots=True)
class Usage:
    """One of the reports: what its rows count, and by what they can be grouped."""

    name: str
    title: str
    operation: str
    by: tuple[str, ...]
    #: What is counted besides requests and tokens, and its unit.
    counts: tuple[str, str] | None = None
    optional: bool = False


USAGES: Final = (
    Usage("completions", "Usage: completions", "chat", (*_DIMENSIONS, "batch", "service_tier")),
    Usage("embeddings", "Usage: embeddings", "embeddings", _DIMENSIONS),
    Usage("images", "Usage: images", "image", (*_DIMENSIONS, "source", "size"), ("images", "images")),
    Usage("audio_speeches", "Usage: speech", "speech", _DIMENSIONS, ("characters", "characters")),
    Usage("audio_transcriptions", "Usage: transcription", "transcription", _DIMENSIONS, ("seconds", "seconds")),
    Usage("moderations", "Usage: moderation", "moderation", _DIMENSIONS),
    Usage("vector_stores", "Usage: vector stores", "vector_store", ("project_id",), ("usage_bytes", "bytes")),
    Usage(
        "code_interpreter_sessions",
        "Usage: code interpreter",
        "code_interpreter",
        ("project_id",),
        ("num_sessions", "sessions"),
    ),
    Usage(
        "file_search_calls", "Usage: file search", "file_search", _WHOSE, ("num_requests", "searches"), optional=True
    ),
    Usage(
        "web_search_calls", "Usage: web search", "web_search", _DIMENSIONS, ("num_requests", "searches"), optional=True
    ),
)
_KNOWN: Final = frozenset(
    {
        *("object", "num_model_requests", "num_requests", "input_tokens", "output_tokens", "input_cached_tokens"),
        *("input_uncached_tokens", "input_cache_write_tokens", "batch", "service_tier", "source", "size"),
        *("images", "characters", "seconds", "usage_bytes", "num_sessions", "vector_store_id", "context_level"),
        *("user_email", "api_source", *_DIMENSIONS, *_BESIDE, *_PARTS),
    }
)


def usage(one: Usage) -> Callable[[Asked, Portion], Iterator[Stated]]:
    """What reads one of them; see :class:`tokometer.statements.Report`."""
    report, path = f"usage/{one.name}", f"/organization/usage/{one.name}"

    def read(asked: Asked, portion: Portion) -> Iterator[Stated]:
        names = Names(asked)

        def rows(row: Told, since: int, until: int) -> Iterable[Record]:
            return _records(row, since, until, one, asked, names)

        yield from stated_rows(
            asked, portion, pages(asked, path, query_of(portion, one.by)), report, TIMES, _KNOWN, rows
        )

    return read


def query_of(portion: Portion, by: tuple[str, ...], days: int = _DAYS) -> dict[str, Any]:
    """What asks for a portion in buckets of a day."""
    return {
        "start_time": int(portion.since.timestamp()),
        "end_time": int(portion.until.timestamp()),
        "bucket_width": "1d",
        "group_by[]": list(by),
        "limit": min(days, max((portion.until - portion.since).days, 1)),
    }


def _records(row: Told, since: int, until: int, one: Usage, asked: Asked, names: Names) -> Iterator[Reported]:
    project, key, user = row.text("project_id"), row.text("api_key_id"), row.text("user_id")
    report = f"usage/{one.name}"
    tier = row.text("service_tier") or ("batch" if row.yes("batch") else "")
    about = [(name, row.text(name)) for name in one.by if name in row]

    def line(*beside: tuple[str, str], **values: Any) -> Reported:  # noqa: ANN401 - fields of a line
        return Reported(
            source=SOURCE,
            native_id=line_id(asked.id, Reported.kind, report, to_datetime(since), [*about, *beside]),
            started_at=since,
            ended_at=until,
            provider=asked.provider,
            report=report,
            model=row.text("model"),
            project=project,
            api_key=key,
            user=user,
            service_tier="batch" if row.yes("batch") else tier,
            operation=one.operation,
            labels=_labels(row, names.labels(project, key, user)),
            **values,
        )

    counted: dict[str, Any] = {}
    if one.counts is not None:
        counted = {"quantity": row.number(one.counts[0]), "quantity_unit": one.counts[1]}
    yield line(requests=row.whole("num_model_requests", "num_requests"), **_tokens(row), **counted)
    for name, unit in _BESIDE.items():
        if count := row.whole(name):
            yield line(("beside", name), quantity=float(count), quantity_unit=unit)


def _tokens(row: Told) -> dict[str, int | None]:
    """Disjoint buckets: what was read from and written to the cache is counted in the input, and taken out of it."""
    whole, cached, written = (
        row.whole(name) for name in ("input_tokens", "input_cached_tokens", "input_cache_write_tokens")
    )
    plain = row.whole("input_uncached_tokens")
    if plain is None and whole is not None:
        plain = max(0, whole - (cached or 0) - (written or 0))
    return {
        "input_tokens": plain,
        "cache_read_tokens": cached,
        "cache_write_unknown_tokens": written,
        "output_tokens": row.whole("output_tokens"),
    }


def _labels(row: Told, names: dict[str, str] | None) -> dict[str, str] | None:
    beside = {name: row.word(name) for name in ("source", "size", "context_level")}
    return {**(names or {}), **{name: value for name, value in beside.items() if value}} or None
