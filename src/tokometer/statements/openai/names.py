"""What OpenAI's projects, keys and people are called, where the key may ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from tokometer.sources.protocol import PollError
from tokometer.statements.buckets import listed
from tokometer.statements.protocol import Asked

_PAGE: Final = {"limit": 100}
#: Keys are asked for project by project: of so many in one sync.
_MOST_PROJECTS: Final = 200


class Names:
    """Names by id; asked for when they are first needed in a sync."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._known: dict[str, dict[str, str]] = asked.remembered
        self._wanted = asked.options.get("names", "yes") != "no"

    def labels(self, project: str, key: str, user: str) -> dict[str, str] | None:
        """Names as labels of a line; None where none is known."""
        found = {
            "project_name": self._of("projects", "/organization/projects").get(project, "") if project else "",
            "api_key_name": self._keys(project).get(key, "") if key and project else "",
            "user_name": self._of("users", "/organization/users").get(user, "") if user else "",
        }
        return {name: value for name, value in found.items() if value} or None

    def _keys(self, project: str) -> Mapping[str, str]:
        asked_for = self._known.setdefault("asked", {})
        if project not in asked_for and len(asked_for) >= _MOST_PROJECTS:
            return {}
        asked_for[project] = project
        return self._of(f"keys of {project}", f"/organization/projects/{project}/api_keys")

    def _of(self, what: str, path: str) -> Mapping[str, str]:
        if not self._wanted:
            return {}
        if what not in self._known:
            self._known[what] = {}
            # A key that may not ask for names, or a project that is gone, leaves ids as they are.
            with suppress(PollError):
                self._known[what] = dict(_names(self._asked, path))
        return self._known[what]


def _names(asked: Asked, path: str) -> Iterator[tuple[str, str]]:
    for one in listed(asked, path, _PAGE, "after"):
        name = _name(one)
        if name and isinstance(one.get("id"), str):
            yield one["id"], name


def _name(told: Mapping[str, Any]) -> str:
    return next((value for word in ("email", "name") if isinstance(value := told.get(word), str) and value), "")
