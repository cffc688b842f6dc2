"""Sessions of Cline's command line."""

from __future__ import annotations

from pathlib import Path

from generators.sources.cline import EXAMPLES
from tokometer.records import ModelCall
from tokometer.sources.cline.found import FOUND


def test_sessions_are_read(tmp_path: Path) -> None:
    """The cache is taken out of the input, a model's own provider charges, and the project is the session's."""
    for step in EXAMPLES[1].steps:
        step(tmp_path)
    [path] = [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)]
    first, second = [record for record in FOUND.read(path, b"").records if isinstance(record, ModelCall)]
    assert (first.input_tokens, first.cache_read_tokens, first.cost_reported) == (7_457, 50, 11_023_200)
    assert (first.user_messages, second.user_messages) == (1, 1)
    assert (first.provider, first.model, first.project) == ("cline-pass", "cline-pass/glm-5.2", "/home/ada/code/engine")
    assert second.cost_reported == 0


def test_another_folder_can_be_named(tmp_path: Path) -> None:
    """`CLINE_DIR` is where the command line keeps what it knows."""
    assert tmp_path / "c/data/sessions" in FOUND.roots(tmp_path, {"CLINE_DIR": "~/c"})
    assert tmp_path / "d/tasks" in FOUND.roots(tmp_path, {"CLINE_DATA_DIR": "~/d"})
    assert tmp_path / "s" in FOUND.roots(tmp_path, {"CLINE_SESSION_DATA_DIR": "~/s"})
