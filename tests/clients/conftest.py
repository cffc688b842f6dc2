"""Programs of others, in an environment of their own, against the whole server and a made-up provider."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from servers.provider import provider
from servers.whole import Running, running

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"

#: Programs that cannot stand beside the others.
BESIDE = ROOT / ".venv-clients" / "beside"

Run = Callable[..., str]


@pytest.fixture(scope="session")
def made_up() -> Iterator[str]:
    """The address of a provider of which every answer is known."""
    with provider() as url:
        yield url


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """An empty server."""
    home = tmp_path / "home"
    home.mkdir()
    with running(tmp_path / "data", home) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests of a module, who know their own calls by their project."""
    folder = tmp_path_factory.mktemp("shared")
    with running(folder / "data", folder / "home") as found:
        yield found


@pytest.fixture
def run(server: Running, made_up: str, tmp_path: Path) -> Run:
    """Runs a script against the empty server; see :func:`running_script`."""
    return running_script(server, made_up, tmp_path)


@pytest.fixture
def run_shared(shared: Running, made_up: str, tmp_path: Path) -> Run:
    """Runs a script against the module's server; see :func:`running_script`."""
    return running_script(shared, made_up, tmp_path)


def running_script(server: Running, made_up: str, tmp_path: Path) -> Run:
    """What runs a script in the clients' environment, with the addresses that it needs, and without other networks."""
    assert PYTHON.exists(), "make test sets up .venv-clients: sh tools/clients.sh"

    def run_script(script: str, **environment: str) -> str:
        done = subprocess.run(
            [PYTHON, "-W", "ignore", "-c", script],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": str(ROOT / "src"),
                "TOKOMETER_URL": server.url,
                "PROVIDER": made_up,
                "OPENAI_API_KEY": "none",
                "OPENAI_BASE_URL": f"{made_up}/v1",
                "ANTHROPIC_API_KEY": "none",
                "ANTHROPIC_BASE_URL": made_up,
                "NO_PROXY": "*",
                "DO_NOT_TRACK": "1",
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                **environment,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4_000:]
        return done.stdout

    return run_script
