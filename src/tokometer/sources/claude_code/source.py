"""Claude Code as a source of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.records import RecordError, Refusal, now_us
from tokometer.sources.claude_code import lines, places
from tokometer.sources.claude_code.memory import recall, remember
from tokometer.sources.claude_code.transcript import SOURCE_NAME, Transcript
from tokometer.sources.protocol import Reading
from tokometer.sources.tail import LINE_LIMIT, Tail

#: A file that is something else entirely is not listed line by line.
_MOST_REFUSALS: Final = 1_000


class ClaudeCode:
    """Transcripts of Claude Code; see `sources.protocol.FileSource`."""

    name = SOURCE_NAME
    title = "Claude Code"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The `projects` folders that it writes to."""
        return places.roots(home, env)

    def files(self, root: Path) -> Iterable[Path]:
        """Every transcript under a folder: sessions and their subagents."""
        return places.transcripts(root)

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in one transcript."""
        refusals: list[Refusal] = []
        decode, unfit = lines.decode, lines.UNFIT
        with Tail(path, state) as tail:
            transcript = Transcript(places.place_of(path), recall(tail.extra))
            take = transcript.take
            for offset, raw in tail.views():
                try:
                    try:
                        line = decode(raw)
                    except unfit:
                        salvaged = lines.salvage(bytes(raw))
                        if salvaged is None:
                            continue
                        line = salvaged
                    take(line, raw)
                except RecordError as error:
                    refusals.append(_refusal(path, offset, error.field, error.reason))
            too_long = f"a line longer than {LINE_LIMIT >> 20} MiB"
            refusals.extend(_refusal(path, offset, "", too_long) for offset in tail.oversized)
            left = tail.state(remember(transcript.memory))
        return Reading(
            records=[*transcript.calls.values(), *transcript.tools.values(), *transcript.runs.values()],
            refusals=_shorten(refusals),
            state=left,
        )


SOURCE: Final = ClaudeCode()


def _refusal(path: Path, offset: int, field: str, reason: str) -> Refusal:
    return Refusal(SOURCE_NAME, str(path), offset, field, reason, at=now_us())


def _shorten(refusals: list[Refusal]) -> list[Refusal]:
    more = len(refusals) - _MOST_REFUSALS
    if more <= 0:
        return refusals
    first = refusals[_MOST_REFUSALS]
    return [
        *refusals[:_MOST_REFUSALS],
        Refusal(first.source, first.place, first.position, "", f"and {more} more lines of this file", at=first.at),
    ]
