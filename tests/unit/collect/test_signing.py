"""Questions to storage, signed: against the example of the documentation, and against a storage on loopback."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.unit.statements.focus.files import account, as_csv, lines, row

from tokometer.collect.fetching import Fetcher
from tokometer.collect.signing import signed
from tokometer.sources.protocol import PollError, Target
from tokometer.statements.focus.kind import KIND
from tokometer.statements.protocol import Asked

#: The key of the documentation's example, in parts.
_KEY = "AKIAIOSFODNN7" + "EXAMPLE:" + "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"


def test_the_documented_example() -> None:
    """An object's first bytes, as the documentation of S3 signs that question."""
    at = datetime(2013, 5, 24, tzinfo=UTC)
    host = "examplebucket.s3.amazonaws.com"
    found = signed(_KEY, "us-east-1", host, "/test.txt", {"Range": "bytes=0-9"}, at)
    assert found["Authorization"].endswith(
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_the_documented_example_of_a_list() -> None:
    """The objects of a bucket whose names begin with J, whatever the order in which the query has its names."""
    at = datetime(2013, 5, 24, tzinfo=UTC)
    for where in ("/?max-keys=2&prefix=J", "/?prefix=J&max-keys=2"):
        found = signed(_KEY, "us-east-1", "examplebucket.s3.amazonaws.com", where, {}, at)
        assert found["Authorization"].endswith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")


def test_a_key_of_another_form() -> None:
    """What is no pair of id and secret is refused as a key."""
    with pytest.raises(PollError, match="ACCESS_KEY_ID"):
        signed("secret", "us-east-1", "host", "/", {}, datetime.now(UTC))


class _Storage(BaseHTTPRequestHandler):
    """A bucket with one bill; whoever has not signed is turned away."""

    disable_nagle_algorithm = True
    objects: ClassVar = {"exports/oct 1.csv.gz": as_csv([row()], packed=True), "exports/manifest.json": b"{}"}

    def do_GET(self) -> None:
        """A listing, or the bytes of an object that are asked for."""
        url = urlsplit(self.path)
        auth = self.headers.get("Authorization", "")
        moment = datetime.strptime(self.headers.get("x-amz-date", "20000101T000000Z"), "%Y%m%dT%H%M%SZ").replace(
            tzinfo=UTC
        )
        sent = {name: text for name, text in self.headers.items() if name == "Range"}
        expected = signed("id:secret", "eu-west-1", self.headers["Host"], self.path, sent, moment)["Authorization"]
        if auth != expected:
            return self._answer(403, b"<Error/>")
        if url.path == "/bucket":
            assert parse_qs(url.query)["prefix"] == ["exports"]
            told = "".join(
                f"<Contents><Key>{name.replace(' ', '+')}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified>"
                f'<ETag>"e"</ETag><Size>{len(content)}</Size></Contents>'
                for name, content in self.objects.items()
            )
            return self._answer(200, f"<ListBucketResult>{told}</ListBucketResult>".encode())
        content = self.objects[unquote(url.path).removeprefix("/bucket/")]
        begin, last = (int(one) for one in re.findall(r"\d+", self.headers["Range"]))
        return self._answer(206, content[begin : last + 1])

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_bills_from_storage() -> None:
    """Bills are listed and read from storage with a signed question each; a wrong key is said to be one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Storage)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"

        def asked(secret: str) -> Asked:
            fetcher = Fetcher(Target("s3", url, 0.0, options={"auth": "aws4", "region": "eu-west-1"}, secret=secret))
            told = account(bucket="bucket/exports", region="eu-west-1")
            return Asked(told.id, told.title, "", told.options, told.now, fetcher)

        report = KIND.reports[0]
        assert report.list is not None
        [portion] = report.list(asked("id:secret"))
        assert [one.amount for one in lines(report.read(asked("id:secret"), portion))] == [3_000_000]
        with pytest.raises(PollError, match="403"):
            KIND.check(asked("id:wrong"))
    finally:
        server.shutdown()
        server.server_close()
