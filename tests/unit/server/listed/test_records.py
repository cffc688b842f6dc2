"""Lists of records over HTTP: pages, files, totals, and what is told of a question that cannot be asked."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest

from servers.whole import Running
from tokometer.measures import CUBES
from tokometer.server.listed.pages import KINDS


def _path(**params: object) -> str:
    return f"/api/records?{urlencode(params, doseq=True)}"


def test_a_list_adds_up_to_its_measure(server: Running) -> None:
    """All pages together have as many records as are told, and cost as much as is told, to the last digit."""
    params = {"measure": "calls.cost", "since": "7d", "where": "calls.model != gpt-5", "sort": "-cost", "limit": 200}
    first = server.get(_path(**params)).json()
    rows, after = first["rows"], first["next"]
    while after:
        page = server.get(_path(**params, after=after, count=0)).json()
        assert "total" not in page
        rows += page["rows"]
        after = page["next"]
    assert len(rows) == first["total"] == len({row["id"] for row in rows})
    costs = [Decimal(row["cost"]) for row in rows if row["cost"] is not None]
    assert costs == sorted(costs, reverse=True)
    assert sum(costs) == Decimal(first["measure"]["value"])
    query = {"measure": "calls.cost", "since": "7d", "where": "calls.model != gpt-5"}
    assert server.get(f"/api/query?{urlencode(query)}").json()["rows"][0]["cost"] == first["measure"]["value"]


def test_only_what_a_measure_counts_is_listed(server: Running) -> None:
    """Errors are failed calls, each with what it says; a measure of another cube lists that."""
    found = server.get(_path(measure="calls.errors", since="all", column="status,error_message")).json()
    assert found["rows"]
    assert all(row["status"] not in ("ok", "cancelled") for row in found["rows"])
    assert [column["name"] for column in found["columns"]] == ["status", "error_message", "id"]
    assert server.get(_path(measure="tools.calls", since="7d")).json()["cube"] == "tools"


def test_lists_of_numbers(server: Running) -> None:
    """Above and up to an amount are all calls with a cost; a page has the comparison as a chip that turns round."""
    params = {"cube": "calls", "since": "7d", "column": "cost", "limit": 1_000}
    above = server.get(_path(**params, where="calls.cost > 0.05")).json()
    rest = server.get(_path(**params, where='calls.cost <= ["0.05"]')).json()
    every = server.get(_path(**params)).json()
    assert above["total"] + rest["total"] == sum(row["cost"] is not None for row in every["rows"])
    assert above["total"] == len(above["rows"]) > 0
    assert all(Decimal(row["cost"]) > Decimal("0.05") for row in above["rows"])
    page = server.get(f"/explore?{urlencode({'where': 'calls.cost > 0.05', 'since': '7d'})}").text
    assert "Cost &gt; $0.05" in page
    assert "no number" in server.get(_path(cube="calls", where="calls.price > 1")).json()["detail"]
    typed = server.get(f"/explore/values?{urlencode({'q': 'latency_ms >= 30000', 'cube': 'calls'})}").text
    assert "Latency ≥ 30" in typed
    assert "where=latency_ms+%3E%3D+30000" in typed


def test_files_have_all_of_it(server: Running) -> None:
    """As CSV by its header or by name, with titles once."""
    params = {"cube": "calls", "since": "7d", "column": "at,model,cost"}
    told = server.get(_path(**params)).json()["total"]
    for answer in (server.get(_path(**params), {"Accept": "text/csv"}), server.get(_path(**params, format="csv"))):
        assert answer.status == 200
        rows = list(csv.reader(io.StringIO(answer.text, newline="")))
        assert rows[0] == ["Time", "Model", "Cost (USD)"]
        assert len(rows) == told + 1
        assert "attachment" in answer.headers["content-disposition"]
        assert "tokometer-cut" not in {name.lower() for name in answer.headers}


def test_parquet_has_exact_types(server: Running, tmp_path: Path) -> None:
    """Money as decimals that add up to the measure, times as moments."""
    params = {"measure": "calls.cost", "since": "7d", "column": "at,model,total_tokens,cost"}
    told = server.get(_path(**params)).json()
    (tmp_path / "calls.parquet").write_bytes(server.get(_path(**params, format="parquet")).body)
    file = f"'{tmp_path}/calls.parquet'"
    found = duckdb.sql(f'SELECT sum(cost), count(*), count("at"), typeof(any_value("at")) FROM {file}')
    assert found.fetchall()[0] == (
        Decimal(told["measure"]["value"]),
        told["total"],
        told["total"],
        "TIMESTAMP WITH TIME ZONE",
    )


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"sort": "costs"}, "sort: calls have no column 'costs'; did you mean"),
        ({"limit": "0"}, "limit: a page has 1 to 1,000 records"),
        ({"after": "nonsense"}, "after: it is no place in a list"),
        ({"measures": "calls.cost"}, "measures: a list has no such parameter; did you mean 'measure'?"),
        ({"measure": "calls.costs"}, "there is no measure 'calls.costs'"),
        ({"format": "xml"}, "format: it is one of"),
        ({"cube": "cats"}, "there is no cube"),
    ],
)
def test_what_cannot_be_asked_is_told(server: Running, params: dict[str, str], said: str) -> None:
    """As a client error that names the parameter, and what it may have been."""
    answer = server.get(_path(**params))
    assert answer.status == 400
    assert said in answer.json()["detail"]


def test_the_page_takes_what_dashboards_say(server: Running) -> None:
    """A range and filters of a dashboard open the list of the same; what is wrong is said on the page."""
    page = server.get("/explore?range=7d&status=ok&compare=0").text
    assert "Last 7 days" in page
    assert "Status: ok" in page
    wrong = server.get("/explore?since=whenever")
    assert wrong.status == 400
    assert "This list cannot be shown" in wrong.text
    assert "is no time" in wrong.text


def test_every_kind_of_record_has_a_page(server: Running) -> None:
    """Whatever can be counted can be listed, and is called something."""
    assert set(KINDS) == set(CUBES)
    for cube, words in KINDS.items():
        page = server.get(f"/explore?measure={next(iter(CUBES[cube].measures.values())).name}&since=all")
        assert page.status == 200, cube
        assert words in page.text
