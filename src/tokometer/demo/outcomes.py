"""What comes of the demo's work: branches, the changes that they become, and commits.

Each project has a few lines of work. A line's branch is a new one every few days; what became of it is made up from
its name, so that it is the same for all seeds, and whoever asks for a branch need not know of anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple
from zlib import crc32

from tokometer.demo.company import BRANCHES, TEAMS, Team
from tokometer.demo.rhythm import DAY
from tokometer.records import Change, Commit, Record

OWNER: Final = "acme"
#: How long a branch is worked on, and when in that time its change is opened, and ends.
_LENGTH: Final = 4 * DAY
_OPENED, _ENDED = 0.45, (0.7, 0.97)
#: Of a hundred branches so many are never told, and so many more are closed without having been merged.
_UNTOLD, _CLOSED = 9, 22
_WORDS: Final = ("Add", "Rework", "Speed up", "Simplify", "Repair", "Finish")
_LINES: Final = tuple(dict.fromkeys(name for name in BRANCHES if name != "main"))
#: Numbers begin anew for the demo.
_FIRST: Final = 4_500


class _Work(NamedTuple):
    """One branch of one line of a project."""

    project: str
    team: Team
    line: str
    number: int
    begin: int

    def chance(self, what: str, most: int) -> int:
        """A number below `most` that is made up from the branch's name."""
        return crc32(f"{self.project} {self.line} {self.number} {what}".encode()) % most

    @property
    def name(self) -> str:
        """The change's number."""
        return str((self.number - _FIRST) * len(_LINES) + _LINES.index(self.line))

    @property
    def branch(self) -> str:
        """Some name their ticket, one has an issue's number, and one has none."""
        first, _, rest = self.line.partition("/")
        if first == "chore":
            return f"{self.line}-{self.number}"
        ticket = (self.number - _FIRST) * 3 + _LINES.index(self.line) + 100
        return f"{ticket}-{rest}" if rest == "leak" else f"{first}/{self.project[:3].upper()}-{ticket}-{rest}"

    @property
    def state(self) -> Literal["merged", "closed", ""]:
        """What becomes of it; nothing where nobody is told."""
        chance = self.chance("state", 100)
        return "" if chance < _UNTOLD else "closed" if chance < _CLOSED else "merged"

    @property
    def opened(self) -> int:
        """When it is opened."""
        return self.begin + int(_LENGTH * _OPENED)

    @property
    def ended(self) -> int:
        """When it is merged or closed."""
        low, high = _ENDED
        return self.begin + int(_LENGTH * (low + (high - low) * self.chance("end", 1_000) / 1_000))


def branch_at(project: str, line: str, at: int) -> str:
    """The branch of a line of a project's work at a time; `main` stays."""
    if line not in _LINES:
        return line
    return _work(project, TEAMS[0], line, at).branch


def told(start: int, end: int, workspace: str) -> Iterator[Record]:
    """What is told in [start, end) of changes and commits; of what is going on before, the same as then."""
    for team in TEAMS:
        for project in team.projects if team.coding else ():
            for line in _LINES:
                first = _work(project, team, line, start)
                for number in range(first.number, _work(project, team, line, end).number + 1):
                    begin = first.begin + (number - first.number) * _LENGTH
                    yield from _of(first._replace(number=number, begin=begin), start, end, workspace)


def _work(project: str, team: Team, line: str, at: int) -> _Work:
    shift = crc32(f"{project} {line}".encode()) % _LENGTH
    number = (at + shift) // _LENGTH
    return _Work(project, team, line, number, number * _LENGTH - shift)


def _of(work: _Work, start: int, end: int, workspace: str) -> Iterator[Record]:
    if not work.state:
        return
    count = 2 + work.chance("commits", 4)
    times = [work.begin + (work.ended - work.begin) * (place + 1) // (count + 1) for place in range(count)]
    for place, at in enumerate(times):
        if start <= at < end:
            yield _commit(work, place, at, workspace)
    if start <= work.opened < end:
        yield _change(work, work.opened, workspace)
    if start <= work.ended < end:
        yield _change(work, work.ended, workspace)


def _change(work: _Work, at: int, workspace: str) -> Change:
    repository = f"{OWNER}/{work.project}"
    ended = at >= work.ended
    rest = work.line.partition("/")[2]
    return Change(
        workspace=workspace,
        source="github",
        native_id=f"{repository}#{work.name}",
        started_at=at,
        revision=at,
        repository=repository,
        number=work.name,
        branch=work.branch,
        target_branch="main",
        title=f"{_WORDS[work.chance('word', len(_WORDS))]} {rest} of {work.project.replace('-', ' ')}",
        url=f"https://github.example/{repository}/pull/{work.name}",
        author=f"user-{1 + work.chance('author', 45):02d}",
        state=work.state if ended and work.state else "open",
        draft="no",
        opened_at=work.opened,
        merged_at=at if ended and work.state == "merged" else None,
        closed_at=at if ended else None,
        commits=2 + work.chance("commits", 4),
        files_changed=2 + work.chance("files", 14),
        lines_added=20 + work.chance("added", 480),
        lines_removed=work.chance("removed", 190),
        team=work.team.name,
    )


def _commit(work: _Work, place: int, at: int, workspace: str) -> Commit:
    digest = f"{work.chance(f'sha {place}', 1 << 32):08x}{work.chance(f'rest {place}', 1 << 32):08x}"
    by = work.chance(f"agent {place}", 10)
    return Commit(
        workspace=workspace,
        source="github",
        native_id=digest,
        started_at=at,
        repository=f"{OWNER}/{work.project}",
        sha=digest,
        branch=work.branch,
        number=work.name,
        title=f"{_WORDS[work.chance(f'word {place}', len(_WORDS))]} {work.line.partition('/')[2]}",
        author=f"user-{1 + work.chance('author', 45):02d}",
        agent="claude-code" if by < 6 else "codex" if by < 8 else "",  # noqa: PLR2004 - of ten
        files_changed=1 + work.chance(f"files {place}", 6),
        lines_added=3 + work.chance(f"added {place}", 160),
        lines_removed=work.chance(f"removed {place}", 60),
        team=work.team.name,
    )
