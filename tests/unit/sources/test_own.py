"""Bodies of our own API: how they are taken apart, and what a broken part does to the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tokometer.records import ModelCall
from tokometer.sources import own

AT = "2026-11-01T12:00:00Z"
NOW = 1_795_000_000_000_000
NDJSON = "application/x-ndjson"
JSON = "application/json"


def line(name: str, **fields: Any) -> str:
    """One call as JSON."""
    return json.dumps({"id": name, "started_at": AT, "model": "gpt-4o", **fields})


def read(body: str | bytes, media_type: str = JSON, kind: str = "calls") -> own.Own:
    """What a body holds."""
    return own.read(kind, body.encode() if isinstance(body, str) else body, media_type, now=NOW)


def names(found: own.Own) -> list[str]:
    """The ids of the records that were kept."""
    return [record.native_id for record in found.records]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (f"[{line('a')},{line('b')}]", JSON),
        (f"{line('a')}\n{line('b')}\n", NDJSON),
        (f"\n{line('a')}\r\n\r\n{line('b')}", NDJSON),
        (f"{line('a')}\n{line('b')}", JSON),
        (f"\ufeff [ {line('a')} , {line('b')} ] \n", JSON),
        (f"\x1e{line('a')}\n\x1e{line('b')}\n", "application/json-seq"),
    ],
)
def test_every_form_of_body(body: str, media_type: str) -> None:
    """An array, and one record a line, are read alike whatever white space is around."""
    assert names(read(body, media_type)) == ["a", "b"]


def test_one_object_over_several_lines() -> None:
    """A single indented object is one record."""
    assert names(read(json.dumps(json.loads(line("a")), indent=2))) == ["a"]


def test_content_is_left_out_and_said_so() -> None:
    """Prompts and answers that come along are not kept: the field's name is noticed with its count, not its content."""
    body = [{"id": f"{n}", "started_at": AT, "model": "m", "prompt": "secret", "messages": []} for n in range(3)]
    found = read(json.dumps(body))
    assert names(found) == ["0", "1", "2"]
    [notice] = found.notices
    assert (notice.source, notice.topic, notice.name, notice.count) == ("api", "field", "calls.prompt", 3)
    assert (notice.place, notice.at) == ("POST /api/records/calls:0", NOW)


@pytest.mark.parametrize("body", ["", " \n", "[]"])
def test_nothing_is_nothing(body: str) -> None:
    """An empty body makes no record and no refusal."""
    found = read(body)
    assert (found.records, found.refusals) == ([], [])


@pytest.mark.parametrize("bad", ['{"id": "x', "nonsense", '{"id": "x"}}', '{"a": 01}', "[1", '"' + "x" * 5])
def test_a_broken_line_is_refused_by_its_index(bad: str) -> None:
    """A truncated or broken line between two good ones is refused; the good ones are kept."""
    found = read(f"{line('a')}\n{bad}\n{line('b')}\n", NDJSON)
    assert names(found) == ["a", "b"]
    (refusal,) = found.refusals
    assert (refusal.position, refusal.field) == (1, "")
    assert refusal.reason.startswith("is not JSON")


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ('{"started_at": "2026-11-01T12:00:00Z", "model": "m", "input_tokens": NaN}', "input_tokens"),
        ('{"started_at": "2026-11-01T12:00:00Z", "model": "m", "cost_usd": Infinity}', "cost_usd"),
        ('{"started_at": "2026-11-01T12:00:00Z", "model": "half \\ud800"}', "model"),
        ('{"started_at": "2026-11-01T12:00:00Z", "model": "m", "output_tokens": 1e400}', "output_tokens"),
        ('{"started_at": "2026-11-01T12:00:00Z", "model": "m", "output_tokens": 9007199254740993}', "output_tokens"),
        ('{"started_at": "2026-11-01T12:00:00Z", "model": 5.5, "id": {}}', "id"),
        ("5", ""),
        ("null", ""),
    ],
)
def test_values_that_json_should_not_have_are_refused_by_name(bad: str, field: str, media_type: str) -> None:
    """NaN, half characters and numbers out of range refuse their record by field, in arrays and in lines."""
    body = f"[{line('a')},{bad},{line('b')}]" if media_type == JSON else f"{line('a')}\n{bad}\n{line('b')}"
    found = read(body, media_type)
    assert names(found) == ["a", "b"]
    assert [(refusal.position, refusal.field) for refusal in found.refusals] == [(1, field)]


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
def test_bytes_that_are_no_text_refuse_their_record_only(media_type: str) -> None:
    """A record that is not UTF-8 is refused; its neighbours are kept."""
    bad = line("BAD").encode().replace(b"BAD", b"\xff\xfe")
    parts = [line("a").encode(), bad, line("b").encode()]
    body = b"[" + b",".join(parts) + b"]" if media_type == JSON else b"\n".join(parts)
    found = read(body, media_type)
    assert names(found) == ["a", "b"]
    assert "UTF-8" in found.refusals[0].reason


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
def test_a_record_of_ten_megabytes_is_refused_unread(media_type: str) -> None:
    """A single enormous record is refused by its size, and nothing around it."""
    parts = [line("a"), line("huge", prompt="x" * 10_000_000), line("b")]
    found = read("[" + ",".join(parts) + "]" if media_type == JSON else "\n".join(parts), media_type)
    assert names(found) == ["a", "b"]
    assert "a record has at most 1,048,576" in found.refusals[0].reason


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        '{"id": "a", "mod',
        "[1, 2",
        "[" * 100_000,
        "[{}",
        '{"a": {"b": ',
        "\ud800".encode("utf-8", "surrogatepass"),
    ],
)
def test_a_body_that_is_broken_as_a_whole(body: str | bytes) -> None:
    """A truncated array or object, or something else altogether, is an error that says so."""
    with pytest.raises(own.NotRecords, match="not"):
        read(body)


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/x-protobuf"]
)
def test_other_media_types_are_not_taken(media_type: str) -> None:
    """Only JSON is read: a page of another site could send text and forms without being asked."""
    with pytest.raises(own.NotRecords) as caught:
        read(line("a"), media_type)
    assert caught.value.media_type


def test_nothing_of_a_refused_record_is_repeated() -> None:
    """A refusal says where and why, and never what the record held."""
    secret = "sk-very-secret-0123456789"
    found = read(f"[{line('a', input_tokens=secret)}, {line('b', api_key=secret, output_tokens=-1)}, {{}}]")
    assert len(found.refusals) == 3
    assert "secret" not in repr(found)


def test_numbers_are_read_exactly() -> None:
    """Fractions are read as decimals, so that no digit of a cost is lost."""
    (record,) = read('{"started_at": 1793534400.25, "model": "m", "cost_usd": 123456789.123456789}').records
    assert isinstance(record, ModelCall)
    assert record.cost_reported == 123_456_789_123_456_789
    assert record.started_at == 1_793_534_400_250_000


def test_tiers_that_nobody_knows_are_noticed() -> None:
    """A service tier whose word nobody declared is noticed once a body, with how often and where it stood first."""
    body = [
        json.loads(line("a")),
        {"id": "broken"},
        json.loads(line("b", service_tier="turbo")),
        json.loads(line("c", service_tier="turbo")),
        json.loads(line("d", service_tier="flex")),
    ]
    found = read(json.dumps(body))
    assert names(found) == ["a", "b", "c", "d"]
    [notice] = [notice for notice in found.notices if notice.topic == "tier"]
    assert (notice.source, notice.name, notice.count) == ("api", "turbo", 2)
    assert (notice.place, notice.at) == ("POST /api/records/calls:2", NOW)
