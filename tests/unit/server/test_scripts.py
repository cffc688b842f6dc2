"""The pages' scripts, read by TypeScript's compiler."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_STATIC = _ROOT / "src" / "tokometer" / "server" / "static"
_STRICT = [
    *("--noEmit", "--allowJs", "--checkJs", "--strict", "--noUnusedLocals", "--noUnusedParameters"),
    *("--noImplicitReturns", "--noFallthroughCasesInSwitch", "--target", "es2023", "--module", "esnext"),
    *("--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable"),
]


@pytest.fixture(scope="module")
def compiler() -> list[str]:
    """The command that checks types; without it these tests fail, they are not skipped."""
    tool = [sys.executable, str(_ROOT / "tools" / "javascript.py"), "typescript"]
    found = subprocess.run(tool, capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 0, found.stderr
    node = Path(sys.executable).with_name("node")
    return [str(node), str(Path(found.stdout.strip()) / "lib" / "tsc.js"), *_STRICT]


def _checked(compiler: list[str], *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*compiler, *map(str, files)], capture_output=True, text=True, check=False, cwd=_ROOT, timeout=120
    )


def test_types(compiler: list[str]) -> None:
    """Every script keeps the types that its comments declare."""
    done = _checked(compiler, *sorted(_STATIC.glob("*.js")))
    assert done.returncode == 0, done.stdout


def test_the_check_finds_something(compiler: list[str], tmp_path: Path) -> None:
    """What is passed wrongly from one script to another is found."""
    for script in _STATIC.glob("*.js"):
        (tmp_path / script.name).write_text(script.read_text(encoding="utf-8"), encoding="utf-8")
    wrong = tmp_path / "wrong.js"
    wrong.write_text('// @ts-check\nimport { ink } from "./layout.js";\nink(7);\n', encoding="utf-8")
    done = _checked(compiler, wrong)
    assert done.returncode != 0
    assert "TS2345" in done.stdout
