"""Cursor's Admin API: POST with JSON, pages, Basic with the key as the user."""

from __future__ import annotations

import base64
import json
from typing import Any

from providers.serving import Asked, Faults, Provider, Reply

PAGE = 2


class Cursor(Provider):
    """The team."""

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.members: list[dict[str, Any]] = []
        self.days: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.spend: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        told = json.loads(asked.body or b"{}")
        if asked.path == "/teams/members":
            return Reply({"teamMembers": self.members})
        page = told.get("page", 1)
        if asked.path == "/teams/spend":
            pages = -(-len(self.spend) // PAGE) or 1
            mine = self.spend[(page - 1) * PAGE : page * PAGE]
            return Reply({"teamMemberSpend": mine, "totalMembers": len(self.spend), "totalPages": pages})
        if asked.path in ("/teams/daily-usage-data", "/teams/filtered-usage-events"):
            daily = asked.path.endswith("data")
            rows, name = (self.days, "date") if daily else (self.events, "timestamp")
            if told["endDate"] - told["startDate"] > 30 * 86_400_000:
                return Reply({"error": "Date range cannot exceed 30 days"}, 400)
            rows = [row for row in rows if told["startDate"] <= int(row[name]) <= told["endDate"]]
            pages = -(-len(rows) // PAGE) or 1
            paging = {"numPages": pages, "currentPage": page, "pageSize": PAGE, "hasNextPage": page < pages}
            mine = rows[(page - 1) * PAGE : page * PAGE]
            return Reply({"data" if daily else "usageEvents": mine, "pagination": paging})
        return Reply({"error": "Not found"}, 404)

    def allows(self, asked: Asked) -> bool:
        """See `Provider`."""
        return asked.headers.get("authorization") == f"Basic {base64.b64encode(f'{self.key}:'.encode()).decode()}"
