"""Kinds of record that say what came of the work: commits, and changes that somebody asked to have merged."""

from __future__ import annotations

from typing import ClassVar, Literal

from tokometer.records.record import Record, Tokens


class Commit(Record, kw_only=True, gc=False):
    """One commit of a repository; never what it changed. `started_at` is when it was committed."""

    kind: ClassVar[str] = "commits"

    #: `owner/name`.
    repository: str
    sha: str
    #: The branch with which it came, where that is known; see `Change.branch`.
    branch: str = ""
    #: The number of the change that it is part of, where it says so: `12`.
    number: str = ""
    #: The first line of its message.
    title: str = ""
    #: Tickets that its trailers name; the first of them.
    refs: str = ""
    author: str = ""
    #: The agent that is named as its author beside a person: `claude-code`.
    agent: str = ""
    #: The session that it is said to come from.
    session_id: str = ""
    files_changed: Tokens | None = None
    lines_added: Tokens | None = None
    lines_removed: Tokens | None = None
    #: The working folder, where it was read from one.
    project: str = ""
    team: str = ""
    environment: str = ""


class Change(Record, kw_only=True, gc=False):
    """A change that somebody asked to have merged, as last told: a pull or merge request, or a branch that was merged.

    `started_at` is when it came to its state: when it was opened, merged or closed.
    """

    kind: ClassVar[str] = "changes"
    identity: ClassVar[tuple[str, ...]] = ("repository", "number")

    #: `owner/name`.
    repository: str
    #: Its number there, `12`; where it has none, what else it is known by.
    number: str
    #: The branch that holds it, and the one into which it is to go.
    branch: str = ""
    target_branch: str = ""
    title: str = ""
    url: str = ""
    author: str = ""
    state: Literal["open", "merged", "closed"] = "open"
    draft: Literal["yes", "no", ""] = ""
    #: The ticket that it is for, as its sender states it.
    ticket: str = ""
    #: The first ticket that its title or description names.
    refs: str = ""
    opened_at: int | None = None
    merged_at: int | None = None
    closed_at: int | None = None
    commits: Tokens | None = None
    files_changed: Tokens | None = None
    lines_added: Tokens | None = None
    lines_removed: Tokens | None = None
    #: The working folder, where it was read from one.
    project: str = ""
    team: str = ""
    environment: str = ""

    @property
    def timed_by(self) -> str:
        """When it was merged or closed, where that came after what its sender calls its start."""
        return f"{self.state}_at" if (self.opened_at or self.started_at) < self.started_at else "started_at"
