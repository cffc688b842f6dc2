"""Labels and dimensions made by rules: both engines, any query, the same rows as working it out call by call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from generators import measured
from generators.brute_force import MEASURES, Brute, accepts, short
from generators.examples import examples
from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.packed import pack
from tokometer.measures import CUBES, Filter, Query, Result, rules, run
from tokometer.measures.labels import known_labels
from tokometer.records import ModelCall
from tokometer.settings import Declared, Rule

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
ZONES = ("UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York")
#: Keys that might be mistaken for something else, and their values.
LABELS = {
    "customer": ("acme", "Über AG", "o'neill", ""),
    "model": ("not a model", "gpt-5"),
    "a.b": ("1", "10"),
    'odd "key" = x, y': ("a, b", '"c"', "$p0"),
}
ROLLED = ("customer", "a.b")
DECLARED = (
    Declared(
        name="product",
        default="other",
        rules=(
            Rule("search", ("project contains ber", "label.customer = acme")),
            Rule("chat", ("model prefix claude",)),
            Rule("o'neill's", ("label.customer in o'neill, Über AG", "status != ok")),
            Rule("odd", ('label."odd \\"key\\" = x, y" contains B',)),
        ),
    ),
    Declared(name="grade", rules=(Rule("big", ("family = claude", "product != search")), Rule("none", ("agent =",)))),
    Declared(name="shift", default="night", rules=(Rule("day", ("hour in 8, 9, 10, 11, 12, 13, 14, 15, 16, 17",)),)),
    Declared(name="unit", rules=(Rule("x", ("label.customer = acme",)), Rule("y", ("label.a.b prefix 1",)))),
    Declared(
        name="owner", default="nobody", rules=(Rule("ber", ("project contains ber",)), Rule("team", ("team != ",)))
    ),
)
#: What each is worked out from, as far as it decides which table can count sessions.
LOOKED_AT = {
    "product": {"project", "label.customer", "model", "status"},
    "grade": {"model", "project", "label.customer", "status", "agent"},
    "shift": {"hour"},
    "unit": {"label.customer"},
    "owner": {"project", "team"},
}


def _labelled(calls: list[ModelCall]) -> list[ModelCall]:
    chance = Random(11)
    return [
        structs.replace(
            call,
            labels={
                key: value
                for key, values in LABELS.items()
                if (value := chance.choice(values)) and chance.random() < 0.7
            },
        )
        for call in calls
    ]


CALLS = _labelled(measured.calls(seed=9, count=600))


class Labelled(Brute):
    """Counting by hand, with made dimensions."""

    def dimension(self, call: ModelCall, name: str) -> Any:
        """A call's value of a dimension."""
        declared = next((one for one in DECLARED if one.name == name), None)
        if declared is None:
            return super().dimension(call, name)
        for rule in declared.rules:
            wheres = [Filter.parse(f"calls.{text}") for text in rule.where]
            if all(accepts(given, self.dimension(call, short(given.dimension))) for given in wheres):
                return rule.value
        return declared.default

    def looked_at(self, names: set[str]) -> set[str]:
        """The dimensions that decide what some are."""
        return {below for name in names for below in LOOKED_AT.get(name, {name})}


@pytest.fixture(scope="module", autouse=True)
def made() -> Iterator[None]:
    """The made dimensions are known while these tests run."""
    rules.use(DECLARED, Path("tokometer.toml"))
    yield
    rules.use((), Path("tokometer.toml"))


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine: labels come before and after some are chosen for the rollups, loose and packed."""
    opened: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("labels") / "ledger.duckdb"),
        clickhouse(),
    ]
    for ledger in opened:
        ledger.commit(Batch(records=[structs.replace(call) for call in CALLS[:200]]))
        ledger.commit(Batch(records=list(measured.others(seed=4, count=60))))
        ledger.settle()
        ledger.roll_up(ROLLED)
        ledger.commit(Batch(records=[structs.replace(call) for call in CALLS[200:300]], packed=[pack(CALLS[300:])]))
    yield opened
    for ledger in opened:
        ledger.close()


def _answers(ledgers: list[Ledger], query: Query) -> Result:
    results = [run(ledger, query, now=NOW) for ledger in ledgers]
    for one, other in pairwise(results):
        assert one.meta.tables == other.meta.tables
        assert list(one.rows) == list(other.rows)
    return results[0]


NAMES = (*(f"label.{key}" for key in LABELS), "label.absent", *(one.name for one in DECLARED))
VALUES = {
    **{f"label.{key}": [*values, values[0][:1], ""] for key, values in LABELS.items()},
    "label.absent": ["", "x"],
    "product": ["search", "chat", "other", "o'neill's"],
    "grade": ["big", "none", ""],
    "shift": ["day", "night"],
    "unit": ["x", "y", ""],
    "owner": ["ber", "nobody"],
}


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Queries by and about labels and made dimensions, beside declared ones."""
    grain = draw(st.sampled_from(("", "", "hour", "day", "month")))
    quarters = (
        4 * draw(st.sampled_from((72, 72, 24))) if grain == "hour" else 4 * 24 * draw(st.sampled_from((70, 20, 3)))
    )
    since = draw(st.sampled_from(measured.CROWDED)) - timedelta(minutes=15 * draw(st.integers(0, quarters)))
    until = since + timedelta(minutes=15 * quarters)
    if draw(st.booleans()):
        since += timedelta(microseconds=draw(st.integers(-(10**9), 10**9)))
    by = draw(st.lists(st.sampled_from((*NAMES, "model", "team", "day")), max_size=2, unique=True))
    where = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        op = draw(st.sampled_from(("=", "!=", "in", "not in", "contains", "prefix")))
        count = 1 if op in ("=", "!=") else draw(st.integers(1, 2))
        values = draw(st.lists(st.sampled_from(VALUES[name]), min_size=count, max_size=count))
        where.append({"dimension": f"calls.{name}", "op": op, "values": values})
    measures = draw(st.lists(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=4, unique=True))
    return Query(
        measures=tuple(f"calls.{name}" for name in measures),
        by=tuple(f"calls.{name}" for name in by),
        where=tuple(where),  # type: ignore[arg-type]
        since=since.isoformat(),
        until=until.isoformat(),
        grain=grain,
        tz=draw(st.sampled_from(ZONES)),
    )


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries())
def test_any_query_gives_the_rows_that_counting_by_hand_gives(ledgers: list[Ledger], query: Query) -> None:
    """Whether rollups or calls answer, in every zone and window."""
    result = _answers(ledgers, query)
    names = [column.name for column in result.columns if column.type in ("text", "time", "date") or not column.unit]

    def ordered(some: list[dict[str, Any]]) -> list[dict[str, Any]]:
        def text(value: Any) -> str:
            return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)

        return sorted(some, key=lambda row: [text(row[name]) for name in names])

    assert ordered(list(result.rows)) == ordered(Labelled(CALLS, query, ("default",), NOW).rows())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("grain", ["", "week"])
def test_the_largest_the_others_and_the_period_before(ledgers: list[Ledger], name: str, grain: str) -> None:
    """`top`, `other` and `compare` as with any dimension; the text of a query and its parameters mean the same."""
    query = Query(
        measures=("calls.cost", "calls.requests", "calls.p95_latency", "calls.sessions"),
        by=(f"calls.{name}",),
        where=(Filter.parse({"dimension": f"calls.{name}", "op": "not in", "values": ["nobody", "10"]}),),
        since="2025-03-01",
        until="2025-05-01",
        grain=grain,
        order=("-calls.requests", f"calls.{name}"),
        top=1,
        compare="previous",
        tz="Australia/Lord_Howe",
    )
    result = _answers(ledgers, query)
    assert list(_answers(ledgers, Query.from_params(query.to_params())).rows) == list(result.rows)
    assert list(_answers(ledgers, Query.parse(query.to_json())).rows) == list(result.rows)


def test_chosen_labels_are_answered_by_the_rollups(ledgers: list[Ledger]) -> None:
    """Sums by them, and by rules that look at nothing but what cells know. Another choice changes only the rollups."""

    def asked(name: str) -> Result:
        return _answers(ledgers, Query(measures=("calls.requests", "calls.cost"), by=(f"calls.{name}",), since="all"))

    rolled = asked("label.customer")
    assert rolled.meta.tables == ("cells",)
    assert asked("unit").meta.tables == ("cells",)
    assert asked("owner").meta.tables == ("cells",)
    assert asked("label.model").meta.tables == ("calls",)
    for ledger in ledgers:
        assert ledger.rolled == set(ROLLED)
        assert ledger.audit() == []
        ledger.roll_up(("model",))
    loose = asked("label.customer")
    assert loose.meta.tables == ("calls",)
    assert list(loose.rows) == list(rolled.rows)
    assert asked("label.model").meta.tables == ("cells",)
    for ledger in ledgers:
        assert ledger.audit() == []
        ledger.roll_up(())
        assert ledger.audit() == []
        assert ledger.fetch(_statement("SELECT count(*) FROM cells WHERE label_set <> 0")) == [(0,)]
        ledger.roll_up(ROLLED)
    assert list(asked("label.customer").rows) == list(rolled.rows)


def _statement(sql: str) -> Any:
    from tokometer.ledger import Statement

    return Statement(sql)


@pytest.mark.parametrize("cube", CUBES)
def test_every_cube_has_labels(ledgers: list[Ledger], cube: str) -> None:
    """Whatever the kind of record."""
    measure = next(iter(CUBES[cube].measures.values()))
    query = Query(measures=(measure.name,), by=(f"{cube}.label.customer",), since="all")
    assert len(_answers(ledgers, query).rows) >= 1


def test_the_keys_that_there_are(ledgers: list[Ledger]) -> None:
    """With how many values each has, in the workspaces that may be seen."""
    expected = {
        key: len(
            {call.labels[key] for call in CALLS if call.labels and key in call.labels and call.workspace == "default"}
        )
        for key in sorted(LABELS)
    }
    for ledger in ledgers:
        assert known_labels(ledger) == expected
        assert known_labels(ledger, ("nobody",)) == {}


def test_a_made_dimension_of_another_cube(ledgers: list[Ledger]) -> None:
    """A rule that names no cube holds for the uses of tools, too."""
    rows = _answers(ledgers, Query(measures=("tools.calls",), by=("tools.owner",), since="all")).rows
    assert {row["owner"] for row in rows} <= {"ber", "team", "nobody"}
    assert sum(row["calls"] for row in rows) > 0
