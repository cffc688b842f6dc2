"""Exports of Cursor: rows without ids, columns by their names, and what is money."""

from __future__ import annotations

from pathlib import Path

import pytest

from generators.sources.cursor import AUTO, DEMAND, FAILED, NEW, OLD, PLAN, TWIN, export, row
from tokometer.records import ModelCall
from tokometer.sources.cursor.found import FOUND
from tokometer.sources.protocol import Reading


def read(folder: Path, content: str) -> Reading:
    """Write an export and read it."""
    path = folder / "usage.csv"
    path.write_text(content, encoding="utf-8")
    return FOUND.read(path, b"")


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


def test_an_export_in_utf_16_is_read(tmp_path: Path) -> None:
    """As a shell of Windows saves it: it is found, and says the same."""
    wanted = calls(read(tmp_path, export(NEW, AUTO)))
    path = tmp_path / "usage.csv"
    path.write_text(export(NEW, AUTO), encoding="utf-16")
    assert list(FOUND.files(tmp_path)) == [path]
    assert calls(FOUND.read(path, b"")) == wanted != []


def test_overlapping_exports_have_the_same_calls(tmp_path: Path) -> None:
    """Whatever the order of rows and columns; rows that say the same count as often as they are there."""
    one = {call.id for call in calls(read(tmp_path, export(NEW, AUTO, TWIN, TWIN)))}
    other = {call.id for call in calls(read(tmp_path, export(NEW, TWIN, TWIN, TWIN, AUTO)))}
    assert len(one) == 3
    assert len(other - one) == 1
    columns = NEW.split(",")
    turned = [",".join(reversed(columns)), ",".join(reversed(AUTO.split(",")))]
    assert calls(read(tmp_path, "\n".join(turned)))[0].id in one


def test_the_columns_of_before_are_the_same_row(tmp_path: Path) -> None:
    """The kind and the costs are no part of what a row is known by."""
    [now] = calls(read(tmp_path, export(NEW, AUTO)))
    before = row("2026-03-02T18:36:05.846Z", "auto", 28342, 775, 105891, 21282, 156290, "$0.19", "$0.00")
    [then] = calls(read(tmp_path, export(OLD, before)))
    assert now.id == then.id


def test_the_two_inputs_stand_beside_each_other(tmp_path: Path) -> None:
    """The total proves it, or that one holds the other."""
    holding = row("2026-03-02T18:36:05.846Z", "On-Demand", "claude-4.5-sonnet", "No", 900, 100, 50, 5, 955, "0.19")
    apart, inside = calls(read(tmp_path, export(NEW, AUTO, holding)))
    assert (apart.input_tokens, apart.cache_write_unknown_tokens) == (775, 28_342)
    assert (inside.input_tokens, inside.cache_write_unknown_tokens) == (100, 800)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (export(NEW, DEMAND), 30_000_000),
        # In a plan, a model that has prices is left to the price book; of `auto` only Cursor knows the worth.
        (export(NEW, PLAN), None),
        (export(NEW, AUTO), 190_000_000),
        (export(NEW, DEMAND.replace("On-Demand", "User API Key")), None),
        (export(NEW, DEMAND.replace("$0.03", "NaN")), None),
        (export(NEW, FAILED), 0),
        # What the person paid, and nothing in a plan.
        (export(OLD, row("2025-06-02", "gpt-4o", 10, 5, 0, 15, 30, "$0.10", "$0.07")), 70_000_000),
        (export(OLD, row("2025-06-02", "gpt-4o", 10, 5, 0, 15, 30, "$0.10", "$0")), None),
    ],
)
def test_only_money_is_a_cost(tmp_path: Path, content: str, wanted: int | None) -> None:
    """What was charged is reported; what a plan includes is priced like anything else."""
    assert [call.cost_reported for call in calls(read(tmp_path, content))] == [wanted]


def test_errors_and_kinds_are_kept(tmp_path: Path) -> None:
    """A row that was not charged is an error; how a row is billed is a label."""
    failed, plan = calls(read(tmp_path, export(NEW, FAILED, PLAN)))
    assert (failed.status, plan.labels) == ("server_error", {"billing": "included", "max_mode": "yes"})
    aborted = calls(read(tmp_path, export(NEW, FAILED.replace("Errored", "Aborted"))))[0]
    assert aborted.status == "cancelled"


def test_a_day_is_taken_at_noon(tmp_path: Path) -> None:
    """Old exports name only the day."""
    [call] = calls(read(tmp_path, export(OLD, row("2025-06-02", "gpt-4o", 10, 5, 0, 15, 30, "", ""))))
    assert call.started_at == 1_748_865_600_000_000


def test_a_row_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    """The others count; so is a number that is none."""
    reading = read(tmp_path, export(NEW, AUTO, DEMAND)[:-30])
    assert (len(calls(reading)), len(reading.refusals)) == (1, 1)
    reading = read(tmp_path, export(NEW, AUTO.replace('"775"', '"-3"'), DEMAND))
    assert [(refusal.position, refusal.field) for refusal in reading.refusals] == [(0, "Input (w/o Cache Write)")]


def test_columns_that_nobody_knows_are_noticed(tmp_path: Path) -> None:
    """They are counted by name."""
    reading = read(tmp_path, export(f"{NEW},Cloud Agent", f'{AUTO},"x"'))
    assert [(notice.topic, notice.name) for notice in reading.notices] == [("field", "Cloud Agent")]


def test_only_exports_are_ours(tmp_path: Path) -> None:
    """A CSV file is known by its first line; nothing is looked for where nobody says."""
    (tmp_path / "a.csv").write_text(export(NEW, AUTO))
    (tmp_path / "b.csv").write_text("Date,Model,Cost\n")
    assert list(FOUND.files(tmp_path)) == [tmp_path / "a.csv"]
    assert FOUND.roots(tmp_path, {}) == []


def test_without_a_total_the_names_of_the_inputs_are_believed(tmp_path: Path) -> None:
    """One that is "with" what was written to the cache holds the one "without"; it cannot hold a larger one."""
    holding = row("2026-03-02T18:36:05.846Z", "On-Demand", "claude-4.5-sonnet", "No", 900, 100, 50, 5, 0, "0.19")
    apart = row("2026-03-02T18:37:05.846Z", "On-Demand", "gpt-5", "No", 0, 100, 50, 5, "", "0.19")
    reading = read(tmp_path, export(NEW, holding, apart))
    buckets = [(call.input_tokens, call.cache_write_unknown_tokens) for call in calls(reading)]
    assert (buckets, reading.notices) == ([(100, 800), (100, 0)], [])
