"""Running the real command, in a home of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from generators.claude_tree import Size, Tree, Truth
from servers import forked

COMMAND = forked.COMMAND


class Shell:
    """A terminal of a made-up user."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.env = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "TOKOMETER_DATA": str(self.data),
            "TOKOMETER_GRPC_PORT": "off",
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "COLUMNS": "160",
        }

    def run(self, *arguments: str, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `tokometer …` and check its exit code."""
        done = forked.run([COMMAND, *arguments], env={**self.env, **env}, text=True)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A user who has used nothing yet."""
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, Truth]:
    """A user of Claude Code, imported once, with the truth about the usage; tests of a module share it."""
    shell = Shell(tmp_path_factory.mktemp("used"))
    truth = Tree(7, Size(sessions=4, calls=40)).write(shell.home / ".claude" / "projects")
    shell.run("import")
    return shell, truth
