"""OpenAI's admin API, as its reference has it: buckets of days, grouped rows, pages, names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.serving import Asked, Faults, Provider, Reply

DAY = 86_400
#: What rows add up, by report; all else are dimensions.
COUNTS = {
    "completions": (
        *("input_tokens", "output_tokens", "input_cached_tokens", "input_audio_tokens", "output_audio_tokens"),
        "num_model_requests",
    ),
    "embeddings": ("input_tokens", "num_model_requests"),
    "images": ("images", "num_model_requests"),
    "audio_speeches": ("characters", "num_model_requests"),
    "audio_transcriptions": ("seconds", "num_model_requests"),
    "moderations": ("input_tokens", "num_model_requests"),
    "vector_stores": ("usage_bytes",),
    "code_interpreter_sessions": ("num_sessions",),
}
DIMENSIONS = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "source", "size")


def start_of(day: date) -> int:
    """A day as Unix time."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


class OpenAI(Provider):
    """The organisation. `usage` are rows by report and day, `costs` are rows by day; both may change at any time."""

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.usage: dict[str, dict[date, list[dict[str, Any]]]] = {}
        self.costs: dict[date, list[dict[str, Any]]] = {}
        self.projects = {"proj_a": "Alpha", "proj_b": "Beta"}
        self.users = {"user_1": "ada@example.com"}
        self.keys = {"proj_a": {"key_1": "laptop"}}
        #: More fields of every row, as a new release may have them.
        self.more: dict[str, Any] = {}
        #: Buckets of a page, at most, whatever is asked for.
        self.page = 180
        #: Headers of every answer.
        self.headers: dict[str, str] = {}

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        path = asked.path.removeprefix("/v1").removeprefix("/organization")
        if path == "/projects":
            return self._list(self.projects, "name")
        if path == "/users":
            return self._list(self.users, "email")
        if path.startswith("/projects/") and path.endswith("/api_keys"):
            return self._list(self.keys.get(path.split("/")[2], {}), "name")
        if path == "/costs":
            return self._page(asked, self.costs, ("value", "quantity"), "organization.costs.result", 180)
        kind = path.removeprefix("/usage/")
        if path.startswith("/usage/") and kind in COUNTS:
            return self._page(asked, self.usage.get(kind, {}), COUNTS[kind], f"organization.usage.{kind}.result", 31)
        return Reply({"error": {"message": f"Unknown path {asked.path}", "type": "invalid_request_error"}}, 404)

    def add(self, kind: str, day: date, **row: Any) -> dict[str, Any]:
        """Have something been used."""
        self.usage.setdefault(kind, {}).setdefault(day, []).append(row)
        return row

    def charge(self, day: date, value: str | float, **row: Any) -> dict[str, Any]:
        """Have something been charged."""
        row["value"] = value
        self.costs.setdefault(day, []).append(row)
        return row

    def total(self, kind: str, name: str) -> int:
        """What all rows of a report add up to."""
        return sum(row.get(name) or 0 for rows in self.usage.get(kind, {}).values() for row in rows)

    @property
    def charged(self) -> Decimal:
        """What all rows of the bill add up to, in US dollars."""
        return sum((Decimal(str(row["value"])) for rows in self.costs.values() for row in rows), Decimal(0))

    def _list(self, names: Mapping[str, str], called: str) -> Reply:
        data = [{"id": id_, called: name} for id_, name in names.items()]
        return self._reply({"object": "list", "data": data, "has_more": False, "last_id": None})

    def _page(
        self, asked: Asked, days: Mapping[date, list[dict[str, Any]]], counts: tuple[str, ...], kind: str, most: int
    ) -> Reply:
        start, end = int(asked.one("start_time", "-1")), int(asked.one("end_time", "0"))
        limit = int(asked.one("limit", "7"))
        if start < 0 or not 1 <= limit <= most:
            return Reply({"error": {"message": "bad start_time or limit", "type": "invalid_request_error"}}, 400)
        limit = min(limit, self.page)
        by = asked.query.get("group_by[]", []) + asked.query.get("group_by", [])
        first = int(asked.one("page", f"page_{start - start % DAY}").removeprefix("page_"))
        until = min(end or 2**40, start_of(datetime.now(UTC).date() + timedelta(days=400)))
        starts = list(range(first, until, DAY))
        data = [
            {
                "object": "bucket",
                "start_time": at,
                "end_time": at + DAY,
                "results": [self._row(row, kind) for row in _grouped(days.get(_day(at), ()), by, counts)],
            }
            for at in starts[:limit]
        ]
        more = len(starts) > limit
        page = f"page_{starts[limit]}" if more else None
        return self._reply({"object": "page", "data": data, "has_more": more, "next_page": page})

    def _row(self, row: dict[str, Any], kind: str) -> dict[str, Any]:
        told = dict.fromkeys(("project_id",)) | row | {"object": kind} | self.more
        if "value" in told:
            told["amount"] = {"value": told.pop("value"), "currency": "usd"}
        return told

    def _reply(self, body: Any) -> Reply:
        return Reply(body, headers=self.headers)


def _day(at: int) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _grouped(rows: Iterable[dict[str, Any]], by: list[str], counts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows that differ in what is not grouped by are one; what is not grouped by is null."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row.get(name) for name in by)
        group = found.setdefault(key, {name: row.get(name) for name in by})
        for name in counts:
            if row.get(name) is not None:
                group[name] = _added(group.get(name), row[name])
    return list(found.values())


def _added(before: Any, value: Any) -> Any:
    """A sum that is written as its last term was: as a number, or as text."""
    if before is None:
        return value
    total = Decimal(str(before)) + Decimal(str(value))
    return str(total) if isinstance(value, str) else type(value)(total)
