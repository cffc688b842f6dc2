"""Every declared field, against what the same measure says at /api/query; and every answer against its own schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from servers.whole import Running
from tokometer.dashboards.answers import JUDGED, measured
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.measures.kinds import Throughput
from tokometer.server.endpoints import ENDPOINTS
from tokometer.server.endpoints.declared import Block, Field, Map, Part, Rows, Texts, parts_of
from tokometer.server.endpoints.serving import Endpoint
from tokometer.server.endpoints.shapes import SECONDS

#: The dimension behind each part of a path.
DIMENSIONS = {"slug": "provider", "provider": "provider", "model_id": "model", "model": "model"}
GRAINS = {60: "minute", 300: "five_minutes", 900: "quarter", 3600: "hour", 86_400: "day", 604_800: "week"}
WHOLE = {"all": {"since": "all"}}


class Walk:
    """One endpoint's answer beside what /api/query says."""

    def __init__(self, server: Running, endpoint: Endpoint, names: dict[str, str]) -> None:
        self.server = server
        self.endpoint = endpoint
        self.names = names
        self.compared = 0
        #: The row of a list that is being looked at, as filters.
        self.inside: dict[str, str] = {}
        path = endpoint.path.replace(":path", "")
        for part, value in names.items():
            path = path.replace(f"{{{part}}}", quote(value, safe=""))
        self.url = path
        if any(one.name == "model_ids" for one in endpoint.takes):
            self.url += "?" + urlencode(
                {"model_ids": ",".join(most_used(server.url, "model", rank) for rank in (3, 0))}
            )

    def compare(self) -> None:
        """Compare everything that is declared; the window may move on meanwhile, so a difference is looked at again."""
        for attempt in range(4):
            self._renew()
            answer = self.server.get(self.url)
            assert answer.status == 200, answer.text
            try:
                self._part(self.endpoint.answer, answer.json(), "")
            except AssertionError:
                if attempt == 3:
                    raise
            else:
                return

    def _renew(self) -> None:
        """Commit something that no endpoint tells of, so that no answer is an older one."""
        line = {"message": "a line", "level": "info", "started_at": datetime.now(UTC).isoformat()}
        sent = self.server.post("/api/records/logs", [line])
        assert sent.status == 200, sent.text

    def _part(self, part: Part, value: Any, grain: str) -> None:
        if isinstance(part, Block):
            self._fields([one for one in part.parts if isinstance(one, Field)], value, {})
            for one in part.parts:
                if isinstance(one, Block | Rows | Map):
                    seconds = value.get("interval_seconds") if isinstance(value, dict) else None
                    self._part(one, value[one.name], GRAINS.get(seconds, grain or "month"))
        elif isinstance(part, Rows) and part.by:
            self._rows(part, value, grain)
        elif isinstance(part, Map):
            self._map(part, value)

    def _fields(self, fields: list[Field], value: dict[str, Any], extra: dict[str, str]) -> None:
        for field in fields:
            if not field.source:
                continue
            rows = self._query(field, **extra)
            if rows or not field.source.startswith(JUDGED):
                self._same(field, value[field.name], rows[0])
            else:
                assert value[field.name] in (None, "no_data"), f"{self.url}: {field.name} of nothing"

    def _rows(self, part: Rows, rows: list[dict[str, Any]], grain: str) -> None:
        named = part.named or part.by
        for field in [*part.row.fields()]:
            cube = field.source.partition(".")[0].replace("judgement", "calls")
            about = {"grain": grain} if part.by == "time" else {"by": f"{cube}.{part.by}"}
            found = {str(row[part.by]): row for row in self._query(field, **about)}
            for row in rows:
                shown = _value(part.row, row, field)
                if str(row[named]) in found:
                    self._same(field, shown, found[str(row[named])])
                else:
                    said = f"{self.url}: {part.name} of {row[named]!r} has {field.name} {shown!r}"
                    assert not shown or shown == "no_data", said

        for inner in (one for one in part.row.parts if isinstance(one, Rows | Map)):
            for row in rows[:3]:
                self.inside = {part.by: row[named]}
                self._part(inner, row[inner.name], grain)
            self.inside = {}

    def _map(self, part: Map, value: dict[str, Any]) -> None:
        found = {row[part.by]: row for row in self._query(part.value, by=f"calls.{part.by}")}
        for name, shown in value.items():
            if name in found:
                self._same(part.value, shown, found[name])
            else:
                assert not shown, f"{self.url}: {part.name}.{name} is {shown!r}"

    def _query(self, field: Field, **about: str) -> list[dict[str, Any]]:
        cube = field.source.partition(".")[0]
        parameters = {
            "measure": field.source,
            "since": field.window or self.endpoint.period,
            **about,
            **({"compare": "previous"} if field.change else {}),
        }
        if cube == "judgement":
            return self._judged(field, parameters)
        for part, value in self.names.items():
            parameters[f"{cube}.{DIMENSIONS[part]}"] = value
        for dimension, value in self.inside.items():
            parameters[f"{cube}.{dimension}"] = value
        answer = self.server.get(f"/api/query?{urlencode(parameters)}")
        assert answer.status == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    def _judged(self, field: Field, parameters: dict[str, str]) -> list[dict[str, Any]]:
        """What a judgement says, of the one in the path where there is one."""
        name = field.source.split(".")[1]
        parameters["measure"] = f"judgement.{name}"
        if JUDGEMENTS[name].window:
            del parameters["since"]
        dimension = next((DIMENSIONS[part] for part in self.names), "")
        if dimension:
            parameters["by"] = f"calls.{dimension}"
        answer = self.server.get(f"/api/query?{urlencode(parameters)}")
        assert answer.status == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return [row for row in rows if not dimension or row[dimension] in self.names.values()]

    def _same(self, field: Field, shown: Any, row: dict[str, Any]) -> None:
        judged = field.source.startswith(JUDGED)
        short = field.source.split(".")[-1]
        value = row[short]
        number = float(value) if field.shape.type in ("number", "integer") and isinstance(value, str) else value
        if field.change:
            before = float(row[f"{short}.previous"] or 0)
            number = (number - before) / abs(before) if before and number is not None else None
        said = f"{self.url}: {field.name} is {shown!r}, {field.source} is {value!r}"
        self.compared += 1
        if number is None:
            assert shown is None, said
            return
        if field.shape.type in ("string", "boolean"):
            assert shown == (value if field.shape.format == "date-time" else field.write(value)), said
            return
        # Of these, the time that passes is a part.
        moves = judged or isinstance(measured(field.source), Throughput)
        near = pytest.approx(
            field.write(number), rel=1e-2 if moves else 1e-9, abs=10 if field.shape is SECONDS else 2e-6
        )
        assert shown == near, said


def _value(block: Block, row: dict[str, Any], wanted: Field) -> Any:
    for part in block.parts:
        if part is wanted:
            return row[part.name]
        if isinstance(part, Block) and wanted in part.fields():
            return _value(part, row[part.name], wanted)
    raise AssertionError(wanted)


@cache
def most_used(url: str, dimension: str, rank: int) -> str:
    """A name of the ledger's."""
    import urllib.request

    query = f"?measure=calls.requests&by=calls.{dimension}&since=30d&order=-requests&limit=40"
    with urllib.request.urlopen(f"{url}/api/query{query}") as reply:
        rows = [row for row in json.load(reply)["rows"] if row[dimension]]
    return str(rows[rank][dimension])


def names_of(server: Running, endpoint: Endpoint, rank: int) -> dict[str, str]:
    """What stands in an endpoint's path."""
    return {part: most_used(server.url, DIMENSIONS[part], rank) for part in endpoint.names}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
@pytest.mark.parametrize("rank", [0, 9])
def test_every_field_is_its_measure(server: Running, endpoint: Endpoint, rank: int) -> None:
    """Whatever is declared as a measure is what /api/query says of it, for the same window and names."""
    if rank and not endpoint.names:
        pytest.skip("has no names in its path")
    walk = Walk(server, endpoint, names_of(server, endpoint, rank))
    walk.compare()
    declared = [field for field in _all_fields(endpoint.answer) if field.source]
    # Lists by two names are looked at in tests of their own.
    assert walk.compared or not declared or endpoint.path == "/api/analytics/heatmap"


def _all_fields(part: Part) -> Iterator[Field]:
    if isinstance(part, Field):
        yield part
    elif isinstance(part, Rows):
        yield from _all_fields(part.row)
    elif isinstance(part, Map):
        yield part.value
    elif isinstance(part, Block):
        for one in part.parts:
            yield from _all_fields(one)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_every_answer_is_as_declared(server: Running, endpoint: Endpoint) -> None:
    """Names and types of an answer are those of its schema, nothing more and nothing less."""
    walk = Walk(server, endpoint, names_of(server, endpoint, 0))
    _conforms(endpoint.answer.schema(), server.get(walk.url).json(), walk.url)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_every_example_is_as_declared(endpoint: Endpoint) -> None:
    """The example of every answer fits its schema."""
    _conforms(endpoint.answer.schema(), endpoint.answer.example, endpoint.path)


_TYPES: dict[str, Any] = {
    "integer": int,
    "number": (int, float),
    "string": str,
    "boolean": bool,
    "null": type(None),
}


def _conforms(schema: dict[str, Any], value: Any, where: str) -> None:
    kind = schema["type"]
    if kind == "object":
        assert isinstance(value, dict), where
        if "properties" in schema:
            assert list(value) == schema["required"], where
            for name, inner in schema["properties"].items():
                _conforms(inner, value[name], f"{where}.{name}")
        else:
            for name, one in value.items():
                _conforms(schema["additionalProperties"], one, f"{where}.{name}")
    elif kind == "array":
        assert isinstance(value, list), where
        for one in value:
            _conforms(schema["items"], one, f"{where}[]")
    else:
        kinds = [kind] if isinstance(kind, str) else kind
        right = any(isinstance(value, _TYPES[one]) and (one == "boolean") == isinstance(value, bool) for one in kinds)
        assert right, f"{where} is {value!r}, not {kinds}"


def _costs(endpoint: Endpoint) -> list[str]:
    """The costs of an answer beside which no count of calls without a price stands."""
    blocks: list[Part] = [part for _, part in parts_of(endpoint.answer) if isinstance(part, Rows)]
    found = []
    for each in [endpoint.answer, *blocks]:
        row = each.row if isinstance(each, Rows) else each
        assert isinstance(row, Block)
        fields = [part for part in row.fields() if not part.change]
        counted = {part.window for part in fields if part.source == "calls.unpriced"}
        found += [part.name for part in fields if part.source == "calls.cost" and part.window not in counted]
    return found


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_beside_every_cost_stands_what_is_not_in_it(endpoint: Endpoint) -> None:
    """A cost that leaves out calls says how many, in every answer and every row."""
    assert _costs(endpoint) == []


def test_every_endpoint_describes_itself(server: Running) -> None:
    """OpenAPI has every declared endpoint with its schema, an example, and what every field says."""
    paths = server.get("/api/openapi.json").json()["paths"]
    for endpoint in ENDPOINTS:
        about = paths[endpoint.path.replace(":path", "")]["get"]
        content = about["responses"]["200"]["content"]["application/json"]
        assert content["schema"] == endpoint.answer.schema()
        assert content["example"] == endpoint.answer.example
        assert {"period", "from", "to", "tz", "limit", "sort", "filters"} <= {
            one["name"] for one in about["parameters"]
        }
        for field in _all_fields(endpoint.answer):
            assert field.says().endswith((".", "`")), f"{endpoint.path}: {field.name} says {field.says()!r}"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_what_cannot_be_understood_is_named(server: Running, endpoint: Endpoint) -> None:
    """Bad parameters get 422 with the parameter's name, unknown names in the path 404 with the nearest."""
    url = Walk(server, endpoint, names_of(server, endpoint, 0)).url
    for name, value in (("period", "7x"), ("tz", "Mars/Base"), ("limit", "0"), ("nonsense", "1"), ("from", "tomorrow")):
        answer = server.get(f"{url}{'&' if '?' in url else '?'}{urlencode({name: value})}")
        assert (answer.status, answer.json()["detail"].startswith(f"{name}: ")) == (422, True), answer.text
    for part, real in names_of(server, endpoint, 0).items():
        answer = server.get(Walk(server, endpoint, {part: f"{real}x"}).url)
        assert answer.status == 404, answer.text
        assert f"did you mean '{real}'" in answer.json()["detail"] or real in answer.json()["detail"]


def test_texts_and_parts_are_all_known() -> None:
    """Every part is of a kind that the walk above knows."""
    for endpoint in ENDPOINTS:
        assert isinstance(endpoint.answer, Block | Rows)
        for part in endpoint.answer.parts if isinstance(endpoint.answer, Block) else endpoint.answer.row.parts:
            assert isinstance(part, Block | Field | Rows | Map | Texts)
