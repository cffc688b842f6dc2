"""Anthropic's admin API, as its reference has it: buckets of days, cents as text, pages, Claude Code's analytics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.serving import Asked, Faults, Provider, Reply

_TOKENS = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")
_WRITTEN = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_ONE = timedelta(days=1)


class Anthropic(Provider):
    """The organisation. `usage`, `costs` and `claude_code` are rows by day, and may change at any time."""

    key = f"sk-ant-{'admin01'}-made-up-for-tests-9876543210"

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.usage: dict[date, list[dict[str, Any]]] = {}
        self.costs: dict[date, list[dict[str, Any]]] = {}
        self.claude_code: dict[date, list[dict[str, Any]]] = {}
        self.workspaces = {"wrkspc_a": "Alpha"}
        self.keys = {"apikey_1": "laptop"}
        #: More fields of every row, as a new release may have them.
        self.more: dict[str, Any] = {}
        #: Buckets of a page, at most, whatever is asked for.
        self.page = 31
        #: Headers of every answer.
        self.headers: dict[str, str] = {"request-id": "req_1"}

    def allows(self, asked: Asked) -> bool:
        """See `Provider`."""
        return asked.headers.get("x-api-key") == self.key and "anthropic-version" in asked.headers

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        answers: dict[str, Callable[[], Reply]] = {
            "/me": lambda: self._reply({"id": "org_1", "type": "organization", "name": "Made up Ltd"}),
            "/workspaces": lambda: self._list(self.workspaces),
            "/api_keys": lambda: self._list(self.keys),
            "/usage_report/messages": lambda: self._page(asked, self.usage, _messages),
            "/cost_report": lambda: self._page(asked, self.costs, _costs),
            "/usage_report/claude_code": lambda: self._people(asked),
        }
        found = answers.get(asked.path.removeprefix("/v1/organizations"))
        missing = {"type": "error", "error": {"type": "not_found_error", "message": "Not found"}}
        return Reply(missing, 404) if found is None else found()

    def add(self, day: date, **row: Any) -> dict[str, Any]:
        """Have messages been used."""
        self.usage.setdefault(day, []).append(row)
        return row

    def charge(self, day: date, amount: str, **row: Any) -> dict[str, Any]:
        """Have something been charged, in cents."""
        row["amount"] = amount
        self.costs.setdefault(day, []).append(row)
        return row

    def total(self, name: str) -> int:
        """What all rows of messages add up to."""
        return sum(row.get(name, 0) for rows in self.usage.values() for row in rows)

    @property
    def charged(self) -> Decimal:
        """What all rows of the bill add up to, in US dollars."""
        return sum((Decimal(row["amount"]) for rows in self.costs.values() for row in rows), Decimal(0)) / 100

    def _list(self, names: Mapping[str, str]) -> Reply:
        data = [{"id": id_, "name": name} for id_, name in names.items()]
        return self._reply({"data": data, "has_more": False, "first_id": None, "last_id": None})

    def _page(self, asked: Asked, days: Mapping[date, list[dict[str, Any]]], grouped: Any) -> Reply:
        first, until = (_day(asked.one(name)) for name in ("starting_at", "ending_at"))
        limit = int(asked.one("limit", "7"))
        if not 1 <= limit <= 31:
            return Reply({"type": "error", "error": {"type": "invalid_request_error", "message": "limit"}}, 400)
        limit = min(limit, self.page)
        first = _day(asked.one("page").removeprefix("page_")) if asked.one("page") else first
        starts = [first + _ONE * at for at in range((until - first).days)]
        data = [
            {
                "starting_at": f"{at.isoformat()}T00:00:00Z",
                "ending_at": f"{(at + _ONE).isoformat()}T00:00:00Z",
                "results": [row | self.more for row in grouped(days.get(at, ()), asked.query.get("group_by[]", []))],
            }
            for at in starts[:limit]
        ]
        more = len(starts) > limit
        page = f"page_{starts[limit].isoformat()}" if more else None
        return self._reply({"data": data, "has_more": more, "next_page": page})

    def _people(self, asked: Asked) -> Reply:
        day = _day(asked.one("starting_at"))
        rows, limit = self.claude_code.get(day, []), int(asked.one("limit", "20"))
        first = int(asked.one("page", "page_0").removeprefix("page_"))
        more = first + limit < len(rows)
        told = [{"date": f"{day.isoformat()}T00:00:00Z", **row} for row in rows[first : first + limit]]
        return self._reply({"data": told, "has_more": more, "next_page": f"page_{first + limit}" if more else None})

    def _reply(self, body: Any) -> Reply:
        return Reply(body, headers=self.headers)


def _day(text: str) -> date:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).date()


def _messages(rows: Iterable[dict[str, Any]], by: list[str]) -> list[dict[str, Any]]:
    dimensions = ("api_key_id", "workspace_id", "model", "service_tier", "context_window", "inference_geo")
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        group = found.setdefault(
            tuple(row.get(name) for name in by),
            {
                **dict.fromkeys(dimensions),
                **{name: row.get(name) for name in by},
                **dict.fromkeys(_TOKENS, 0),
                "cache_creation": dict.fromkeys(_WRITTEN, 0),
                "server_tool_use": {"web_search_requests": 0},
            },
        )
        for name in _TOKENS:
            group[name] += row.get(name, 0)
        for name in _WRITTEN:
            group["cache_creation"][name] += row.get(name, 0)
        group["server_tool_use"]["web_search_requests"] += row.get("web_search_requests", 0)
    return list(found.values())


def _costs(rows: Iterable[dict[str, Any]], by: list[str]) -> list[dict[str, Any]]:
    blank = ("workspace_id", "description", "cost_type", "model", "token_type", "service_tier", "context_window")
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        told = {**dict.fromkeys(blank), **row} if "description" in by else {**dict.fromkeys(blank)}
        group = found.setdefault(tuple(row.get(name) for name in by), {**told, "currency": "USD", "amount": "0"})
        group["amount"] = str(Decimal(group["amount"]) + Decimal(row["amount"]))
    return list(found.values())
