"""What Grafana and its Infinity data source do: fill in variables, ask, and make columns of a reply."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

#: `$name`, `${name}`, `${name:format}`, `${name.path:format}`.
_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?:\.([^:}]+))?(?::([^}]+))?\}")
#: What our variables have as their value while All is chosen.
ALL = "$__all"


@dataclass(frozen=True)
class Grafana:
    """A dashboard that somebody looks at."""

    since: datetime
    until: datetime
    zone: str = "utc"
    #: Chosen values by variable; None is All, of a variable whose value for All is `$__all`.
    chosen: Mapping[str, Sequence[str] | None] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        """The text with its variables filled in; those that do not exist stay as they are."""
        return _VARIABLE.sub(self._one, text)

    def _one(self, found: re.Match[str]) -> str:
        name, form = found[1] or found[2], found[4] or "glob"
        if name in ("__from", "__to"):
            moment = self.since if name == "__from" else self.until
            return moment.isoformat() if form.startswith("date") else str(round(moment.timestamp() * 1000))
        if name == "__timezone":
            return self.zone
        if name not in self.chosen:
            return found[0]
        return _formatted(name, self.chosen[name], form)


def _formatted(name: str, values: Sequence[str] | None, form: str) -> str:
    chosen = [ALL] if values is None else list(values)
    if values is None and form == "queryparam":
        # As addresses of dashboards have it, whatever its value for All is.
        return f"var-{name}=All"
    if form == "queryparam":
        return "&".join(f"var-{name}={quote(value, safe='')}" for value in chosen)
    if form == "percentencode":
        return quote(_glob(chosen), safe="")
    return ",".join(chosen) if form == "csv" else _glob(chosen)


def _glob(values: Sequence[str]) -> str:
    return "{" + ",".join(values) + "}" if len(values) > 1 else "".join(values)


def infinity(body: bytes, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that the data source makes of a reply: each column under its text, as its type says, by the alphabet."""
    found: Any = json.loads(body, parse_float=Decimal)
    for part in filter(None, query["root_selector"].split(".")):
        found = found[part]
    columns = sorted(query["columns"], key=lambda one: str(one["text"]))
    return [{one["text"]: _cell(_path(row, one["selector"]), one["type"]) for one in columns} for row in found]


def organised(rows: Sequence[Mapping[str, Any]], panel: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows with their columns in the order that a panel's transformation gives them."""
    found = [one["options"] for one in panel.get("transformations", ()) if one["id"] == "organize"]
    places = found[0]["indexByName"] if found else {}
    return [dict(sorted(row.items(), key=lambda item: places.get(item[0], len(places)))) for row in rows]


def _path(row: Any, selector: str) -> Any:
    for part in selector.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row


def _cell(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "number":
        assert isinstance(value, int | Decimal), value
        return value
    if kind == "timestamp_epoch":
        assert isinstance(value, int), value
        return datetime.fromtimestamp(value / 1000, UTC)
    if kind == "boolean":
        assert isinstance(value, bool), value
        return value
    assert kind == "string", kind
    return value if isinstance(value, str) else json.dumps(value)
