"""Kilo CLI as a source: OpenCode's database under another name."""

from __future__ import annotations

import re
from typing import Final

from tokometer.sources.opencode.descendants import Descendant

FOUND: Final = Descendant(
    "kilo_cli",
    "Kilo CLI",
    "kilo",
    re.compile(r"kilo(-[\w.-]+)?\.db"),
    {"KILO_DATA_DIR": ""},
    # Kilo's own gateway, which charges what it says.
    frozenset({"kilo", "kilocode", "openrouter"}),
)
