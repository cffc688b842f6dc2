"""What Anthropic's workspaces and keys are called, where the key may ask."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from tokometer.sources.protocol import PollError
from tokometer.statements.buckets import listed
from tokometer.statements.protocol import Asked

_PAGE: Final = {"limit": 100}


class Names:
    """Names by id; asked for when they are first needed in a sync."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._known: dict[str, dict[str, str]] = asked.remembered
        self._wanted = asked.options.get("names", "yes") != "no"

    def labels(self, workspace: str, key: str = "") -> dict[str, str]:
        """Names as labels of a line."""
        found = {
            "project_name": self._of("/organizations/workspaces").get(workspace, "") if workspace else "",
            "api_key_name": self._of("/organizations/api_keys").get(key, "") if key else "",
        }
        return {name: value for name, value in found.items() if value}

    def _of(self, path: str) -> dict[str, str]:
        if not self._wanted:
            return {}
        if path not in self._known:
            self._known[path] = {}
            # A key that may not ask for names leaves ids as they are.
            with suppress(PollError):
                self._known[path] = {
                    str(one["id"]): str(one["name"])
                    for one in listed(self._asked, path, _PAGE, "after_id")
                    if one.get("id") and one.get("name")
                }
        return self._known[path]
