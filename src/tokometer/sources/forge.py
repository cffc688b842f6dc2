"""What hooks of forges (GitHub, GitLab) have in common: how what they tell becomes changes and commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.records import Record, RecordError
from tokometer.records.values import moment
from tokometer.records.wire import record_from
from tokometer.sources.messages import said

#: Bytes of a request; forges send at most 25 MB, of which what is more than this is text that is not kept.
MOST_BYTES: Final = 8 << 20
_HEADS: Final = "refs/heads/"


def an_object(given: object, name: str) -> Mapping[str, Any]:
    """What has to be an object.

    Raises:
        RecordError: It is none.
    """
    if not isinstance(given, Mapping):
        raise RecordError(name, "is no object")
    return given


def text_of(given: object) -> str:
    """A text, empty where there is something else."""
    return given if isinstance(given, str) else ""


def time_of(given: object) -> object:
    """A time as `records.values.moment` reads it; GitLab writes `2026-03-02 09:00:00 UTC`, too."""
    if isinstance(given, str) and given.endswith(" UTC"):
        return given.removesuffix(" UTC").replace(" ", "T", 1) + "Z"
    return given


def a_change(source: str, found: Mapping[str, Any], updated_at: object) -> Record:
    """A change of which the newest telling counts, whatever the order in which they come."""
    told = {name: value for name, value in found.items() if value is not None and value != ""}
    try:
        revision = moment(time_of(updated_at))
    except ValueError as error:
        raise RecordError("updated_at", str(error)) from None
    return record_from("changes", {**told, "source": source, "revision": revision})


def a_commit(source: str, repository: str, ref: str, default: str, given: object) -> Record:
    """A commit of a push to a branch; which one it came with, where that is not the default branch."""
    commit = an_object(given, "commits")
    message = said(text_of(commit.get("message")))
    branch = ref.removeprefix(_HEADS) if ref.startswith(_HEADS) else ""
    author = commit.get("author")
    name = author.get("username") or author.get("name") if isinstance(author, Mapping) else ""
    files = [commit.get(key) for key in ("added", "removed", "modified")]
    found = {
        "sha": commit.get("id"),
        "started_at": time_of(commit.get("timestamp")),
        "repository": repository,
        # A merge names the branch that it brought; it is not on it.
        "branch": message.branch or (branch if branch != default else ""),
        "number": message.number,
        "title": message.title,
        "refs": message.refs,
        "session_id": message.session,
        "agent": message.agent,
        "author": name,
        "files_changed": sum(map(len, filter(None, files))) if all(isinstance(one, list) for one in files) else None,
        "source": source,
    }
    return record_from("commits", {key: value for key, value in found.items() if value is not None and value != ""})
