"""LiteLLM's proxy: daily activity in pages over its rows, keys in pages, teams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.serving import Asked, Faults, Provider, Reply

NAMES = ("spend", "prompt_tokens", "completion_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class LiteLLM(Provider):
    """The proxy. `rows` are what it spent, by day, model and key; `shown` is how many keys it breaks down."""

    def __init__(self, faults: Faults | None = None, *, old: bool = False, shown: int = 100, page: int = 3) -> None:
        super().__init__(faults)
        self.rows: list[dict[str, Any]] = []
        self.old, self.shown, self.page = old, shown, page
        self.teams: list[dict[str, Any]] = [{"team_id": "t1", "team_alias": "Research", "spend": 3.5, "max_budget": 10}]
        self.keys: list[dict[str, Any]] = []
        #: More fields of every row's metrics.
        self.more: dict[str, Any] = {}

    def add(self, date: str, model: str, key: str, spend: float | str, prompt: int = 0, **more: Any) -> None:
        """Have something be spent."""
        row = {"date": date, "model": model, "key": key, "spend": spend, "prompt_tokens": prompt, "api_requests": 1}
        self.rows.append({**row, **more})

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        path = asked.path
        if path == "/global/spend":
            return Reply({"spend": 12.25, "max_budget": 0})
        if path == "/team/list":
            return Reply(self.teams)
        if path == "/key/list":
            page, size = int(asked.one("page", "1")), 2
            keys = self.keys[(page - 1) * size : page * size]
            total = -(-len(self.keys) // size) or 1
            return Reply({"keys": keys, "total_count": len(self.keys), "current_page": page, "total_pages": total})
        if path == "/user/daily/activity" and not self.old:
            return self._activity(asked)
        if path == "/spend/logs":
            return self._logs(asked)
        return Reply({"detail": "Not Found"}, 404)

    def _within(self, asked: Asked) -> list[dict[str, Any]]:
        first, last = asked.one("start_date"), asked.one("end_date")
        return sorted((row for row in self.rows if first <= row["date"] <= last), key=lambda row: str(row["date"]))

    def _activity(self, asked: Asked) -> Reply:
        rows, page = self._within(asked), int(asked.one("page", "1"))
        mine = rows[(page - 1) * self.page : page * self.page]
        results = []
        for date in sorted({row["date"] for row in mine}):
            of_day = [row for row in mine if row["date"] == date]
            models = {
                model: self._model([row for row in of_day if row["model"] == model])
                for model in sorted({row["model"] for row in of_day if row["model"]})
            }
            results.append({"date": date, "metrics": self._sum(of_day), "breakdown": {"models": models}})
        pages = -(-len(rows) // self.page) or 1
        return Reply({"results": results, "metadata": {"page": page, "total_pages": pages, "has_more": page < pages}})

    def _model(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        keys = sorted({row["key"] for row in rows})[: self.shown]
        return {
            "metrics": self._sum(rows),
            "api_key_breakdown": {
                key: {
                    "metrics": self._sum(row for row in rows if row["key"] == key),
                    "metadata": {"key_alias": f"alias of {key}", "team_id": "t1", "user_email": "ada@example.com"},
                }
                for key in keys
            },
        }

    def _sum(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        rows = list(rows)
        found: dict[str, Any] = {name: sum(float(row.get(name) or 0) for row in rows) for name in NAMES}
        found |= {name: int(found[name]) for name in NAMES[1:]}
        return {**found, "api_requests": sum(row["api_requests"] for row in rows), **self.more}

    def _logs(self, asked: Asked) -> Reply:
        found: dict[str, dict[str, Any]] = {}
        for row in self._within(asked):
            day = found.setdefault(row["date"], {"startTime": row["date"], "spend": 0.0, "users": {}, "models": {}})
            day["spend"] += float(row["spend"])
            if row["model"]:
                day["models"][row["model"]] = day["models"].get(row["model"], 0.0) + float(row["spend"])
        return Reply(list(found.values()))
