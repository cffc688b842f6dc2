"""MiMo Code as a source: OpenCode's database under another name."""

from __future__ import annotations

import re
from typing import Final

from tokometer.sources.opencode.descendants import Descendant

FOUND: Final = Descendant(
    "mimo_code",
    "MiMo Code",
    "mimocode",
    re.compile(r"mimocode(-[\w.-]+)?\.db"),
    {"MIMOCODE_HOME": "data"},
    frozenset({"openrouter"}),
)
