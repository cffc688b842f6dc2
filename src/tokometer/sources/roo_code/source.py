"""Roo Code, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.task_folders.tool import TaskTool

SOURCE: Final = Source(
    name="roo_code",
    title="Roo Code",
    family="agents",
    about="Calls, tools, subtasks and errors of its tasks, in every editor.",
    found=TaskTool("roo_code", "Roo Code", "rooveterinaryinc.roo-cline", whole_input=True),
)
