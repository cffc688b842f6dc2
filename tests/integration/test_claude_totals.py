"""Totals from transcripts equal the truth to the token, whatever happened to the files."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.claude_tree import Size, Tree, TreeFile, Truth
from generators.examples import examples
from tokometer.collect.importer import import_all
from tokometer.collect.reading import Prices
from tokometer.ledger import Ledger, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.sources.registry import FILE_SOURCES

SOURCES = {"claude_code": FILE_SOURCES["claude_code"]}
BUCKETS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens")
TOTAL = " + ".join(f"coalesce({name}, 0)" for name in BUCKETS)
SMALL = Size(sessions=3, calls=40, result=80, oddities=0.2, forks=0.6, subagents=0.6, billed=0.3, gateways=0.2)
GARBAGE = (
    b"\n",
    b"not json\n",
    b'{"type":"assistant","message":{"usage":{"input_tokens":\n',
    b'{"type":"assistant","timestamp":"2999-01-01T00:00:00Z","uuid":"g1","message":{"id":"g","usage":{"input_tokens":7}}}\n',
    b'{"type":"assistant","timestamp":"2026-09-01T00:00:00Z","message":{"id":"g","usage":{"output_tokens":-7}}}\n',
    b'{"type":"user","message":{"content":"\\ud800"}}\n',
    b"\xff\xfe\x00\n",
    b"[]\n",
)


def _import(ledger: Ledger, home: Path, paths: list[Path] | None = None, processes: int = 1) -> None:
    import_all(ledger, Prices(), SOURCES, home, {}, paths or (), processes=processes)


def _rows(ledger: Ledger, sql: str) -> list[tuple[Any, ...]]:
    return ledger.fetch(Statement(sql))


def _tokens(ledger: Ledger) -> dict[str, int]:
    row = _rows(ledger, f"SELECT {', '.join(f'sum({name})' for name in BUCKETS)} FROM calls")[0]
    return {name: int(value or 0) for name, value in zip(BUCKETS, row, strict=True)}


def _total_by(ledger: Ledger, column: str) -> dict[str, int]:
    rows = _rows(ledger, f"SELECT {column}, sum({TOTAL}) FROM calls WHERE status = 'ok' GROUP BY 1")
    return {key: int(total) for key, total in rows if total}


def _assert_true(ledger: Ledger, truth: Truth) -> None:
    """Everything that does not depend on where the lines stand."""
    assert _tokens(ledger) == truth.tokens()
    assert _rows(ledger, "SELECT count(*) FROM calls WHERE status = 'ok'") == [(len(truth.calls),)]
    assert _total_by(ledger, "model") == truth.total_by("model")
    assert _total_by(ledger, "CAST(started_at AS DATE) - DATE '1970-01-01'") == truth.total_by_day()
    stated = sum(round((call.cost or 0) * 10**9) for call in truth.calls)
    assert _rows(ledger, "SELECT CAST(sum(coalesce(cost_reported, 0)) * 1000000000 AS BIGINT) FROM calls") == [
        (stated,)
    ]
    assert _total_by(ledger, "region") == truth.total_by_region()
    searches = _rows(ledger, "SELECT quantities FROM calls WHERE quantities <> ''")
    assert sum(json.loads(text)["web_searches"] for (text,) in searches) == 1000 * sum(
        call.usage.searches for call in truth.calls
    )
    failures = _rows(ledger, "SELECT http_status FROM calls WHERE status <> 'ok' ORDER BY 1")
    assert [status for (status,) in failures] == sorted(truth.failures)
    assert dict(_rows(ledger, "SELECT native_id, name FROM tools")) == truth.tools


def _projects(home: Path) -> Path:
    return home / ".claude" / "projects"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder that the made-up transcripts lie in and speak of."""
    return tmp_path / "ada"


def test_a_tree_is_counted_as_it_was_made(tmp_path: Path, home: Path) -> None:
    """Tokens, sessions, projects, subagents, prompts and outcomes of tools are those of the truth."""
    size = Size(sessions=25, calls=600, oddities=0.1, billed=0.2, gateways=0.1)
    truth = Tree(7, size, str(home)).write(_projects(home))
    ledger = open_ledger(tmp_path / "data")
    _import(ledger, home)
    _assert_true(ledger, truth)
    for column in ("session_id", "project", "subagent"):
        assert _total_by(ledger, column) == truth.total_by(column.removesuffix("_id")), column
    assert _rows(ledger, "SELECT sum(user_messages) FROM calls") == [(truth.prompts,)]
    assert _rows(ledger, "SELECT count(*) FROM tools WHERE status NOT IN ('ok', 'error')") == [(0,)]
    assert _rows(ledger, "SELECT count(*) FROM refusals") == [(0,)]
    assert not ledger.audit()
    ledger.close()


def test_a_second_import_finds_nothing_new(tmp_path: Path, home: Path) -> None:
    """What was read is not read again, and reading it again from nothing changes nothing."""
    Tree(8, SMALL, str(home)).write(_projects(home))
    ledger = open_ledger(tmp_path / "data")
    _import(ledger, home)
    before = _rows(ledger, "SELECT * FROM calls ORDER BY id")
    summary = import_all(ledger, Prices(), SOURCES, home, {})
    assert (summary.files, summary.accepted, summary.duplicate, summary.changed) == (0, 0, 0, 0)
    ledger.forget("claude_code", list(ledger.cursors("claude_code")))
    summary = import_all(ledger, Prices(), SOURCES, home, {})
    assert summary.files == summary.all_files > 0
    assert summary.accepted == 0
    assert _rows(ledger, "SELECT * FROM calls ORDER BY id") == before
    ledger.close()


def test_several_processes_find_what_one_finds(tmp_path: Path, home: Path) -> None:
    """How the work is shared out cannot be seen in the result."""
    Tree(9, Size(sessions=12, calls=200), str(home)).write(_projects(home))
    found = []
    for processes in (1, 3):
        ledger = open_ledger(tmp_path / f"data{processes}")
        _import(ledger, home, processes=processes)
        found.append([_rows(ledger, f"SELECT * FROM {name} ORDER BY id") for name in ("calls", "tools")])
        ledger.close()
    assert found[0] == found[1]
    assert found[0][0]


@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(seed=st.integers(0, 2**32), mishaps=st.randoms(use_true_random=False))
def test_no_mishap_changes_the_totals(
    tmp_path_factory: pytest.TempPathFactory, seed: int, mishaps: random.Random
) -> None:
    """Lines duplicated, reordered, spoiled by garbage between them, files read in any order and in any pieces."""
    folder = tmp_path_factory.mktemp("claude")
    home = folder / "ada"
    # Nothing of the folder is in the lines, so that the same mishaps happen to the same bytes.
    tree = Tree(seed, SMALL)
    files = [_mishap(file, mishaps) for file in tree.files()]
    ledger = open_ledger(folder / "data")
    pieces = [(file.path, start, end) for file in files for start, end in _cuts(len(b"".join(file.lines)), mishaps)]
    mishaps.shuffle(pieces)
    # A file grows from its start, whatever the others do.
    pieces.sort(key=lambda piece: piece[1] > 0)
    whole = {file.path: b"".join(file.lines) for file in files}
    for path, start, end in pieces:
        target = _projects(home) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab") as out:
            assert out.tell() == start
            out.write(whole[path][start:end])
        if path.suffix == ".jsonl" and mishaps.random() < 0.7:
            _import(ledger, home, [target])
    _import(ledger, home)
    _assert_true(ledger, tree.truth)
    assert not ledger.audit()
    ledger.close()


def _mishap(file: TreeFile, mishaps: random.Random) -> TreeFile:
    if file.path.suffix != ".jsonl":
        return file
    lines = list(file.lines)
    for _ in range(mishaps.randrange(4)):
        lines.insert(mishaps.randrange(len(lines) + 1), mishaps.choice(GARBAGE))
    for _ in range(mishaps.randrange(4)):
        again = mishaps.choice(file.lines)
        first = lines.index(again) + 1 if file.ordered else 0
        lines.insert(mishaps.randrange(first, len(lines) + 1), again)
    if mishaps.random() < 0.2 and not file.ordered:
        # Outcomes of tools then stand before their uses; tokens do not mind.
        mishaps.shuffle(lines)
    return TreeFile(file.path, lines, file.ordered)


def _cuts(length: int, mishaps: random.Random) -> list[tuple[int, int]]:
    """One or two pieces, cut at any byte."""
    if mishaps.random() < 0.5 or length < 2:
        return [(0, length)]
    cut = mishaps.randrange(1, length)
    return [(0, cut), (cut, length)]
