"""The table of what the requirements documents ask for names what there is, and leaves open only what is settled."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi import FastAPI

from tokometer.dashboards import DASHBOARDS, Panel
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.measures import CUBES
from tokometer.server.endpoints import ROUTERS
from tokometer.server.places import PAGES
from tokometer.settings.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from requirements import Place, Row, parts  # noqa: E402

PANELS: dict[str, Panel] = {panel.id: panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels}
ROWS: list[Row] = [row for part in parts() for row in part.rows]
#: What issues of their own will bring.
OPEN = {
    "alerts and notifications",
}


@cache
def openapi() -> dict[str, Any]:
    """What the endpoints say of themselves, by path; parts of a path without their converters."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    return dict(app.openapi()["paths"])


@cache
def settled() -> frozenset[str]:
    """What tokometer.toml can say: sections, and their keys."""
    return frozenset(
        [
            *(section.name for section in SECTIONS),
            *(f"{section.name}.{key.name}" for section in SECTIONS for key in section.keys),
        ]
    )


def fields(schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Dotted names of all that an answer has; lists leave no trace."""
    for one in (schema, *schema.get("anyOf", ())):
        for name, inner in one.get("properties", {}).items():
            yield at + name
            yield from fields(inner, f"{at}{name}.")
        if "items" in one:
            yield from fields(one["items"], at)


def of_example(example: Any, at: str = "") -> Iterator[str]:
    """The same, of an example."""
    if isinstance(example, dict):
        for name, inner in example.items():
            yield at + name
            yield from of_example(inner, f"{at}{name}.")


@cache
def answered(path: str) -> frozenset[str]:
    """The fields of an endpoint's answer."""
    content = openapi()[path]["get"]["responses"]["200"]["content"]["application/json"]
    return frozenset([*fields(content["schema"]), *of_example(content.get("example"))])


def missing(place: Place) -> list[str]:
    """What a place names that is not there."""
    cube, _, short = place.name.partition(".")
    there = {
        "page": lambda: place.name.lstrip("/") in {one.id for one in PAGES},
        "panel": lambda: place.name in PANELS,
        "measure": lambda: cube in CUBES and short in CUBES[cube].measures,
        "dimension": lambda: cube in CUBES and short in CUBES[cube].dimensions,
        "judgement": lambda: place.name in JUDGEMENTS,
        "setting": lambda: place.name in settled(),
        "doc": (ROOT / "docs" / place.name).is_file,
        "code": (ROOT / place.name).is_file,
        "later": lambda: place.name in OPEN,
        "GET": lambda: place.name in openapi(),
    }
    if not there[place.kind]():
        return [f"{place.kind} {place.name}"]
    return [f"{place.name}: {name}" for name in place.fields if name not in answered(place.name)]


@cache
def functions_of(path: str) -> frozenset[str]:
    """The functions of a file of tests."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=[f"{number} {row.asked[:50]}" for number, row in enumerate(ROWS)])
def test_every_name_exists(row: Row) -> None:
    """Each page, panel, address, field, measure, judgement, setting, document and test in the table is there."""
    assert row.places
    assert [name for place in row.places for name in missing(place)] == []
    assert row.tests or row.later
    for test in row.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert not name or name in functions_of(path), test


#: What no document asks for, and is there all the same.
BEYOND: Final = {"context", "outcomes"}
JUDGED_BEYOND: Final = {
    *("movers", "cost_split", "context", "context_groups", "cache_waste", "cache_breaks", "cache_changes"),
    "cost_per_good_answer",
}


def test_every_endpoint_and_dashboard_is_asked_for() -> None:
    """No address under the endpoints is without a row, no dashboard and no judgement either."""
    named = {(place.kind, place.name) for row in ROWS for place in row.places}
    assert {path for kind, path in named if kind == "GET"} == set(openapi())
    assert {name for kind, name in named if kind == "judgement"} >= {*JUDGEMENTS} - JUDGED_BEYOND
    boards = {name.partition(".")[0] for kind, name in named if kind == "panel"}
    assert boards == set(DASHBOARDS) - BEYOND


def test_panels_are_those_of_the_documents() -> None:
    """The six dashboards have the documents' eight panels each, on their own page and under the documents' titles."""
    six = [part for part in parts() if part.page]
    assert [len(part.rows) for part in six] == [8] * 6
    for part in six:
        for row in part.rows:
            panel = PANELS[row.places[0].name]
            assert panel.id.startswith(f"{part.page}.")
            asked = row.asked.split(",")[0].split(":")[0] if panel.id != "tokens.ratio" else row.asked
            words = panel.title.replace(" ({range})", "").lower()
            assert words in row.asked.lower() or asked.lower().split(" with ")[0].split(" (")[0] in words


def test_panels_refresh_as_asked() -> None:
    """Each of the 48 panels is renewed as often as the documents say."""
    wanted = {row.places[0].name: row.every for row in ROWS if row.every}
    assert len(wanted) == 48
    assert {name: PANELS[name].every for name in wanted} == wanted


def test_what_is_open() -> None:
    """Nothing is open but what has an issue of its own, and each of those is named."""
    assert {row.later for row in ROWS if row.later} == OPEN
