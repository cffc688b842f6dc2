"""Every cube, by name."""

from __future__ import annotations

from typing import Final

from tokometer.measures.cube import Cube
from tokometer.measures.cubes import Calls, Jobs, Runs, Samples, Steps, Tools
from tokometer.measures.cubes_beside import Documents, ErrorDetails, KnowledgeBases, Logs, Models, Scores
from tokometer.measures.cubes_billed import Bills, Reported
from tokometer.measures.cubes_outcomes import Changes, Commits

CUBES: Final[dict[str, type[Cube]]] = {
    cube.name: cube
    for cube in (
        *(Calls, Tools, Runs, Steps, Jobs, Bills, Samples),
        *(Logs, Scores, Models, KnowledgeBases, Documents, ErrorDetails),
        *(Commits, Changes, Reported),
    )
}
