"""A source of somebody else is a plug-in, and one that is broken stops nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "templates" / "source"
ANSWER = {
    "type": "answer",
    "id": "a-1",
    "at": "2026-09-01T10:00:00Z",
    "session": "s-1",
    "model": "gpt-5.2",
    "usage": {"prompt": 1_000, "cached": 400, "answer": 50},
}


def installed(folder: Path, name: str, points: dict[str, str]) -> None:
    """What an installer leaves of a package with entry points."""
    info = folder / f"{name.replace('-', '_')}-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n", encoding="utf-8")
    lines = [f"{key} = {value}" for key, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[tokometer.sources]", *lines, ""]), encoding="utf-8")


def ran(home: Path, *arguments: str) -> str:
    """What the command line says, with the template installed."""
    done = subprocess.run(
        [Path(sys.executable).with_name("tokometer"), *arguments],
        env={
            **os.environ,
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join([str(TEMPLATE / "src"), str(home / "site")]),
            "TOKOMETER_DATA": str(home / "data"),
            "TOKOMETER_GRPC_PORT": "off",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a session of Acme Coder, and the template beside two plug-ins that cannot be used."""
    sessions = tmp_path / ".acme" / "sessions"
    sessions.mkdir(parents=True)
    (sessions / "one.jsonl").write_text(json.dumps(ANSWER) + "\n", encoding="utf-8")
    installed(tmp_path / "site", "tokometer-acme", {"acme": "tokometer_acme.source:SOURCE"})
    installed(tmp_path / "site", "tokometer-broken", {"broken": "tokometer_acme.gone:SOURCE"})
    installed(tmp_path / "site", "tokometer-twin", {"codex": "tokometer_acme.source:SOURCE"})
    return tmp_path


def test_a_plug_in_is_read_like_our_own_and_a_broken_one_is_named(home: Path) -> None:
    """What an installed package declares is imported by itself; what cannot be loaded is said, with the reason."""
    imported = json.loads(ran(home, "import", "--json"))
    assert imported["accepted"] == 1
    found = json.loads(ran(home, "doctor", "--json"))
    [acme] = [source for source in found["sources"] if source["name"] == "acme"]
    assert (acme["title"], acme["files"], acme["calls"]) == ("Acme Coder", 1, 1)
    broken = {one["name"]: one["reason"] for one in found["plug_ins"]}
    assert "ModuleNotFoundError" in broken["broken"]
    assert "another source of this name" in broken["codex"]
    words = ran(home, "doctor")
    assert "Acme Coder" in words
    assert "tokometer-broken" in words


def test_the_template_passes_the_kit() -> None:
    """Whoever copies the template starts with tests that pass."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "tests"],
        cwd=TEMPLATE,
        env={**os.environ, "PYTHONPATH": str(TEMPLATE / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-3_000:]
