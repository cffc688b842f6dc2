"""Trae Agent, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.trae_agent.found import FOUND

SOURCE: Final = Source(
    name="trae_agent",
    title="Trae Agent",
    family="agents",
    about="Calls, tools and runs of its trajectories; read where somebody names them.",
    found=FOUND,
)
