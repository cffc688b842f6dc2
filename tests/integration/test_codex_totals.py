"""Codex rollouts in a real ledger: the totals that it answers with are the truth."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from generators.codex_tree import compress, fold, found, play
from tokometer.collect.importer import import_all
from tokometer.collect.reading import Prices
from tokometer.ledger import Batch, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.sources.codex import FOUND as SOURCE
from tokometer.sources.frames import Frames

_TOTALS = """
    SELECT count(*), sum(coalesce(input_tokens, 0)), sum(coalesce(cache_read_tokens, 0)),
        sum(coalesce(cache_write_unknown_tokens, 0)), sum(coalesce(output_tokens, 0)),
        sum(coalesce(reasoning_tokens, 0))
    FROM calls
"""


def test_a_ledger_holds_the_truth_after_every_order_of_arrival(tmp_path: Path) -> None:
    """Files arrive in any order, one commit each, and all of them a second time."""
    tree = play(11, threads=14).write(tmp_path / "home/.codex", archive=0.3, twice=0.3)
    rng = random.Random(11)
    ledger = open_ledger(tmp_path / "data")
    try:
        for _ in range(2):
            files = [path for root in SOURCE.roots(tmp_path / "home", {}) for path in SOURCE.files(root)]
            rng.shuffle(files)
            for path in files:
                reading = SOURCE.read(path, b"")
                receipt = ledger.commit(
                    Batch(reading.records, reading.refusals, {(SOURCE.name, str(path)): reading.state})
                )
                assert receipt.refused == 0
        ledger.settle()
        assert ledger.fetch(Statement(_TOTALS)) == [tree.truth.totals()]
        spent = "sum(input_tokens + cache_read_tokens + coalesce(cache_write_unknown_tokens, 0) + output_tokens)"
        by_thread = dict(ledger.fetch(Statement(f"SELECT session_id, {spent} FROM calls GROUP BY session_id")))
        assert by_thread == tree.truth.by_thread()
        assert ledger.fetch(Statement("SELECT count(*) FROM tools")) == [(tree.truth.tools,)]
        assert ledger.fetch(Statement("SELECT count(*) FROM runs")) == [(tree.truth.turns,)]
        assert not ledger.audit()
    finally:
        ledger.close()


def test_a_ledger_that_follows_a_tree_ends_where_one_that_reads_it_at_once_does(tmp_path: Path) -> None:
    """Rollouts grow between commits; the cursors carry on from commit to commit."""
    tree = play(12, threads=8).write(tmp_path / "home/.codex")
    whole = found(fold(record for path in tree.files() for record in SOURCE.read(path, b"").records).values())
    assert whole.totals() == tree.truth.totals()
    contents = {path: path.read_bytes() for path in tree.files()}
    rng = random.Random(12)
    ledger = open_ledger(tmp_path / "data")
    try:
        for path in contents:
            path.write_bytes(b"")
        for share in (0.2, 0.5, 0.9, 1.0):
            for path, data in sorted(contents.items(), key=lambda _: rng.random()):
                path.write_bytes(data[: int(share * len(data))])
                state = ledger.cursors(SOURCE.name).get(str(path), b"")
                reading = SOURCE.read(path, state)
                assert not reading.refusals
                ledger.commit(Batch(reading.records, [], {(SOURCE.name, str(path)): reading.state}))
        assert ledger.fetch(Statement(_TOTALS)) == [tree.truth.totals()]
    finally:
        ledger.close()


def test_compressing_taking_out_and_archiving_count_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollout's whole life, with imports in between: totals stay, and only places that exist are remembered."""
    monkeypatch.setattr("tokometer.collect.importer._REMEMBERED_US", -1_000_000)
    codex = play(13, threads=6)
    home = tmp_path / "home"
    tree = codex.write(home / ".codex")
    sources = {SOURCE.name: SOURCE}
    ledger = open_ledger(tmp_path / "data")
    rng = random.Random(13)

    def imported() -> None:
        import_all(ledger, Prices(), sources, home, {})
        assert ledger.fetch(Statement(_TOTALS)) == [tree.truth.totals()]
        remembered = {Path(place) for place in ledger.cursors(SOURCE.name)}
        assert {path.name for path in remembered} == {path.name for path in remembered if path.exists()}

    try:
        imported()
        for path in tree.files():
            if rng.random() < 0.7:
                path.with_name(f"{path.name}.zst").write_bytes(compress(path.read_bytes()))
                if rng.random() < 0.7:
                    path.unlink()
        imported()
        for path in tree.files():
            if path.suffix == ".zst" and rng.random() < 0.5:
                moved = home / ".codex/archived_sessions" / path.name
                moved.parent.mkdir(exist_ok=True)
                path.rename(moved)
        imported()
        # A thread goes on: Codex takes its rollout out again, and removes the compressed one.
        for path in tree.files():
            if path.suffix == ".zst" and not path.with_suffix("").exists():
                path.with_suffix("").write_bytes(_decompressed(path))
                path.unlink()
        imported()
    finally:
        ledger.close()


def _decompressed(path: Path) -> bytes:
    return b"".join(bytes(block.data[: block.end]) for block in Frames(path).blocks())
