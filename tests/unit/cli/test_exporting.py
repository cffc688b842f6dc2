"""`tokometer export`: what is exported is imported again with the same ids and totals."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.claude_tree import Truth
from generators.examples import examples
from servers.whole import running
from tokometer.cli.exporting import _write
from tokometer.records import KINDS
from tokometer.records.fields import FIELDS
from tokometer.records.told_again import columns, given_of
from tokometer.records.wire import record_from
from tokometer.sources.table.found import FOUND

from .conftest import Shell

TEXT = st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), include_characters="\n"), min_size=1, max_size=20)
COUNT = st.integers(0, 2**53)
#: Values of the fields of a call, each of which may be unknown.
CALL = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str),
        "source": st.sampled_from(["api", "shop", "claude_code"]),
        "started_at": st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2026, 1, 1)).map(
            lambda at: at.isoformat() + "Z"
        ),
        "model": TEXT.filter(str.strip),
    },
    optional={
        "revision": st.integers(0, 2**62),
        "input_tokens": COUNT,
        "cache_read_tokens": COUNT,
        "cache_write_1h_tokens": COUNT,
        "output_tokens": COUNT,
        "unsplit_tokens": COUNT,
        "latency_ms": st.decimals(0, 10**9, places=3).map(str),
        "cost_usd": st.decimals(0, 10**6, places=9).map(str),
        "revenue_usd": st.decimals(0, 10**6, places=9).map(str),
        "labels": st.dictionaries(st.sampled_from(["plan", "rack", "x"]), TEXT.filter(str.strip), min_size=1),
        "error_message": TEXT,
        "status": st.sampled_from(["ok", "timeout", "rate_limit"]),
        "user": TEXT,
        "images": st.integers(1, 1000),
        "http_status": st.integers(0, 999),
    },
)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(CALL, min_size=1, max_size=5), form=st.sampled_from(["csv", "parquet"]))
def test_a_record_survives_the_way_out_and_in(
    tmp_path_factory: pytest.TempPathFactory, calls: list[dict[str, object]], form: str
) -> None:
    """Whatever is in it: every field, in either form."""
    before = {record.id: record for record in (record_from("calls", call) for call in calls)}
    path = tmp_path_factory.mktemp("out") / f"calls.{form}"
    _write(path, form, columns("calls"), iter(map(given_of, before.values())))
    reading = FOUND.read(path, b"")
    assert not reading.refusals
    assert {record.id: record for record in reading.records} == before


#: One record of each kind, in our own format.
ONE = {
    "tools": {"name": "grep", "status": "error", "duration_ms": 1.5, "use_id": "t", "lines_added": 3},
    "runs": {"agent": "a", "status": "ok", "ended_at": "2026-03-02T09:01:00Z", "stated_cost_usd": "0.1"},
    "steps": {"name": "plan", "type": "chain", "duration_ms": 2},
    "jobs": {"job_id": "j", "name": "nightly", "status": "skipped", "next_run_at": "2026-03-03T09:00:00Z"},
    "samples": {"metric": "gpu", "value": 0.25, "mode": "counter", "unit": "1"},
    "reported": {
        "provider": "openai",
        "model": "gpt-5",
        "report": "usage/completions",
        "project": "proj_1",
        "input_tokens": 1_200,
        "cache_write_1h_tokens": 9,
        "output_tokens": 80,
        "requests": 4,
        "ended_at": "2026-03-03T09:00:00Z",
    },
    "bills": {"provider": "openai", "amount": "-12.5", "type": "credit", "ended_at": "2026-03-03T09:00:00Z"},
    "logs": {"message": "up", "level": "warning", "duration_ms": 3},
    "scores": {"name": "good", "value": 0.5, "call_id": "c", "author_type": "human"},
    "models": {"provider": "ollama", "model": "llama3.1:8b", "tools": True, "parameters": "8.0B"},
    "knowledge_bases": {"name": "Docs", "documents": 3},
    "documents": {"knowledge_base": "Docs", "title": "a.pdf", "status": "failed", "chunks": 2},
    "commits": {"repository": "acme/shop", "sha": "0" * 40, "title": "Mend", "files_changed": 2, "lines_added": 3},
    "changes": {"repository": "acme/shop", "number": "12", "branch": "mend-it", "state": "merged", "lines_added": 3},
    "error_details": {"message": "no", "status": "timeout", "http_status": 504, "stack_trace": "at x\nat y"},
}


@pytest.mark.parametrize("kind", ONE)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_every_kind_survives_the_way_out_and_in(tmp_path: Path, kind: str, form: str) -> None:
    """Which kind it is, is told by its columns."""
    before = record_from(kind, {"id": "x", "source": "shop", "started_at": "2026-03-02T09:00:00Z", **ONE[kind]})
    path = tmp_path / f"out.{form}"
    _write(path, form, columns(kind), iter([given_of(before)]))
    assert list(FOUND.files(tmp_path)) == [path]
    reading = FOUND.read(path, b"")
    assert not reading.refusals
    assert reading.records == [before]


def test_every_kind_can_be_exported() -> None:
    """There are none without a test here."""
    assert {*ONE, "calls"} == set(FIELDS) == set(KINDS)


def test_an_export_is_all_of_the_ledger(used: tuple[Shell, Truth], tmp_path: Path) -> None:
    """A machine's calls, imported elsewhere, come to the same; what is there already is the same."""
    shell, _ = used
    file = tmp_path / "calls.csv"
    told = json.loads(shell.run("export", str(file), "--json").stdout)
    with file.open(encoding="utf-8", newline="") as lines:
        assert told["records"] == sum(1 for _ in csv.DictReader(lines)) > 0
    other = str(tmp_path / "other")
    assert json.loads(shell.run("import", str(file), "--json", "--data", other).stdout)["accepted"] == told["records"]
    names = ("requests", "input_tokens", "output_tokens", "cost")
    question = [part for name in names for part in ("--measure", f"calls.{name}")]
    asked = ["query", *question, "--by", "calls.model", "--by", "calls.session", "--json"]
    here, there = (json.loads(shell.run(*asked, "--data", data).stdout)["rows"] for data in (str(shell.data), other))
    assert here == there
    again = json.loads(shell.run("import", str(file), "--json").stdout)
    assert (again["accepted"], again["changed"], again["refused"]) == (0, 0, 0)


def test_a_window_of_it(used: tuple[Shell, Truth], tmp_path: Path) -> None:
    """Before a day, and from it on, is all of it; an end that is none and a form that is none are one line."""
    shell, _ = used

    def count(*arguments: str) -> int:
        return int(json.loads(shell.run("export", str(tmp_path / "x.csv"), "--json", *arguments).stdout)["records"])

    assert count("--since", "2020-01-01", "--until", "2020-01-02") == 0
    assert count("--since", "2020-01-01") == count()
    assert "there is no kind" in shell.run("export", "x.csv", "--kind", "cals", code=2).stderr
    assert "--format" in shell.run("export", "x.txt", code=2).stderr
    assert "since" in shell.run("export", str(tmp_path / "x.csv"), "--since", "soon", code=2).stderr


def test_nothing_is_left_of_an_export_that_fails(tmp_path: Path) -> None:
    """A file that is there is replaced by a whole one only."""
    path = tmp_path / "calls.csv"
    path.write_text("before", encoding="utf-8")

    def broken() -> Iterator[dict[str, object]]:
        yield {"source": "x"}
        raise OSError(28, "no room")

    with pytest.raises(OSError, match="no room"):
        _write(path, "csv", columns("calls"), broken())
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_month_in_focus(used: tuple[Shell, Truth], tmp_path: Path, form: str) -> None:
    """The same bytes by the ledger, by a server and from its address; what is for something else is refused."""
    shell, _ = used
    shell.run("export", str(tmp_path / "calls.csv"))
    with (tmp_path / "calls.csv").open(newline="") as file:
        month = min(row["started_at"] for row in csv.DictReader(file))[:7]
    asked = ("--kind", "focus", "--month", month, "--focus-version", "1.4", "--tag", "session")
    said = shell.run("export", str(tmp_path / f"alone.{form}"), *asked)
    assert said.stdout == f"FOCUS 1.4 in {tmp_path / f'alone.{form}'}\n"
    content = (tmp_path / f"alone.{form}").read_bytes()
    with running(shell.data, shell.home) as server:
        told = json.loads(shell.run("export", str(tmp_path / f"served.{form}"), *asked, "--json").stdout)
        assert told == {"kind": "focus", "version": "1.4", "path": str(tmp_path / f"served.{form}")}
        page = server.get(f"/api/export/focus?period={month}&format={form}&version=1.4&tag=session").body
    assert content == (tmp_path / f"served.{form}").read_bytes() == page
    assert (b"claude" in content) if form == "csv" else content.startswith(b"PAR1")
    for wrong, reason in (
        (("--month", "October"), "is no month; write 2026-10"),
        (("--tag", "nothing"), "nothing"),
        (("--since", "7d"), "say --month instead"),
    ):
        done = shell.run("export", str(tmp_path / f"no.{form}"), "--kind", "focus", *wrong, code=2)
        assert reason in done.stderr
    assert "are for --kind focus" in shell.run("export", str(tmp_path / "no.csv"), "--month", month, code=2).stderr
    assert not (tmp_path / f"no.{form}").exists()
