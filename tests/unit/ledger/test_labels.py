"""Labels are kept, each set once, and bounded in number, length and variety."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.labels import LabelSets, label_set_of
from tokometer.ledger.packed import pack
from tokometer.records import ModelCall, Record, to_us
from tokometer.records.labels import OTHER, UNFIT, Bounds
from tokometer.records.wire import record_from

NOON = to_us(datetime(2026, 6, 1, 12, tzinfo=UTC))
LEAST: dict[str, dict[str, object]] = {
    "calls": {"model": "m"},
    "tools": {"name": "t"},
    "runs": {"agent": "a"},
    "jobs": {"job_id": "j"},
    "samples": {"metric": "m", "value": 1},
    "bills": {"provider": "openai", "amount": 1},
}
#: Whatever a key may be called, and what a value may hold.
ODD = {
    "model": "a label, not the model",
    "cost": "2",
    "labels": "x",
    "label.x": "y",
    "a.b.c": "dots",
    "it's": "quo'ted",
    'say "hi"': 'a "b"',
    "'; DROP TABLE calls; --": "'; DROP TABLE calls; --",
    "a,b=c in [d]": "$p0",
    "Größe": "größer 😀",
    "$key": "{x:String}",
    "%": "%",
    "id": "1",
    "workspace": "other",
}


def call(number: int = 1, labels: dict[str, str] | None = None, **values: Any) -> ModelCall:
    """A call with labels; `number` makes it another one."""
    named = {"source": "test", "native_id": f"call-{number}", "started_at": NOON, "model": "m", **values}
    return ModelCall(**named, labels=labels)


def stored(ledger: Ledger) -> dict[str, dict[str, str]]:
    """The labels of the calls, by their native ids."""
    rows = ledger.fetch(
        Statement(
            "SELECT native_id, label_keys, label_values FROM calls c JOIN label_sets s ON s.id = c.label_set "
            "WHERE c.label_set IS NOT NULL"
        )
    )
    return {native_id: dict(zip(keys, values, strict=True)) for native_id, keys, values in rows}


def sets(ledger: Ledger) -> int:
    """How many sets there are."""
    return int(ledger.fetch(Statement("SELECT count(*) FROM label_sets"))[0][0])


@pytest.mark.parametrize("kind", LEAST)
@pytest.mark.parametrize("packed", [False, True])
def test_every_kind_keeps_its_labels(ledger: Ledger, kind: str, packed: bool) -> None:
    """As objects or as columns, every key and value comes back when the record is read."""
    given = {**LEAST[kind], "id": "x", "at": "2026-06-01T12:00:00Z", "labels": ODD}
    record = record_from(kind, given)
    assert record.labels == ODD
    ledger.commit(Batch(packed=[pack([record])]) if packed else Batch([record]))
    # A newer version without labels, of which nothing else is known either, keeps them.
    newer = record_from(kind, {**given, "labels": {}, "revision": 1})
    assert ledger.commit(Batch([newer], corrections=True)).changed == 1
    rows = ledger.fetch(
        Statement(f"SELECT s.label_keys, s.label_values FROM {kind} r JOIN label_sets s ON s.id = r.label_set")
    )
    assert [dict(zip(*row, strict=True)) for row in rows] == [ODD]
    assert sets(ledger) == 1


def test_a_set_is_kept_once(new_ledger: Callable[[], Ledger]) -> None:
    """Whoever says it, in whatever order; what another workspace says is another set."""
    ledger = new_ledger()
    first = [call(n, {"team": "a", "app": "x"}) for n in range(5)]
    second = [call(n, {"app": "x", "team": "a"}, source="other") for n in range(5)]
    ledger.commit(Batch([*first], packed=[pack(second)]))
    ledger.commit(Batch([call(9, {"app": "x", "team": "a"})]))
    assert sets(ledger) == 1
    ledger.commit(Batch([call(9, {"app": "x", "team": "a"}, workspace="theirs")]))
    assert sets(ledger) == 2
    assert label_set_of("a", {"x": "y"}) != label_set_of("b", {"x": "y"})
    assert label_set_of("a", {}) is None


def test_a_correction_changes_labels(ledger: Ledger) -> None:
    """The labels of the version that is right; the same again is a duplicate."""
    ledger.commit(Batch([call(1, {"team": "a"})]))
    assert ledger.commit(Batch([call(1, {"team": "b"})], corrections=True)).changed == 1
    assert ledger.commit(Batch([call(1, {"team": "b"})], corrections=True)).duplicate == 1
    assert ledger.commit(Batch([call(1, {"team": "c"})])).duplicate == 1
    assert stored(ledger) == {"call-1": {"team": "b"}}


def test_what_no_label_can_be_is_reported(ledger: Ledger) -> None:
    """Too many, too long, without a name, or no text: the others are kept, and sent again it is the same record."""
    labels = {
        **{f"k{n:02}": "v" for n in range(33)},
        "": "nameless",
        "k" * 65: "long",
        "a long": "x" * 300,
        "an object": UNFIT,
        "a\x1b[31mred\n": " text\x00\ud800 ",
    }
    batch = Batch([call(1, labels)])
    ledger.commit(batch)
    kept = stored(ledger)["call-1"]
    assert len(kept) == 32
    assert kept["a long"] == "x" * 255 + "…"
    assert kept["a [31mred"] == "text ?"
    assert {(notice.topic, notice.name) for notice in batch.notices} == {
        ("label", "a label without a key"),
        ("label", "a key longer than 64 characters"),
        ("label", "a long: longer than 256 characters"),
        ("label", "an object: not text"),
        ("label", "more than 32 labels"),
    }
    again = Batch([call(1, labels)], corrections=True)
    assert ledger.commit(again).duplicate == 1


def test_a_key_of_too_many_values(new_ledger: Callable[[], Ledger]) -> None:
    """Beyond the most they are one, in rows and in memory, and every one of them is reported."""
    ledger = new_ledger()
    known: LabelSets = ledger._instance.labels if isinstance(ledger, DuckDBLedger) else ledger._labels  # type: ignore[attr-defined]
    known._bounds = Bounds(values=50)
    count = 2_000
    calls: list[Record] = [call(n, {"request": f"id-{n}", "team": f"t{n % 2}"}) for n in range(count)]
    first, second = Batch(calls[: count // 2]), Batch(packed=[pack(calls[count // 2 :])])
    ledger.commit(first)
    ledger.commit(second)
    assert sets(ledger) == 52
    kept = stored(ledger)
    assert len(kept) == count
    assert [kept[f"call-{n}"]["request"] for n in (0, 49, 50, count - 1)] == ["id-0", "id-49", OTHER, OTHER]
    assert kept[f"call-{count - 1}"]["team"] == "t1"
    assert sum(notice.count for notice in (*first.notices, *second.notices)) == count - 50
    assert {notice.name for notice in first.notices} == {"request: more than 50 values"}
    assert ledger.audit() == []


def test_keys_tags_pairs_and_sets_are_bounded() -> None:
    """More keys are left out, more sets are made of fewer values, until all of them are the same."""
    known = LabelSets(list, Bounds(keys=4, tags=1, values=5, pairs=9, sets=6))
    batch = Batch(
        [
            call(1, {"a": "1", "b": "1", "tag.x": "true", "tag.y": "true", "z": "1"}),
            *(call(10 + n, {"a": str(n), "b": str(n)}) for n in range(20)),
        ]
    )
    admitted = known.admit(batch)
    known.confirm(admitted)
    labels = [record.labels or {} for record in batch.records]
    assert labels[0] == {"a": "1", "b": "1", "tag.x": "true", "z": "1"}
    assert labels[1] == {"a": "0", "b": "0"}
    assert labels[-1] == {"a": OTHER, "b": OTHER}
    assert len(admitted.rows) <= 7
    crowded = Batch([call(98, {"new": "1"})])
    assert known.admit(crowded).rows == []
    assert [notice.name for notice in crowded.notices] == ["more than 4 keys"]
    assert crowded.records[0].labels is None
    assert {notice.name for notice in batch.notices} >= {"more than 1 tags"}
    again = Batch([call(99, {"a": "zz", "b": "zz"})])
    assert known.admit(again).rows == []
    assert again.records[0].labels == {"a": OTHER, "b": OTHER}


def test_bounds_hold_after_a_restart(tmp_path: Path) -> None:
    """What there is already counts, and its sets are not written again."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    ledger.commit(Batch([call(n, {"a": str(n)}) for n in range(3)]))
    ledger.close()
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    ledger._instance.labels._bounds = Bounds(values=3)
    ledger.commit(Batch([call(n, {"a": str(n)}) for n in range(5)]))
    assert [row["a"] for _, row in sorted(stored(ledger).items())] == ["0", "1", "2", OTHER, OTHER]
    assert sets(ledger) == 4
    ledger.close()


def test_what_a_failed_commit_would_have_added_is_added_by_the_next(tmp_path: Path) -> None:
    """A set counts as stored only once it is."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    broken = Batch([call(1, {"a": "x"}), call(2, session_id=3)])
    with pytest.raises(Exception, match=r"."):
        ledger.commit(broken)
    assert sets(ledger) == 0
    ledger.commit(Batch([call(1, {"a": "x"})]))
    assert stored(ledger) == {"call-1": {"a": "x"}}
    ledger.close()
