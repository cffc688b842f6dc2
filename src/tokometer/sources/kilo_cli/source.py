"""Kilo CLI, as the registry finds it."""

from typing import Final

from tokometer.sources.kilo_cli.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="kilo_cli",
    title="Kilo CLI",
    family="agents",
    about="Calls, tools, sessions and errors of its database.",
    found=FOUND,
)
