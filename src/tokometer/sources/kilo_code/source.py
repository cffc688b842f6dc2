"""Kilo Code, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.task_folders.tool import TaskTool

SOURCE: Final = Source(
    name="kilo_code",
    title="Kilo Code",
    family="agents",
    about="Calls, tools, subtasks and errors of its tasks, in every editor.",
    found=TaskTool(
        "kilo_code", "Kilo Code", "kilocode.kilo-code", others=(".kilocode/cli/global/tasks",), whole_input=True
    ),
)
