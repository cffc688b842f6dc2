"""OpenRouter's API as its reference has it: the activity of 30 days in one answer, credits, keys in pages."""

from __future__ import annotations

from typing import Any

from providers.serving import Asked, Faults, Provider, Reply

PAGE = 2


class OpenRouter(Provider):
    """The account. `management` is whether its key is a management key."""

    def __init__(self, faults: Faults | None = None, *, management: bool = True) -> None:
        super().__init__(faults)
        self.management = management
        self.activity: list[dict[str, Any]] = []
        self.credits: dict[str, Any] = {"total_credits": "120.50", "total_usage": 20.25}
        self.keys: list[dict[str, Any]] = []
        self.own: dict[str, Any] = {"label": "sk-or-v1-abc…xyz", "limit": 50, "limit_remaining": 12.5, "usage": 37.5}

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        path = asked.path
        if path == "/key":
            return Reply({"data": {**self.own, "is_management_key": self.management}})
        if not self.management:
            return Reply({"error": {"code": 403, "message": "Only management keys can perform this operation"}}, 403)
        if path == "/credits":
            return Reply({"data": self.credits})
        if path == "/activity":
            return Reply({"data": self.activity})
        if path == "/keys":
            offset = int(asked.one("offset", "0"))
            return Reply({"data": self.keys[offset : offset + PAGE]})
        return Reply({"error": {"code": 404}}, 404)
