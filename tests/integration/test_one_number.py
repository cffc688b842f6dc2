"""One number, one value: every panel, the query interface, CSV and the command line agree, whatever is looked at."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from generators.examples import LONG, in_turn
from servers.whole import Running, fill, running
from tokometer.charts.colours import Colours
from tokometer.cli.app import tokometer
from tokometer.dashboards import DASHBOARDS, Context, Panel, View, context
from tokometer.dashboards.answers import adds_up
from tokometer.dashboards.scope import parse_scope
from tokometer.judgement.asked import Asked, parse
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Judgement, Matter, judge
from tokometer.ledger import Ledger
from tokometer.ledger.opening import open_ledger
from tokometer.measures import CUBES, Query, Question, Result, Spread, answer
from tokometer.measures.result import csv_cell
from tokometer.prices import PriceBook
from tokometer.settings import Settings, read_settings

PANELS = [(dashboard.range, panel) for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
#: What viewers choose: the page as it opens; another window, zone and filter; whole periods of a model.
CHOSEN: Final[dict[str, dict[str, list[str]]]] = {
    "as it opens": {},
    "30 days of a provider": {"range": ["30d"], "provider": ["anthropic"], "tz": ["Asia/Kolkata"]},
    "whole month of teams": {"range": ["month"], "complete": ["1"], "team": ["research", "platform"], "compare": ["0"]},
}
LOOKS = [
    pytest.param(opens, panel, chosen, id=f"{panel.id}-{chosen}")
    for (opens, panel), chosen in in_turn(PANELS, tuple(CHOSEN))
]
#: `calls.cost`, `calls.cost.previous`, `calls.cost.30d`, `judgement.slo.status`.
_NAMED: Final = re.compile(r"(?P<cube>[a-z_]+)\.(?P<name>[a-z0-9_]+)(?P<more>(\.\w+)*)$")
#: A time with its zone.
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$")


@dataclass
class World:
    """A server, and a copy of its ledger to look at from here."""

    server: Running
    ledger: Ledger
    #: A copy of the data folder that no server holds.
    folder: Path
    settings: Settings
    book: PriceBook
    now: datetime
    #: Questions that all ways have been compared for.
    compared: set[Query] = field(default_factory=set)

    def ask(self, question: Question, now: datetime | None = None) -> Result:
        """Answer from the copy."""
        return answer(self.ledger, question, ("default",), now=now or self.now)

    def look(self, panel: Panel, chosen: dict[str, list[str]], opens: str) -> Look:
        """What a panel shows, and what it has asked for it."""
        seen = Look()

        def ask(question: Question) -> Result:
            result = self.ask(question)
            seen.asked.append((question, result))
            return result

        def judged(judgement: Judgement, matter: Matter, settings: Settings, _ask: Any) -> Result:
            result = judge(judgement, matter, settings, self.ask)
            seen.judged.append((judgement, matter, result))
            return result

        scope = parse_scope(chosen, ("provider", "model", "team"), self.now, opens)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(context, "judge", judged)
            seen.view = panel.view(Context(scope, ask, Colours(), self.settings, self.book))
        for question in [one for one, _ in seen.asked if isinstance(one, Spread)]:
            # Quantiles that a panel reads from the buckets itself have to be those that the measures have.
            ask(
                Query(
                    measures=tuple(name for name in panel.measures if name.startswith("calls.p")),
                    by=question.by,
                    where=question.where,
                    since=question.since,
                    until=question.until,
                    tz=question.tz,
                )
            )
        return seen


@dataclass
class Look:
    """A panel's view, and where its numbers come from."""

    view: View = field(init=False)
    asked: list[tuple[Question, Result]] = field(default_factory=list)
    judged: list[tuple[Judgement, Matter, Result]] = field(default_factory=list)

    def known(self) -> Iterator[tuple[str, Any]]:
        """Full names of measures and judgements, each with a value that was answered."""
        for question, result in self.asked:
            cube = question.cube.name if isinstance(question, Query) else ""
            for row in result.rows:
                for name, value in row.items():
                    yield f"{cube}.{name.removesuffix('_previous')}", value
        for judgement, _, result in self.judged:
            for row in result.rows:
                for name, value in row.items():
                    short = "" if name == judgement.name else f".{name}"
                    yield f"{judgement.full_name}{short}", value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server over forty days of generated records."""
    data = tmp_path_factory.mktemp("one") / "data"
    fill(data, days=40, calls=3_000)
    folder = data.parent / "copy"
    shutil.copytree(data, folder)
    ledger = open_ledger(folder)
    book = PriceBook.open(None, None)
    with running(data, tmp_path_factory.mktemp("home")) as server:
        yield World(server, ledger, folder, read_settings(folder / "tokometer.toml"), book, datetime.now(UTC))
    ledger.close()


@pytest.mark.parametrize(("opens", "panel", "chosen"), LOOKS)
def test_panels_show_what_was_answered(world: World, panel: Panel, opens: str, chosen: str) -> None:
    """Every value in a panel's table is one that a measure or judgement has, and every way to ask gives the same."""
    look = world.look(panel, CHOSEN[chosen], opens)
    known: dict[str, set[Any]] = {}
    for name, value in look.known():
        known.setdefault(name, set()).add(value)
    for at, column in enumerate(look.view.table.columns):
        name = _full(column)
        if not name:
            continue
        for row in look.view.table.rows:
            if row[at] is not None and not (_is_rest(row) and adds_up(name)):
                assert row[at] in known.get(column, known.get(name, ())), f"{column} of {row[0]}"
    for question, _ in look.asked:
        if isinstance(question, Query) and question not in world.compared:
            world.compared.add(question)
            _same_everywhere(world, question)
    for judgement, matter, result in look.judged:
        _same_judgement(world, judgement, matter, result)


def _full(column: str) -> str:
    """The measure, judgement or fact of one in a column; '' for a name or a time."""
    found = _NAMED.match(column)
    if not found or column.endswith(".share"):
        return ""
    if found["cube"] == "judgement":
        return re.sub(r"\.previous$", "", column)
    known = found["cube"] in CUBES and found["name"] in CUBES[found["cube"]].measures
    return f"{found['cube']}.{found['name']}" if known else ""


def _is_rest(row: Any) -> bool:
    return any(value == "Other" for value in row)


def _same_everywhere(world: World, question: Query) -> None:
    """The answer as JSON and as CSV from the server, and from the command line."""
    asked = question.to_json()
    before = world.ask(question, datetime.now(UTC)).to_json()["rows"]
    found = world.server.post("/api/query", asked)
    assert found.status == 200, found.text
    _, *written = csv.reader(io.StringIO(world.server.post("/api/query", asked, {"Accept": "text/csv"}).text))
    told = None if question.compare or question.top else json.loads(_command(world.folder, question))["rows"]
    after = world.ask(question, datetime.now(UTC)).to_json()["rows"]
    rows = found.json()["rows"]
    assert _within(rows, before, after)
    assert told is None or _within(told, before, after)
    assert len(written) == len(rows)
    for texts, *row in zip(written, rows, before, after, strict=True):
        for text, value, *ends in zip(texts, *(one.values() for one in row), strict=True):
            assert _is_written(text, value) or (isinstance(value, float) and _between(float(text), *ends)), (texts, row)


def _within(rows: list[dict[str, Any]], before: list[dict[str, Any]], after: list[dict[str, Any]]) -> bool:
    """Whether these are the answers of some moment between two others.

    A window that ends now moves on, and a rate over a period that is not over is one over the time until now.
    """
    return len(rows) == len(before) == len(after) and all(
        _between(row[name], *(one[name] for one in ends))
        for row, *ends in zip(rows, before, after, strict=True)
        for name in row
    )


def _between(value: object, one: object, other: object) -> bool:
    if isinstance(value, float) and isinstance(one, float) and isinstance(other, float):
        low, high = sorted((one, other))
        return low <= value <= high or any(math.isclose(value, end, rel_tol=1e-9) for end in (low, high))
    return value in {one, other}


def _alike(one: object, other: object) -> bool:
    """The same; but for rates that have moved on with the time between two answers."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-3)
    return one == other


def _command(folder: Path, question: Query) -> str:
    """`tokometer query --json` with a question's words."""
    words = ["--since", question.since, "--tz", question.tz]
    for option, values in (("measure", question.measures), ("by", question.by), ("order", question.order)):
        words += [word for value in values for word in (f"--{option}", value)]
    words += [word for one in question.where for word in ("--where", str(one))]
    for option, text in (("until", question.until), ("grain", question.grain), ("limit", question.limit)):
        words += [f"--{option}", str(text)] if text else []
    return _told(folder, *words)


def _told(folder: Path, *words: str) -> str:
    found = CliRunner().invoke(tokometer, ["query", "--json", "--data", str(folder), *words], catch_exceptions=False)
    assert found.exit_code == 0, found.stdout
    return found.stdout


def _same_judgement(world: World, judgement: Judgement, matter: Matter, result: Result) -> None:
    """Asked for by its name, with the same filters and window, a judgement has the same rows."""
    asked: dict[str, Any] = {
        "measures": [judgement.full_name],
        "by": [f"calls.{matter.by}"] if matter.by else [],
        "where": [str(one) for one in matter.where],
        "tz": matter.tz,
    }
    if not judgement.window:
        asked |= {"since": matter.since, "until": matter.until}
    question = parse(asked)
    assert isinstance(question, Asked)
    assert [*question.answer(world.settings, matter.now, world.ask, world.book).rows] == [*result.rows]


@pytest.mark.parametrize("judgement", JUDGEMENTS.values(), ids=JUDGEMENTS.keys())
def test_judgements_are_the_same_everywhere(world: World, judgement: Judgement) -> None:
    """A judgement has the same rows as JSON, as CSV and from the command line, by everything that it can be told by."""
    for by in judgement.by:
        where = "" if by else "&where=calls.provider=anthropic"
        address = f"/api/query?measure={judgement.full_name}&tz=UTC{f'&by=calls.{by}' if by else ''}{where}"
        found = world.server.get(address).json()
        names = [column["name"] for column in found["columns"]]
        words = ["--measure", judgement.full_name, "--tz", "UTC"]
        words += ["--by", f"calls.{by}"] if by else ["--where", "calls.provider=anthropic"]
        told = json.loads(_told(world.folder, *words))["rows"]
        _, *written = csv.reader(io.StringIO(world.server.get(address, {"Accept": "text/csv"}).text))
        assert len(told) == len(found["rows"]) == len(written)
        for one, texts, row in zip(told, written, found["rows"], strict=True):
            for name, text in zip(names, texts, strict=True):
                full = name if name in {by, "time"} else f"{judgement.full_name}.{name}"
                assert _is_written(text, row[name]) or _has_aged(full, text, row[name])
                assert _alike(one[name], row[name]) or _has_aged(full, str(one[name]), row[name])


@pytest.mark.parametrize(("opens", "panel", "chosen"), LOOKS if LONG else LOOKS[::2])
def test_csv_is_the_panel(world: World, panel: Panel, opens: str, chosen: str) -> None:
    """A panel's CSV of the same moment has the rows of its JSON, under the same names, to the last digit."""
    query = urlencode(CHOSEN[chosen], doseq=True)
    paths = f"/api/panels/{panel.id}?{query}", f"/api/panels/{panel.id}.csv?{query}"
    wrong: list[Any] = []
    # An answer that is shared may be made anew between two, some seconds later: not twice.
    for _ in range(3):
        told, written = world.server.at_one_moment(*paths)
        found, [names, *rows] = told.json(), csv.reader(io.StringIO(written.text))
        assert names == found["columns"]
        assert found["html"]
        assert len(rows) == len(found["rows"])
        wrong = [
            (name, text, value)
            for texts, row in zip(rows, found["rows"], strict=True)
            for name, text, value in zip(names, texts, row, strict=True)
            if not _is_exactly(text, value)
        ]
        if not wrong:
            return
    assert not wrong


def _is_exactly(text: str, value: Any) -> bool:
    """Whether CSV says the value of the same moment."""
    return math.isclose(float(text), value, rel_tol=1e-11) if isinstance(value, float) else _is_written(text, value)


def _has_aged(name: str, text: str, value: Any) -> bool:
    """Whether it depends on what time it is, and was asked for a moment later: ages, and what is expected."""
    if name.rpartition(".")[2] in {"age", "time_in_state"}:
        return abs(float(text) - value) < 10
    if name.startswith("calls."):
        return False
    if isinstance(value, str) and not _number(value):
        # When something is expected.
        moments = bool(_MOMENT.match(value) and _MOMENT.match(text))
        return moments and abs(datetime.fromisoformat(text) - datetime.fromisoformat(value)) < timedelta(minutes=5)
    # A forecast moves with the part of today that is over: by a millionth in ten seconds. Whole things are rounded.
    return math.isclose(float(text), float(value), rel_tol=2e-5, abs_tol=1 if isinstance(value, int) else 2e-9)


def _is_written(text: str, value: Any) -> bool:
    """Whether CSV says the value that JSON has; money to the last digit."""
    if value is None:
        return text == ""
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, float):
        return _alike(float(text), value)
    if isinstance(value, int):
        return int(text) == value
    if _MOMENT.match(value):
        return datetime.fromisoformat(text) == datetime.fromisoformat(value)
    # Text without what is not seen, and disarmed where a spreadsheet would compute it.
    return text == csv_cell(value) or _number(text) == _number(value) is not None


def _number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", text) else None
