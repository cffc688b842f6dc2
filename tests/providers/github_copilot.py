"""GitHub's API for Copilot: seats in pages, reports of days as signed files elsewhere, usage that is billed by day."""

from __future__ import annotations

import json
from typing import Any

from providers.serving import Asked, Faults, Provider, Reply


class GithubCopilot(Provider):
    """The organisation `acme`. Rows of days may change at any time; a day without a report answers 404."""

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.seats: list[dict[str, Any]] = []
        #: By day: rows of people, and lines of `usage`, `ai_credit` and `premium_request`.
        self.people: dict[str, list[dict[str, Any]]] = {}
        self.billed: dict[str, dict[str, list[dict[str, Any]]]] = {}
        #: Where its files are: the same machine under another name, which the key must not be sent to.
        self.files = ""

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        path = asked.path
        if path == "/orgs/acme/copilot/billing":
            breakdown = {"total": len(self.seats), "active_this_cycle": str(len(self.seats) - 1), "surprise": 1}
            return Reply({"seat_breakdown": breakdown, "plan_type": "business"})
        if path == "/orgs/acme/copilot/billing/seats":
            page, size = int(asked.one("page", "1")), int(asked.one("per_page", "50"))
            return Reply({"total_seats": len(self.seats), "seats": self.seats[(page - 1) * size : page * size]})
        if path == "/orgs/acme/copilot/metrics/reports/users-1-day":
            day = asked.one("day")
            if day not in self.people:
                return Reply({"message": "Not Found"}, 404)
            return Reply({"download_links": [f"{self.files}/files/{day}?sig=a%2Bb"], "report_day": day})
        if path.startswith("/files/"):
            rows = self.people[path.rsplit("/", 1)[1]]
            return Reply(b"\n".join(json.dumps(row).encode() for row in rows) + b"\n")
        return self._billed(asked)

    def _billed(self, asked: Asked) -> Reply:
        path = asked.path
        if path.startswith("/organizations/acme/settings/billing/"):
            what = path.removeprefix("/organizations/acme/settings/billing/").removesuffix("/usage")
            day = f"{asked.one('year')}-{int(asked.one('month')):02d}-{int(asked.one('day')):02d}"
            items = self.billed.get(what, {}).get(day, [])
            period = {name: int(asked.one(name)) for name in ("year", "month", "day")}
            return Reply({"timePeriod": period, "usageItems": items})
        return Reply({"message": "Not Found"}, 404)

    def allows(self, asked: Asked) -> bool:
        """See `Provider`: a file is signed, and refuses a key beside its signature."""
        if asked.path.startswith("/files/"):
            return "authorization" not in asked.headers
        return super().allows(asked) and asked.headers.get("x-github-api-version") == "2026-03-10"
