"""What people settle in `tokometer.toml`: labels, and dimensions made by rules.

Knows nothing of where it is used. Imported by whoever opens a data folder.
"""

from tokometer.settings.file import FILE_NAME, SettingsError, read_settings
from tokometer.settings.parts import Declared, LabelSettings, Rule, Settings

__all__ = [
    "FILE_NAME",
    "Declared",
    "LabelSettings",
    "Rule",
    "Settings",
    "SettingsError",
    "read_settings",
]
