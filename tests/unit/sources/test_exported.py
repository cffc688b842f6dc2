"""Exports are claimed by what nobody else's rows have, and read row by row."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from generators.sources import litellm, openrouter, portkey, vercel_ai_gateway
from tokometer.records import ModelCall
from tokometer.sources.registry import FILE_SOURCES

OURS = {
    "litellm": [json.dumps(litellm.ROWS), json.dumps({"data": litellm.ROWS}), litellm.as_csv(litellm.ROWS)],
    "openrouter": [json.dumps(openrouter.GENERATIONS), json.dumps({"data": openrouter.PLAIN}), openrouter.CSV],
    "portkey": ["\n".join(json.dumps(row) for row in portkey.ROWS), portkey.as_csv()],
    "vercel_ai_gateway": [json.dumps({"results": vercel_ai_gateway.ROWS}), json.dumps(vercel_ai_gateway.GENERATIONS)],
}


def write(folder: Path, content: str) -> Path:
    """A file with this content, of the kind that it is."""
    path = folder / ("rows.json" if content.startswith(("[", "{")) else "rows.csv")
    path.write_text(content)
    return path


@pytest.mark.parametrize(("name", "content"), [(name, one) for name, contents in OURS.items() for one in contents])
def test_each_file_is_claimed_once(tmp_path: Path, name: str, content: str) -> None:
    """By the source that it is of, whatever its form, and by no other."""
    path = write(tmp_path, content)
    assert [other for other, found in FILE_SOURCES.items() if path in list(found.files(path))] == [name]
    assert [other for other, found in FILE_SOURCES.items() if path in list(found.files(tmp_path))] == [name]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(("name", "content"), [(name, contents[-1]) for name, contents in OURS.items()])
def test_how_a_file_is_written_is_nothing(tmp_path: Path, name: str, content: str, encoding: str) -> None:
    """What a shell of Windows has saved, UTF-16 with its mark, is read as what it says."""
    path = write(tmp_path, content)
    source = FILE_SOURCES[name]
    wanted = [record for record in source.read(path, b"").records if isinstance(record, ModelCall)]
    path.write_bytes((codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b"") + content.encode(encoding))
    assert list(source.files(tmp_path)) == [path]
    found = source.read(path, b"")
    assert [record for record in found.records if isinstance(record, ModelCall)] == wanted != []
    assert not found.refusals


@pytest.mark.parametrize(
    "content", ["", "[", "{}", "a,b\n1,2\n", '[{"id": 5}]', '{"type": "assistant", "message": {}}', "\0"]
)
def test_what_is_somebody_elses(tmp_path: Path, content: str) -> None:
    """Files that are nothing of ours are left alone."""
    path = write(tmp_path, content)
    assert not [name for name in OURS if list(FILE_SOURCES[name].files(path))]


def test_a_row_whose_prompt_is_long(tmp_path: Path) -> None:
    """What names a row may stand behind a long prompt: what is known of the row by then has to do."""
    row = {"id": "a", "trace_id": "t", "created_at": "2026-03-02T09:00:00Z", "ai_org": "openai", "ai_model": "m"}
    path = write(tmp_path, json.dumps([row | {"request": {"body": "x" * 400_000}, "req_units": 5}]))
    assert list(FILE_SOURCES["portkey"].files(path)) == [path]
    (call,) = FILE_SOURCES["portkey"].read(path, b"").records
    assert isinstance(call, ModelCall)
    assert call.input_tokens == 5


def test_rows_that_are_broken(tmp_path: Path) -> None:
    """A row that is cut, or no row at all, is refused by its place; the others count."""
    content = "\n".join(json.dumps(row) for row in portkey.ROWS)
    found = FILE_SOURCES["portkey"]
    path = write(tmp_path, content + '\n{"id": "cut", "ai_mo')
    reading = found.read(path, b"")
    assert (len(reading.records), [one.position for one in reading.refusals]) == (4, [4])
    lines = portkey.as_csv().splitlines(keepends=True)
    path = write(tmp_path, "".join([*lines[:2], "a,b\n", *lines[2:]]))
    reading = found.read(path, b"")
    assert (len(reading.records), [one.reason for one in reading.refusals]) == (4, ["has 2 cells in 21 columns"])
