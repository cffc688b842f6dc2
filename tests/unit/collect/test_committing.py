"""A record that no engine can take spoils only itself, whatever it came with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.collect.committing import UNKNOWN_PLACE, commit_all, reprice_all
from tokometer.ledger import Batch, Ledger, LedgerError, LedgerFull, Receipt, Statement
from tokometer.ledger.noticed import list_noticed
from tokometer.ledger.packed import Stood, pack
from tokometer.ledger.refused import list_refused
from tokometer.records import LogLine, ModelCall, Notice, Record, Refusal, ToolCall, now_us

_NUMBERS = itertools.count()
AT = now_us() - 3_600_000_000


@pytest.fixture(params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger on either engine."""
    if request.param == "duckdb":
        from tokometer.ledger.duckdb import DuckDBLedger

        opened: Ledger = DuckDBLedger(tmp_path / "l.duckdb")
    else:
        from servers.ledgers import clickhouse

        opened = clickhouse()
    yield opened
    opened.close()


def call(name: str, **fields: Any) -> ModelCall:
    """A call of an hour ago."""
    given = {"model": "m", "input_tokens": 1, "labels": {"k": name}, **fields}
    return ModelCall(source="api", native_id=name, started_at=AT, **given)


def bad(name: str, what: int = 0) -> ModelCall:
    """A call that the gate forgot, and that no engine can take."""
    return call(name, **({"http_status": 2**31}, {"input_tokens": 2**70}, {"attempt": "often"})[what % 3])


def stored(ledger: Ledger) -> set[str]:
    """The ids of all stored calls."""
    return {name for (name,) in ledger.fetch(Statement("SELECT native_id FROM calls"))}


def test_the_record_at_fault_is_refused_and_its_neighbours_are_kept(ledger: Ledger) -> None:
    """Everything else of the batch is there once: records, refusals, notices and the cursor."""
    records: list[Record] = [call(f"c{number}") for number in range(40)]
    records[7], records[23], records[24] = bad("x7", 0), bad("x23", 1), bad("x24", 2)
    records.append(ToolCall(source="api", native_id="t", started_at=AT, name="Bash"))
    batch = Batch(
        records,
        refusals=[Refusal("api", "here", 0, "model", "is missing", AT)],
        cursors={("api", "file"): b"state"},
        notices=[Notice("api", "field", "x", "here", 2)],
        stood=[Stood("first", 10, list(range(100, 110))), Stood("second", 31)],
    )
    receipt = commit_all(ledger, batch)
    assert receipt.outcomes == ["refused" if at in (7, 23, 24) else "accepted" for at in range(41)]
    assert (receipt.accepted, receipt.duplicate, receipt.refused) == (38, 0, 4)
    assert stored(ledger) == {f"c{number}" for number in range(40)} - {"c7", "c23", "c24"}
    refused = {(one.place, one.position) for one in list_refused(ledger, limit=9)}
    assert refused == {("here", 0), ("first", 107), ("second", 0)}
    assert ledger.stats()["refusals"] == 4
    assert ledger.cursors("api") == {"file": b"state"}
    assert [one.count for one in list_noticed(ledger, limit=9)] == [2]
    assert {at: one.place for at, one in receipt.spoiled.items()} == {7: "first", 23: "second", 24: "second"}
    assert "Tokometer" in receipt.spoiled[7].reason
    assert "2147483648" not in receipt.spoiled[7].reason
    assert ledger.audit() == []


def test_a_record_alone_is_refused_with_what_came_beside_it(ledger: Ledger) -> None:
    """One that comes alone, even as the only thing there is, is refused as well; nobody has to send it again."""
    receipt = commit_all(ledger, Batch([bad("x")]))
    assert (receipt.outcomes, receipt.refused) == (["refused"], 1)
    receipt = commit_all(ledger, Batch([bad("y", 1)], cursors={("api", "file"): b"s"}))
    assert receipt.refused == 1
    assert ledger.cursors("api") == {"file": b"s"}
    assert [one.place for one in list_refused(ledger, limit=9)] == [UNKNOWN_PLACE] * 2
    assert stored(ledger) == set()


def test_of_packed_records_only_those_at_fault_are_refused(ledger: Ledger) -> None:
    """What another process has packed is taken apart where it cannot be committed as it is."""
    calls: list[Record] = [call(f"p{number}") for number in range(12)]
    calls[5] = bad("bad", 0)
    logs: list[Record] = [
        LogLine(source="api", native_id=f"l{number}", started_at=AT, message="m") for number in range(3)
    ]
    packed = [pack(calls, "v"), pack(logs)]
    packed[0].stood = [Stood("file", 12, list(range(12)))]
    receipt = commit_all(ledger, Batch([call("loose")], packed=packed))
    assert receipt.outcomes == ["accepted"] * 6 + ["refused"] + ["accepted"] * 9
    assert (receipt.spoiled[6].place, receipt.spoiled[6].position) == ("file", 5)
    assert stored(ledger) == {f"p{number}" for number in range(12) if number != 5} | {"loose"}
    assert ledger.stats()["logs"] == 3


def test_a_ledger_that_cannot_write_refuses_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own errors, and whatever is not the records', go on to who can try again."""
    for error in (LedgerFull("full"), OSError("gone"), RuntimeError("broken")):
        monkeypatch.setattr(ledger, "commit", _failing(error))
        with pytest.raises(type(error)):
            commit_all(ledger, Batch([call("a"), call("b")]))
    monkeypatch.undo()
    assert ledger.stats()["refusals"] == 0


def test_an_engine_that_does_not_answer_has_refused_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the connection that reads like one of the data is not taken for one."""
    monkeypatch.setattr(ledger, "commit", _failing(ValueError("no answer")))
    monkeypatch.setattr(ledger, "fetch", _failing(LedgerError("no answer")))
    with pytest.raises(LedgerError):
        commit_all(ledger, Batch([call("a"), call("b")]))


def _failing(error: Exception) -> Callable[[object], Receipt]:
    def fail(_: object) -> Receipt:
        raise error

    return fail


def test_killed_between_two_parts_nothing_is_lost_or_doubled(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor moves with the last part, so that the same bytes come again, and ids tell what is there."""
    commit, after = ledger.commit, 0
    for after in range(12):
        done = itertools.count()

        def killed(batch: Batch, done: Iterator[int] = done, after: int = after) -> Receipt:
            if next(done) >= after:
                raise KeyboardInterrupt
            return commit(batch)

        monkeypatch.setattr(ledger, "commit", killed)
        batch = Batch(
            [call(str(number)) if number != 3 else bad("3") for number in range(8)],
            cursors={("api", "file"): b"s"},
            notices=[Notice("api", "field", "x", "here")],
        )
        try:
            commit_all(ledger, batch)
        except KeyboardInterrupt:
            assert ledger.cursors("api") == {}
            continue
        break
    assert 0 < after < 11
    assert stored(ledger) == {str(number) for number in range(8)} - {"3"}
    assert [one.count for one in list_noticed(ledger, limit=9)] == [1]
    assert ledger.stats()["refusals"] == 1
    assert ledger.audit() == []


class _Picky:
    """A ledger that takes no batch in which a record is one of the wrong ones; counts its commits."""

    def __init__(self, wrong: set[str]) -> None:
        self.wrong = wrong
        self.kept: list[str] = []
        self.refused: list[str] = []
        self.commits = 0

    def commit(self, batch: Batch) -> Receipt:
        """Take all or nothing."""
        self.commits += 1
        records = [*batch.records, *(record for packed in batch.packed for record in packed.records())]
        names = [record.native_id for record in records]
        if self.wrong.intersection(names):
            raise OverflowError
        self.kept += names
        self.refused += [refusal.reason for refusal in batch.refusals]
        return Receipt(accepted=len(names), outcomes=["accepted"] * len(names))

    def fetch(self, _: Statement) -> Sequence[object]:
        """It answers."""
        return ()


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 80).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), max_size=5))))
def test_finding_them_takes_few_commits(case: tuple[int, set[int]]) -> None:
    """As many as there are, times the logarithm of the batch; and everything else is kept once, in order."""
    size, wrong = case
    ledger = _Picky({str(at) for at in wrong})
    records = [call(str(at)) for at in range(size)]
    batch = Batch(records[: size // 2], packed=[pack(records[size // 2 :])])
    receipt = commit_all(ledger, batch)  # type: ignore[arg-type]
    assert ledger.kept == [str(at) for at in range(size) if at not in wrong]
    assert [at for at, outcome in enumerate(receipt.outcomes) if outcome == "refused"] == sorted(wrong)
    assert len(ledger.refused) == len(wrong)
    assert ledger.commits <= 4 + len(wrong) * 2 * (size.bit_length() + 3)


def test_a_price_that_cannot_be_kept_leaves_the_others(ledger: Ledger) -> None:
    """Repricing gives every other call its new cost; the one keeps what it has."""
    ledger.commit(Batch([call(name) for name in "abc"]))
    ids = [record.id for record in (call(name) for name in "abc")]
    costs: dict[bytes, tuple[int | None, str, str]] = dict.fromkeys(ids, (5, "v2", ""))
    costs[ids[1]] = (10**30, "v2", "")
    assert reprice_all(ledger, costs) == (2, 1)
    rows = ledger.fetch(Statement("SELECT native_id, cost_usd IS NULL FROM calls ORDER BY native_id"))
    assert [bool(missing) for _, missing in rows] == [False, True, False]


def test_positions_are_those_of_the_batch_after_joining() -> None:
    """Where records stood stays known when batches are joined and packed ones taken apart."""
    one = Batch([call("a"), call("b")])
    packed = pack([call("c"), call("d")])
    packed.stood = msgspec.convert([["file", 2, [8, 9]]], list[Stood])
    one.add(Batch([call("e")], packed=[packed], stood=[Stood("p", 1, [4])]))
    assert [one.where(at) for at in range(5)] == [("", 0), ("", 0), ("p", 4), ("file", 8), ("file", 9)]
    one.unpack()
    assert [one.where(at) for at in range(5)] == [("", 0), ("", 0), ("p", 4), ("file", 8), ("file", 9)]
    with pytest.raises(IndexError):
        Batch().where(0)
