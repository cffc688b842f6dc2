"""A clock of our own for processes of the product: as far off as a test wants, changed while they run.

Python imports `sitecustomize` before anything else; the one in `shifted/` moves `time.time` and `time.time_ns` by the
seconds that a file says. It holds for the processes that a process starts, too.
"""

from __future__ import annotations

from pathlib import Path

_SHIFTED = Path(__file__).with_name("shifted")


class Clock:
    """A clock that is `seconds` ahead of the machine's (negative: behind it)."""

    def __init__(self, folder: Path, seconds: float = 0.0) -> None:
        self._path = folder / "clock"
        self.set(seconds)

    def set(self, seconds: float) -> None:
        """Be so far ahead from now on."""
        scratch = self._path.with_suffix(".new")
        scratch.write_text(str(seconds))
        scratch.replace(self._path)

    @property
    def env(self) -> dict[str, str]:
        """What the environment of a process needs to go by this clock."""
        return {"PYTHONPATH": str(_SHIFTED), "TEST_CLOCK": str(self._path)}
