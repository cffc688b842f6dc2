"""Each call belongs to the change that it was made for, or to none; worked out by hand, on both engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger, Readable
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Feed, Query, answer, outcomes, run
from tokometer.measures.outcomes import places
from tokometer.records import Change, Commit, ModelCall, Record
from tokometer.settings.outcomes import OutcomeSettings

DAY = 86_400_000_000
START = 1_760_000_000_000_000
_NUMBERS = count()


class Told(NamedTuple):
    """A workspace of its own in a ledger that all tests share: opening one takes longer than any of them."""

    ledger: Ledger
    workspace: str

    def keep(self, *records: Record) -> None:
        """Make them durable."""
        for record in records:
            record.workspace = record.workspace.replace("default", self.workspace)
        self.ledger.commit(Batch(records=list(records)))

    def ask(self, *measures: str, by: tuple[str, ...] = (), where: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """The rows of an answer."""
        query = Query(measures=measures, by=by, where=where)  # type: ignore[arg-type]
        return list(run(self.ledger, query, [self.workspace]).rows)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ledger]]:
    """Both engines."""
    made: dict[str, Ledger] = {
        "duckdb": DuckDBLedger(tmp_path_factory.mktemp("outcomes") / "ledger.duckdb"),
        "clickhouse": clickhouse(),
    }
    yield made
    for ledger in made.values():
        ledger.close()


@pytest.fixture(params=["duckdb", "clickhouse"])
def told(request: pytest.FixtureRequest, ledgers: dict[str, Ledger]) -> Told:
    """An empty workspace."""
    return Told(ledgers[request.param], f"w{next(_NUMBERS)}")


@pytest.fixture(autouse=True)
def as_by_itself() -> Iterator[None]:
    """Nothing is settled before or after."""
    outcomes.use(OutcomeSettings())
    yield
    outcomes.use(OutcomeSettings())


def call(name: str, day: float, branch: str = "", **fields: Any) -> ModelCall:
    """A call that cost a dollar."""
    fields = {"project": "/home/me/src/shop", "cost_reported": 10**9, "provider": "openai", "model": "gpt-5", **fields}
    return ModelCall(source="own", native_id=name, started_at=at(day), git_branch=branch, **fields)


def change(number: int, branch: str, opened: float, ended: float | None = None, **fields: Any) -> Change:
    """A change of the shop: merged unless it says otherwise, open where it has no end."""
    state = fields.pop("state", "open" if ended is None else "merged")
    ended_at = None if ended is None else at(ended)
    times = {} if ended is None else {f"{state}_at": ended_at}
    told = {"repository": "acme/shop", "target_branch": "main", **fields}
    return Change(
        source="own",
        native_id=f"{told['repository']}#{number}",
        number=str(number),
        branch=branch,
        started_at=ended_at or at(opened),
        opened_at=at(opened),
        state=state,
        **times,
        **told,
    )


def commit(name: str, day: float, session: str, **fields: Any) -> Commit:
    """A commit that names a session."""
    told = {"repository": "acme/shop", **fields}
    return Commit(source="own", native_id=name, sha=name, started_at=at(day), session_id=session, **told)


def at(day: float) -> int:
    """Days after the start, in microseconds."""
    return START + int(day * DAY)


def found(told: Told) -> dict[str, set[str]]:
    """Change → the calls that belong to it."""
    rows = answer(told.ledger, Feed(columns=("request_id", "change"), since="all"), [told.workspace]).rows
    by: dict[str, set[str]] = {}
    for row in rows:
        by.setdefault(row["change"], set()).add(row["request_id"])
    return by


def named(records: Iterable[ModelCall]) -> list[ModelCall]:
    """Calls whose names can be shown."""
    made = list(records)
    for one in made:
        one.request_id = one.native_id
    return made


def test_a_branchs_calls_belong_to_its_change_up_to_its_merge(told: Told) -> None:
    """From the branch's first call on, before the change was opened; the merge's own moment counts, later does not."""
    calls = named(
        [
            call("before", 0, "feature/x"),
            call("at the merge", 3, "feature/x"),
            call("after", 3.01, "feature/x"),
            call("elsewhere", 1, "feature/y"),
            call("no branch", 1),
        ]
    )
    told.keep(*calls, change(1, "feature/x", 1, 3))
    assert found(told) == {"acme/shop#1": {"before", "at the merge"}, "": {"after", "elsewhere", "no branch"}}


def test_a_branch_that_is_used_again_starts_a_new_change(told: Told) -> None:
    """What lies between two changes of one name is for the second; of two that are open, the first opened has it."""
    calls = named([call("one", 1, "fix"), call("between", 4, "fix"), call("two", 6, "fix"), call("open", 9, "fix")])
    told.keep(
        *calls,
        change(1, "fix", 1, 2),
        change(2, "fix", 5, 7, state="closed"),
        change(3, "fix", 8),
        change(4, "fix", 8.5),
    )
    assert found(told) == {"acme/shop#1": {"one"}, "acme/shop#2": {"between", "two"}, "acme/shop#3": {"open"}}


def test_branches_that_many_changes_go_into_tell_nothing(told: Told) -> None:
    """Neither the usual ones, whatever their case, nor those that settings name."""
    outcomes.use(OutcomeSettings(default_branches=("Main", "next")))
    calls = named([call("main", 1, "main"), call("next", 1, "NEXT"), call("develop", 1, "develop")])
    told.keep(*calls, change(1, "main", 1, 2), change(2, "NEXT", 1, 2), change(3, "develop", 1, 2))
    assert found(told) == {"": {"main", "next"}, "acme/shop#3": {"develop"}}


def test_a_change_that_is_told_later_has_the_calls_from_before(told: Told) -> None:
    """What was attributed to nothing belongs to it then; and one that is opened again goes on."""
    calls = named([call("one", 1, "x"), call("two", 5, "x")])
    told.keep(*calls)
    assert found(told) == {"": {"one", "two"}}
    told.keep(change(1, "x", 1, 3, state="closed", revision=1))
    assert found(told) == {"acme/shop#1": {"one"}, "": {"two"}}
    told.keep(change(1, "x", 1, revision=2))
    assert found(told) == {"acme/shop#1": {"one", "two"}}


def test_a_commit_that_names_a_session_has_its_calls(told: Told) -> None:
    """Up to the commit; those after the last are for that. A branch goes before."""
    calls = named(
        [
            call("first", 1, "main", session_id="s"),
            call("second", 3, "main", session_id="s"),
            call("after", 9, "main", session_id="s"),
            call("own branch", 3, "y", session_id="s"),
            call("other session", 3, "main", session_id="t"),
        ]
    )
    told.keep(
        *calls,
        change(1, "x", 0, 8),
        change(2, "y", 0, 8),
        change(3, "z", 0, 8),
        commit("a", 2, "s", branch="x"),
        commit("b", 4, "s", number="3"),
        commit("c", 5, "t", branch="nobody's"),
    )
    assert found(told) == {
        "acme/shop#1": {"first"},
        "acme/shop#3": {"second", "after"},
        "acme/shop#2": {"own branch"},
        "": {"other session"},
    }


def test_calls_of_another_workspace_or_repository_are_none_of_it(told: Told) -> None:
    """A branch's name alone says nothing."""
    calls = named(
        [
            call("ours", 1, "x"),
            call("other folder", 1, "x", project="/src/site"),
            call("w", 1, "x", workspace="default-other"),
        ]
    )
    told.keep(*calls, change(1, "x", 1, 2))
    assert found(told) == {"acme/shop#1": {"ours"}, "": {"other folder"}}
    other = Told(told.ledger, f"{told.workspace}-other")
    assert other.ask("calls.requests", by=("calls.change",)) == [{"change": "", "requests": 1}]


def test_tickets_are_told_by_statement_branch_and_title(told: Told) -> None:
    """In this order; a number alone is one of its repository."""
    told.keep(
        change(1, "feature/ABC-12-more", 1, 2, refs="9"),
        change(2, "45-fix", 1, 2),
        change(3, "gh-46", 1, 2),
        change(4, "feature/more", 1, 2, refs="XY-9"),
        change(5, "feature/ABC-13", 1, 2, ticket="#7"),
        change(6, "release/2024-01", 1, 2),
    )
    rows = told.ask("changes.changes", by=("changes.number", "changes.ticket"))
    assert {row["number"]: row["ticket"] for row in rows} == {
        "1": "ABC-12",
        "2": "acme/shop#45",
        "3": "acme/shop#46",
        "4": "XY-9",
        "5": "acme/shop#7",
        "6": "",
    }
    outcomes.use(OutcomeSettings(tickets=("(more)",)))
    assert told.ask("changes.tickets") == [{"tickets": 2}]


def test_what_changes_cost_is_worked_out_by_hand(told: Told) -> None:
    """Merged, abandoned and open ones; one without calls, and one whose calls have no price, are in no mean."""
    told.keep(
        *(call(f"a{i}", 1, "a", session_id=f"s{i % 2}") for i in range(3)),
        call("b", 1, "b"),
        call("c", 1, "c"),
        call("d", 1, "d", cost_reported=None),
        call("none", 1, "nobody's"),
        change(1, "a", 0, 2),
        change(2, "b", 0, 4),
        change(3, "c", 0, 2, state="closed"),
        change(4, "d", 0),
        change(5, "e", 0, 2),
    )
    asked = (
        *("changes", "merged", "abandoned", "open", "with_calls", "merged_with_calls", "calls", "sessions", "unpriced"),
        *("cost", "merged_cost", "abandoned_cost", "cost_per_merged", "median_cost", "p90_cost"),
        *("p50_time_to_merge", "mean_time_to_merge"),
    )
    [row] = told.ask(*(f"changes.{name}" for name in asked))
    hours = 3_600_000.0
    assert row == dict(
        zip(
            asked,
            (
                *(5, 3, 1, 1, 4, 2, 6, 2, 1),
                *(Decimal(5), Decimal(4), Decimal(1), Decimal(2), Decimal(1), Decimal(3)),
                *(48 * hours, (48 + 96 + 48) / 3 * hours),
            ),
            strict=True,
        )
    )
    [row] = told.ask("changes.cost", where=("changes.number = 4",))
    assert row["cost"] is None


def test_a_folder_is_of_the_repository_that_is_nearest() -> None:
    """Settings go before what was read, that before names; a name that two repositories have says nothing."""
    told = [
        ("w", "acme/shop", ""),
        ("w", "acme/site", "/src/checkout"),
        ("w", "other/site", ""),
        ("w", "acme/tools", ""),
    ]
    projects = [
        *(
            ("w", name)
            for name in ("/src/checkout/web", "/src/checkout2", "C:\\src\\Shop", "/src/site", "/x/tools/shop")
        ),
        *(("w", name) for name in ("/src/mine", "acme/tools", "", "/src/shop/.worktrees/fix")),
        ("v", "/src/shop"),
    ]
    assert places(told, projects, [("/src/mine", "acme/shop")]) == [
        ("w", "/src/checkout/web", "acme/site"),
        ("w", "/src/mine", "acme/shop"),
        ("w", "/src/shop/.worktrees/fix", "acme/shop"),
        ("w", "/x/tools/shop", "acme/shop"),
        ("w", "C:\\src\\Shop", "acme/shop"),
        ("w", "acme/tools", "acme/tools"),
    ]


_BRANCHES = st.sampled_from(["a", "b", "c", "main", ""])
_CALLS = st.lists(
    st.tuples(st.integers(0, 20), _BRANCHES, st.sampled_from(["s", "t", ""]), st.one_of(st.none(), st.integers(0, 9))),
    max_size=12,
)
_CHANGES = st.lists(st.tuples(_BRANCHES, st.integers(0, 20), st.one_of(st.none(), st.integers(0, 20))), max_size=6)
_COMMITS = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["s", "t"]), _BRANCHES, st.integers(0, 5)), max_size=4
)


_OF_ONE_MOMENT: Final[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = (
    (("changes.cost", "changes.calls", "changes.sessions", "changes.unpriced"), ()),
    (("changes.median_cost", "changes.merged_cost", "changes.merged"), ("changes.repository",)),
    (("changes.cost_per_merged",), ("changes.state",)),
)


@given(calls=_CALLS, changes=_CHANGES, commits=_COMMITS)
@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_costs_of_changes_and_of_what_is_left_add_up_to_all(
    ledgers: dict[str, Ledger], calls: list[Any], changes: list[Any], commits: list[Any]
) -> None:
    """Whatever is told: each call counts once, and both cubes say the same, on both engines."""
    records: list[Record] = [
        call(f"c{i}", day, branch, session_id=session, cost_reported=cost)
        for i, (day, branch, session, cost) in enumerate(calls)
    ]
    records += [
        change(i, branch, min(opened, ended if ended is not None else opened), ended)
        for i, (branch, opened, ended) in enumerate(changes)
    ]
    records += [
        commit(f"k{i}", day, session, branch=branch, number=str(number) if number else "")
        for i, (day, session, branch, number) in enumerate(commits)
    ]
    answers = []
    workspace = f"w{next(_NUMBERS)}"
    for ledger in ledgers.values():
        made = Told(ledger, workspace)
        made.keep(*records)
        by = made.ask("calls.requests", "calls.cost", by=("calls.change",))
        [whole] = made.ask("calls.requests", "calls.cost")
        own = made.ask("changes.calls", "changes.cost", by=("changes.change",))
        assert sum(row["requests"] for row in by) == whole["requests"] == len(calls)
        assert sum((row["cost"] or 0 for row in by), Decimal(0)) == (whole["cost"] or 0)
        told = {row["change"]: row["requests"] for row in by if row["change"]}
        assert {row["change"]: row["calls"] for row in own if row["calls"]} == told
        costs = {row["change"]: row["cost"] or 0 for row in by if row["change"]}
        assert all((row["cost"] or 0) == costs.get(row["change"], 0) for row in own)
        answers.append((sorted(map(str, by)), sorted(map(str, own))))
        asked = [Query(measures=measures, by=by) for measures, by in _OF_ONE_MOMENT]
        snapshot = ledger.snapshot(1)
        shared = [run(snapshot, query, [workspace]).rows for query in asked]
        snapshot.close()
        assert shared == [run(ledger, query, [workspace]).rows for query in asked]
        [sums] = shared[0]
        sessions = made.ask("calls.sessions", "calls.unpriced", by=("calls.change",))
        assert sums["sessions"] == sum(row["sessions"] for row in sessions if row["change"])
        assert sums["unpriced"] == sum(row["unpriced"] for row in sessions if row["change"])
    assert answers[0] == answers[1]


def test_what_changes_cost_is_read_once_for_all_that_is_asked_of_a_moment(
    ledgers: dict[str, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many questions a page has; what comes later is in the next moment's answer, and not in this one's."""
    made = Told(ledgers["duckdb"], f"w{next(_NUMBERS)}")
    made.keep(call("a", 1, "b", cost_reported=2 * 10**9), change(1, "b", 0, 5))
    read: list[str] = []
    snapshot = made.ledger.snapshot(1)
    fetch = snapshot.fetch
    monkeypatch.setattr(snapshot, "fetch", lambda statement: read.append(statement.sql) or fetch(statement))

    def cost(reading: Readable) -> Any:
        [row] = run(reading, Query(measures=("changes.cost",)), [made.workspace]).rows
        return row["cost"]

    assert cost(snapshot) == 2
    run(snapshot, Query(measures=("changes.median_cost",), by=("changes.repository",)), [made.workspace])
    answer(snapshot, Feed(cube="changes"), [made.workspace])
    assert sum("FROM calls " in sql for sql in read) == 1
    made.keep(call("c", 2, "b", cost_reported=3 * 10**9))
    later = made.ledger.snapshot(1)
    assert (cost(snapshot), cost(later), cost(made.ledger)) == (2, 5, 5)
    snapshot.close()
    later.close()
