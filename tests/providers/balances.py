"""Providers that tell a balance and little else: one answer for each path."""

from __future__ import annotations

from typing import Any

from providers.serving import Asked, Faults, Provider, Reply


class Answers(Provider):
    """What stands at each path."""

    def __init__(self, answers: dict[str, Any], faults: Faults | None = None, *, keyless: bool = False) -> None:
        super().__init__(faults)
        self.answers = answers
        self.keyless = keyless

    def answer(self, asked: Asked) -> Reply:
        """See `Provider`."""
        found = self.answers.get(asked.path)
        return Reply({"error": "no such path"}, 404) if found is None else Reply(found)

    def allows(self, asked: Asked) -> bool:
        """See `Provider`."""
        return self.keyless or super().allows(asked)
