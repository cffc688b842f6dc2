"""What can be wrong with a file of settings."""

from __future__ import annotations

from pathlib import Path

from tokometer.host.toml import brief
from tokometer.records.redaction import redacted
from tokometer.records.redaction.logs import MOST


class SettingsError(ValueError):
    """The settings cannot be used: which file, which key, and what would be right."""

    def __init__(self, path: Path, key: str, reason: str) -> None:
        # What was written there may be a password in the wrong place.
        key, reason = brief(redacted(key, MOST)), brief(redacted(reason, MOST))
        super().__init__(f"{path}: {key}: {reason}" if key else f"{path}: {reason}")
        self.path = path
        self.key = key
        self.reason = reason
