"""Reading what was committed in a repository, with the `git` that is installed; never what was changed.

Nothing is written, and nothing of the repository's own is run: no hooks, no pagers, no external diffs, no signature
checks, no fetching of what a partial clone lacks. Git's own check of who owns the folder stands.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tokometer.records.time import show_time
from tokometer.sources.messages import Said, said, ticket

#: The most commits of a repository that are read, bytes that git may answer with, and seconds that it may take.
MOST_COMMITS: Final = 100_000
_MOST_BYTES: Final = 256 << 20
_SECONDS: Final = 300
_RECORD, _UNIT = "\x1e", "\x1f"
_FORMAT: Final = "--format=%x1e%H%x1f%P%x1f%ct%x1f%an%x1f%B%x1f"
_COUNTED: Final = re.compile(r"^(\d+|-)\t(\d+|-)\t", re.MULTILINE)
#: `git@host:owner/name.git`
_SHORT: Final = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:]+):(?P<path>[^/].*)")
_SETTINGS: Final = (
    *("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.pager=cat", "log.showSignature=false"),
    *("diff.external=", "protocol.allow=never", "maintenance.auto=false", "gc.auto=0"),
)


class RepositoryError(Exception):
    """A repository that cannot be read; says why, in one line."""


@dataclass(frozen=True, slots=True)
class _Commit:
    sha: str
    parents: tuple[str, ...]
    at: int
    author: str
    said: Said
    body: str
    counts: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Committed:
    """What a repository tells, as objects of our own record format."""

    repository: str
    commits: list[dict[str, Any]]
    changes: list[dict[str, Any]]


def read_repository(path: Path, *, since: str, authors: bool = True) -> Committed:
    """What was committed since a date (`2026-01-31`), in any branch, and the changes that merges tell of.

    Raises:
        RepositoryError: There is no git, no repository, or it cannot be read.
    """
    top = Path(_git(path, "rev-parse", "--show-toplevel").strip() or str(path))
    # Of several working trees of one repository all have the name of the first.
    shared = _git(top, "rev-parse", "--path-format=absolute", "--git-common-dir", fails=True).strip()
    own = Path(shared).parent.name if shared.endswith("/.git") else top.name
    source, repository = _named(_git(top, "config", "--get", "remote.origin.url", fails=True).strip(), own)
    told = _git(
        *(top, "log", "--all", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--numstat"),
        *(f"--since={since}", f"--max-count={MOST_COMMITS}", _FORMAT),
    )
    commits = {commit.sha: commit for commit in _parsed(told)}
    head = _git(top, "symbolic-ref", "--short", "refs/remotes/origin/HEAD", fails=True).strip().removeprefix("origin/")
    default = head or _git(top, "symbolic-ref", "--short", "HEAD", fails=True).strip()
    tip = _git(top, "rev-parse", f"refs/remotes/origin/{default}" if head else "HEAD", fails=True).strip()
    main = _line(commits, tip)
    branches, numbers = _brought(commits, main)
    common = {"repository": repository, "project": str(top)}
    return Committed(
        repository,
        [
            _without_nothing(common | {"source": source} | _of_commit(one, branches, numbers, authors=authors))
            for one in commits.values()
        ],
        [
            _without_nothing(common | _of_merge(one, source, default))
            for one in commits.values()
            if one.sha in main and (one.said.branch or one.said.number)
        ],
    )


def _git(where: Path, *arguments: str, fails: bool = False) -> str:
    """What git answers; with `fails`, nothing where it has no answer."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    settings = [part for one in _SETTINGS for part in ("-c", one)]
    command = ["git", "--no-pager", "--no-replace-objects", *settings, "-C", str(where), *arguments]
    try:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS)  # noqa: S603, PLW1510 - fixed arguments, no shell
    except FileNotFoundError:
        raise RepositoryError("git is not installed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RepositoryError(f"git could not be run: {type(error).__name__}") from None
    if done.returncode and not fails:
        why = done.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")
        raise RepositoryError(why or f"git ended with {done.returncode}")
    if len(done.stdout) > _MOST_BYTES:
        raise RepositoryError("it has more commits than are read at once: name a later --since")
    return "" if done.returncode else done.stdout.decode(errors="replace")


def _parsed(told: str) -> Iterator[_Commit]:
    for record in told.split(_RECORD)[1:]:
        sha, parents, at, author, *rest = record.split(_UNIT)
        # What a message holds may have separators itself.
        message, counts = _UNIT.join(rest[:-1]), _COUNTED.findall(rest[-1])
        lines = [sum(int(pair[side]) for pair in counts if pair[side] != "-") for side in (0, 1)]
        yield _Commit(
            sha,
            tuple(parents.split()),
            int(at) * 1_000_000,
            author,
            said(message),
            message.partition("\n")[2].strip(),
            (len(counts), lines[0], lines[1]),
        )


def _line(commits: Mapping[str, _Commit], tip: str) -> dict[str, None]:
    """The commits of the default branch itself, the newest first."""
    found: dict[str, None] = {}
    while tip in commits and tip not in found:
        found[tip] = None
        tip = next(iter(commits[tip].parents), "")
    return found


def _brought(commits: Mapping[str, _Commit], main: dict[str, None]) -> tuple[dict[str, str], dict[str, str]]:
    """Of each commit that a merge brought to the default branch: with which branch, and as part of which change."""
    branches: dict[str, str] = {}
    numbers: dict[str, str] = {}
    for sha in reversed(main):
        merge = commits[sha]
        waiting = list(merge.parents[1:])
        while waiting:
            at = waiting.pop()
            if at in commits and at not in main and at not in numbers:
                branches[at], numbers[at] = merge.said.branch, _number(merge)
                waiting += commits[at].parents
    return branches, numbers


def _number(merge: _Commit) -> str:
    return merge.said.number or merge.sha[:10]


def _of_commit(
    one: _Commit, branches: Mapping[str, str], numbers: Mapping[str, str], *, authors: bool
) -> dict[str, Any]:
    files, added, removed = one.counts
    known = len(one.parents) < 2  # noqa: PLR2004 - of a merge git counts nothing
    return {
        "id": one.sha,
        "sha": one.sha,
        "started_at": show_time(one.at),
        "branch": branches.get(one.sha, "") or one.said.branch,
        "number": numbers.get(one.sha, "") or one.said.number,
        "title": one.said.title,
        "refs": one.said.refs,
        "session_id": one.said.session,
        "agent": one.said.agent,
        "author": one.author if authors else "",
        "files_changed": files if known else None,
        "lines_added": added if known else None,
        "lines_removed": removed if known else None,
    }


def _of_merge(one: _Commit, source: str, default: str) -> dict[str, Any]:
    """The change that a merge tells of; whoever tells of it as it happens knows more."""
    own = one.body.partition("\n")[0].strip() if len(one.parents) > 1 else one.said.title
    number = _number(one)
    at = show_time(one.at)
    return {
        "source": source if one.said.number else "git",
        "number": number,
        "branch": one.said.branch,
        "target_branch": default,
        "title": own or one.said.title,
        "refs": one.said.refs or ticket(own, one.body),
        "state": "merged",
        "started_at": at,
        "merged_at": at,
        "revision": 1,
    }


def _named(remote: str, own: str) -> tuple[str, str]:
    """Whose record a change is by its remote's address (`github`, `gitlab`, else `git`), and the repository's name."""
    short = _SHORT.fullmatch(remote) if "://" not in remote else None
    host, path = (short["host"], short["path"]) if short else (urlsplit(remote).hostname or "", urlsplit(remote).path)
    name = path.strip("/").removesuffix(".git")
    if not host or not name:
        return "git", own
    return next((one for one in ("github", "gitlab") if one in host.lower()), "git"), name


def _without_nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None and value != ""}


__all__: Sequence[str] = ["Committed", "RepositoryError", "read_repository"]
