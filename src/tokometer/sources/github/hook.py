"""`POST /hooks/github`: pull requests and pushes.

Formats: https://docs.github.com/en/webhooks/webhook-events-and-payloads, signatures:
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.forge import MOST_BYTES, a_change, a_commit, an_object, text_of
from tokometer.sources.messages import ticket
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent
from tokometer.sources.pushing import JsonPush

SOURCE: Final = "github"
PATH: Final = "/hooks/github"
_SIGNATURE: Final = "x-hub-signature-256"


class GithubHook(JsonPush):
    """What a repository or an organisation posts."""

    path = PATH
    summary = "Pull requests and pushes from GitHub's webhooks."
    source = SOURCE
    most = MOST_BYTES

    def signed(self, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """See `server.pushed`: HMAC-SHA256 of the body, in hexadecimal."""
        expected = f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"
        return hmac.compare_digest(expected.encode(), headers.get(_SIGNATURE, "").encode())

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:  # noqa: ARG002
        """See `JsonPush.records`."""
        if "pull_request" in item:
            return [_change(item)]
        if "commits" in item and "ref" in item:
            return _commits(item)
        if "zen" not in item:
            # Other events have the thing that they are about under its name.
            about = next((key for key in item if key not in ("action", "repository", "sender", "organization")), "")
            noticed.add("event", about or "empty", index)
        return []


def _change(item: Mapping[str, Any]) -> Record:
    pull = an_object(item["pull_request"], "pull_request")
    head, base = an_object(pull.get("head"), "pull_request.head"), an_object(pull.get("base"), "pull_request.base")
    repository = item.get("repository") or base.get("repo")
    user = pull.get("user")
    merged, closed = pull.get("merged_at"), pull.get("closed_at")
    return a_change(
        SOURCE,
        {
            "repository": an_object(repository, "repository").get("full_name"),
            "number": str(pull.get("number") or ""),
            "branch": head.get("ref"),
            "target_branch": base.get("ref"),
            "title": pull.get("title"),
            "url": pull.get("html_url"),
            "author": user.get("login") if isinstance(user, Mapping) else None,
            "draft": pull.get("draft"),
            "refs": ticket(text_of(pull.get("title")), text_of(pull.get("body"))),
            "started_at": merged or closed or pull.get("created_at"),
            "opened_at": pull.get("created_at"),
            "merged_at": merged,
            "closed_at": closed,
            "state": "merged" if merged else pull.get("state"),
            "commits": pull.get("commits"),
            "files_changed": pull.get("changed_files"),
            "lines_added": pull.get("additions"),
            "lines_removed": pull.get("deletions"),
        },
        pull.get("updated_at"),
    )


def _commits(item: Mapping[str, Any]) -> list[Record]:
    repository = an_object(item.get("repository"), "repository")
    listed = item["commits"] if isinstance(item["commits"], list) else []
    name, default = text_of(repository.get("full_name")), text_of(repository.get("default_branch"))
    return [a_commit(SOURCE, name, text_of(item["ref"]), default, one) for one in listed]


def recipe(url: str) -> str:
    """How a repository is made to send what happens to the server at `url`."""
    return (
        "# Repository or organisation: Settings, Webhooks, Add webhook\n"
        f"Payload URL:   {url}{PATH}\n"
        "Content type:  application/json\n"
        "Secret:        a long random text, the same as: tokometer hook-secret github\n"
        "Events:        Pull requests, Pushes"
    )
