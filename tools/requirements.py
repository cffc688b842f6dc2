"""What the requirements documents ask for, and where it is: docs/reference/requirements.toml, read and as a page."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

REFERENCE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"
SOURCE: Final = REFERENCE / "requirements.toml"
#: Begins what a later issue brings.
LATER: Final = "later"
_WORD: Final = re.compile(r"^(GET|page|panel|measure|judgement|dimension|setting|doc|code|later:?) (.+)$")


@dataclass(frozen=True)
class Place:
    """Where something is."""

    #: `panel`, `GET`, `measure` …; `later` for what is not there yet.
    kind: str
    name: str
    #: Of an endpoint, the fields of its answer.
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One thing that is asked for."""

    asked: str
    places: tuple[Place, ...]
    #: Test files, or tests in them as `path::name`.
    tests: tuple[str, ...]
    #: Of a panel, how often the documents want it renewed, in seconds; 0 for anything else.
    every: int = 0

    @property
    def later(self) -> str:
        """The subject of the issue that will bring it; empty if it is here."""
        return next((place.name for place in self.places if place.kind == LATER), "")


@dataclass(frozen=True)
class Part:
    """A part of a document: what it asks for about one matter."""

    document: str
    title: str
    #: The id of the dashboard that its panels stand on, if it is about one.
    page: str
    rows: tuple[Row, ...]


def parts() -> Iterator[Part]:
    """Everything that is asked for.

    Raises:
        ValueError: A place is not written as the head of the file says.
        KeyError: A test is named that [tests] has not.
    """
    data = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    for document in data["document"]:
        title = f"{document['number']}: {document['title']}"
        for part in document["part"]:
            rows = [_row(row, data["tests"]) for row in part.get("rows", ())]
            rows += [_panel(row, data["tests"]) for row in part.get("panels", ())]
            yield Part(title, part["title"], part.get("page", ""), tuple(rows))


def _row(row: list[str], tests: dict[str, str]) -> Row:
    asked, where, proof = row
    return Row(asked, tuple(_place(word) for word in where.split("; ")), tuple(tests[key] for key in proof.split()))


def _panel(row: list[Any], tests: dict[str, str]) -> Row:
    asked, panel, every, where, proof = row
    found = _row([asked, f"panel {panel}; {where}", f"{proof} boards refresh"], tests)
    return Row(found.asked, found.places, found.tests, every)


def _place(word: str) -> Place:
    found = _WORD.match(word)
    if not found:
        raise ValueError(f"{word!r} says no place")
    kind, name = found[1].rstrip(":"), found[2]
    path, _, fields = name.partition(": ") if kind == "GET" else (name, "", "")
    return Place(kind, path, tuple(fields.split()))


def requirements_page() -> str:
    """A table of everything, by document."""
    text = [_HEAD]
    document = ""
    for part in parts():
        if part.document != document:
            document = part.document
            text.append(f"## {document}\n")
        text.append(f"### {part.title}\n")
        if part.page:
            text.append(f"At `/{part.page}`.\n")
        text.append("| asked for | where it is | which test proves it |\n|---|---|---|")
        text += [f"| {row.asked} | {_where(row)} | {_proof(row)} |" for row in part.rows]
        text.append("")
    return "\n".join(text)


def _where(row: Row) -> str:
    if row.later:
        return f"open: {row.later}"
    told = [_told(place) for place in row.places]
    if row.every:
        told.append(f"every {row.every} s")
    return ", ".join(told)


def _told(place: Place) -> str:
    if place.kind == "GET":
        fields = " ".join(f"`{field}`" for field in place.fields)
        return f"`GET {place.name}`{f': {fields}' if fields else ''}"
    if place.kind == "doc":
        return f"[{place.name}]({'../' + place.name if '/' in place.name else place.name})".replace("../reference/", "")
    return f"{place.kind} `{place.name}`"


def _proof(row: Row) -> str:
    return "–" if row.later else ", ".join(f"`{test.removeprefix('tests/')}`" for test in dict.fromkeys(row.tests))


_HEAD: Final = """# Requirements

What the five requirements documents ask for, where it is, and which test proves it. Panels are described in
[dashboards](dashboards.md), addresses in [endpoints](endpoints.md), measures in [measures](measures.md), judgements in
[judgements](judgements.md) and settings in [settings](settings.md). Lists are left out of the fields' names. A test
looks up every name in this table. Open are only accounts at providers, alerts and notifications, and budgets edited in
the page: each has an issue of its own.
"""
