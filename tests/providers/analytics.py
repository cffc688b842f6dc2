"""The analytics APIs of ChatGPT Enterprise and Claude Enterprise: rows of days, in pages that a token goes on with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from providers.serving import Asked, Faults, Provider, Reply

PAGE = 2


class ChatGPT(Provider):
    """The workspace `ws-1`; rows of usage, and of Codex."""

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.usage: list[dict[str, Any]] = []
        self.codex: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        rows = {
            "/v1/analytics/workspaces/ws-1/usage": self.usage,
            "/v1/analytics/codex/workspaces/ws-1/usage": self.codex,
        }.get(asked.path)
        if rows is None:
            return Reply({"error": "not found"}, 404)
        since, until = int(asked.one("start_time")), int(asked.one("end_time"))
        return _paged([row for row in rows if since <= row["start_time"] < until], asked)


class ClaudeEnterprise(Provider):
    """The organisation; buckets of cost and usage by day, what people did by day, and summaries."""

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.cost: dict[str, list[dict[str, Any]]] = {}
        self.usage: dict[str, list[dict[str, Any]]] = {}
        self.people: dict[str, list[dict[str, Any]]] = {}
        self.summaries: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        what = asked.path.removeprefix("/v1/organizations/analytics/")
        if what == "summaries":
            return Reply({"data": self.summaries})
        if what == "users":
            return _paged(self.people.get(asked.one("date"), []), asked)
        buckets = {"cost_report": self.cost, "usage_report": self.usage}.get(what)
        if buckets is None:
            return Reply({"error": "not found"}, 404)
        since, until = (datetime.fromisoformat(asked.one(name)) for name in ("starting_at", "ending_at"))
        found = [
            {"starting_at": f"{day}T00:00:00Z", "ending_at": "", "results": rows}
            for day, rows in sorted(buckets.items())
            if since <= datetime.fromisoformat(day).replace(tzinfo=UTC) < until
        ]
        return _paged(found, asked)

    def allows(self, asked: Asked) -> bool:
        """See `Provider`."""
        return asked.headers.get("x-api-key") == self.key and "anthropic-version" in asked.headers


def _paged(rows: list[dict[str, Any]], asked: Asked) -> Reply:
    at = int(asked.one("page", "p0").removeprefix("p"))
    more = at + PAGE < len(rows)
    following = f"p{at + PAGE}" if more else None
    return Reply({"object": "page", "data": rows[at : at + PAGE], "has_more": more, "next_page": following})
