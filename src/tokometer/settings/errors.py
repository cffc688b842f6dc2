"""What can be wrong with a file of settings."""

from __future__ import annotations

from pathlib import Path

from tokometer.host.toml import brief


class SettingsError(ValueError):
    """The settings cannot be used: which file, which key, and what would be right."""

    def __init__(self, path: Path, key: str, reason: str) -> None:
        key, reason = brief(key), brief(reason)
        super().__init__(f"{path}: {key}: {reason}" if key else f"{path}: {reason}")
        self.path = path
        self.key = key
        self.reason = reason
