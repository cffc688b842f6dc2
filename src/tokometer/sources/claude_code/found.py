"""Claude Code as a source of files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.records import Notice, Record, Refusal, mistake, now_us
from tokometer.records.redaction import redacted
from tokometer.sources.claude_code import files, lines, places
from tokometer.sources.claude_code.contexts import SOURCE_NAME
from tokometer.sources.claude_code.memory import recall, remember
from tokometer.sources.claude_code.salvage import look_again
from tokometer.sources.claude_code.transcript import Transcript
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.tail import LINE_LIMIT, Tail

#: A file that is something else entirely is not listed line by line.
_MOST_REFUSALS: Final = 1_000
_LONGEST_NAME: Final = 80


class ClaudeCode:
    """Transcripts of Claude Code; see `sources.protocol.FileSource`."""

    name = SOURCE_NAME
    title = "Claude Code"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The `projects` folders that it writes to, and the one that Cowork's are below."""
        return places.roots(home, env)

    def files(self, root: Path) -> Iterable[Path]:
        """Every transcript under a folder: sessions and their subagents; and files among them that no rule reads."""
        return files.files_of(root)

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in one transcript; of a file that no rule reads, that it is there."""
        if files.is_strange(path):
            return _passed_over(path, state)
        refusals: list[Refusal] = []
        notices = Noticed(SOURCE_NAME, str(path))
        decode: Callable[[memoryview], lines.Line] = lines.decode
        unfit = lines.UNFIT
        with Tail(path, state) as tail:
            transcript = Transcript(places.place_of(path), recall(tail.extra), notices)
            take, complaints = transcript.take, transcript.complaints
            for offset, raw in tail.views():
                try:
                    try:
                        line = decode(raw)
                    except unfit:
                        again, unread = look_again(raw)
                        for name in unread:
                            notices.add("usage", name, offset)
                        if again is None:
                            continue
                        line = again
                    take(line, raw, offset)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is of this line, and the others count
                    complaints.append(mistake(error))
                if complaints:
                    refusals.extend(_refusal(path, offset, error.field, error.reason) for error in complaints)
                    complaints.clear()
            too_long = f"a line longer than {LINE_LIMIT >> 20} MiB"
            refusals.extend(_refusal(path, offset, "", too_long) for offset in tail.oversized)
            left = tail.state(remember(transcript.memory))
            records: list[Record] = transcript.finish()
            refusals.extend(_refusal(path, tail.offset, error.field, error.reason) for error in complaints)
        return Reading(records, _shorten(refusals), left, notices.all())


FOUND: Final = ClaudeCode()


def _passed_over(path: Path, state: bytes) -> Reading:
    with Tail(path, state) as tail:
        # Whatever is written to it, it is not looked at again.
        tail.offset = path.stat().st_size
        left = tail.state()
    if state:
        return Reading(state=left)
    notice = Notice(SOURCE_NAME, "file", redacted(files.shape_of(path), _LONGEST_NAME), str(path), at=now_us())
    return Reading(state=left, notices=[notice])


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
