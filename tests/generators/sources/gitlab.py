"""What GitLab's webhooks post: merge requests of releases that say when they merged, and of others; pushes."""

from __future__ import annotations

import json
from typing import Any

from tokometer.conformance import Requests

PROJECT: dict[str, Any] = {
    "id": 3,
    "name": "Web Shop",
    "path_with_namespace": "acme/shops/web-shop",
    "default_branch": "main",
    "web_url": "https://gitlab.example.com/acme/shops/web-shop",
}


def merge_request(number: int, branch: str, updated: str, **more: Any) -> dict[str, Any]:
    """An event about a merge request."""
    told = {
        "id": 900 + number,
        "iid": number,
        "target_branch": "main",
        "source_branch": branch,
        "author_id": 51,
        "title": "[PAY-8] Refunds",
        "created_at": "2026-03-02 09:00:00 UTC",
        "updated_at": updated,
        "state": "opened",
        "action": "update",
        "description": "What it does.",
        "draft": False,
        "target": PROJECT,
        "source": PROJECT,
        "url": f"https://gitlab.example.com/acme/shops/web-shop/-/merge_requests/{number}",
    } | more
    user = {"id": 51, "name": "Ada", "username": "ada"}
    kind = {"object_kind": "merge_request", "event_type": "merge_request"}
    return {**kind, "user": user, "project": PROJECT, "object_attributes": told, "labels": [], "changes": {}}


OPENED = merge_request(4, "refunds", "2026-03-02 09:00:05 UTC", action="open")
MERGED = merge_request(4, "refunds", "2026-03-03 10:00:00 UTC", state="merged", action="merge")
#: A later release: it says when it was merged, and how many lines it changes.
MERGED_LATER = merge_request(
    5,
    "fix/rounding",
    "2026-03-05T10:00:09Z",
    created_at="2026-03-04T09:00:00Z",
    state="merged",
    merged_at="2026-03-05T10:00:00Z",
    diff_stats={"additions": 12, "deletions": 3, "total": 15},
    title="Round half up",
)
CLOSED = merge_request(6, "try", "2026-03-06 10:00:00 UTC", state="closed", action="close")
PUSH: dict[str, Any] = {
    "object_kind": "push",
    "event_name": "push",
    "ref": "refs/heads/refunds",
    "project": PROJECT,
    "commits": [
        {
            "id": "f" * 40,
            "message": "Pay back\n\nCo-authored-by: Codex <noreply@openai.com>\nSession-Id: 019c-5\n",
            "title": "Pay back",
            "timestamp": "2026-03-02T12:00:00+00:00",
            "url": "https://gitlab.example.com/acme/shops/web-shop/-/commit/" + "f" * 40,
            "author": {"name": "Ada", "email": "ada@example.com"},
            "added": [],
            "modified": ["pay.py"],
            "removed": [],
        }
    ],
    "total_commits_count": 1,
}
NOTE = {"object_kind": "note", "project": PROJECT, "object_attributes": {"id": 1, "note": "Nice"}}


def body(given: dict[str, Any]) -> tuple[bytes, str]:
    """As it is sent."""
    return json.dumps(given).encode(), "application/json"


EXAMPLES = [
    Requests(
        "webhook",
        "/hooks/gitlab",
        [body(one) for one in (MERGED, OPENED, MERGED_LATER, CLOSED, PUSH, NOTE)],
        {"changes": 3, "commits": 1},
    )
]
