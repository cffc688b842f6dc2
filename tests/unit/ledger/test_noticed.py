"""What no rule understood, counted on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from servers.ledgers import place
from tokometer.ledger import Batch, Ledger, noticed
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.noticed import Noticed, list_noticed, noticed_by_source
from tokometer.records import MENDS, TOPICS, ModelCall, Notice

AT = 1_790_000_000_000_000


def notice(name: str, count: int = 1, *, source: str = "codex", topic: str = "usage", at: int = AT) -> Notice:
    """A notice whose place tells its time."""
    return Notice(source, topic, name, f"/x/rollout-{at}.jsonl:7", count, at)


def test_the_same_name_is_counted_together(new_ledger: Callable[[], Ledger]) -> None:
    """Whatever commits bring it, in whatever order: one row with the sum, the first and last time, and one example."""
    ledger = new_ledger()
    ledger.commit(Batch(notices=[notice("new_tokens", 3, at=AT + 5), notice("new_tokens", at=AT + 1)]))
    ledger.commit(Batch(notices=[notice("new_tokens", 2), notice("other", 4), notice("new_tokens", topic="line")]))
    ledger.commit(Batch(notices=[notice("new_tokens", source="otlp"), notice("nothing", 0)]))
    place = f"/x/rollout-{AT + 5}.jsonl:7"
    assert list_noticed(ledger, limit=9) == [
        Noticed("codex", "usage", "new_tokens", 6, place, AT, AT + 5),
        Noticed("codex", "usage", "other", 4, f"/x/rollout-{AT}.jsonl:7", AT, AT),
        Noticed("codex", "line", "new_tokens", 1, f"/x/rollout-{AT}.jsonl:7", AT, AT),
        Noticed("otlp", "usage", "new_tokens", 1, f"/x/rollout-{AT}.jsonl:7", AT, AT),
    ]
    assert noticed_by_source(ledger) == {"codex": (11, 3), "otlp": (1, 1)}
    assert ledger.stats()["notices"] == 4


def test_page_by_page_and_by_workspace(new_ledger: Callable[[], Ledger]) -> None:
    """The most frequent come first, each page after the last, of the workspaces that one may see."""
    ledger = new_ledger()
    others = replace(notice("z", 9), workspace="other")
    ledger.commit(Batch(notices=[*(notice(f"n{count}", count) for count in (2, 1, 3)), others]))
    pages = [[one.name for one in list_noticed(ledger, limit=2, offset=offset)] for offset in (0, 2, 4)]
    assert pages == [["n3", "n2"], ["n1"], []]
    assert [one.name for one in list_noticed(ledger, limit=2, workspaces=("default", "other"))] == ["z", "n3"]
    assert noticed_by_source(ledger, ("other",)) == {"codex": (9, 1)}


def test_names_beyond_the_most_are_counted_together(
    new_ledger: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many names a source makes up, the table stays small, and none goes uncounted."""
    monkeypatch.setattr(noticed, "MOST_NAMES", 5)
    ledger = new_ledger()
    ledger.commit(Batch(notices=[notice(f"n{number}") for number in range(20)]))
    ledger.commit(Batch(notices=[notice("n3"), notice("n19", 7), notice("x", topic="line")]))
    found = {(one.topic, one.name): one.count for one in list_noticed(ledger, limit=99)}
    assert found == {
        **{("usage", f"n{number}"): 1 for number in (0, 1, 2, 4)},
        ("usage", "n3"): 2,
        ("usage", noticed.MORE): 22,
        ("line", noticed.MORE): 1,
    }


def test_names_and_places_are_cut_and_cleaned(new_ledger: Callable[[], Ledger]) -> None:
    """What a source forgot to cut is cut, and half a character does not cost the commit."""
    ledger = new_ledger()
    ledger.commit(Batch(notices=[Notice("api", "field", "x" * 900 + "\ud83d", "\ud83d" * 2_000, 1, AT)]))
    [found] = list_noticed(ledger, limit=9)
    assert (found.name, found.place) == ("x" * 80, "?" * 1_024)


def test_a_notice_without_a_time_is_met_now(new_ledger: Callable[[], Ledger]) -> None:
    """Who makes it need not know the time."""
    ledger = new_ledger()
    ledger.commit(Batch(notices=[Notice("api", "tier", "ultra", "POST /api/calls:0")]))
    [found] = list_noticed(ledger, limit=9)
    assert found.first_at == found.latest_at
    assert found.first_at > AT - 10**15


def test_a_commit_that_fails_takes_its_names_with_it(new_ledger: Callable[[], Ledger]) -> None:
    """What it brought is counted when it comes again, and no name is taken for one that is there."""
    ledger = new_ledger()
    ledger.commit(Batch(notices=[notice("a")]))
    bad = ModelCall(source="api", native_id="x", started_at=AT, cost_priced=10**30)
    for _ in range(2):
        with pytest.raises(Exception, match=r"."):
            ledger.commit(Batch([bad], notices=[notice("b"), notice("a")]))
    for _ in range(2):
        ledger.commit(Batch(notices=[notice("b"), notice("a")]))
    assert [(one.name, one.count) for one in list_noticed(ledger, limit=9)] == [("a", 3), ("b", 2)]


def test_every_topic_says_what_would_mend_it() -> None:
    """Nobody is shown a name without a word on what to do."""
    assert TOPICS.keys() == MENDS.keys()
    assert all(text.endswith(".") for text in MENDS.values())


def test_an_older_ledger_gets_the_table(tmp_path: Path) -> None:
    """A ledger of version 2 counts notices as soon as it is opened."""
    path = tmp_path / "l.duckdb"
    DuckDBLedger(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE notices")
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")
    old = ClickHouseLedger(place("noticed_old"))
    old.command("DROP TABLE notices")
    old._write_version(2)
    for ledger in (DuckDBLedger(path), ClickHouseLedger(place("noticed_old"))):
        for _ in range(2):
            ledger.commit(Batch(notices=[notice("a", 2)]))
        assert [(one.name, one.count) for one in list_noticed(ledger, limit=9)] == [("a", 4)]
        ledger.close()
    old.close()
