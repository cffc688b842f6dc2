"""Asking a server everything that it can be asked: what it holds may be anything, and it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, cast
from urllib.parse import quote

from servers.whole import Answer, Running
from tokometer.dashboards import DASHBOARDS
from tokometer.measures import CUBES
from tokometer.server.app import create_app

#: These never end, or are no answers about records.
_NOT_ASKED = ("/api/live", "/api/control")
_SINCE, _UNTIL = "2015-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
#: What a page's address can say.
_SCOPES = (
    "",
    "?range=7d&tz=Asia/Kathmandu",
    "?from=2026-08-20&to=2026-09-05&tz=UTC",
    "?range=90d&compare=0&complete=1",
)


def questions(chance: Random, share: float) -> Iterator[dict[str, Any]]:
    """Every measure of every cube in all, and by every dimension; of the latter a share."""
    for name, cube in CUBES.items():
        measures = [f"{name}.{measure}" for measure in cube.measures]
        window = {"since": _SINCE, "until": _UNTIL}
        yield from ({"measures": measures[at : at + 12], **window} for at in range(0, len(measures), 12))
        for dimension in cube.dimensions:
            if chance.random() < share:
                some = chance.sample(measures, min(4, len(measures)))
                yield {"measures": some, "by": [f"{name}.{dimension}"], **window, "limit": 50}
        if chance.random() < share * 3:
            grain = chance.choice(("hour", "day", "week", "month"))
            yield {"measures": measures[:3], "grain": grain, "since": "2026-08-25", "until": "2026-09-08"}


def addresses(providers: Sequence[str], models: Sequence[str]) -> Iterator[str]:
    """Every page, panel and endpoint; where one is about a provider or a model, it is asked about these."""
    for name, dashboard in DASHBOARDS.items():
        yield f"/{name}"
        for panel in dashboard.panels:
            yield f"/api/panels/{panel.id}"
            yield f"/api/panels/{panel.id}.csv"
    yield from ("/", "/sources", "/settings")
    for path, methods in create_app(cast("Any", None)).openapi()["paths"].items():
        if "get" not in methods or path.startswith(_NOT_ASKED) or "{panel_id}" in path or path == "/api/query":
            continue
        if path.endswith("/compare"):
            yield f"{path}?model_ids={quote(','.join(models), safe=',')}"
            continue
        if "{" not in path:
            yield path
            continue
        for value in models if "model" in path else providers:
            yield path.replace(path[path.index("{") : path.index("}") + 1], quote(value, safe=""))


def ask_everything(server: Running, chance: Random, share: float = 1.0) -> list[str]:
    """What was not answered, with the status and the beginning of what was said instead."""
    wrong: list[str] = []
    for question in questions(chance, share):
        found = server.post("/api/query", question)
        if found.status != 200:
            wrong.append(f"{found.status} {json.dumps(question)} {found.body[:300]!r}")
        else:
            try:
                json.loads(found.body, parse_constant=_no_constant)
            except ValueError as error:
                wrong.append(f"not JSON: {error} {json.dumps(question)}")
    providers, models = _values(server, "provider"), _values(server, "model")
    for address in addresses(
        chance.sample(providers, min(3, len(providers))), chance.sample(models, min(6, len(models)))
    ):
        panel = address.startswith("/api/panels")
        if chance.random() > (share * 3 if panel else share):
            continue
        scope = chance.choice(_SCOPES) if panel else ""
        found = server.get(address + scope)
        if not _is_answer(found, address):
            wrong.append(f"{found.status} {address + scope} {found.body[:300]!r}")
    wrong += audit(server)
    return wrong


def audit(server: Running) -> list[str]:
    """What the audit of a running server finds."""
    token = json.loads((server.data / "server.json").read_text())["token"]
    found = server.get("/api/control/doctor?audit=1", {"Authorization": f"Bearer {token}"})
    if found.status != 200:
        return [f"{found.status} doctor {found.body[:300]!r}"]
    return [f"audit: {line}" for line in found.json()["audit"]["discrepancies"]]


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _is_answer(found: Answer, address: str) -> bool:
    if found.status == 404:
        # Of a provider or a model nothing may be known in the window that is looked at; not every text has values, or
        # is the name of something that somebody made.
        known = ("/api/providers/", "/api/models/", "/api/grafana/", "/api/accounts/", "/api/prices/recost/", "stats/")
        return any(part in address for part in known)
    return found.status == 200


def _values(server: Running, dimension: str) -> list[str]:
    question = {
        "measures": ["calls.requests"],
        "by": [f"calls.{dimension}"],
        "since": _SINCE,
        "until": _UNTIL,
        "limit": 200,
    }
    rows = server.post("/api/query", question).json()["rows"]
    return [value for row in rows if (value := next(inner for key, inner in row.items() if dimension in key))]
