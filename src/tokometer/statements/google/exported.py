"""The bill that Cloud Billing exports to BigQuery, asked there.

Format: BigQuery REST API v2 (`jobs.query`, `jobs.getQueryResults`), read in November 2026: rows are lists of text under
`f` and `v`, in the order of `schema.fields`; a query that takes longer answers `jobComplete: false` and is asked for
again; pages go on by `pageToken`. Rows of a day come for days after it, each with a later `export_time`: a day is asked
as a whole again, so that its sum is that of all rows that there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from tokometer.sources.polling import fetch_json
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.google.billing_rows import KNOWN, MODELS, add, charge_of
from tokometer.statements.lines import Lines, object_of
from tokometer.statements.protocol import Asked, Portion, Stated

ADDRESS: Final = "https://bigquery.googleapis.com"
_TABLE: Final = re.compile(r"[A-Za-z0-9:.-]{2,64}\.[A-Za-z0-9_]{1,256}\.[A-Za-z0-9_$-]{1,256}")
_PAGE: Final = 1_000
_WAIT_MS: Final = 20_000
#: How often a query that goes on is asked for.
_MOST_WAITS: Final = 60
#: The table's name stands between backticks, checked; all else is bound.
_SQL: Final = """
SELECT
  FORMAT_DATE('%F', DATE(usage_start_time, 'UTC')) AS day,
  service.description AS `service`, sku.id AS sku_id, sku.description AS sku, project.id AS project,
  location.region AS region, currency, cost_type, invoice.month AS invoice_month, usage.unit AS unit,
  CAST(SUM(CAST(cost AS NUMERIC)) AS STRING) AS cost,
  CAST(SUM(CAST(usage.amount AS NUMERIC)) AS STRING) AS quantity,
  CAST(SUM((SELECT IFNULL(SUM(CAST(c.amount AS NUMERIC)), 0) FROM UNNEST(credits) AS c)) AS STRING) AS credits
FROM `{table}`
WHERE usage_start_time >= @since AND usage_start_time < @until AND export_time >= @since
  AND REGEXP_CONTAINS(LOWER(service.description), @services)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""


def bill(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What each day cost, net of credits, by service, SKU, project, kind of cost and invoice."""
    lines = Lines(asked, "bill")
    body = {
        "query": _SQL.replace("{table}", table_of(asked)),
        "useLegacySql": False,
        "parameterMode": "NAMED",
        "queryParameters": [
            _parameter("since", "TIMESTAMP", portion.since.strftime("%Y-%m-%d %H:%M:%S+00:00")),
            _parameter("until", "TIMESTAMP", portion.until.strftime("%Y-%m-%d %H:%M:%S+00:00")),
            _parameter("services", "STRING", _services(asked)),
        ],
        "maxResults": _PAGE,
        "timeoutMs": _WAIT_MS,
    }
    names: list[str] = []
    for page in _pages(asked, body):
        names = [one.word("name") for one in page.within("schema").each("fields")] or names
        rows = [_row(one, names) for one in page.each("rows")]
        lines.read(rows, lambda told: add(lines, charge_of(told)), KNOWN)
    yield lines.stated()


def described(asked: Asked) -> dict[str, Any]:
    """What the table says of itself: its rows, and when something last came."""
    project, dataset, table = table_of(asked).replace(":", ".").rsplit(".", 2)
    path = f"{_address(asked)}/bigquery/v2/projects/{project}/datasets/{dataset}/tables/{table}"
    told = object_of(fetch_json(asked.ask, path), "the billing table")
    return {"billing_rows": told.text("numRows")}


def table_of(asked: Asked) -> str:
    """The table's full name.

    Raises:
        PollError: It is none.
    """
    table = asked.options.get("table", "").strip().strip("`")
    if not _TABLE.fullmatch(table):
        raise PollError("its table should be named project.dataset.table")
    return table


def _pages(asked: Asked, body: dict[str, Any]) -> Iterator[Told]:
    base = f"{_address(asked)}/bigquery/v2/projects/{quote(asked.options.get('project', ''), safe='')}/queries"
    page = object_of(fetch_json(asked.ask, base, body=body), "BigQuery")
    waits = 0
    while True:
        job = page.within("jobReference")
        place = f"{base}/{quote(job.word('jobId'), safe='')}"
        query = {"maxResults": str(_PAGE), "timeoutMs": str(_WAIT_MS)}
        query |= {"location": job.word("location")} if job.word("location") else {}
        if not page.yes("jobComplete"):
            waits += 1
            if waits > _MOST_WAITS:
                raise PollError("BigQuery has not answered its query for a long time")
        else:
            yield page
            token = page.word("pageToken")
            if not token:
                return
            query["pageToken"] = token
        page = object_of(fetch_json(asked.ask, place, query), "BigQuery")


def _row(told: Told, names: list[str]) -> dict[str, Any]:
    """A row as the export's own columns have it."""
    values = {name: cell.raw("v") for name, cell in zip(names, told.each("f"), strict=False)}
    nested = {
        "service": {"description": values.pop("service", None)},
        "sku": {"id": values.pop("sku_id", None), "description": values.pop("sku", None)},
        "project": {"id": values.pop("project", None)},
        "location": {"region": values.pop("region", None)},
    }
    return {**values, **nested}


def _address(asked: Asked) -> str:
    return (asked.options.get("bigquery") or ADDRESS).rstrip("/")


def _services(asked: Asked) -> str:
    named = [re.escape(one.strip().lower()) for one in asked.options.get("services", "").split(",") if one.strip()]
    return "|".join(named) or MODELS


def _parameter(name: str, kind: str, value: str) -> dict[str, Any]:
    return {"name": name, "parameterType": {"type": kind}, "parameterValue": {"value": value}}
