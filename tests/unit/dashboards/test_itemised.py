"""Rows of judgements that list things of their own lead to the records behind them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tokometer.dashboards import leading
from tokometer.dashboards.drill import Drill

DRILL = Drill("30d", "", "UTC", {})


def where(row: dict[str, object], kind: str = "part") -> tuple[str, list[str], str]:
    """The measure, the filters and the start of where a row leads."""
    found = {"part": leading.part, "group": leading.group, "since": leading.since}[kind](row)
    given = parse_qs(urlsplit(DRILL.address(found.of, found.at, found.within)).query)
    return given["measure"][0], given.get("where", []), given["since"][0]


def test_parts_lead_to_what_brought_them() -> None:
    """A tool to its uses, a file to the times that it was loaded, what is left to the calls."""
    tool = {"kind": "tool", "name": "mcp__db__q", "server": "db"}
    assert where(tool) == ("tools.calls", ['tools.tool in ["mcp__db__q"]', 'tools.server in ["db"]'], "30d")
    memory = {"kind": "memory", "name": "CLAUDE.md", "server": None}
    assert where(memory) == ("steps.steps", ['steps.type in ["memory"]', 'steps.step in ["CLAUDE.md"]'], "30d")
    assert where({"kind": "other", "name": "Other", "server": None}) == ("calls.cost", [], "30d")


def test_groups_lead_to_all_of_theirs() -> None:
    """A server to the uses of its tools; summaries to the steps that have their size."""
    assert where({"kind": "server", "group": "db"}, "group") == ("tools.calls", ['tools.server in ["db"]'], "30d")
    found = where({"kind": "compaction", "group": "Summaries of compactions"}, "group")
    assert found == ("steps.steps", ['steps.type in ["summary"]'], "30d")


def test_changes_lead_to_the_calls_since() -> None:
    """And say from which share to which."""
    row = {"since": "2026-03-06", "of": "writes", "before": 0.85, "after": 0.19}
    assert where(row, "since") == ("calls.cost", [], "2026-03-06")
    assert leading.of_since(row) == "since 6 Mar 2026: 85 % for an hour before, 19 % since"


def test_jobs_lead_to_their_runs() -> None:
    """And say when they run, on which clock, and what most of their failures say."""
    row = {"job_id": "digest", "schedule": "0 6 * * *", "zone": "UTC", "cause": "Quota of … reached"}
    given = parse_qs(urlsplit(DRILL.address(leading.job(row).of, leading.job(row).at)).query)
    assert (given["measure"], given["where"]) == (["jobs.runs"], ['jobs.job_id in ["digest"]'])
    assert leading.of_job(row) == "0 6 * * * (UTC) · Quota of … reached"
    assert leading.of_job({"schedule": None, "zone": None, "cause": None}) == "no schedule told"
