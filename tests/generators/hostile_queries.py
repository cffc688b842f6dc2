"""Questions as nobody would ask them, made from what the server says of itself (its OpenAPI document and its measures).

`questions` gives requests without an end: parameters of every endpoint, panel and page with values of the right and of
every wrong kind, left out, repeated, unknown, as long as they can be, in no encoding; and the query language as JSON of
any shape. Most are half right, so that they come past the first check.
"""

# ruff: noqa: SIM905, RUF005 - lists of words read best as words

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes

#: What is right, and what is not, of each kind of value.
WINDOWS = ["15m", "24h", "7d", "30d", "12w", "12mo", "1y", "today", "yesterday", "week", "month", "year", "all"]
ODD_WINDOWS = ["custom", "0m", "99999y", "1w1d", "-7d", "7 d", "７d", "P7D", "for ever"]
TIMES = ["2026-11-01", "2026-11-27T00:00:00Z", "2026-11-27T23:59:59+14:00", "2024-02-29", "1970-01-01", "2026-11-26"]
ODD_TIMES = """
9999-12-31 9999-12-31T23:59:59.999999Z 0001-01-01 0000-01-01 -0001-01-01 2026-02-29 2026-13-01 2026-11-27T24:00:00Z
2026-11-27T00:00:60Z 1969-12-31 2038-01-19 262143-12-31 2026-W48 2026-331 20261127 0 -1 1e18 1764201600
9223372036854775807 now 2026-11-27T00:00:00+99:99 2026-11-27T00:00:00-23:59 2100-01-01 2015-01-01 2014-12-31
""".split()
ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"]
ODD_ZONES = (
    """
Africa/Monrovia europe/berlin EST5EDT Etc/GMT+14 ../../etc/passwd /etc/localtime posixrules zone.tab . UTC+1 Europe
Europe/ Amérique/Paris localtime Factory right/UTC
""".split()
    + ["", "\0", "x" * 300]
)
NUMBERS = ["1", "5", "100", "1000"]
ODD_NUMBERS = "0 -1 1001 10000000 9223372036854775808 1e9 NaN Infinity -0 0x10 １０ ٣ 1_000 1.5".split() + [
    " 7 ",
    "9" * 5_000,
]
TEXTS = (
    """
' " % _ \\ $1 ${x} {{7*7}} <script> \u202e \ufeff e\u0301 😀 \U0010ffff a,b .. null None
true Other (none) unknown - + -cost
` label. label.x label.x.y calls.label. [ [[[[ {} {value:String} $name ? :1
""".split()
    + ["", " ", "\0", "'; DROP TABLE calls; --", "a\nb", "x" * 20_000]
)
#: Bytes that are no text in UTF-8.
BYTES = [b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"a\x80b"]
GRAINS = ["auto", "five_minutes", "quarter", "hour", "day", "week", "month"]
WORDS = "requests cost calls judgement time model provider previous in = not ~ >= like".split() + GRAINS
OPS = ["=", "!=", "in", "not in"]
ODD_OPS = ["~", "<", ">", "contains", "starts", "", "IN", "=="]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e308, 10**30, -(10**400), float("inf"), float("nan")),
    *([], {}, [[]], [None], {"a": {"b": []}}, [["calls.cost"]], {"measures": "calls.cost"}),
    *("\ud800", "a\udfffb", "x" * 50_000),
]
#: How many of the values of a question that is half right are not.
_WRONG = 0.06


@dataclass(frozen=True)
class Question:
    """One request; `declared` is the schema of its answer, where there is one."""

    method: str
    path: str
    body: bytes | None = None
    declared: Mapping[str, Any] | None = None


class Questions:
    """Makes questions from what a server says of itself.

    Args:
        described: Its OpenAPI document.
        measures: What `/api/measures` says.
        dashboards: What `/api/dashboards` says.
        names: Models, providers and other values that there are.
    """

    def __init__(
        self,
        described: Mapping[str, Any],
        measures: Mapping[str, Any],
        dashboards: Mapping[str, Any],
        names: Sequence[str],
    ) -> None:
        self._described = [
            (path, operations["get"])
            for path, operations in described["paths"].items()
            if "get" in operations and path not in ("/api/live", "/api/control/doctor")
        ]
        self._measures = [measure["name"] for cube in measures["cubes"] for measure in cube["measures"]]
        self._dimensions = [dimension["name"] for cube in measures["cubes"] for dimension in cube["dimensions"]]
        self._judgements = [judgement["name"] for judgement in measures["judgements"]]
        self._panels = [panel["id"] for dashboard in dashboards["dashboards"] for panel in dashboard["panels"]]
        self._pages = [dashboard["url"] for dashboard in dashboards["dashboards"]]
        self._share = _WRONG

        self._right: list[str | bytes] = [*names, *names] or ["x"]
        self._wrong: list[str | bytes] = [*TEXTS, *BYTES, *ODD_NUMBERS, *ODD_TIMES]

    def make(self, chance: Random) -> Question:
        """One question: every other one may have anything anywhere, the rest are mostly right."""
        self._share = chance.choice([_WRONG, 0.5])
        return chance.choice([self._of_endpoint, self._of_endpoint, self._of_panel, self._in_url, self._as_json])(
            chance
        )

    # -- endpoints, panels, pages ------------------------------------------------------------------------------

    def _of_endpoint(self, chance: Random) -> Question:
        path, operation = chance.choice(self._described)
        parameters: list[tuple[str, str | bytes]] = []
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                known = self._panels if parameter["name"] == "panel_id" else self._right
                value = self._one(known, self._wrong, chance)
                path = path.replace(f"{{{parameter['name']}}}", _quoted(value) or "x")
            elif parameter["name"] != "filters" and chance.random() < 0.4:
                parameters.append((parameter["name"], self._value(parameter, chance)))
        parameters += self._filters(chance)
        content = operation.get("responses", {}).get("200", {}).get("content", {})
        declared = content.get("application/json", {}).get("schema")
        return Question("GET", path + _query(parameters, chance), declared=declared or None)

    def _of_panel(self, chance: Random) -> Question:
        path = chance.choice(
            [f"/api/panels/{panel}{end}" for panel in self._panels for end in ("", ".csv", "/explain")]
        )
        if chance.random() < 0.15:
            path = chance.choice([*self._pages, "/", "/sources", "/settings", "/api/filters"])
        given: dict[str, tuple[Sequence[str], Sequence[str]]] = {
            "range": (WINDOWS, ODD_WINDOWS),
            "since": (TIMES, ODD_TIMES),
            "until": (TIMES, ODD_TIMES),
            "tz": (ZONES, ODD_ZONES),
            "compare": ("01", TEXTS),
            "complete": ("01", TEXTS),
            "show": (["value", "change", "percent"], TEXTS),
            "trend": (GRAINS, WORDS),
            "per": (["session", "request", "mtok"], TEXTS),
            "rows": ("01", ["x"]),
            "live": ("01", ["x"]),
        }
        parameters: list[tuple[str, str | bytes]] = [
            (name, self._one(right, wrong, chance))
            for name, (right, wrong) in given.items()
            if chance.random() < (0.04 if name in ("since", "until") else 0.25)
        ]
        return Question("GET", path + _query([*parameters, *self._filters(chance)], chance))

    def _one(self, right: Sequence[Any], wrong: Sequence[Any], chance: Random) -> Any:
        return chance.choice(wrong if chance.random() < self._share else right)

    def _value(self, parameter: Mapping[str, Any], chance: Random) -> str | bytes:
        """A value for a parameter."""
        own = parameter["schema"].get("enum")
        kinds: dict[str, tuple[Sequence[str], Sequence[str]]] = {
            "period": (WINDOWS, ODD_WINDOWS),
            "from": (TIMES, ODD_TIMES),
            "to": (TIMES, ODD_TIMES),
            "tz": (ZONES, ODD_ZONES),
            "limit": (NUMBERS, ODD_NUMBERS),
            "offset": (NUMBERS, ODD_NUMBERS),
            "sort": (["-total_requests", "model", "-cost", "provider"], WORDS),
            "interval": (["1h", "1d", "15m"], ODD_WINDOWS),
        }
        right, _wrong = kinds.get(parameter["name"], (self._right, ()))
        found: str | bytes = self._one(own or right, [*_wrong, *self._wrong], chance)
        return found

    def _filters(self, chance: Random) -> list[tuple[str, str | bytes]]:
        if chance.random() < 0.6:
            return []
        names = [name.partition(".")[2] for name in self._dimensions if name.startswith("calls.")]
        return [
            (self._one(names, TEXTS, chance) or "x", self._one(self._right, self._wrong, chance))
            for _ in range(chance.choice([1, 1, 1, 2, 3, 40]))
        ]

    # -- the query language ------------------------------------------------------------------------------------

    def _given(self, chance: Random) -> dict[str, Any]:
        """A query that may be right."""
        cube = chance.choice(["calls", "calls", "calls", *{name.partition(".")[0] for name in self._measures}])
        measures = [name for name in self._measures if name.startswith(f"{cube}.")]
        dimensions = [name for name in self._dimensions if name.startswith(f"{cube}.")]
        asked = chance.sample(measures, min(len(measures), chance.choice([1, 1, 2, 5])))
        if chance.random() < 0.2:
            asked = [chance.choice(self._judgements)]
        by = chance.sample(dimensions, min(len(dimensions), chance.choice([0, 0, 1, 1, 2, 3])))
        given: dict[str, Any] = {"measures": asked, "by": by}
        right_order = [*asked, *by, f"-{asked[0]}"]
        values: dict[str, tuple[Sequence[Any], Sequence[Any]]] = {
            "since": (WINDOWS, [*ODD_WINDOWS, *TIMES, *ODD_TIMES]),
            "until": (["2026-11-27", "2026-12-31"], [*TIMES, *ODD_TIMES]),
            "grain": (GRAINS, TEXTS),
            "tz": (ZONES, ODD_ZONES),
            "order": (right_order, ["time", "-time", "+cost", *TEXTS]),
            "limit": ([0, 1, 5, 1_000_000], [-1, 10**20, *ODD]),
            "compare": (["previous", ""], ["x", *ODD]),
            "top": ([0, 1, 3], [10**6, *ODD]),
            "other": ([True, False, "true"], ["x", *ODD]),
        }
        for name, (right, wrong) in values.items():
            if chance.random() < (0.05 if name == "until" else 0.25):
                given[name] = self._one(right, wrong, chance)
        if chance.random() < 0.4:
            given["where"] = [
                self._filter(name, chance) for name in chance.choices(dimensions, k=chance.choice([1, 1, 2]))
            ]
        return given

    def _filter(self, dimension: str, chance: Random) -> Any:
        name = self._one([dimension], ["calls.label.x", "calls.x", *TEXTS], chance)
        op = self._one(OPS, ODD_OPS, chance)
        value = self._one([one for one in self._right if isinstance(one, str)], [*TEXTS, *ODD], chance)
        listed = [value, value] if op.endswith("in") else [value]
        return chance.choice(
            [
                {"dimension": name, "op": op, "values": listed},
                {"dimension": name, "value": value},
                f"{name} {op} {value}",
            ]
        )

    def _in_url(self, chance: Random) -> Question:
        parameters: list[tuple[str, str | bytes]] = []
        for name, value in self._given(chance).items():
            for one in value if isinstance(value, list) else [value]:
                text = one if isinstance(one, str) else json.dumps(one)
                parameters.append(({"measures": "measure"}.get(name, name), text))
        parameters += [(f"calls.{name}", value) for name, value in self._filters(chance)]
        return Question("GET", "/api/query" + _query(parameters, chance))

    def _as_json(self, chance: Random) -> Question:
        given: Any = self._given(chance)
        for _ in range(0 if self._share == _WRONG else chance.choice([0, 1, 1, 2])):
            name = chance.choice([*given, "where", "order", "since", "tz", "\ud800", "x" * 1_000])
            given[name] = chance.choice(ODD)
        if chance.random() < 0.05:
            given = chance.choice(ODD)
        body = json.dumps(given).encode()
        if chance.random() < 0.1:
            at = chance.randrange(len(body))
            body = body[:at] + chance.choice([b"", *BYTES, b"\0", b"[" * 50_000, b'"', b"\\ud800"]) + body[at:]
        return Question("POST", "/api/query", body)


def questions(asked: Questions, chance: Random) -> Iterator[Question]:
    """Questions, without an end."""
    while True:
        yield asked.make(chance)


def _query(parameters: Sequence[tuple[str, str | bytes]], chance: Random) -> str:
    given = list(parameters)
    if given and chance.random() < 0.1:
        given.append(chance.choice(given))
    if chance.random() < 0.1:
        given.append((chance.choice(TEXTS), chance.choice(TEXTS)))
    # No server takes an address of any length.
    parts: list[str] = []
    for name, value in given:
        part = f"{_quoted(name)}={_quoted(value)}"
        if sum(map(len, parts)) + len(part) < 60_000:
            parts.append(part)
    if parts and chance.random() < 0.05:
        parts.append(chance.choice(["%", "%z", "%u0041", "a=%E2%82", "=", "&&", "a", "#b", "a;b", "%00=%00"]))
    return "?" + "&".join(parts) if parts else ""


def _quoted(text: str | bytes) -> str:
    return quote_from_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), safe="")


def mismatches(declared: Mapping[str, Any], value: Any, where: str = "answer") -> list[str]:
    """Where a value is not what its JSON Schema says; as much of JSON Schema as our document uses."""
    kinds = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
        "null": type(None),
    }  # fmt: skip
    wanted = declared.get("type", [])
    allowed = [wanted] if isinstance(wanted, str) else wanted
    fits = [
        kind
        for kind in allowed
        if isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))
    ]
    if allowed and not fits:
        return [f"{where}: {str(value)[:80]!r} is not {allowed}"]
    if "enum" in declared and value not in declared["enum"]:
        return [f"{where}: {value!r} is none of {declared['enum']}"]
    found: list[str] = []
    if isinstance(value, dict):
        properties = declared.get("properties", {})
        found += [f"{where}: {name} is missing" for name in declared.get("required", []) if name not in value]
        more = declared.get("additionalProperties")
        for name, part in value.items():
            if name in properties:
                found += mismatches(properties[name], part, f"{where}.{name}")
            elif isinstance(more, dict):
                found += mismatches(more, part, f"{where}.{name}")
            elif properties:
                found.append(f"{where}: {name} is not declared")
    if isinstance(value, list):
        for part in value:
            found += mismatches(declared.get("items", {}), part, f"{where}[]")
    return found
