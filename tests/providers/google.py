"""Google's APIs: a token for a signed claim, descriptors and series of metrics, queries of BigQuery in pages."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from providers.serving import Asked, Faults, Provider, Reply

TOKEN = "ya29.made-up-for-tests-0123456789"
COLUMNS = (
    *("day", "service", "sku_id", "sku", "project", "region", "currency", "cost_type", "invoice_month", "unit"),
    *("cost", "quantity", "credits"),
)
PAGE = 2


@cache
def rsa_key() -> RSAPrivateKey:
    """A key, made for these tests."""
    return generate_private_key(65_537, 2_048)


class Google(Provider):
    """The project `p1`. `table` holds rows of the billing export; `series` are by metric and day."""

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.descriptors: list[dict[str, Any]] = []
        self.series: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.table: list[dict[str, Any]] = []
        self.queries: list[dict[str, Any]] = []
        self.tokens = 0
        self._answers: dict[str, list[dict[str, Any]]] = {}
        self._waits: dict[str, int] = {}

    def key_file(self, url: str) -> str:
        """The file of a service account's key, whose token is made at an address."""
        pem = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        told = {"type": "service_account", "client_email": "meter@p1.example", "private_key_id": "k1"}
        return json.dumps({**told, "private_key": pem, "token_uri": f"{url}/token"}, indent=1)

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        if asked.path == "/token":
            return self._token(asked)
        if asked.path == "/v3/projects/p1/metricDescriptors":
            prefix = asked.one("filter").split('"')[1]
            return self._page("metricDescriptors", [d for d in self.descriptors if d["type"].startswith(prefix)], asked)
        if asked.path == "/v3/projects/p1/timeSeries":
            metric, day = asked.one("filter").split('"')[1], asked.one("interval.startTime")[:10]
            return self._page("timeSeries", self.series.get((metric, day), []), asked)
        return self._bigquery(asked)

    def _bigquery(self, asked: Asked) -> Reply:
        if asked.path == "/bigquery/v2/projects/p1/queries":
            return self._query(json.loads(asked.body))
        if asked.path.startswith("/bigquery/v2/projects/p1/queries/"):
            return self._results(asked.path.rsplit("/", 1)[1], asked.one("pageToken"))
        if asked.path.startswith("/bigquery/v2/projects/p1/datasets/"):
            return Reply({"numRows": str(len(self.table)), "lastModifiedTime": "1"})
        return Reply({"error": {"code": 404}}, 404)

    def allows(self, asked: Asked) -> bool:
        """See `Provider`."""
        if asked.path == "/token":
            return "authorization" not in asked.headers
        return asked.headers.get("authorization") == f"Bearer {TOKEN}"

    def _token(self, asked: Asked) -> Reply:
        assertion = parse_qs(asked.body.decode())["assertion"][0]
        text, _, signature = assertion.rpartition(".")
        rsa_key().public_key().verify(_decoded(signature), text.encode(), PKCS1v15(), SHA256())
        claims = json.loads(_decoded(text.split(".")[1]))
        if not claims["aud"].endswith("/token") or claims["exp"] - claims["iat"] > 3_600:
            return Reply({"error": "invalid_grant"}, 400)
        self.tokens += 1
        return Reply({"access_token": TOKEN, "expires_in": 3_599, "token_type": "Bearer"})

    def _page(self, name: str, rows: list[dict[str, Any]], asked: Asked) -> Reply:
        at = int(asked.one("pageToken", "0") or "0")
        found: dict[str, Any] = {name: rows[at : at + PAGE]} if rows else {}
        return Reply(found | ({"nextPageToken": str(at + PAGE)} if at + PAGE < len(rows) else {}))

    def _query(self, told: dict[str, Any]) -> Reply:
        self.queries.append(told)
        values = {one["name"]: one["parameterValue"]["value"] for one in told["queryParameters"]}
        since, until = (datetime.fromisoformat(values[name]) for name in ("since", "until"))
        mine = [row for row in self.table if since <= datetime.fromisoformat(row["day"]).replace(tzinfo=UTC) < until]
        job = f"job{len(self.queries)}"
        self._answers[job], self._waits[job] = mine, 1
        return Reply({"jobComplete": False, "jobReference": {"projectId": "p1", "jobId": job, "location": "EU"}})

    def _results(self, job: str, token: str) -> Reply:
        reference = {"projectId": "p1", "jobId": job, "location": "EU"}
        if self._waits[job]:
            self._waits[job] -= 1
            return Reply({"jobComplete": False, "jobReference": reference})
        at, rows = int(token or "0"), self._answers[job]
        page = [{"f": [{"v": row.get(name)} for name in COLUMNS]} for row in rows[at : at + PAGE]]
        found: dict[str, Any] = {
            "jobComplete": True,
            "jobReference": reference,
            "schema": {"fields": [{"name": name, "type": "STRING"} for name in COLUMNS]},
            "totalRows": str(len(rows)),
        }
        found |= {"rows": page} if page else {}
        return Reply(found | ({"pageToken": str(at + PAGE)} if at + PAGE < len(rows) else {}))


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
