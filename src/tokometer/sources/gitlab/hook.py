"""`POST /hooks/gitlab`: merge requests and pushes.

Formats: https://docs.gitlab.com/user/project/integrations/webhook_events/.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.forge import MOST_BYTES, a_change, a_commit, an_object, text_of, time_of
from tokometer.sources.messages import ticket
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent
from tokometer.sources.pushing import JsonPush

SOURCE: Final = "gitlab"
PATH: Final = "/hooks/gitlab"
_TOKEN: Final = "x-gitlab-token"  # noqa: S105 - a header's name


class GitlabHook(JsonPush):
    """What a project or a group posts."""

    path = PATH
    summary = "Merge requests and pushes from GitLab's webhooks."
    source = SOURCE
    most = MOST_BYTES

    def signed(self, body: bytes, headers: Mapping[str, str], secret: str) -> bool:  # noqa: ARG002 - one form for all
        """See `server.pushed`: the secret itself."""
        return hmac.compare_digest(secret.encode(), headers.get(_TOKEN, "").encode())

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:  # noqa: ARG002
        """See `JsonPush.records`."""
        kind = text_of(item.get("object_kind"))
        if kind == "merge_request":
            return [_change(item)]
        if kind == "push":
            return _commits(item)
        noticed.add("event", kind or "without object_kind", index)
        return []


def _change(item: Mapping[str, Any]) -> Record:
    told = an_object(item.get("object_attributes"), "object_attributes")
    target = told.get("target")
    project = an_object(target if isinstance(target, Mapping) else item.get("project"), "project")
    state, updated = text_of(told.get("state")), time_of(told.get("updated_at"))
    # Older releases do not say when it was merged: that is when they tell of it.
    ended = {name: time_of(told.get(f"{name}_at")) for name in ("merged", "closed")}
    if state in ended and not ended[state] and text_of(told.get("action")) in ("merge", "close"):
        ended[state] = updated
    commits = told.get("diff_stats")
    stats = commits if isinstance(commits, Mapping) else {}
    return a_change(
        SOURCE,
        {
            "repository": project.get("path_with_namespace"),
            "number": str(told.get("iid") or ""),
            "branch": told.get("source_branch"),
            "target_branch": told.get("target_branch"),
            "title": told.get("title"),
            "url": told.get("url"),
            "author": _author(item, told),
            "draft": told.get("draft", told.get("work_in_progress")),
            "refs": ticket(text_of(told.get("title")), text_of(told.get("description"))),
            "started_at": ended.get(state) or (updated if state in ended else time_of(told.get("created_at"))),
            "opened_at": time_of(told.get("created_at")),
            "merged_at": ended["merged"] if state == "merged" else None,
            "closed_at": ended["closed"] if state == "closed" else None,
            "state": state,
            "lines_added": stats.get("additions"),
            "lines_removed": stats.get("deletions"),
        },
        updated,
    )


def _author(item: Mapping[str, Any], told: Mapping[str, Any]) -> str | None:
    """Who asked for it, where it is they who did what is told: of others GitLab says a number only."""
    user = item.get("user")
    if isinstance(user, Mapping) and user.get("id") is not None and user.get("id") == told.get("author_id"):
        return text_of(user.get("username")) or None
    return None


def _commits(item: Mapping[str, Any]) -> list[Record]:
    project = an_object(item.get("project"), "project")
    listed = item.get("commits")
    name, default = text_of(project.get("path_with_namespace")), text_of(project.get("default_branch"))
    commits = listed if isinstance(listed, list) else []
    return [a_commit(SOURCE, name, text_of(item.get("ref")), default, one) for one in commits]


def recipe(url: str) -> str:
    """How a project is made to send what happens to the server at `url`."""
    return (
        "# Project or group: Settings, Webhooks, Add new webhook\n"
        f"URL:           {url}{PATH}\n"
        "Secret token:  a long random text, the same as: tokometer hook-secret gitlab\n"
        "Trigger:       Merge request events, Push events"
    )
