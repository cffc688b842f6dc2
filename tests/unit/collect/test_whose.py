"""Whose files somebody names who does not say it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tokometer.collect.changes import look
from tokometer.collect.whose import whose
from tokometer.conformance import Files
from tokometer.sources.registry import FILE_SOURCES

#: OpenCode's descendants have examples with its database beside their own, as people have.
BESIDE = {"kilo_cli": "opencode", "mimo_code": "opencode"}


def first_of_files(name: str) -> Files:
    """An example of what a tool leaves."""
    examples = import_module(f"generators.sources.{name}").EXAMPLES
    return next(example for example in examples if isinstance(example, Files) and not example.env)


def owners(paths: list[Path]) -> dict[Path, str]:
    """The source that reads each file, of those that are named."""
    return {job.file: job.source for job in look(FILE_SOURCES, whose(FILE_SOURCES, paths), {}).jobs}


@pytest.mark.parametrize("name", FILE_SOURCES)
def test_a_home_folder_a_place_in_it_and_a_file_are_their_tools(name: str, tmp_path: Path) -> None:
    """Tools write much the same lines: a copy of a home folder, or what lies in it, is read by whose place it is."""
    example = first_of_files(name)
    for step in example.steps:
        step(tmp_path)
    source = FILE_SOURCES[name]
    places = [tmp_path / one for one in example.named] or [one for one in source.roots(tmp_path, {}) if one.exists()]
    files = {file for place in places for file in source.files(place)}
    assert files
    for paths in ([tmp_path], places, sorted(files)):
        found = owners(paths)
        assert files <= found.keys()
        assert set(found.values()) - {name, BESIDE.get(name)} == set()


def test_what_lies_nowhere_is_told_by_its_looks(tmp_path: Path) -> None:
    """A transcript and an export in any folder are found by what is in them; each source is asked."""
    (tmp_path / "a.jsonl").write_text('{"type":"assistant","sessionId":"s","requestId":"r","message":{"model":"m"}}\n')
    (tmp_path / "b.jsonl").write_text(
        '{"request_id":"r","call_type":"acompletion","spend":0.1,"messages":[{"role": "assistant"}],"startTime":"x"}\n'
    )
    assert owners([tmp_path]) == {tmp_path / "a.jsonl": "claude_code", tmp_path / "b.jsonl": "litellm"}
    assert owners([tmp_path / "a.jsonl", tmp_path / "b.jsonl"]) == owners([tmp_path])
