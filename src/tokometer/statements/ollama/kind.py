"""Ollama as a kind of account: connected, local, and without any bill.

Format: docs.ollama.com/api (`/api/version`, `/api/tags`, `/api/ps`), read in November 2026. What its models are is read
by the source `ollama` every half minute; this says that it is connected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.sources.polling import fetch_json
from tokometer.statements.lines import object_of, sensible
from tokometer.statements.protocol import AccountKind, Asked, Key


def check(asked: Asked) -> Mapping[str, Any]:
    """Whether it answers, its version, and how many models it has on its disk and in its memory."""
    version = object_of(fetch_json(asked.ask, "/api/version"), "/api/version")
    tags = object_of(fetch_json(asked.ask, "/api/tags"), "/api/tags")
    running = object_of(fetch_json(asked.ask, "/api/ps"), "/api/ps")
    with sensible("Ollama"):
        return {
            "version": version.needed(version.text("version"), "version"),
            "models": len(tags.objects("models")),
            "running": ", ".join(name for one in running.objects("models") if (name := one.text("model", "name"))),
            "local": True,
        }


KIND: Final = AccountKind(
    name="ollama",
    title="Ollama",
    about="That a server of one's own answers, its version, and what it holds. Its calls come through "
    "`tokometer proxy`, its models by the source Ollama.",
    provider="ollama",
    address="http://127.0.0.1:11434",
    key=Key(
        title="Key",
        help="Ollama itself wants none; a proxy in front of it may.",
        needed=False,
    ),
    no_balance="Ollama runs on a machine of your own: it bills nothing, and there is no balance.",
    check=check,
    every=900,
)
