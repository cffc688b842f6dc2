"""DeepSeek Harness, as the registry finds it."""

from typing import Final

from tokometer.sources.deepseek_harness.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="deepseek_harness",
    title="DeepSeek Harness",
    family="agents",
    about="Calls of its sessions, with failed attempts and compactions.",
    found=FOUND,
)
