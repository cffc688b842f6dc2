"""What GitHub's webhooks post: a pull request's life, in the wrong order, pushes, and events that are nothing to us."""

from __future__ import annotations

import json
from typing import Any

from tokometer.conformance import Requests

REPOSITORY: dict[str, Any] = {"id": 71, "full_name": "acme/web-shop", "name": "web-shop", "default_branch": "main"}


def pull(number: int, branch: str, updated: str, **more: Any) -> dict[str, Any]:
    """An event about a pull request."""
    told = {
        "url": f"https://api.github.com/repos/acme/web-shop/pulls/{number}",
        "id": 1_000 + number,
        "html_url": f"https://github.com/acme/web-shop/pull/{number}",
        "number": number,
        "state": "open",
        "locked": False,
        "title": "Pay later",
        "user": {"login": "ada", "id": 5, "type": "User"},
        "body": "What it does.\n\nCloses #31",
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": updated,
        "closed_at": None,
        "merged_at": None,
        "draft": False,
        "head": {"label": f"acme:{branch}", "ref": branch, "sha": "a" * 40, "repo": REPOSITORY},
        "base": {"label": "acme:main", "ref": "main", "sha": "b" * 40, "repo": REPOSITORY},
        "merged": False,
        "commits": 3,
        "additions": 120,
        "deletions": 14,
        "changed_files": 6,
    } | more
    action = "closed" if told["state"] == "closed" else "synchronize"
    return {"action": action, "number": number, "pull_request": told, "repository": REPOSITORY, "sender": {"id": 5}}


def commit(sha: str, message: str, at: str) -> dict[str, Any]:
    """A commit as a push lists it."""
    return {
        "id": sha * 40,
        "tree_id": "c" * 40,
        "distinct": True,
        "message": message,
        "timestamp": at,
        "url": f"https://github.com/acme/web-shop/commit/{sha * 40}",
        "author": {"name": "Ada", "email": "ada@example.com", "username": "ada"},
        "committer": {"name": "GitHub", "email": "noreply@github.com", "username": "web-flow"},
        "added": ["pay.py"],
        "removed": [],
        "modified": ["shop.py", "README.md"],
    }


def push(ref: str, *commits: dict[str, Any]) -> dict[str, Any]:
    """A push to a branch."""
    return {"ref": ref, "before": "0" * 40, "after": "1" * 40, "repository": REPOSITORY, "commits": list(commits)}


OPENED = pull(12, "feature/PAY-7-later", "2026-03-02T09:00:01Z")
MERGED = pull(
    12,
    "feature/PAY-7-later",
    "2026-03-03T10:00:01Z",
    state="closed",
    merged=True,
    merged_at="2026-03-03T10:00:00Z",
    closed_at="2026-03-03T10:00:00Z",
)
CLOSED = pull(13, "try", "2026-03-04T10:00:01Z", state="closed", closed_at="2026-03-04T10:00:00Z")
PUSHED = push(
    "refs/heads/feature/PAY-7-later",
    commit(
        "d",
        "Take payment later\n\nRefs: PAY-7\nClaude-Session: https://claude.ai/code/session_01Pay\n"
        "Co-Authored-By: Claude <noreply@anthropic.com>\n",
        "2026-03-02T11:00:00+01:00",
    ),
)
MERGE = push(
    "refs/heads/main",
    commit("e", "Merge pull request #12 from acme/feature/PAY-7-later\n\nPay later", "2026-03-03T10:00:00Z"),
)
PING = {"zen": "Keep it logically awesome.", "hook_id": 9, "hook": {"type": "Repository"}, "repository": REPOSITORY}
STAR = {"action": "created", "starred_at": "2026-03-02T09:00:00Z", "repository": REPOSITORY, "sender": {"id": 5}}


def body(given: dict[str, Any]) -> tuple[bytes, str]:
    """As it is sent."""
    return json.dumps(given).encode(), "application/json"


EXAMPLES = [
    Requests(
        "webhook",
        "/hooks/github",
        [body(one) for one in (PING, MERGED, OPENED, CLOSED, PUSHED, MERGE, STAR)],
        {"changes": 2, "commits": 2},
    )
]
