"""What was met lately is remembered in two generations, and what is new is not looked for."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from generators.otlp_spans import protobuf
from generators.told_calls import world
from tokometer.ledger import Batch, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.packed import pack
from tokometer.ledger.seen import Seen
from tokometer.records import ModelCall, Record, now_us
from tokometer.sources.otlp import decode_traces

COUNTED = (
    "SELECT native_id, span_id, session_id, request_id, input_tokens, cache_read_tokens, output_tokens, status "
    "FROM calls WHERE workspace = $workspace ORDER BY ALL"
)
#: All of a world is over by then: what is told before it began is not promised to be joined.
AGO_S = 40_000
_EXAMPLES = itertools.count()


def test_names_are_known_with_the_first_quarter_hour_in_which_they_were_met() -> None:
    """A second meeting tells the first; an earlier one that comes later is the first from then on."""
    seen = Seen(0)
    assert seen.meet({"a", "b"}, 7, 0) == {}
    assert seen.meet({"a", "c"}, 5, 0) == {"a": 7}
    assert seen.meet({"a", "b", "c"}, 9, 0) == {"a": 5, "b": 7, "c": 5}


def test_the_older_generation_is_forgotten_and_said_to_be() -> None:
    """Never more than two generations and the tables; from when on everything is known moves with them."""
    seen = Seen(0, most=2, tables=0)
    seen.meet({"a", "b"}, 1, 10)
    assert seen.meet({"c", "d"}, 1, 20) == {}
    assert seen.since == 0
    assert seen.meet({"a"}, 1, 25) == {"a": 1}
    seen.meet({"e", "f"}, 1, 30)
    assert seen.since == 20
    assert seen.meet({"b"}, 1, 40) == {}


def test_what_left_the_generations_is_recalled_out_of_tables() -> None:
    """A mark of each name is left, with the first quarter hour of its table, until there are too many tables."""
    seen = Seen(0, most=2, marked=4, tables=2)
    times = [10, 20, 30, 40]
    for quarter, names in enumerate(("ab", "cd", "ef", "gh"), start=1):
        assert seen.meet(set(names), quarter, times[quarter - 1]) == {}
    assert (seen.since, seen.lately) == (0, 30)
    assert seen.recall({"a", "d", "new"}, after=0) == {"a": 1, "d": 1}
    # All that is in it came before.
    assert seen.recall({"a", "d"}, after=30) == {}
    for turn, names in enumerate(("ij", "kl", "mn"), start=5):
        seen.meet(set(names), turn, turn * 10)
    # The first table is gone, and what came up to then is not said to be known.
    assert seen.since == 30
    assert seen.recall({"d", "e", "h", "i"}, after=0) == {"e": 3, "h": 3, "i": 5}


@given(st.lists(st.sets(st.text(max_size=3), max_size=12), max_size=30), st.integers(1, 5), st.integers(0, 3))
def test_every_name_is_known_that_came_since_it_says_so(batches: list[set[str]], most: int, tables: int) -> None:
    """However many come: none is lost but those before `since`, and no quarter hour is after the first."""
    seen = Seen(0, most, marked=4, tables=tables)
    came: dict[str, list[int]] = {}
    for now, names in enumerate(batches, start=1):
        since, lately = seen.since, seen.lately
        known = seen.recall(names, after=-1)
        met = seen.meet(names, now, now)
        for name in names:
            times = came.setdefault(name, [])
            kept = [at for at in times if at > since]
            assert not kept or min(met.get(name, now), known.get(name, now)) <= kept[0]
            assert name in met or not any(at > lately for at in times)
            assert times or (name not in met and name not in known)
            times.append(now)


def call(trace: str, span: str, parent: str = "elsewhere") -> ModelCall:
    """A call told by a span that began a minute ago."""
    values: dict[str, Any] = {"trace_id": trace, "group": trace, "span_id": span, "parent_id": parent}
    return ModelCall(
        source="otlp",
        native_id=f"{trace}:{span}",
        started_at=now_us() - 60_000_000,
        input_tokens=1,
        pinned=True,
        **values,
    )


def test_what_is_new_is_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New traces cost no query, also after a restart; a trace that was met before is looked up."""
    path = tmp_path / "l.duckdb"
    ledger = DuckDBLedger(path)
    ledger.commit(Batch([call("t1", "a")]))
    ledger.close()
    ledger = DuckDBLedger(path)
    asked: list[str] = []
    tellings = ledger._instance.shelf.tellings
    monkeypatch.setattr(
        ledger._instance.shelf, "tellings", lambda traces, at: asked.extend(traces) or tellings(traces, at)
    )
    ledger.commit(Batch(packed=[pack([call("t2", "b"), call("t2", "c")])]))
    assert asked == []
    ledger.commit(Batch(packed=[pack([call("t1", "d"), call("t3", "e")])]))
    assert asked == ["t1"]
    ledger.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DuckDBLedger, DuckDBLedger]]:
    """Two ledgers."""
    folder = tmp_path_factory.mktemp("seen")
    ledgers = DuckDBLedger(folder / "a.duckdb"), DuckDBLedger(folder / "b.duckdb")
    yield ledgers
    for ledger in ledgers:
        ledger.close()


@settings(max_examples=examples(16), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.sampled_from([0, 1, 2, 1_000]), st.randoms(use_true_random=False))
def test_totals_are_those_of_a_ledger_that_never_forgets(
    two: tuple[DuckDBLedger, DuckDBLedger], seed: int, tables: int, rng: random.Random
) -> None:
    """Generations of two names, and few tables or many: what is told late or again counts as if all were remembered."""
    forgetful, other = two
    number = next(_EXAMPLES)
    forgetful._instance.shelf._seen = Seen(0, rng.randint(1, 3), marked=4, tables=tables)
    other._instance.shelf._seen = Seen(0)
    spans = [span for more in range(2) for span in world(seed + more, 2 * number + more, AGO_S).spans]
    spans += rng.choices(spans, k=4)
    rng.shuffle(spans)
    while spans:
        size = rng.randint(1, 6)
        request, spans = spans[:size], spans[size:]
        for ledger in two:
            records: list[Record] = decode_traces(protobuf(*request), "protobuf").records
            for record in records:
                record.workspace = f"seen-{number}"
            ledger.commit(Batch(records))
    counted = Statement(COUNTED, {"workspace": f"seen-{number}"})
    assert forgetful.fetch(counted) == other.fetch(counted)
    assert forgetful.audit() == []
